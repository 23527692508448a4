"""Imports taken back: what they made goes, what they changed is put back, what was changed since stays and is named."""

import csv
import datetime as dt
import io
import uuid
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import pytest

from customers.models import Customer, Review
from inventory.models import Barcode, Category, Lot, PriceChange, Product, StockLevel, Supplier, TaxRate
from sales import reports
from sales.models import Promotion, Sale, SaleLine
from sales.services import Line, record_sale, refund, void_sale
from shop.imports import lineage, undo
from shop.imports.errors import ImportRefused
from shop.imports.kinds import Kind, every_kind, template
from shop.models import Branch, Change, ImportedRow, Register
from shop.periods import Period
from shop.tenancy import use_shop
from shop.walls import shop_owned_models
from tests.factories import Cast
from tests.kept_imports import kept, take_back

BY = "alice@shops.example"
PRODUCTS = (
    "sku,name,category,supplier,tax_rate,price,cost,barcode\n"
    "MILK,Milk,Dairy > Milk,Farm & Co,7 %,1.39,0.80,\n"
    "RYE,Rye bread,Bakery,Baker,7 %,2.80,1.10,4006381333931\n"
)
SALES = (
    "receipt,time,product,quantity,total,customer,register\n"
    "1,2026-03-02T10:00,MILK,2,2.40,C77,T1\n"
    "1,2026-03-02T10:00,NEW,1,3.00,C77,T1\n"
    "2,2026-03-02T11:00,MILK,1,1.20,,T1\n"
)
DAY = Period(dt.date(2026, 3, 2), dt.date(2026, 3, 2))


@pytest.fixture
def green(cast: Cast) -> Iterator[Cast]:
    with use_shop(cast.green):
        yield cast


def taken() -> Decimal:
    totals = reports.totals(DAY)
    return totals.net + totals.tax


def sell(product: Product) -> Sale:
    return record_sale(
        uuid=uuid.uuid4(),
        branch=Branch.objects.order_by("pk")[0],
        lines=[Line(quantity=Decimal(1), product=product, unit_price=Decimal(3))],
        sold_at=dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC),
        source="test",
        by=BY,
    )


def test_what_products_made_goes_and_what_they_changed_is_put_back(green: Cast) -> None:
    before = Product.objects.values().get(sku="MILK")
    imported = kept("products", PRODUCTS)
    assert Product.objects.get(sku="RYE").supplier.name == "Baker"
    done = take_back(imported)
    assert Product.objects.values().get(sku="MILK") == before
    assert not Product.objects.filter(sku="RYE").exists()
    assert not Barcode.objects.filter(code="4006381333931").exists()
    assert not Category.objects.filter(name="Bakery").exists()
    assert not Supplier.objects.filter(name__in=["Farm & Co", "Baker"]).exists()
    assert not TaxRate.objects.filter(name="7 %").exists()
    assert done.kept_count == 0
    assert ("product", 1) in done.removed and ("product", 1) in done.restored
    assert "put back as they were before" in " ".join(done.sentences)
    imported.refresh_from_db()
    assert (imported.state, imported.undone_by) == ("undone", BY)
    assert imported.undo_result["removed"]


def test_prices_put_back_join_the_price_history(green: Cast) -> None:
    milk = Product.objects.get(sku="MILK")
    take_back(kept("products", PRODUCTS))
    prices = PriceChange.objects.filter(product=milk).order_by("id").values_list("price", flat=True)
    assert list(prices)[-2:] == [Decimal("1.39"), milk.price]


def test_a_row_changed_since_stays_and_is_named(green: Cast) -> None:
    imported = kept("products", PRODUCTS)
    Product.objects.filter(sku="RYE").update(name="Dark rye bread")
    Product.objects.filter(sku="MILK").update(price=5)
    done = take_back(imported)
    assert Product.objects.get(sku="RYE").name == "Dark rye bread"
    assert Product.objects.get(sku="MILK").price == 5
    assert {(one.name, one.why) for one in done.kept if one.what == "product"} == {
        ("Dark rye bread", "changed since"),
        ("Milk", "changed since"),
    }
    assert Category.objects.filter(name="Bakery").exists(), "a product that stays needs it"
    assert "(changed since)" in " ".join(done.sentences)


