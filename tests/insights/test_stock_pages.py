"""Stock on the phone: receive, count, write off, move and undo, each a line of the ledger."""

import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum
from django.test import Client

from inventory import orders, services
from inventory.models import Barcode, Lot, Product, PurchaseOrder, StockLevel, StockMovement, Supplier
from shop.models import Branch
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import Cast, make_member, make_product
from tests.insights.conftest import client_of

BASE = "/s/green/stock/"
BY = "alice@shops.example"


@pytest.fixture
def clerk(cast: Cast) -> Client:
    return client_of(make_member(shop=cast.green, role=Role.CLERK))


@pytest.fixture
def green(cast: Cast) -> Any:
    with use_shop(cast.green):
        yield cast.green


def milk() -> Product:
    return Product.objects.get(sku="MILK")


def here(place: int = 0) -> Branch:
    return Branch.objects.order_by("pk")[place]


def level(branch: Branch | None = None, product: Product | None = None) -> Decimal:
    found = StockLevel.objects.filter(branch=branch or here(), product=product or milk()).first()
    return found.quantity if found else Decimal(0)


def stock_is_the_ledger() -> None:
    for row in StockLevel.objects.all():
        moved = StockMovement.objects.filter(branch=row.branch_id, product=row.product_id)
        assert row.quantity == moved.aggregate(all=Sum("quantity"))["all"]


def enter(client: Client, desk: str, quantity: str, **more: Any) -> Any:
    data = {"branch": here().pk, "product": milk().pk, "entry": str(uuid.uuid4()), "quantity": quantity} | more
    return client.post(f"{BASE}{desk}/", data)


def text(answer: Any) -> str:
    plain = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", plain).replace("&#x27;", "'")


def follow(client: Client, answer: Any) -> str:
    assert answer.status_code == 302, text(answer)[:600]
    return text(client.get(answer["Location"]))


def undo(client: Client, source: str) -> Any:
    return client.post(f"{BASE}undo/{StockMovement.objects.get(source=source).pk}/")


# --- A day at the shelf ---------------------------------------------------------------------------------------------


def test_receive_count_waste_transfer_and_undo_each(green: Any, clerk: Client) -> None:
    said = follow(clerk, enter(clerk, "receive", "12", lot="L1", best_before="2027-04-01"))
    assert "Green Grocer milk 2 L, 12 taken in." in said and level() == 12
    said = follow(clerk, enter(clerk, "count", "11"))
    assert "Counted 11" in said and "1 fewer than expected." in said and level() == 11
    said = follow(clerk, enter(clerk, "waste", "2", cause="damaged", note="dropped", lot=Lot.objects.get().pk))
    assert "2 written off, damaged: dropped." in said and level() == 9
    said = follow(clerk, enter(clerk, "transfer", "4", to=here(1).pk))
    assert "4 moved to Station." in said and (level(), level(here(1))) == (5, 4)
    stock_is_the_ledger()
    kinds = [row.source for row in StockMovement.objects.order_by("pk")]
    receipt, count, waste, out, _ = kinds
    for source in (out, waste, waste, count, receipt):
        assert undo(clerk, source).status_code == 302
        stock_is_the_ledger()
    assert (level(), level(here(1))) == (0, 0)
    assert Lot.objects.get(branch=here()).quantity == 0


def test_a_form_sent_twice_is_one_entry(green: Any, clerk: Client) -> None:
    entry = str(uuid.uuid4())
    for _ in range(2):
        follow(clerk, enter(clerk, "receive", "12", entry=entry))
    for desk, more in (("waste", {"cause": "staff"}), ("transfer", {"to": here(1).pk}), ("count", {})):
        for _ in range(2):
            follow(clerk, enter(clerk, desk, "1", entry=entry, **more))
    assert (level(), level(here(1))) == (1, 1)
    stock_is_the_ledger()


def test_a_scan_finds_by_any_way_a_code_is_written(green: Any, clerk: Client) -> None:
    Barcode.objects.create(product=milk(), code="012345678905")
    Barcode.objects.create(product=milk(), code="4000000000017", pack_quantity=6)
    for code in ("012345678905", "0012345678905", "12345678905", "milk", "green grocer milk"):
        assert "data-entry" in clerk.get(f"{BASE}receive/", {"q": code}).content.decode(), code
    pack = clerk.get(f"{BASE}receive/", {"q": "4000000000017"}).content.decode()
    assert re.search(r'name="quantity" value="6"', pack), "one scan of the box is six"
    assert "Which one?" in text(clerk.get(f"{BASE}waste/", {"q": "Green"}))


