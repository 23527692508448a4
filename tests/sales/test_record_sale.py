"""Recording sales: once, whole, never edited."""

import datetime as dt
import threading
import uuid
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from inventory import services as inventory
from inventory.models import Product, StockLevel, StockMovement
from sales import reports, services
from sales.models import DirtyDay, Payment, Sale, SaleLine
from sales.services import Line, Paid, SaleConflict, SaleRefused
from shop.models import Branch, Register
from shop.periods import Period
from shop.tenancy import use_shop
from tests.factories import Cast, at

NOON = at("2026-03-10T12:00")
DAY = dt.date(2026, 3, 10)


@pytest.fixture
def green(cast: Cast) -> Any:
    with use_shop(cast.green):
        yield cast.green


def product(sku: str = "CHOC") -> Product:
    return Product.objects.get(sku=sku)


def book(id: uuid.UUID | None = None, lines: list[Line] | None = None, **more: Any) -> Sale:
    fields = {
        "branch": Branch.objects.order_by("id").first(),
        "sold_at": NOON,
        "source": "till",
        "by": "till 1",
        **more,
    }
    lines = lines or [Line(product=product(), quantity=Decimal(2))]
    return services.record_sale(uuid=id or uuid.uuid4(), lines=lines, **fields)


def test_a_line_is_a_snapshot_of_its_product(green: Any) -> None:
    sale = book(payments=[Paid("card", Decimal("4.80"))], register=Register.objects.get(), receipt="R1")
    line = SaleLine.objects.get()
    assert (line.name, line.unit_price, line.tax_rate) == ("Green Grocer chocolate", Decimal("2.40"), Decimal("0.2"))
    assert (line.net, line.tax, line.cost) == (Decimal("4.0000"), Decimal("0.8000"), Decimal("2.4000"))
    assert (sale.total, sale.kind, sale.business_date, sale.line_count) == (Decimal("4.80"), "sale", DAY, 1)
    assert Payment.objects.get().amount == Decimal("4.80")
    Product.objects.filter(sku="CHOC").update(price=9, cost=9, name="Other")
    assert SaleLine.objects.get().net == Decimal("4.0000")


def test_tax_comes_on_top_where_prices_exclude_it(green: Any) -> None:
    green.prices_include_tax = False
    green.save()
    book(lines=[Line(product=product(), quantity=Decimal(2), discount=Decimal("0.30"))])
    line = SaleLine.objects.get()
    assert (line.net, line.tax) == (Decimal("4.5000"), Decimal("0.9000"))


def test_net_and_tax_of_a_line_are_exactly_what_was_paid(green: Any) -> None:
    book(lines=[Line(quantity=Decimal("0.337"), unit_price=Decimal("1.99"), tax_rate=Decimal("0.06"), name="Grapes")])
    line = SaleLine.objects.get()
    assert line.net + line.tax == Decimal("0.6706")
    assert line.product is None
    assert line.cost is None


