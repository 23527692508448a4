"""Kind competitor_prices: one row a price that was seen at a competitor's."""

from __future__ import annotations

from django.db import transaction

from inventory.competitors import matching
from shop.imports import lineage
from shop.imports.kinds import As, Counts, Field, Kind, also, register
from shop.imports.staging import Batch

_YES = "('yes', 'y', 'true', '1', 'x', 'promo', 'promotion', 'offer', 'on offer', 'ja', 'si', 'sí', 'oui', 'sim')"
_NO = "('no', 'n', 'false', '0', '-', 'regular', 'normal', 'nein', 'non', 'nao', 'não')"


def merge_competitor_prices(batch: Batch) -> Counts:
    """A price is known by competitor, item, day and whether it is on promotion: a later file replaces it."""
    batch.refuse("'neither name nor barcode is given'", "r.name is null and r.barcode is null")
    batch.refuse("'price is not above 0'", "r.price <= 0")
    batch.refuse(
        "'promotion: “' || r.promotion || '” is neither yes nor no'",
        f"lower(r.promotion) not in {_YES} and lower(r.promotion) not in {_NO}",
    )
    batch.refuse(
        "'seen_on: ' || r.seen_on || ' is still to come'", "r.seen_on > %(today)s", {"today": batch.shop.today()}
    )
    batch.run("rows", _ROWS)
    batch.run("rows", "analyze import_seen")
    batch.run("repeats", _REFUSE_OTHER_PRICES)
    batch.run("repeats", _WITHOUT_REFUSED)
    made = {"new_competitors": batch.run("competitors", _COMPETITORS, {"shop": batch.shop.pk})}
    made["new_items"] = _resolve_items(batch)
    batch.run("first", _FIRST)
    table, shop = "inventory_competitorprice", {"shop": batch.shop.pk}
    updated = lineage.write(batch, "update", table, _UPDATE)
    created = lineage.write(batch, "create", table, _CREATE, shop, rows=_CREATED)
    (good,) = batch.one("count", "select count(*) from import_rows where problem is null")
    return Counts(created, updated, good - created - updated, made)


def _resolve_items(batch: Batch) -> int:
    """Fill `import_items` (competitor, key, id): an item is known by its barcode, else by its name and size."""
    batch.run("items", _ITEMS)
    made = lineage.write(
        batch, "items", "inventory_competitoritem", _NEW_ITEMS, {"shop": batch.shop.pk}, rows=_MADE_ITEMS
    )
    batch.run("items", "drop table import_items")
    batch.run("items", _ITEMS)
    batch.run("items", _RENAMED)
    return made


_ROWS = rf"""
create temp table import_seen on commit drop as
select r.file, r.line, lower(w.competitor) as key, w.competitor, w.code,
    case when w.code <> '' then 'b' || ltrim(w.code, '0') else 'n' || lower(w.name) || '|' || lower(w.content) end
        as item,
    w.name, w.content, r.price, coalesce(lower(r.promotion) in {_YES}, false) as is_promotion, r.seen_on,
    coalesce(r.source, 'file') as source
from import_rows r
cross join lateral (
    select left(regexp_replace(r.competitor, '\s+', ' ', 'g'), 120) as competitor, coalesce(r.name, '') as name,
        coalesce(r.size, '') as content, left(regexp_replace(coalesce(r.barcode, ''), '[^[:alnum:]]', '', 'g'), 48)
            as code
) w
where r.problem is null
"""
_REFUSE_OTHER_PRICES = """
update import_rows r set problem = coalesce(s.name, s.code) || ' comes twice for ' || s.seen_on || ', with other prices'
from import_seen s
join (
    select key, item, seen_on, is_promotion, min(price) as lowest from import_seen
    group by key, item, seen_on, is_promotion having min(price) <> max(price)
) t using (key, item, seen_on, is_promotion)
where r.file = s.file and r.line = s.line and r.problem is null
"""
_WITHOUT_REFUSED = """
delete from import_seen s using import_rows r where r.file = s.file and r.line = s.line and r.problem is not null
"""
_COMPETITORS = """
insert into inventory_competitor (shop_id, name, is_active)
select %(shop)s, min(s.competitor), true from import_seen s
where not exists (select from inventory_competitor c where lower(c.name) = s.key) group by s.key order by s.key
"""
_ITEMS = """
create temp table import_items on commit drop as
select distinct on (s.key, s.item) s.key, s.item, c.id as competitor_id, s.code, s.name, s.content,
    coalesce(b.id, n.id) as id, s.file, s.line
from import_seen s
join (select lower(name) as key, min(id) as id from inventory_competitor group by 1) c on c.key = s.key
left join (
    select competitor_id, 'b' || ltrim(barcode, '0') as item, min(id) as id
    from inventory_competitoritem where barcode <> '' group by 1, 2
) b on b.competitor_id = c.id and b.item = s.item
left join (
    select distinct on (1, 2) competitor_id, 'n' || lower(name) || '|' || lower(content) as item, id
    from inventory_competitoritem order by 1, 2, barcode <> '', id
) n on n.competitor_id = c.id and n.item = s.item
order by s.key, s.item, s.seen_on desc, s.file desc, s.line desc
"""
_NEW_ITEMS = """
insert into inventory_competitoritem (shop_id, competitor_id, name, barcode, content, state, matched_by, of_ours,
    candidates)
select %(shop)s, competitor_id, name, code, content, 'new', '', 1, '[]' from import_items where id is null
order by competitor_id, name, code
returning id, competitor_id, name, barcode, content
"""
_MADE_ITEMS = """
select w.id, n.file, n.line from written w join import_items n
on (n.competitor_id, n.name, n.code, n.content) = (w.competitor_id, w.name, w.barcode, w.content)
"""
# A code's name as the latest file has it.
_RENAMED = """
update inventory_competitoritem i
set name = case when n.name <> '' then n.name else i.name end,
    content = case when n.content <> '' then n.content else i.content end
from import_items n where n.id = i.id and n.code <> ''
    and ((n.name <> '' and n.name <> i.name) or (n.content <> '' and n.content <> i.content))
"""
_FIRST = """
create temp table import_first on commit drop as
select distinct on (n.id, s.seen_on, s.is_promotion) n.id, s.seen_on, s.is_promotion, s.price, left(s.source, 80)
    as source, p.id as known, s.file, s.line
from import_seen s join import_items n using (key, item)
left join inventory_competitorprice p
    on p.item_id = n.id and p.seen_on = s.seen_on and p.is_promotion = s.is_promotion
order by n.id, s.seen_on, s.is_promotion, s.file, s.line
"""
_UPDATE = """
update inventory_competitorprice p set price = f.price, source = f.source, entered_by = 'import', entered_at = now()
from import_first f where p.id = f.known and p.price <> f.price
returning p.id, f.file, f.line
"""
_CREATE = """
insert into inventory_competitorprice (shop_id, item_id, price, is_promotion, seen_on, source, entered_by, entered_at)
select %(shop)s, id, price, is_promotion, seen_on, source, 'import', now() from import_first where known is null
order by seen_on, id
returning id, item_id, seen_on, is_promotion
"""
_CREATED = """
select w.id, f.file, f.line from written w join import_first f
on f.id = w.item_id and f.seen_on = w.seen_on and f.is_promotion = w.is_promotion
"""


