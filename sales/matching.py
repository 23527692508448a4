"""Lines of products nobody knew when they were sold: matched with a product later, as if it had been known.

A code is what the till told for the goods: a barcode or SKU, or a name where it had neither. Matching a code takes all
its lines at once: they get the product and its cost, their stock moves as of the moment they were sold, their days are
reckoned again and their inbox items are done. A fixed number of statements, however many lines. Locks are taken in the
order of selling: lines nobody else touches yet, then levels by branch and product, then lines of the product.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from inventory import services as inventory
from inventory.models import Barcode, Product, StockMovement, TaxRate
from sales import costs, rollups
from sales.models import InboxItem, Sale, SaleLine
from shop.errors import Refused
from shop.tenancy import acting, current_shop_id

LONGEST_BARCODE = 48
LONGEST_SKU = 64
UNMATCHED = InboxItem.Kind.UNMATCHED


class MatchRefused(Refused):
    code = "match_refused"


@dataclass(slots=True)
class Row:
    """A line with its place in its sale, and its inbox item where it has one. `times` is how often it was matched."""

    line: SaleLine
    number: int
    item: InboxItem | None

    @property
    def times(self) -> int:
        return self.item.matched if self.item else 0


def source_of(sale: UUID, number: int, times: int = 1) -> str:
    """What a line's stock movement is named after. Matched again, it moves under a name of its own."""
    return f"sale:{sale}:{number}" if times <= 1 else f"sale:{sale}:{number}:{times}"


def import_mark(imported: int | None) -> str:
    """What ends the name of a movement that came with an import: taken back and brought again, a receipt has the id it
    had, and its movements must not be taken for those taken back."""
    return f":i{imported}" if imported else ""


def sources_of(sale: Sale) -> list[str]:
    """Every name under which a line of this sale may have moved stock."""
    again = sale.inbox_items.filter(kind=UNMATCHED, matched__gt=1).values_list("line_number", "matched")
    mark = import_mark(sale.imported_id)
    first = [source_of(sale.uuid, number) + mark for number in range(1, sale.line_count + 1)]
    later = [(number or 0, time) for number, times in again for time in range(2, times + 1)]
    return first + [source_of(sale.uuid, number, time) for number, time in later]


@transaction.atomic
def match_code(*, code: str, product: Product, by: str, keep_code: bool = True) -> int:
    """Give all lines of unknown goods with this code their product; returns how many. Again changes nothing.

    Stock moves only where the product was followed at that moment; what a later count has seen moves no level. The
    code becomes a barcode of the product, unless it is only a name, so that it does not come back. Raises MatchRefused
    where it is another product's barcode.
    """
    if keep_code:
        _learn(code, product, by)
    rows = _rows(_find(code), product=None)
    _set_product(rows, product)
    inventory.move_all([late for row in rows if (late := _moved(row, product))], by=by)
    rollups.mark_dirty({(row.line.sale.branch_id, row.line.sale.business_date) for row in rows})
    _done(rows, code, product, by)
    InboxItem.objects.open().filter(kind=UNMATCHED, code=code).update(
        resolved_at=timezone.now(), resolved_by=by, resolution=f"Matched with {product.name}"[:200]
    )
    return len(rows)


@transaction.atomic
def unmatch(*, code: str, product: Product, by: str) -> int:
    """Take a matching back: the product has not been this code. Returns how many lines lose it.

    That holds too for what was sold since by the barcode it left, which goes. Stock is taken back, cost is unknown
    again, and the lines wait in the inbox. Again changes nothing.
    """
    items = InboxItem.objects.filter(kind=UNMATCHED, code=code, product=product)
    since = items.order_by("resolved_at").values_list("resolved_at", flat=True).first()
    if since is None:
        return 0
    by_code = SaleLine.objects.filter(product=product, barcode=code, sale__received_at__gte=since)
    by_item = SaleLine.objects.filter(product=product, sale__in=items.values("sale"))
    rows = _matched(
        _rows([*by_item.values_list("pk", flat=True), *by_code.values_list("pk", flat=True)], product), code
    )
    inventory.take_back(
        sources=[source_of(row.line.sale.uuid, row.number, row.times) for row in rows], by=by, note="Another product"
    )
    costs.forget([row.line.pk for row in rows])
    _set_product(rows, None)
    rollups.mark_dirty({(row.line.sale.branch_id, row.line.sale.business_date) for row in rows})
    _open_again(rows, code)
    with acting(by, "Not this product's code"):
        for barcode in Barcode.objects.filter(code=code, product=product):
            barcode.delete()
    return len(rows)