def test_an_unknown_code_says_what_to_do(cast: Cast, green: Any, clerk: Client) -> None:
    assert "We do not know the code 5099999999999." in text(clerk.get(f"{BASE}count/", {"q": "5099999999999"}))
    assert "ask somebody who may change products" in text(clerk.get(f"{BASE}count/", {"q": "5099999999999"}))
    assert "add the product" in text(cast.client().get(f"{BASE}count/", {"q": "5099999999999"}))
    assert "Nothing matches “zebra”" in text(clerk.get(f"{BASE}count/", {"q": "zebra"}))


def test_cases_are_taken_in_as_pieces(green: Any, clerk: Client) -> None:
    Product.objects.filter(sku="MILK").update(pack_size=6)
    follow(clerk, enter(clerk, "receive", "2", per="6"))
    assert level() == 12
    assert enter(clerk, "receive", "2", per="7").status_code == 422
    assert level() == 12


# --- Counting -------------------------------------------------------------------------------------------------------


def test_a_count_is_blind(cast: Cast, green: Any) -> None:
    services.receive(branch=here(), product=milk(), quantity=Decimal(47), by=BY)
    category = milk().category_id
    for where in ({"q": "MILK"}, {"category": category}, {"category": category, "product": milk().pk}):
        page = text(cast.client().get(f"{BASE}count/", where))
        assert "47" not in page.split("Entered lately")[0]
    done = cast.client().post(f"{BASE}count/", {"branch": here().pk, "product": milk().pk, "quantity": ""})
    assert done.status_code == 422 and "47" not in text(done)


def test_a_count_tells_its_value_to_those_who_see_costs(cast: Cast, green: Any, clerk: Client) -> None:
    services.receive(branch=here(), product=milk(), quantity=Decimal(10), by=BY)
    answer = enter(clerk, "count", "9")
    assert "at cost" not in follow(clerk, answer)
    assert "1 fewer than expected, £1.10 at cost" in text(cast.client().get(answer["Location"])).replace("€", "£")


def test_a_count_far_off_is_asked_once_more_without_saying_why(cast: Cast, green: Any) -> None:
    client = cast.client()
    services.receive(branch=here(), product=milk(), quantity=Decimal(40), by=BY)
    answer = enter(client, "count", "400")
    said = follow(client, answer)
    assert "count it once more" in said and "360" not in said
    assert level() == 400, "nothing is lost when the phone sleeps now"
    first = StockMovement.objects.get(kind="count")
    said = follow(client, enter(client, "count", "39", again=first.pk))
    assert "1 fewer than expected" in said and level() == 39
    follow(client, enter(client, "count", "2", again=first.pk))
    assert level() == 2, "asked once, not again"
    stock_is_the_ledger()


def test_along_a_shelf_the_next_product_follows(green: Any, clerk: Client) -> None:
    category = milk().category_id
    answer = enter(clerk, "count", "3", category=category)
    said = follow(clerk, answer)
    apples = Product.objects.get(sku="APPLE")
    assert "1 of 3 counted today" in said
    assert f"product={apples.pk}" in answer["Location"], "milk is last: the first uncounted follows"


# --- What is refused ------------------------------------------------------------------------------------------------


def test_refusals_are_words_at_the_form(green: Any, clerk: Client) -> None:
    assert "Count or receive Green Grocer milk 2 L at this branch first" in text(
        enter(clerk, "waste", "1", cause="theft")
    )
    assert "Scan or find a product first" in text(clerk.post(f"{BASE}count/", {"quantity": "3"}))
    for desk, quantity, more in (
        ("receive", "0", {}),
        ("receive", "-1", {}),
        ("receive", "1e9", {}),
        ("receive", "x", {}),
        ("receive", "1", {"entry": "no"}),
        ("count", "-1", {}),
        ("waste", "1", {"cause": "magic"}),
        ("transfer", "1", {"to": here().pk}),
    ):
        assert enter(clerk, desk, quantity, **more).status_code == 422, (desk, quantity)
    assert not StockMovement.objects.exists()