def match_barcodes() -> int:
    """Match what came by barcode at once; names are looked at by a job."""
    with transaction.atomic():
        return matching.by_barcode()


COMPETITOR_PRICES = register(
    Kind(
        name="competitor_prices",
        title="Competitors' prices",
        about=(
            "One row a price seen at a competitor's. It is known by competitor, item, day and promotion: a later file "
            "replaces it. An item is known by its barcode, else by its name and size."
        ),
        fields=(
            Field(
                "competitor",
                As.TEXT,
                "Whose price it is. Unknown ones are made.",
                required=True,
                filled=True,
                longest=120,
                synonyms=also("store, shop, retailer, competitor name, chain, banner"),
                examples=("Freshmart", "Freshmart"),
            ),
            Field(
                "name",
                As.TEXT,
                "What it is called there. Either this or the barcode must be given.",
                synonyms=also("product, product name, item, item name, description, title"),
                examples=("Semi-skimmed milk 2 L", "Sliced white bread"),
                default="none",
            ),
            Field(
                "barcode",
                As.CODE,
                "Its barcode, with or without the check digit.",
                longest=64,
                synonyms=also("ean, gtin, upc, ean13, code"),
                examples=("4006381333931", ""),
                default="it is matched by name, and you confirm",
            ),
            Field(
                "size",
                As.TEXT,
                "Its size as written, such as 500 g or 6 x 330 ml.",
                longest=40,
                synonyms=also("content, pack size, quantity, weight, volume, net content"),
                examples=("2 L", "800 g"),
                default="as far as the name says it",
            ),
            Field(
                "price",
                As.MONEY,
                "What it costs there, as on the shelf.",
                required=True,
                filled=True,
                synonyms=also(
                    "shelf price, retail price, unit price, competitor price, current price, their price", "price seen"
                ),
                examples=("1.39", "1.15"),
            ),
            Field(
                "promotion",
                As.TEXT,
                "Yes where it is on offer.",
                longest=20,
                synonyms=also("promo, is promotion, on promotion, offer, on offer, special"),
                examples=("no", "yes"),
                default="no",
            ),
            Field(
                "seen_on",
                As.DATE,
                "Day it was seen.",
                required=True,
                filled=True,
                synonyms=also(
                    "date, seen, observed on, observed, price date, day, scrape date, collected on", "checked on"
                ),
                examples=("2026-11-19", "2026-11-19"),
            ),
            Field(
                "source",
                As.TEXT,
                "Where it was seen: website, leaflet, visit.",
                longest=80,
                synonyms=also("seen at, channel, url, collected by"),
                examples=("visit", "leaflet"),
                default="file",
            ),
        ),
        merge=merge_competitor_prices,
        grows=("inventory_competitoritem", "inventory_competitorprice"),
        finish=match_barcodes,
        noun=("price seen", "prices seen"),
    )
)