@transaction.atomic
def make_product(*, code: str, by: str, name: str = "", price: Decimal | None = None) -> Product:
    """A product of what the till told of this code, for review; `name` and `price` instead of what it told.

    Match the code with it afterwards. Raises MatchRefused where nothing of the code is known or its SKU is taken.
    """
    last = SaleLine.objects.filter(pk__in=_find(code)).order_by("-sale__sold_at", "-pk").first()
    if last is None:
        raise MatchRefused("Nothing was sold with this code that still waits for a product.")
    sku = code[:LONGEST_SKU]
    if Product.objects.filter(sku=sku).exists():
        raise MatchRefused(f"There is a product with the SKU {sku}. Choose it instead.")
    rate = TaxRate.objects.filter(rate=last.tax_rate).first() if last.tax_rate is not None else None
    weighed = last.quantity != last.quantity.to_integral_value()
    with acting(by, "Made from the till inbox"):
        made: Product = Product.objects.create(
            sku=sku,
            name=(name or last.name or code)[:200],
            price=last.unit_price if price is None else price,
            tax_rate=rate,
            unit=Product.Unit.KILOGRAM if weighed else Product.Unit.PIECE,
            needs_review=True,
        )
    return made


@transaction.atomic
def match_new(*, code: str, by: str, name: str = "", price: Decimal | None = None) -> tuple[Product, int]:
    """Make a product of a code and match it with that, or do neither. Returns it and how many lines got it."""
    made = make_product(code=code, by=by, name=name, price=price)
    return made, match_code(code=code, product=made, by=by)


def _find(code: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_FIND, {"shop": current_shop_id(), "code": code})
        return [pk for (pk,) in cursor.fetchall()]


def _rows(ids: Iterable[int], product: Product | None) -> list[Row]:
    """These lines of that product (or none), locked, with their numbers and items."""
    found = SaleLine.objects.filter(pk__in=set(ids), product=product).select_related("sale").order_by("pk")
    lines = list(found.select_for_update(of=("self",), no_key=True))
    sales = {line.sale_id for line in lines}
    numbers = _numbers({line.sale_id for line in lines if line.number is None})
    items = {
        (item.sale_id, item.line_number): item for item in InboxItem.objects.filter(kind=UNMATCHED, sale__in=sales)
    }
    return [
        Row(line, number, items.get((line.sale_id, number)))
        for line in lines
        for number in [line.number or numbers[line.pk]]
    ]


def _numbers(sales: set[int]) -> dict[int, int]:
    """The place in its sale of each line that keeps none itself."""
    if not sales:
        return {}
    places: dict[int, int] = {}
    counted: dict[int, int] = {}
    for pk, sale in SaleLine.objects.filter(sale__in=sales).order_by("pk").values_list("pk", "sale"):
        places[pk] = counted[sale] = counted.get(sale, 0) + 1
    return places


def _matched(rows: Sequence[Row], code: str) -> list[Row]:
    """Of lines that have the product: those that a match gave it, or the barcode it left."""
    return [row for row in rows if (row.item.code == code if row.item else row.line.barcode == code)]


def moves_of(lines: Iterable[int], product: Product) -> list[inventory.Late]:
    """What booking would have posted for these lines of the product, under the names it would have had."""
    rows = _rows(lines, product)
    return [late for row in rows if (late := _moved(row, product, max(row.times, 1))) is not None]


