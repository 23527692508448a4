"""Products in the admin: barcodes, costs, search, and the bulk price change."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory.models import Barcode, Category, PriceChange, Product
from shop import mount
from shop.models import Change
from shop.roles import CAPABILITIES, Can, Role
from shop.tenancy import use_shop
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db


def url(name: str, *args: object) -> str:
    return mount.shop_url("green", f"admin:inventory_product_{name}", *args)


def product_post(*, sku: str, codes: list[str], packs: list[str] | None = None, **fields: str) -> dict[str, str]:
    data = {"sku": sku, "name": f"Product {sku}", "unit": "piece", "price": "1.00", "is_active": "on", **fields}
    data |= {"barcodes-TOTAL_FORMS": str(len(codes)), "barcodes-INITIAL_FORMS": "0"}
    data |= {"price_changes-TOTAL_FORMS": "0", "price_changes-INITIAL_FORMS": "0"}
    for number, code in enumerate(codes):
        data |= {f"barcodes-{number}-code": code, f"barcodes-{number}-pack_quantity": packs[number] if packs else "1"}
    return data


def prices_post(products: list[Product], new: list[str], **fields: str) -> dict[str, Any]:
    data: dict[str, Any] = {"lines-TOTAL_FORMS": len(products), "lines-INITIAL_FORMS": len(products), **fields}
    for number, (product, price) in enumerate(zip(products, new, strict=True)):
        was = "" if product.price is None else f"{product.price:f}"
        data |= {f"lines-{number}-product": product.pk, f"lines-{number}-was": was, f"lines-{number}-price": price}
    return data


@pytest.fixture
def clerk(cast: Cast) -> Client:
    return cast.client(factories.make_member(shop=cast.green, role=Role.CLERK))


def test_a_product_with_two_barcodes(cast: Cast) -> None:
    data = product_post(sku="BEANS", codes=["5000000000011", "5000000000028"], packs=["1", "6"])
    assert cast.client().post(url("add"), data).status_code == 302
    with use_shop(cast.green):
        codes = {b.code: b.pack_quantity for b in Barcode.objects.filter(product__sku="BEANS")}
        made = Change.objects.filter(table="inventory_product", action="insert").first()
    assert codes == {"5000000000011": 1, "5000000000028": 6}
    assert made.actor == "alice@shops.example"


def test_the_same_code_twice_and_a_known_sku_are_sentences(cast: Cast) -> None:
    page = cast.client().post(url("add"), product_post(sku="MILK", codes=["77", "77"])).content.decode()
    assert "There is already a product with the SKU MILK." in page
    page = cast.client().post(url("add"), product_post(sku="NEW", codes=["77", "77"])).content.decode()
    assert "The same code is here twice." in page
    with use_shop(cast.green):
        taken = Barcode.objects.first().code
        assert not Product.objects.filter(sku="NEW").exists()
    page = cast.client().post(url("add"), product_post(sku="NEW", codes=[taken])).content.decode()
    assert f"There is already a barcode with the code {taken}." in page


def test_half_a_content_size_is_a_sentence(cast: Cast) -> None:
    page = cast.client().post(url("add"), product_post(sku="NEW", codes=[], content_size="500")).content.decode()
    assert "Give the content as a size with its unit" in page


def test_the_other_shops_sku_is_free_here(cast: Cast) -> None:
    with use_shop(cast.rival):
        factories.make_product(sku="ONLY-THERE")
    assert cast.client().post(url("add"), product_post(sku="ONLY-THERE", codes=[])).status_code == 302


def test_a_category_cannot_be_inside_its_own(cast: Cast) -> None:
    with use_shop(cast.green):
        dairy = Category.objects.get(name="Dairy")
        cheese = Category.objects.create(name="Cheese", parent=dairy)
    address = mount.shop_url("green", "admin:inventory_category_change", dairy.pk)
    page = cast.client().post(address, {"name": "Dairy", "parent": cheese.pk}).content.decode()
    assert "cannot be inside itself or one of its own" in page


@pytest.mark.parametrize(("words", "found"), [("milk", 1), ("MIL", 1), ("grocer choc", 1), ("zzz", 0)])
def test_finding_a_product(cast: Cast, words: str, found: int) -> None:
    page = cast.client().get(url("changelist"), {"q": words})
    assert len(page.context["cl"].result_list) == found


def test_finding_a_product_by_its_barcode(cast: Cast) -> None:
    with use_shop(cast.green):
        barcode = Barcode.objects.select_related("product").first()
    page = cast.client().get(url("changelist"), {"q": barcode.code})
    assert [product.pk for product in page.context["cl"].result_list] == [barcode.product_id]


def test_a_clerk_sees_no_cost_anywhere_and_changes_nothing(cast: Cast, clerk: Client) -> None:
    with use_shop(cast.green):
        milk = Product.objects.get(sku="MILK")
    listed = clerk.get(url("changelist")).content.decode()
    shown = clerk.get(url("change", milk.pk)).content.decode()
    for page in (listed, shown):
        assert "1.45" in page
        assert "1.10" not in page and "ost" not in page.replace("post", "").replace("most", "").replace("Host", "")
    assert "change_prices" not in listed
    assert clerk.get(url("changelist"), {"cost__gt": "1"}).status_code == 400
    assert clerk.post(url("change", milk.pk), product_post(sku="MILK", codes=[])).status_code == 403
    assert clerk.get(url("history", milk.pk)).status_code == 403
    assert clerk.post(url("prices"), prices_post([milk], ["9.00"], save="1", reason="x")).status_code == 403


def test_without_the_right_to_costs_a_posted_cost_changes_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """A role that edits products but may not see costs: the field is in no form, page or history."""
    monkeypatch.setitem(CAPABILITIES, Role.MANAGER, frozenset(Can) - {Can.SEE_COST, Can.MANAGE_MEMBERS})
    client = cast.client(factories.make_member(shop=cast.green, role=Role.MANAGER))
    with use_shop(cast.green):
        milk = Product.objects.get(sku="MILK")
    data = product_post(sku="MILK", codes=[], name="Milk", cost="0.01", price="1.50")
    assert client.post(url("change", milk.pk), data).status_code == 302
    with use_shop(cast.green):
        milk.refresh_from_db()
        assert (milk.name, milk.cost, milk.price) == ("Milk", Decimal("1.10"), Decimal("1.50"))
        Product.objects.filter(pk=milk.pk).update(cost=Decimal("7.77"))
    history = client.get(url("history", milk.pk)).content.decode()
    assert "1.5" in history and "7.77" not in history
    prices = client.post(url("changelist"), {"action": "change_prices", "_selected_action": [milk.pk]}).content.decode()
    assert "New price" in prices and "7.77" not in prices and "Margin" not in prices


def make_shelf(cast: Cast, number: int) -> list[Product]:
    with use_shop(cast.green):
        return [factories.make_product(sku=f"P{i:03}", price="2.00", cost="1.00") for i in range(number)]


def test_forty_prices_in_one_go(cast: Cast) -> None:
    products, client = make_shelf(cast, 40), cast.client()
    opened = client.post(
        url("changelist"), {"action": "change_prices", "_selected_action": [product.pk for product in products]}
    )
    assert opened.status_code == 200 and opened.content.decode().count("New price of") == 40
    rule = {"how": "percent", "value": "10", "ending": "nine", "reason": "Supplier raised"}
    worked_out = client.post(url("prices"), prices_post(products, ["2.00"] * 40, work_out="1", **rule)).content.decode()
    assert worked_out.count('value="2.19"') == 40
    assert "Supplier raised" in worked_out
    new = ["2.19"] * 39 + ["2.49"]
    with CaptureQueriesContext(connection) as captured:
        saved = client.post(url("prices"), prices_post(products, new, save="1", reason="Supplier raised"))
    assert saved.status_code == 302
    assert len(captured) < 30, "one statement changes them all"
    with use_shop(cast.green):
        assert sorted(Product.objects.filter(sku__startswith="P0").values_list("price", flat=True)) == [
            Decimal("2.19")
        ] * 39 + [Decimal("2.49")]
        kept = PriceChange.objects.filter(reason="Supplier raised")
        assert {change.actor for change in kept} == {"alice@shops.example"} and len(kept) == 40
    history = client.get(url("history", products[0].pk)).content.decode()
    assert "<td>2</td><td>2.19</td>" in history and "Supplier raised" in history
    front = client.get(mount.shop_url("green", "admin:index")).content.decode()
    assert "Changed 40 products: Supplier raised" in front


def test_prices_need_a_reason_and_numbers(cast: Cast) -> None:
    products, client = make_shelf(cast, 2), cast.client()
    answer = client.post(url("prices"), prices_post(products, ["3.00", "-1"], save="1", reason=""))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "This field is required." in page and "greater than or equal to 0" in page
    wrong_rule = prices_post(products, ["3.00", "4.00"], work_out="1", how="percent", value="lots", ending="")
    assert client.post(url("prices"), wrong_rule).status_code == 422
    with use_shop(cast.green):
        assert set(Product.objects.filter(pk__in=[p.pk for p in products]).values_list("price", flat=True)) == {2}


def test_a_price_changed_meanwhile_is_not_overwritten(cast: Cast) -> None:
    products, client = make_shelf(cast, 2), cast.client()
    with use_shop(cast.green):
        Product.objects.filter(pk=products[0].pk).update(price=Decimal("5.00"))
    answer = client.post(url("prices"), prices_post(products, ["3.00", "3.00"], save="1", reason="x"))
    assert answer.status_code == 422 and "Somebody has changed this price" in answer.content.decode()
    with use_shop(cast.green):
        assert Product.objects.get(pk=products[1].pk).price == 2, "all or none"


def test_a_foreign_product_in_the_price_change_is_no_product(cast: Cast) -> None:
    with use_shop(cast.rival):
        theirs = Product.objects.get(sku="MILK")
    answer = cast.client().post(url("prices"), prices_post([theirs], ["0.01"], save="1", reason="x"))
    theirs.pk += 100000
    nobody = cast.client().post(url("prices"), prices_post([theirs], ["0.01"], save="1", reason="x"))
    assert answer.status_code == nobody.status_code == 404
    with use_shop(cast.rival):
        assert Product.objects.get(sku="MILK").price == Decimal("1.45")


def test_too_many_at_once_is_refused_in_words(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inventory.admin.prices.MOST_AT_ONCE", 2)
    products = make_shelf(cast, 3)
    answer = cast.client().post(
        url("changelist"), {"action": "change_prices", "_selected_action": [p.pk for p in products]}, follow=True
    )
    assert "Choose at most 2 products" in answer.content.decode()


@pytest.mark.parametrize("price", ["NaN", "sNaN", "Infinity", "1e999999", "1e-999999"])
@pytest.mark.parametrize("button", ["save", "look"])
def test_what_can_be_no_price_is_marked(cast: Cast, price: str, button: str) -> None:
    products, client = make_shelf(cast, 2), cast.client()
    answer = client.post(url("prices"), prices_post(products, [price, "3.00"], reason="x", **{button: "1"}))
    assert answer.status_code == 422
    with use_shop(cast.green):
        assert set(Product.objects.filter(pk__in=[p.pk for p in products]).values_list("price", flat=True)) == {2}


def test_a_cashier_sees_prices_but_no_supplier_nor_who_set_them(cast: Cast) -> None:
    products = make_shelf(cast, 1)
    cast.client().post(url("prices"), prices_post(products, ["3.00"], save="1", reason="Farm wants more"))
    with use_shop(cast.green):
        milk = Product.objects.get(sku="MILK")
    changes = mount.shop_url("green", "admin:inventory_pricechange_changelist")
    for address in (url("changelist"), url("change", milk.pk), url("change", products[0].pk), changes):
        page = cast.client(cast.bob).get(address)
        assert page.status_code == 200
        for words in ("Green Grocer Farm", "Farm wants more", "alice@"):
            assert words not in page.content.decode(), (address, words)
