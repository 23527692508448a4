"""Products from files: created, updated, left alone, refused; their categories, barcodes, rates and suppliers."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from inventory.models import Barcode, Category, PriceChange, Product, Supplier, TaxRate
from shop.models import Change
from shop.tenancy import acting, use_shop
from tests.factories import Cast
from tests.importing import bring_in, counts, reasons

HEAD = "sku,name,barcode,category,unit,price,cost,tax_rate,supplier,pack_size,shelf_life_days\n"
FILE = HEAD + (
    "BRIE,Brie,4001|4002,Dairy > Cheese,kg,12.50,8,7 %,Cheese Co,6,30\n"
    "OATS,Oats,4003,Breakfast,each,1.20,0.7,0.07,Cheese Co,12,365\n"
    "MILK,,4004,,,1.55,,,,,\n"
)


@pytest.fixture
def green(cast: Cast) -> Iterator[Cast]:
    with use_shop(cast.green):
        yield cast


def test_new_products_come_with_all_that_belongs_to_them(green: Cast) -> None:
    assert counts(bring_in("products", FILE)) == (2, 1, 0, 0)
    brie = Product.objects.get(sku="BRIE")
    assert (brie.name, brie.unit, brie.price, brie.cost) == ("Brie", "kg", Decimal("12.5"), 8)
    assert (brie.category.name, brie.category.parent.name) == ("Cheese", "Dairy")
    assert (brie.supplier.name, brie.supplier.needs_review, brie.pack_size, brie.shelf_life_days) == (
        "Cheese Co",
        True,
        6,
        30,
    )
    assert brie.tax_rate.rate == Decimal("0.07") and TaxRate.objects.filter(rate="0.07").count() == 1
    assert sorted(brie.barcodes.values_list("code", flat=True)) == ["4001", "4002"]
    assert not brie.needs_review
    assert Category.objects.filter(name="Dairy").count() == 1


def test_empty_cells_leave_what_is_there(green: Cast) -> None:
    before = Product.objects.get(sku="MILK")
    bring_in("products", FILE)
    milk = Product.objects.get(sku="MILK")
    assert milk.price == Decimal("1.55")
    assert (milk.name, milk.cost, milk.category_id, milk.tax_rate_id) == (
        before.name, before.cost, before.category_id, before.tax_rate_id,
    )  # fmt: skip


def test_the_same_file_again_changes_nothing(green: Cast) -> None:
    bring_in("products", FILE)
    changes, prices = Change.objects.count(), PriceChange.objects.count()
    assert counts(bring_in("products", FILE)) == (0, 0, 3, 0)
    assert (Change.objects.count(), PriceChange.objects.count()) == (changes, prices)


def test_a_price_from_a_file_is_in_the_history_with_who_and_why(green: Cast) -> None:
    with acting("alice@shops.example", "Products from prices.csv"):
        bring_in("products", "sku,price\nMILK,1.99\n")
    change = PriceChange.objects.filter(product__sku="MILK").order_by("-id").first()
    assert (change.price, change.actor, change.reason) == (
        Decimal("1.99"),
        "alice@shops.example",
        "Products from prices.csv",
    )


def test_a_product_that_an_import_made_is_known_once_a_product_file_names_it(green: Cast) -> None:
    bring_in("sales_lines", "receipt,time,product,price\nR1,2026-03-02 10:00,BRIE,3\n")
    assert Product.objects.get(sku="BRIE").needs_review
    assert counts(bring_in("products", FILE)) == (1, 2, 0, 0)
    assert not Product.objects.get(sku="BRIE").needs_review


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("X1,,,,box,1,,,,,", "unit: “box” is neither piece nor kg"),
        ("X1,,,,,-1,,,,,", "price is negative"),
        ("X1,,,,,,-1,,,,", "cost is negative"),
        ("X1,,,,,,,high,,,", "tax_rate: “high” is not a rate"),
        ("X1,,,,,,,250,,,", "tax_rate: “250” is not a rate"),
        ("X1,,,,,,,,,half,", "pack_size: “half” is not a whole number"),
        (",Tea,,,,,,,,,", "sku is empty"),
        (f"{'X' * 65},,,,,,,,,,", "sku is longer than 64 characters"),
    ],
)
def test_a_bad_row_is_refused_alone(green: Cast, row: str, words: str) -> None:
    result = bring_in("products", f"{HEAD}{row}\nTEA,Tea,,,,1,,,,,\n")
    assert counts(result) == (1, 0, 0, 1)
    assert words in reasons(result)


def test_a_barcode_has_one_product(green: Cast) -> None:
    code = Barcode.objects.get(product__sku="MILK").code
    result = bring_in("products", f"sku,barcode\nTEA,{code}\nJAM,777\nHONEY,777\nMILK,{code}\n")
    assert counts(result) == (1, 0, 1, 2)
    assert f"barcode {code} belongs to MILK" in reasons(result)
    assert not Product.objects.filter(sku__in=["TEA", "HONEY"]).exists()


def test_a_sku_twice_may_add_barcodes_only(green: Cast) -> None:
    result = bring_in("products", "sku,name,barcode\nTEA,Tea,1\nTEA,Tea,2\nTEA,Coffee,3\n")
    assert counts(result) == (1, 0, 1, 1)
    assert "SKU TEA is in the file twice, with other details than on line 2" in reasons(result)
    assert sorted(Barcode.objects.filter(product__sku="TEA").values_list("code", flat=True)) == ["1", "2"]


@pytest.mark.parametrize(
    ("words", "rate"), [("Standard", "0.2"), ("20%", "0.2"), ("5,5 %", "0.055"), ("0", "0"), ("1", "0.01")]
)
def test_rates_are_names_per_cents_or_shares(green: Cast, words: str, rate: str) -> None:
    bring_in("products", f'sku,tax_rate\nTEA,"{words}"\n')
    assert Product.objects.get(sku="TEA").tax_rate.rate == Decimal(rate)


def test_suppliers_of_the_shop_are_found_by_name(green: Cast) -> None:
    bring_in("products", "sku,supplier\nTEA,Green Grocer Farm\n")
    assert Supplier.objects.count() == 1
