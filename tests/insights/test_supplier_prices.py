"""Suppliers' new prices: what they leave, the cost taken over, the shelf price that keeps the margin."""

import csv
import io
from decimal import Decimal

import pytest

from inventory import supplier_prices
from inventory.models import PriceBatchLine, PriceChange, Product, Supplier, SupplierItem, SupplierPrice
from shop import mount
from shop.tenancy import use_shop
from tests.factories import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def price(cast: Cast) -> SupplierPrice:
    """Milk at 1.50 on the shelf that cost 1.00, a third of it margin, and costs 1.20 now."""
    with use_shop(cast.green):
        milk = Product.objects.create(sku="MILK-9", name="Milk", price=Decimal("1.50"), cost=Decimal("1.00"))
        item = SupplierItem.objects.create(supplier=Supplier.objects.create(name="Dairy"), code="D1", product=milk)
        SupplierItem.objects.create(supplier=item.supplier, code="D2", name="Oat drink")
        return SupplierPrice.objects.create(item=item, cost=Decimal("1.20"), from_date=cast.green.today())


def url(name: str, *args: object) -> str:
    return mount.shop_url("green", f"insights:{name}", *args)


def test_the_page_says_what_a_new_cost_leaves_and_which_price_keeps_the_margin(
    cast: Cast, price: SupplierPrice
) -> None:
    page = cast.client().get(url("price_costs")).content.decode()
    assert "1 new price" in page
    assert "up 20%</span>, margin then 20%" in page
    assert "€1.80" in page
    assert "none of your products yet" in page
    file = cast.client().get(url("price_costs") + "?export=csv").getvalue().decode()
    row = next(csv.DictReader(io.StringIO(file.lstrip("\ufeff"))))
    assert (row["code"], row["product"], row["price_to_keep_margin"]) == ("D1", "MILK-9", "1.80")


def test_taking_over_changes_the_cost_with_its_reason_and_drafts_the_price(cast: Cast, price: SupplierPrice) -> None:
    answer = cast.client().post(url("price_costs_decide"), {"do": "both", "price": [price.pk]})
    with use_shop(cast.green):
        milk = price.item.product
        milk.refresh_from_db()
        price.refresh_from_db()
        line = PriceBatchLine.objects.get(product=milk)
        assert (milk.cost, milk.price, line.price) == (Decimal("1.20"), Decimal("1.50"), Decimal("1.80"))
        assert price.state == "taken"
        assert price.cost_before == Decimal("1.00")
        assert PriceChange.objects.filter(product=milk).latest("pk").reason == "Price list of Dairy"
        assert answer["Location"] == url("price_batch_detail", line.batch_id)
        assert supplier_prices.take(prices=[price.pk], by="again") == 0


def test_a_price_put_aside_can_be_looked_at_again(cast: Cast, price: SupplierPrice) -> None:
    with use_shop(cast.green):
        assert supplier_prices.put_aside(prices=[price.pk], by="a") == 1
        assert supplier_prices.put_aside(prices=[price.pk], by="a") == 0
        assert supplier_prices.look_again(prices=[price.pk], by="a") == 1
        price.refresh_from_db()
        assert price.state == "waiting"


def test_an_article_is_matched_once(cast: Cast, price: SupplierPrice) -> None:
    with use_shop(cast.green):
        oat = SupplierItem.objects.get(code="D2")
    client = cast.client()
    assert client.post(url("price_costs_match", oat.pk), {"q": "MILK-9"}).status_code == 302
    with use_shop(cast.green):
        oat.refresh_from_db()
    assert oat.product_id == price.item.product_id
    assert client.post(url("price_costs_match", oat.pk), {"q": "nothing"}).status_code == 422


def test_who_may_not_see_costs_sees_none_of_it(cast: Cast, price: SupplierPrice) -> None:
    assert cast.client(cast.bob).get(url("price_costs")).status_code == 403
    assert cast.client(cast.bob).post(url("price_costs_decide"), {"do": "take", "price": price.pk}).status_code == 403
