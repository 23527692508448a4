"""Kind prices: new shelf prices."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils import timezone

from inventory import price_batches, price_law
from inventory.imports.known import resolve_products
from inventory.models import PriceBatch, Product
from shop import formats
from shop.imports import lineage
from shop.imports.kinds import NO, YES, As, Counts, Field, Kind, also, register
from shop.imports.places import branch_field, resolve_branches
from shop.imports.staging import Batch
from shop.models import Branch
from shop.scope import current_actor


def merge_prices(batch: Batch) -> Counts:
    """A price that holds at once and everywhere becomes the product's own; any other waits as a draft batch.

    The others: prices for a later day, for one branch of several, those that are to be looked at first, and those below
    what the law allows. What a draft or an approved batch has already is left as it is.
    """
    batch.refuse("'price is not above 0'", "r.price <= 0")
    batch.refuse("'price is too large. Look at the decimal point'", f"r.price >= {price_batches.DEAREST}")
    batch.refuse(
        "'look_first: “' || r.look_first || '” is neither yes nor no'",
        f"lower(r.look_first) not in {YES} and lower(r.look_first) not in {NO}",
    )
    shop = batch.shop
    values = {"today": shop.today(), "zone": shop.zone, "cutoff": shop.day_starts_at_hour, "name": _NAME}
    batch.run("repeats", _REFUSE_OTHER_PRICES, values)
    made = {"new_branches": resolve_branches(batch), "new_products": resolve_products(batch)}
    batch.run("wanted", _WANTED, values)
    _keep_to_the_law(batch)
    batch.run("own", _SET_OWN)
    lineage.touch(batch, "inventory_product", "select product_id, file, line from import_wanted where state = 'set'")
    batch.run("draft", _PRICE_ALREADY)
    batch.run("draft", _KNOWN_IN_BATCHES, values)
    drafts = _put_in_drafts(batch)
    created, updated, good = batch.one("count", _COUNT)
    return Counts(created, updated, good - created - updated, {**made, "drafts": drafts})


def _keep_to_the_law(batch: Batch) -> None:
    """A price below the least that the country's law allows is never set straight: a person looks at it first."""
    if price_law.least_price(batch.shop.country, price_law.Facts(Decimal(1))) is None:
        return
    batch.run("law", "select product_id, price from import_wanted where state = 'own'")
    wanted, low = dict(batch.cursor.fetchall()), []
    for product in Product.objects.filter(pk__in=wanted, cost__isnull=False).select_related("tax_rate").iterator():
        tax = product.tax_rate.rate if product.tax_rate and batch.shop.prices_include_tax else Decimal(0)
        least = price_law.least_price(batch.shop.country, price_law.Facts(product.cost, tax))
        if least and wanted[product.pk] < least.price:
            low.append(product.pk)
    if low:
        batch.run("law", "update import_wanted set state = 'draft' where product_id = any(%(low)s)", {"low": low})
        many = "1 price is" if len(low) == 1 else f"{len(low)} prices are"
        batch.notes.append(f"{many} below what the law lets you sell for: look at the draft before it holds.")


def _put_in_drafts(batch: Batch) -> int:
    """Put what is to be looked at into drafts, one for each branch and first day; returns how many drafts."""
    batch.run("draft", "select distinct branch_id, from_date, starts_at from import_wanted where state = 'draft'")
    places, named = batch.cursor.fetchall(), []
    for branch, day, starts_at in sorted(places, key=lambda place: (place[0] or 0, place[1] or dt.date.min)):
        values: dict[str, Any] = {"branch": branch, "day": day}
        batch.run("draft", f"select product_id, price {_OF_DRAFT}", values)
        prices = sorted(batch.cursor.fetchall())
        draft = _open(batch, branch, day, starts_at)
        for at in range(0, len(prices), price_batches.MOST):
            some = dict(prices[at : at + price_batches.MOST])
            price_batches.put(batch=draft.pk, prices=some, by=current_actor()[0], note="From a file")
        values["batch"] = draft.pk
        lineage.touch(batch, "inventory_pricebatch", _DRAFT_OF_LINES, values)
        lineage.touch(batch, "inventory_pricebatchline", _LINES_OF_DRAFT, values)
        named.append(draft.name)
    if named:
        where = f"the draft “{named[0]}”" if len(named) == 1 else f"{len(named)} drafts"
        batch.notes.append(f"Prices that do not hold at once wait in {where}, under Prices, Batches.")
    return len(named)


def _open(batch: Batch, branch: int | None, day: dt.date | None, starts_at: dt.datetime | None) -> PriceBatch:
    """The newest draft from files for this branch and day; made where there is none."""
    drafts = PriceBatch.objects.filter(state=PriceBatch.State.DRAFT, branch=branch, starts_at=starts_at, ends_at=None)
    known: PriceBatch | None = drafts.filter(name__startswith=_NAME).order_by("-pk").first()
    if known:
        return known
    place: Any = Branch.objects.get(pk=branch) if branch else None
    name = f"{_NAME}, from {formats.day(day, batch.shop.today(timezone.now()))}" if day else _NAME
    return price_batches.draft_batch(name=name, by=current_actor()[0], branch=place, starts_at=starts_at)


