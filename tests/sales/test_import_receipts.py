"""Receipts with their items in a cell, baskets one a row, and sales without prices."""

from decimal import Decimal

import pytest

from inventory.models import Product
from sales.models import Sale, SaleLine
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in, counts, paid, reasons, shared

pytestmark = pytest.mark.django_db

HEAD = "receipt,time,items,total\n"


def lines() -> list[tuple[str, Decimal, Decimal]]:
    found = SaleLine.objects.order_by("pk").select_related("product")
    return [(line.product.sku, line.quantity, line.net + line.tax) for line in found]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("2 x Milk 2 L @ 1.45; Bread 1.20", [("MILK", "2", "2.90"), ("Bread", "1", "1.20")]),
        ("Bread x 3 | 0.5 x Plums @ 3,20", [("Bread", "3", "0"), ("Plums", "0.5", "1.60")]),
        ("Bread, Milk 2 L", [("Bread", "1", "0"), ("MILK", "1", "1.40")]),
        ("-1 x Milk 2 L @ 1.45", [("MILK", "-1", "-1.45")]),
        (
            '"[{""sku"": ""MILK"", ""qty"": 2, ""price"": 1.45}, ""Bread 1.20""]"',
            [("MILK", "2", "2.90"), ("Bread", "1", "1.20")],
        ),
        ('"{""MILK"": 2}"', [("MILK", "2", "2.80")]),
    ],
)
def test_items_are_read_out_of_a_cell(cast: Cast, cell: str, found: list[tuple[str, str, str]]) -> None:
    cell = cell if cell.startswith('"') else f'"{cell}"'
    with use_shop(cast.green):
        Product.objects.filter(sku="MILK").update(name="Milk 2 L", price=Decimal("1.40"))
        result = bring_in("receipts", f"{HEAD}1,2026-11-20 09:12,{cell},\n")
        assert counts(result) == (1, 0, 0, 0), reasons(result)
        assert sorted(lines()) == sorted((sku, Decimal(quantity), Decimal(net)) for sku, quantity, net in found)


def test_a_total_pays_for_items_without_prices_and_takes_discounts_off(cast: Cast) -> None:
    day = "2026-11-20"
    file = f"{HEAD}1,{day},Bread 1.20; Jam,3.00\n2,{day},Bread 2.00; Jam 2.00,3.00\n3,{day},Bread 2.00,9.00\n"
    with use_shop(cast.green):
        result = bring_in("receipts", file)
        assert counts(result) == (2, 0, 0, 1)
        assert "total says 9" in reasons(result)
        assert sorted(net for _, _, net in lines()) == [Decimal(n) for n in ("1.20", "1.50", "1.50", "1.80")]
        assert counts(bring_in("receipts", file)) == (0, 0, 2, 1)


def test_receipts_without_a_number_are_known_by_what_is_in_them(cast: Cast) -> None:
    file = "date,items\n2026-11-20,Bread; Milk\n2026-11-20,Bread; Milk\n2026-11-20,Tea\n"
    with use_shop(cast.green):
        result = bring_in("receipts", file)
        assert counts(result) == (3, 0, 0, 0), reasons(result)
        assert Sale.objects.count() == 3
        assert result.facts["lines_without_price"] == 5
        assert "count in baskets and units" in " ".join(result.notes)
        assert counts(bring_in("receipts", file + "2026-11-20,Tea\n")) == (1, 0, 3, 0)


@pytest.mark.parametrize("cell", ["[not json", "@ 1.20", "0 x Bread", f"1 x {'B' * 65}"])
def test_a_cell_that_cannot_be_read_is_refused_and_says_why(cast: Cast, cell: str) -> None:
    with use_shop(cast.green):
        result = bring_in("receipts", f"{HEAD}1,2026-11-20,{cell},\n2,2026-11-20,Tea 1.00,\n")
        assert counts(result) == (1, 0, 0, 1)
        assert "items" in reasons(result)
        assert paid() == Decimal("1.00")


def test_purchases_take_the_shelf_price_and_stay_as_they_are_when_it_changes(cast: Cast) -> None:
    file = "Member_number,Date,itemDescription\n1808,2015-07-21,tea\n1808,2015-07-21,jam\n1808,2015-07-21,tea\n"
    with use_shop(cast.green):
        tea = Product.objects.create(sku="T1", name="Tea", price=Decimal("2.50"))
        result = bring_in("purchases", file)
        assert counts(result) == (3, 0, 0, 0), reasons(result)
        assert (result.facts["lines_at_shelf_price"], result.facts["lines_without_price"]) == (2, 1)
        assert (paid(), Sale.objects.get().customer.code) == (Decimal(5), "1808")
        Product.objects.filter(pk=tea.pk).update(price=Decimal(3))
        assert counts(bring_in("purchases", file)) == (0, 0, 3, 0)
        assert paid() == Decimal(5)
    with use_shop(cast.rival):
        assert not Sale.objects.exists()


def test_a_real_file_of_baskets_comes_in_whole(cast: Cast) -> None:
    text = shared("groceries_arules/groceries.csv").read_text()
    some = "\n".join(text.splitlines()[:400]) + "\n"
    with use_shop(cast.green):
        result = bring_in("baskets", some, maps=["time:=2026-11-20"])
        assert counts(result) == (400, 0, 0, 0), reasons(result)
        assert Sale.objects.count() == 400
        assert SaleLine.objects.count() == sum(len(line.split(",")) for line in some.splitlines())