def _moved(row: Row, product: Product, times: int = 0) -> inventory.Late | None:
    """What booking would have posted for this line."""
    line, sale = row.line, row.line.sale
    if sale.voided_at or not line.quantity or not (line.restock or line.quantity > 0):
        return None
    kind = StockMovement.Kind.REFUND if line.quantity < 0 else StockMovement.Kind.SALE
    source = source_of(sale.uuid, row.number, times or row.times + 1)
    item = inventory.Move(product.pk, -line.quantity, source, unit_cost=product.cost)
    return inventory.Late(sale.branch_id, kind, sale.sold_at, item)


def _set_product(rows: Sequence[Row], product: Product | None) -> None:
    pk, cost = (product.pk, product.cost) if product else (None, None)
    with connection.cursor() as cursor:
        cursor.execute(_SET_PRODUCT, [pk, cost, current_shop_id(), [row.line.pk for row in rows]])


def _done(rows: Sequence[Row], code: str, product: Product, by: str) -> None:
    """The items of these lines are done; a line that had none gets one, so that it can be taken back."""
    words, now = f"Matched with {product.name}"[:200], timezone.now()
    InboxItem.objects.filter(pk__in=[row.item.pk for row in rows if row.item]).update(
        product=product, matched=F("matched") + 1, resolved_at=now, resolved_by=by, resolution=words
    )
    fields: dict[str, Any] = {"product": product, "resolved_at": now, "resolved_by": by, "resolution": words}
    InboxItem.objects.bulk_create([_item(row, code, now, **fields) for row in rows if not row.item])


def _open_again(rows: Sequence[Row], code: str) -> None:
    opened: dict[str, Any] = {"product": None, "resolved_at": None, "resolved_by": "", "resolution": ""}
    InboxItem.objects.filter(pk__in=[row.item.pk for row in rows if row.item]).update(**opened)
    InboxItem.objects.bulk_create([_item(row, code, row.line.sale.received_at) for row in rows if not row.item])


def _item(row: Row, code: str, received: dt.datetime, **fields: Any) -> InboxItem:
    line, sale = row.line, row.line.sale
    return InboxItem(
        kind=UNMATCHED,
        told_id=str(sale.uuid),
        line_number=row.number,
        branch_id=sale.branch_id,
        register_id=sale.register_id,
        sale=sale,
        code=code,
        name=line.name,
        received_at=received,
        matched=1,
        **fields,
    )


def _learn(code: str, product: Product, by: str) -> None:
    """Make the code a barcode of the product. A name is none."""
    is_name = not InboxItem.objects.filter(~Q(name=code), kind=UNMATCHED, code=code).exists()
    told_as_code = SaleLine.objects.filter(barcode=code, product=None).exists()
    if (is_name and not told_as_code) or not code or len(code) > LONGEST_BARCODE:
        return
    with acting(by, "Matched in the till inbox"):
        known, _ = Barcode.objects.get_or_create(code=code, defaults={"product": product})
    if known.product_id != product.pk:
        raise MatchRefused(
            f"{code} is the barcode of {known.product.name}. Choose that, or take the code off it first."
        )


_FIND = """
select l.id from sales_inboxitem i
join sales_saleline l on l.shop_id = i.shop_id and l.sale_id = i.sale_id and l.number = i.line_number
where i.shop_id = %(shop)s and i.kind = 'unmatched' and i.code = %(code)s and l.product_id is null
union
select l.id from sales_saleline l
where l.shop_id = %(shop)s and l.product_id is null and l.barcode = %(code)s and l.barcode <> ''
union
select l.id from sales_saleline l
where l.shop_id = %(shop)s and l.product_id is null and l.barcode = '' and l.name = %(code)s and l.name <> ''
    and not exists (
        select from sales_inboxitem i where i.shop_id = l.shop_id and i.sale_id = l.sale_id
        and i.kind = 'unmatched' and i.line_number = l.number and i.code <> %(code)s
    )
"""

_SET_PRODUCT = """
update sales_saleline set product_id = %s, cost = round(quantity * %s, 4) where shop_id = %s and id = any(%s)
"""