_NAME = "Prices from a file"
_DAY = "case when r.from_date > %(today)s then r.from_date end"
_REFUSE_OTHER_PRICES = f"""
update import_rows r set problem = r.product || ' comes twice, with other prices'
from (
    select product, lower(branch) as branch, {_DAY} as day from import_rows r
    where problem is null group by 1, 2, 3 having min(price) <> max(price)
) twice
where r.problem is null and r.product = twice.product
    and (lower(r.branch), {_DAY}) is not distinct from (twice.branch, twice.day)
"""
# A shop's only branch is every branch. One row a product, branch and day; its repeats change nothing.
_WANTED = f"""
create temp table import_wanted on commit drop as
select distinct on (product_id, branch_id, from_date) w.*,
    ((w.from_date + make_interval(hours => %(cutoff)s)) at time zone %(zone)s) as starts_at,
    case when branch_id is null and from_date is null and not look_first then 'own' else 'draft' end as state
from (
    select p.id as product_id, case when (select count(*) from shop_branch) > 1 then b.id end as branch_id,
        {_DAY} as from_date, r.price, lower(coalesce(r.look_first, 'no')) in {YES} as look_first, r.file, r.line
    from import_rows r
    join import_products p on p.code = r.product
    left join import_branches b on b.key = lower(r.branch)
    where r.problem is null
) w order by product_id, branch_id, from_date, file, line
"""
_SET_OWN = """
with changed as (
    update inventory_product p set price = w.price from import_wanted w
    where w.product_id = p.id and w.state = 'own' and p.price is distinct from w.price
    returning p.id
)
update import_wanted w set state = 'set' from changed c where c.id = w.product_id and w.state = 'own'
"""
_PRICE_ALREADY = """
update import_wanted w set state = 'known' from inventory_product p
where w.state = 'draft' and w.branch_id is null and w.from_date is null and p.id = w.product_id and p.price = w.price
"""
# In a batch already: in a draft from files, or approved at this price.
_KNOWN_IN_BATCHES = """
update import_wanted w set state = 'known'
from inventory_pricebatchline l join inventory_pricebatch b on b.id = l.batch_id
where w.state = 'draft' and l.product_id = w.product_id and l.price = w.price and b.ends_at is null
    and b.branch_id is not distinct from w.branch_id
    and (b.state = 'draft' and starts_with(b.name, %(name)s) and b.starts_at is not distinct from w.starts_at
        or b.state = 'approved' and (w.starts_at is null or b.starts_at = w.starts_at))
"""
_OF_DRAFT = """
from import_wanted w where w.state = 'draft' and w.branch_id is not distinct from %(branch)s
and w.from_date is not distinct from %(day)s
"""
_DRAFT_OF_LINES = f"select %(batch)s::bigint, w.file, w.line {_OF_DRAFT}"
_LINES_OF_DRAFT = """
select l.id, w.file, w.line from import_wanted w join inventory_pricebatchline l
    on l.batch_id = %(batch)s and l.product_id = w.product_id
where w.state = 'draft' and w.branch_id is not distinct from %(branch)s and w.from_date is not distinct from %(day)s
"""
_COUNT = """
select count(*) filter (where state = 'draft'), count(*) filter (where state = 'set'),
    (select count(*) from import_rows where problem is null)
from import_wanted
"""

PRICES = register(
    Kind(
        name="prices",
        title="New prices",
        about=(
            "One row a product and its new shelf price. Without a day and a branch it holds at once. Prices for a "
            "later day, for one branch, or to be looked at first wait as a draft under Prices, Batches, until somebody "
            "approves it; so does a price below what your country's law lets you sell for."
        ),
        fields=(
            Field(
                "product",
                As.CODE,
                "SKU, or else a barcode, of the product. Unknown ones are made for review.",
                required=True,
                filled=True,
                longest=64,
                synonyms=also(
                    "sku, product id, product code, stock code, item, item id, item code, item number, article",
                    "article number, plu, barcode, ean, gtin, upc, code",
                ),
                examples=("MILK-2L", "APPLES"),
            ),
            Field(
                "price",
                As.MONEY,
                "What one piece or kg is to cost on the shelf.",
                required=True,
                filled=True,
                synonyms=also(
                    "new price, unit price, shelf price, retail price, selling price, sale price, list price, rrp, srp",
                    "price incl tax",
                ),
                examples=("1.49", "2.60"),
            ),
            Field(
                "from_date",
                As.DATE,
                "Day from which it holds.",
                synonyms=also("from, valid from, start, start date, effective, effective date, effective from, date"),
                examples=("", "2027-01-04"),
                default="at once",
            ),
            branch_field(default="every branch"),
            Field(
                "look_first",
                As.TEXT,
                "Yes: the price waits as a draft until somebody approves it.",
                longest=20,
                synonyms=also("approve first, to approve, review first, as draft"),
                examples=("no", ""),
                default="no",
            ),
        ),
        merge=merge_prices,
        grows=("inventory_pricebatchline",),
        noun=("price", "prices"),
        rank=8,
    )
)