def test_changed_since_and_changed_back_is_not_changed(green: Cast) -> None:
    imported = kept("products", PRODUCTS)
    Product.objects.filter(sku="RYE").update(name="Dark rye bread")
    Product.objects.filter(sku="RYE").update(name="Rye bread")
    take_back(imported)
    assert not Product.objects.filter(sku="RYE").exists()


def test_two_imports_are_taken_back_last_first(green: Cast) -> None:
    before = Product.objects.values().get(sku="MILK")
    first = kept("products", PRODUCTS)
    second = kept("products", "sku,price\nMILK,1.49\nRYE,2.90\n")
    assert {one.name for one in undo.plan(first).kept} >= {"Rye bread"}
    take_back(second)
    assert take_back(first).kept_count == 0
    assert Product.objects.values().get(sku="MILK") == before


def test_a_product_that_was_sold_since_stays(green: Cast) -> None:
    imported = kept("products", PRODUCTS)
    sell(Product.objects.get(sku="RYE"))
    done = take_back(imported)
    assert Product.objects.filter(sku="RYE").exists()
    assert [one.why for one in done.kept if one.name == "Rye bread"] == ["used by sale lines"]


def test_sales_are_voided_and_may_come_again(green: Cast) -> None:
    none = taken()
    imported = kept("sales_lines", SALES)
    assert taken() == none + Decimal("6.60")
    assert sorted(SaleLine.objects.filter(sale__imported=imported).values_list("import_line", flat=True)) == [2, 3, 4]
    done = take_back(imported)
    assert taken() == none
    assert not Sale.objects.filter(imported=imported, voided_at=None).exists()
    assert not Product.objects.filter(sku="NEW").exists() and not Customer.objects.filter(code="C77").exists()
    assert Register.objects.filter(name="T1").exists()
    assert [(one.name, one.why) for one in done.kept] == [("T1", "used by sales")]
    again = kept("sales_lines", SALES)
    assert again.result["created"] == 3 and taken() == none + Decimal("6.60")
    assert kept("sales_lines", SALES).result["unchanged"] == 3
    take_back(again)
    corrected = kept("sales_lines", SALES.replace("3.00", "4.00"))
    assert corrected.result["refused"] == 0 and taken() == none + Decimal("7.60")


def test_a_receipt_voided_by_hand_stays_voided(green: Cast) -> None:
    none = taken()
    imported = kept("sales_lines", SALES)
    void_sale(sale=Sale.objects.get(imported=imported, receipt="2"), by=BY)
    take_back(imported)
    again = kept("sales_lines", SALES)
    assert (again.result["created"], again.result["unchanged"]) == (2, 1)
    assert taken() == none + Decimal("5.40")


def test_a_receipt_given_back_since_stays(green: Cast) -> None:
    imported = kept("sales_lines", SALES)
    sale = Sale.objects.get(imported=imported, receipt="1")
    refund(uuid=uuid.uuid4(), sale=sale, sold_at=sale.sold_at + dt.timedelta(hours=1), source="test", by=BY)
    done = take_back(imported)
    assert [(one.what, one.name) for one in done.kept if one.what == "receipt"] == [("receipt", "1")]
    assert Product.objects.filter(sku="NEW").exists()
    assert list(Sale.objects.filter(imported=imported, voided_at=None)) == [sale]


def test_days_of_sales_go_too(green: Cast) -> None:
    none, day = taken(), "date,product,quantity,net\n2026-03-02,MILK,20,24.00\n"
    take_back(kept("sales_daily", day))
    assert taken() == none
    assert kept("sales_daily", day).result["created"] == 1


def test_customers_reviews_and_promotions_go(green: Cast) -> None:
    for kind, content, model in (
        ("customers", "id,name\nC9,Ann Example\n", Customer),
        ("reviews", "code,text,product\nR1,Fine,MILK\n", Review),
        ("promotions", "product,first_date,last_date,price\nMILK,2026-03-02,2026-03-08,0.99\n", Promotion),
    ):
        count = model.objects.count()
        imported = kept(kind, content)
        assert model.objects.count() == count + 1, kind
        assert ImportedRow.objects.filter(imported=imported, line=2).exists()
        take_back(imported)
        assert model.objects.count() == count, kind
        assert not ImportedRow.objects.filter(imported=imported).exists()