def test_the_same_id_with_the_same_content_is_the_same_sale(green: Any) -> None:
    id = uuid.uuid4()
    first = book(id)
    Product.objects.filter(sku="CHOC").update(price=9)
    again = book(id, [Line(product=product(), quantity=Decimal("2.000"))])
    assert again.pk == first.pk
    assert (Sale.objects.count(), SaleLine.objects.count(), DirtyDay.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize(
    "other",
    [
        {"lines": [Line(quantity=Decimal(1), unit_price=Decimal(1), name="Else")]},
        {"sold_at": NOON + dt.timedelta(seconds=1)},
        {"cashier": "Bob"},
        {"payments": [Paid("cash", Decimal(1))]},
        {"kind": "summary"},
    ],
)
def test_the_same_id_with_other_content_is_refused(green: Any, other: dict[str, Any]) -> None:
    id = uuid.uuid4()
    book(id)
    with pytest.raises(SaleConflict):
        book(id, **other)
    assert (Sale.objects.count(), SaleLine.objects.get().name) == (1, "Green Grocer chocolate")


def test_what_cannot_be_a_sale_is_refused(green: Any) -> None:
    nothing = Line(product=None, quantity=Decimal(1))
    for lines in ([nothing], [Line(quantity=Decimal(1), net=Decimal(1))], [Line(quantity=1.5, unit_price=Decimal(1))]):  # type: ignore[arg-type]
        with pytest.raises(SaleRefused):
            book(lines=lines)
    with pytest.raises(SaleRefused, match="at least one line"):
        services.record_sale(
            uuid=uuid.uuid4(), lines=[], branch=Branch.objects.first(), sold_at=NOON, source="till", by=""
        )
    with pytest.raises(SaleRefused, match="time zone"):
        book(sold_at=NOON.replace(tzinfo=None))
    assert not Sale.objects.exists()


def test_a_sale_after_midnight_counts_for_the_night_before(green: Any) -> None:
    green.day_starts_at_hour = 4
    green.save()
    assert book(sold_at=at("2026-03-11T03:59")).business_date == DAY
    assert book(sold_at=at("2026-03-11T04:00")).business_date == DAY + dt.timedelta(1)


def test_stock_follows_sales_refunds_and_voids(green: Any) -> None:
    branch = Branch.objects.order_by("id").first()
    inventory.count_stock(branch=branch, counted={product().pk: Decimal(10)}, at=at("2026-03-01T08:00"), by="a")

    def stock() -> Decimal:
        return StockLevel.objects.get(branch=branch, product=product()).quantity

    sale = book(lines=[Line(product=product(), quantity=Decimal(2)), Line(product=product(), quantity=Decimal(1))])
    assert stock() == 7
    first = SaleLine.objects.order_by("id").first()
    back = services.refund(
        uuid=uuid.uuid4(), sale=sale, quantities={first.pk: Decimal(1)}, sold_at=NOON, source="till", by="b"
    )
    assert (stock(), back.kind, back.refund_of_id, back.total) == (8, "refund", sale.pk, Decimal("-2.40"))
    services.refund(uuid=uuid.uuid4(), sale=sale, sold_at=NOON, restock=False, source="till", by="b")
    assert stock() == 8
    for _ in range(2):
        services.void_sale(sale=sale, by="alice")
    assert stock() == 11
    services.void_sale(sale=back, by="alice")
    assert stock() == 10
    assert reports.totals(Period(DAY, DAY)).units == -3  # only the refund nobody voided


def test_a_refund_gives_back_what_was_paid_not_todays_price(green: Any) -> None:
    sale = book(lines=[Line(product=product("APPLE"), quantity=Decimal(3))])
    Product.objects.filter(sku="APPLE").update(price=9, cost=8)
    services.refund(uuid=uuid.uuid4(), sale=sale, sold_at=NOON, source="till", by="b")
    assert reports.totals(Period(DAY, DAY)).net == 0
    assert SaleLine.objects.order_by("-id").first().cost is None  # unknown then, unknown now
    with pytest.raises(SaleRefused, match="not part of this sale"):
        services.refund(uuid=uuid.uuid4(), sale=sale, quantities={0: Decimal(1)}, sold_at=NOON, source="till", by="b")


def test_nothing_is_half_written(green: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: Any) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(inventory, "move", broken)
    with pytest.raises(DatabaseError):
        book()
    assert not Sale.objects.exists()
    assert not SaleLine.objects.exists()
    assert not DirtyDay.objects.exists()


def test_documents_cannot_be_edited_in_the_database(green: Any) -> None:
    sale = book()
    for change in (
        lambda: SaleLine.objects.update(net=0),
        lambda: Sale.objects.update(total=0),
        lambda: Sale.objects.filter(pk=sale.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.django_db(transaction=True)
def test_twins_at_the_same_moment_are_one_sale_and_stock_is_exact(committed_cast: Cast) -> None:
    shop, ids = committed_cast.green, [uuid.uuid4() for _ in range(6)]
    outcomes: Counter[str] = Counter()
    with use_shop(shop):
        branch = Branch.objects.order_by("id").first()
        skus = [product("MILK"), product("CHOC"), product("APPLE")]
        inventory.count_stock(
            branch=branch, counted={row.pk: Decimal(100) for row in skus}, at=at("2026-03-01T08:00"), by="a"
        )

    def hammer(turn: int) -> None:
        try:
            with use_shop(shop):
                for id in ids:
                    shuffled = skus[turn % 3 :] + skus[: turn % 3]
                    if turn < 4:  # four say the same, in the same order
                        shuffled = skus
                    try:
                        book(id if turn < 4 else None, [Line(product=row, quantity=Decimal(1)) for row in shuffled])
                        outcomes["ok"] += 1
                    except SaleConflict:
                        outcomes["conflict"] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=hammer, args=(turn,)) for turn in range(7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {"ok": 42}
    with use_shop(shop):
        assert Sale.objects.count() == 6 + 18
        assert {row.quantity for row in StockLevel.objects.all()} == {Decimal(100 - 24)}
        assert StockMovement.objects.filter(kind="sale").count() == 24 * 3