def test_another_shops_rows_are_not_there(cast: Cast, green: Any, clerk: Client) -> None:
    with use_shop(cast.rival):
        theirs, market = milk(), Branch.objects.get()
        services.receive(branch=market, product=theirs, quantity=Decimal(5), by=BY, source="theirs")
        moved = StockMovement.objects.get().pk
    with use_shop(cast.green):
        assert enter(clerk, "receive", "1", product=theirs.pk).status_code == 404
        assert clerk.post(f"{BASE}undo/{moved}/").status_code == 404
        follow(clerk, enter(clerk, "receive", "1", branch=market.pk))
        assert level() == 1, "a branch of nobody is as none: the person's own branch stands"
    with use_shop(cast.rival):
        assert level(market, theirs) == 5
    assert client_of(cast.charlie).get(BASE).status_code == 404


def test_roles(cast: Cast, green: Any) -> None:
    cashier, analyst = client_of(cast.bob), client_of(make_member(shop=cast.green, role=Role.ANALYST))
    for desk in ("", "receive/", "count/", "waste/", "transfer/", "missing/"):
        assert cashier.get(f"{BASE}{desk}").status_code == 403
    assert enter(cashier, "receive", "1").status_code == 403
    assert analyst.get(BASE).status_code == 200
    assert enter(analyst, "receive", "1").status_code == 403
    assert client_of(make_member(shop=cast.green, role=Role.CLERK)).get(f"{BASE}missing/").status_code == 403
    assert not StockMovement.objects.exists()


@pytest.mark.parametrize("strange", ["\x00", "²", "9" * 40])
def test_strange_addresses_and_forms_break_nothing(cast: Cast, green: Any, strange: str) -> None:
    client = cast.client()
    names = (
        "q",
        "product",
        "branch",
        "category",
        "saved",
        "again",
        "next",
        "line",
        "came",
        "of",
        "what",
        "page",
        "view",
    )
    everything = dict.fromkeys(names, strange)
    order = _order()
    paths = ("", "receive/", "count/", "waste/", "transfer/", "missing/", f"receive/{order.pk}/")
    for path in paths:
        answer = client.get(f"{BASE}{path}", everything)
        assert answer.status_code == 200 and "<script>=" not in answer.content.decode(), path
        for name in names:
            assert client.get(f"{BASE}{path}", {name: strange}).status_code == 200, (path, name)
    named = {"product": milk().pk, "line": order.lines.get().pk, "pk": milk().pk, "field": "cost", "of": "products"}
    posted = dict.fromkeys(
        ("entry", "quantity", "per", "lot", "cause", "note", "to", "value", "instead", "cost"), strange
    )
    for path in paths[1:]:
        assert client.post(f"{BASE}{path}", everything | posted | named).status_code in (302, 422), path
    assert not StockMovement.objects.exists()


def _order() -> PurchaseOrder:
    line = orders.add_line(branch=here(), supplier=Supplier.objects.get(), product=milk(), quantity=Decimal(24), by=BY)
    return orders.approve(order=line.order, by=BY)


def test_undo_leads_back_within_stock_only(green: Any, clerk: Client) -> None:
    follow(clerk, enter(clerk, "receive", "12"))
    pk = StockMovement.objects.get().pk
    for back in ("https://evil.example/", "//evil.example", "/s/green/today/", ""):
        assert clerk.post(f"{BASE}undo/{pk}/", {"back": back})["Location"] == BASE
    assert clerk.post(f"{BASE}undo/{pk}/", {"back": f"{BASE}count/?q=1"})["Location"] == f"{BASE}count/?q=1"
    assert level() == 0
    assert "Undone" in text(clerk.get(BASE))


def test_pages_take_a_fixed_number_of_queries(green: Any, clerk: Client, queries: Any) -> None:
    def more(number: int) -> None:
        for _ in range(number):
            product = make_product(category=milk().category)
            enter(clerk, "receive", "5", product=product.pk)
            enter(clerk, "count", "4", product=product.pk)
            enter(clerk, "transfer", "1", product=product.pk, to=here(1).pk)

    paths = [BASE, f"{BASE}count/?category={milk().category_id}", f"{BASE}receive/", f"{BASE}waste/?q=MILK"]
    more(1)
    before = [queries(clerk, path) for path in paths]
    more(3)
    assert [queries(clerk, path) for path in paths] == before
