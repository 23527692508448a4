"""Exports: exact, streaming, and harmless in a spreadsheet."""

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from inventory import services as inventory
from inventory.models import Barcode, Product, Supplier, TaxRate
from sales.models import SaleLine
from shop import csvout
from shop.models import Branch, Shop
from shop.tenancy import use_shop
from tests.factories import at
from tests.sales import raw

DAY = dt.timedelta(1)
MIDDLE = dt.date(2026, 3, 29)


@pytest.fixture
def shop(db: None) -> Any:
    shop = raw.open_shop("Europe/Lisbon", 0)
    with use_shop(shop):
        yield shop


def export(shop: Shop, kind: str, *options: str) -> list[dict[str, str]]:
    out = io.StringIO()
    call_command("export", shop.slug, kind, *options, stdout=out)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def sold(
    minutes: int, net: str, *, cost: Decimal | None = Decimal(1), branch: int = 0, product: int | None = 0
) -> raw.Doc:
    line = (product, Decimal("1.250"), Decimal(net), Decimal("0.1234"), Decimal(0), cost)
    return raw.Doc(branch=branch, kind="sale", minutes=minutes, late=False, voided=False, lines=(line,))


def test_sales_by_day_add_up_to_the_lines_exactly(shop: Shop) -> None:
    raw.write(shop, [sold(step * 700, "10.0033", branch=step % 2) for step in range(40)])
    rows = export(shop, "sales_by_day")
    assert list(rows[0]) == ["date", "branch", "net", "tax", "gross_margin", "baskets", "units"]
    assert sum(Decimal(row["net"]) for row in rows) == sum(line.net for line in SaleLine.objects.all())
    assert sum(Decimal(row["tax"]) for row in rows) == Decimal("0.1234") * 40
    assert sum(int(row["baskets"]) for row in rows) == 40
    assert [(row["date"], row["branch"]) for row in rows] == sorted((row["date"], row["branch"]) for row in rows)


def test_an_unknown_margin_is_empty_not_zero(shop: Shop) -> None:
    raw.write(shop, [sold(0, "10", cost=None), sold(1440, "10", cost=Decimal(4))])
    rows = export(shop, "sales_by_day")
    assert [row["gross_margin"] for row in rows] == ["", "6.00"]
    assert rows[0] == {
        "date": "2026-03-29",
        "branch": "North",
        "net": "10.00",
        "tax": "0.1234",
        "gross_margin": "",
        "baskets": "1",
        "units": "1.25",
    }


def test_a_period_may_be_open_on_either_side(shop: Shop) -> None:
    raw.write(shop, [sold(day * 1440, "10") for day in range(5)])
    assert len(export(shop, "sales_by_day", "--from", "2026-03-30", "--to", "2026-03-31")) == 2
    assert len(export(shop, "sales_by_day", "--from", "2026-03-30")) == 4
    assert export(shop, "sales_by_product", "--to", "2026-03-29")[0]["net"] == "10.00"
    with pytest.raises(CommandError, match="before it starts"):
        export(shop, "sales_by_day", "--from", "2026-03-30", "--to", "2026-03-29")


def test_sales_by_product_names_products_by_sku(shop: Shop) -> None:
    raw.write(shop, [sold(0, "10"), sold(60, "5", product=None, cost=None), sold(90, "20", product=1)])
    rows = export(shop, "sales_by_product")
    assert [(row["product"], row["net"], row["gross_margin"]) for row in rows] == [
        ("P1", "20.00", "19.00"),
        ("P0", "10.00", "9.00"),
        ("", "5.00", ""),
    ]


def test_products_under_the_names_an_import_uses(shop: Shop) -> None:
    product = Product.objects.get(sku="P0")
    Barcode.objects.create(product=product, code="5012345678900")
    Barcode.objects.create(product=product, code="5099999999999", pack_quantity=6)
    Product.objects.filter(pk=product.pk).update(
        price=Decimal("1.4500"),
        cost=Decimal("1.1025"),
        supplier=Supplier.objects.create(name="Farm"),
        tax_rate=TaxRate.objects.create(name="Reduced", rate=Decimal("0.06")),
        pack_size=12,
    )
    rows = export(shop, "products")
    assert [row["sku"] for row in rows] == ["P0", "P1", "P2"]
    assert rows[0] == {
        "sku": "P0",
        "name": "Product 0",
        "barcode": "5012345678900 5099999999999",
        "category": "Dairy",
        "unit": "piece",
        "price": "1.45",
        "cost": "1.1025",
        "tax_rate": "0.06",
        "supplier": "Farm",
        "pack_size": "12",
        "shelf_life_days": "",
    }
    assert rows[2]["category"] == rows[2]["price"] == rows[2]["supplier"] == ""