def test_absent_products_are_put_back_on_sale(green: Cast) -> None:
    on_sale = set(Product.objects.active().values_list("sku", flat=True))
    left = kept("products", PRODUCTS)
    assert left.result["absent_count"] == len(on_sale - {"MILK"})
    assert set(Product.objects.active().values_list("sku", flat=True)) == on_sale | {"RYE"}
    imported = kept("products", PRODUCTS, absent="discontinue")
    assert set(Product.objects.active().values_list("sku", flat=True)) == {"MILK", "RYE"}
    take_back(imported)
    assert set(Product.objects.active().values_list("sku", flat=True)) == on_sale | {"RYE"}


def test_a_choice_that_a_kind_does_not_know_is_refused(green: Cast) -> None:
    with pytest.raises(ImportRefused, match="cannot do that"):
        kept("sales_lines", SALES, absent="zero")


def test_a_plan_says_what_the_undoing_does_and_changes_nothing(green: Cast) -> None:
    for kind, content in (("products", PRODUCTS), ("sales_lines", SALES)):
        imported = kept(kind, content)
        changes = Change.objects.count()
        plan = undo.plan(imported)
        assert Change.objects.count() == changes
        done = take_back(imported)
        assert (plan.removed, plan.restored, plan.kept, plan.kept_count) == (
            done.removed, done.restored, done.kept, done.kept_count,
        )  # fmt: skip
        assert "will go" in plan.sentences[0]


def test_a_row_knows_the_lines_it_came_with(green: Cast) -> None:
    first = kept("products", PRODUCTS)
    second = kept("products", "sku,price\nRYE,2.90\nMILK,1.39\n")
    assert lineage.of_row(Product.objects.get(sku="RYE")) == [(second, 2), (first, 3)]
    assert lineage.of_row(Product.objects.get(sku="MILK")) == [(first, 2)]
    sold = kept("sales_lines", SALES)
    assert lineage.of_row(Product.objects.get(sku="NEW")) == [(sold, 3)]
    assert lineage.of_row(Customer.objects.get(code="C77")) == [(sold, 2)]


def test_lots_of_a_count_hold_nothing_after_it(green: Cast) -> None:
    imported = kept("stock", "product,quantity,lot,use_by\nMILK,10,L1,2026-03-10\nMILK,5,L2,2026-03-12\n")
    assert set(Lot.objects.filter(product__sku="MILK").values_list("quantity", flat=True)) == {10, 5}
    take_back(imported)
    assert set(Lot.objects.filter(product__sku="MILK").values_list("quantity", flat=True)) == {0}
    assert not StockLevel.objects.filter(product__sku="MILK").exists()
    assert kept("stock", "product,quantity,lot,use_by\nMILK,10,L1,2026-03-10\n").result["created"] == 1
    assert StockLevel.objects.get(product__sku="MILK").quantity == 10


def rows_that_people_edit() -> dict[str, int]:
    return {
        str(model._meta.verbose_name): model.objects.count() for model in shop_owned_models() if model.keeps_history
    }


def file_of(kind: Kind) -> tuple[str, list[str]]:
    """Its template with its rows, and what has to be said of it: files of baskets name neither columns nor a day."""
    if kind.name == "baskets":
        return "Milk,Bread,Butter\nBread\nApples,Milk\n", ["time:=2026-11-20"]
    header, rows = template(kind)
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue(), []


@pytest.mark.parametrize("kind", every_kind(), ids=lambda kind: kind.name)
def test_any_kind_is_taken_back_and_comes_again(green: Cast, kind: Kind) -> None:
    """The rows of each kind's own template. What stays is named with its reason."""
    content, maps = file_of(kind)
    before = rows_that_people_edit()
    imported = kept(kind.name, content, maps=maps)
    assert imported.result["refused"] == 0 and imported.result["created"] + imported.result["updated"] > 0
    done = take_back(imported)
    stayed = Counter(one.what for one in done.kept if one.why.startswith("used by"))
    after = rows_that_people_edit()
    lots = {"lot": after["lot"] - before["lot"]}  # the ledger names them; they hold nothing
    assert after == {name: count + stayed[name] + lots.get(name, 0) for name, count in before.items()}
    again = kept(kind.name, content, maps=maps)
    told = ("created", "updated", "unchanged", "refused")
    assert [again.result[name] for name in told] == [imported.result[name] for name in told]