def test_stock_by_lot_adds_up_to_the_level(shop: Shop) -> None:
    branch, product = Branch.objects.order_by("id").first(), Product.objects.get(sku="P0")
    for lot, days in (("soon", 5), ("later", 30)):
        inventory.receive(
            branch=branch,
            product=product,
            quantity=Decimal(10),
            lot=lot,
            best_before=MIDDLE + days * DAY,
            at=at("2026-03-01T08:00"),
            by="a",
        )
    other = Product.objects.get(sku="P1")
    for sku, counted in ((product, 13), (other, 0)):
        inventory.count_stock(branch=branch, counted={sku.pk: Decimal(counted)}, at=at("2026-03-02T08:00"), by="a")
    rows = export(shop, "stock")
    assert [(row["product"], row["quantity"], row["lot"], row["best_before"]) for row in rows] == [
        ("P0", "3", "soon", "2026-04-03"),
        ("P0", "10", "later", "2026-04-28"),
        ("P1", "0", "", ""),
    ]
    inventory.count_stock(branch=branch, counted={product.pk: Decimal("24.5")}, at=at("2026-03-03T08:00"), by="a")
    assert [(row["quantity"], row["lot"]) for row in export(shop, "stock")][-2] == ("4.5", "")


def test_what_does_not_exist_is_said(shop: Shop) -> None:
    with pytest.raises(CommandError, match="no shop"):
        call_command("export", "nowhere", "stock")
    with pytest.raises(CommandError, match="products, prices, sales_by_day, sales_by_product, stock"):
        call_command("export", shop.slug, "everything")


def test_more_rows_take_no_more_queries(shop: Shop, django_assert_max_num_queries: Any) -> None:
    def queries(kind: str) -> int:
        with django_assert_max_num_queries(12) as captured:
            export(shop, kind)
        return len(captured)

    kinds = ["sales_by_day", "sales_by_product", "products", "stock"]
    raw.write(shop, [sold(0, "1")])
    few = [queries(kind) for kind in kinds]
    raw.write(shop, [sold(day * 1440, "1") for day in range(40)])
    Product.objects.bulk_create(Product(sku=f"X{number}", name="X") for number in range(900))
    assert [queries(kind) for kind in kinds] == few


HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\0=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "  =1",
    "\n=1",
    "\u00a0=1",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_that_would_run_gets_an_apostrophe(text: str) -> None:
    assert csvout.safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "milk", "2 for 1", "a=b", "x-1", "0.5 kg"])
def test_other_text_is_left_alone(text: str) -> None:
    assert csvout.safe(text) == text


def test_names_are_made_safe_and_numbers_stay_numbers(shop: Shop) -> None:
    Product.objects.filter(sku="P0").update(name="=cmd|' /C calc'!A0")
    Branch.objects.filter(name="North").update(name="@North")
    raw.write(shop, [sold(0, "-10")])
    assert export(shop, "sales_by_product")[0]["name"].startswith("'=cmd")
    row = export(shop, "sales_by_day")[0]
    assert (row["branch"], row["net"]) == ("'@North", "-10.00")


@given(
    st.lists(st.lists(st.text() | st.decimals(allow_nan=False, allow_infinity=False, places=4), min_size=2, max_size=2))
)
def test_a_file_reads_back_as_it_was_written(rows: list[list[Any]]) -> None:
    text = "".join(csvout.pieces(["a", "b"], rows))
    back = list(csv.reader(io.StringIO(text, newline="")))
    assert back == [["a", "b"], *([csvout.cell(value) for value in row] for row in rows)]


@pytest.mark.parametrize(
    ("value", "money", "number"),
    [
        ("10", "10.00", "10"),
        ("1.5000", "1.50", "1.5"),
        ("0.1234", "0.1234", "0.1234"),
        ("-0.0000", "0.00", "0"),
        ("1E+3", "1000.00", "1000"),
    ],
)
def test_amounts_are_exact(value: str, money: str, number: str) -> None:
    assert csvout.cell(csvout.amount(Decimal(value))) == money
    assert csvout.cell(csvout.quantity(Decimal(value))) == number
