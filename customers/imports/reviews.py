"""Kind reviews: what customers wrote, one row a review."""

from __future__ import annotations

from inventory.imports import resolve_products
from shop.imports import lineage
from shop.imports.kinds import As, Counts, Field, Kind, also, register
from shop.imports.places import branch_field, resolve_branches
from shop.imports.staging import Batch

LONGEST_TEXT = 10_000


def merge_reviews(batch: Batch) -> Counts:
    """New reviews are made, known ones get the cells that are filled. A review's second row must say the same."""
    batch.refuse("'rating: ' || trim_scale(r.rating) || ' is not 1 to 5 stars'", "r.rating not between 1 and 5")
    if "code" in batch.mapped:
        batch.refuse("'code is empty'", "r.code is null")
    else:
        batch.run("codes", _CODES)
    batch.run("first", _FIRST)
    batch.run("repeats", _REFUSE_OTHER_WORDS)
    made = {"new_branches": resolve_branches(batch), "new_products": resolve_products(batch)}
    batch.run("wanted", _WANTED)
    updated = lineage.write(batch, "update", "customers_review", _UPDATE)
    created = lineage.write(batch, "create", "customers_review", _CREATE, {"shop": batch.shop.pk}, rows=_CREATED)
    (good,) = batch.one("count", "select count(*) from import_rows where problem is null")
    return Counts(created, updated, good - created - updated, made)


# In a file without numbers a review is known by what it says.
_CODES = """
update import_rows set code = 'text ' || left(md5(row(date, author, product, branch, rating, title, text)::text), 16)
where code is null and text is not null
"""
_CELLS = "product, branch, author, rating, title, text, date"
_FIRST = f"""
create temp table import_first on commit drop as
select distinct on (coalesce(source, ''), code) coalesce(source, '') as source, code, {_CELLS}, file, line
from import_rows where problem is null order by coalesce(source, ''), code, file, line
"""
_REFUSE_OTHER_WORDS = f"""
update import_rows r set problem = 'review ' || r.code || ' is in the file twice, with other words'
from import_first f where f.source = coalesce(r.source, '') and f.code = r.code and r.problem is null
and ({", ".join(f"r.{name}" for name in _CELLS.split(", "))})
    is distinct from ({", ".join(f"f.{name}" for name in _CELLS.split(", "))})
"""
_COLUMNS = "product_id, branch_id, author, rating, title, text, written_on"
_WANTED = """
create temp table import_wanted on commit drop as
select c.id, f.source, f.code, f.file, f.line,
    coalesce(p.id, c.product_id) as product_id, coalesce(b.id, c.branch_id) as branch_id,
    coalesce(f.author, c.author, '') as author, coalesce(round(f.rating, 1), c.rating) as rating,
    coalesce(f.title, c.title, '') as title, f.text, coalesce(f.date, c.written_on) as written_on
from import_first f
left join customers_review c on c.source = f.source and c.code = f.code
left join import_products p on p.code = f.product
left join import_branches b on b.key = lower(f.branch)
"""
_UPDATE = f"""
update customers_review c set {", ".join(f"{name} = n.{name}" for name in _COLUMNS.split(", "))}
from import_wanted n where n.id = c.id
and ({", ".join(f"c.{name}" for name in _COLUMNS.split(", "))})
    is distinct from ({", ".join(f"n.{name}" for name in _COLUMNS.split(", "))})
returning c.id, n.file, n.line
"""
_CREATE = f"""
insert into customers_review (shop_id, source, code, {_COLUMNS})
select %(shop)s, source, code, {_COLUMNS} from import_wanted where id is null order by written_on, source, code
returning id, source, code
"""
_CREATED = "select w.id, n.file, n.line from written w join import_wanted n using (source, code)"

REVIEWS = register(
    Kind(
        name="reviews",
        title="Reviews",
        about=(
            "One row a review or comment. A review is known by its source and number; empty cells leave what is there."
        ),
        fields=(
            Field(
                "code",
                As.CODE,
                "The review's number, where it was written.",
                differs=True,
                longest=80,
                synonyms=also("review id, review number, review code, id, number, review no"),
                examples=("R-1", "R-2"),
                default="without such a column: known by what it says",
            ),
            Field(
                "text",
                As.TEXT,
                "What was written.",
                required=True,
                filled=True,
                longest=LONGEST_TEXT,
                synonyms=also(
                    "review text, review, comment, comments, body, message, feedback, content, review body",
                    "review content, comment text",
                ),
                examples=("Lovely bread, still warm at nine.", "The milk was sour two days before its date."),
            ),
            Field(
                "source",
                As.TEXT,
                "Where it was written, like “Google”.",
                longest=40,
                synonyms=also("channel, site, platform, written at"),
                examples=("Google", "Google"),
                default="none",
            ),
            Field(
                "product",
                As.CODE,
                "SKU, or else a barcode, of the product it is about.",
                longest=64,
                synonyms=also(
                    "sku, product id, product code, item, item code, barcode, clothing id, asin, product name"
                ),
                examples=("BREAD-800", "MILK-2L"),
                default="the shop as a whole",
            ),
            branch_field(help="Branch it is about, by name.", examples=("Harbour", ""), default="none in particular"),
            Field(
                "rating",
                As.QUANTITY,
                "Stars, 1 to 5.",
                synonyms=also("stars, score, review rating, star rating, rating value"),
                examples=("5", "2"),
                default="none",
            ),
            Field(
                "title",
                As.TEXT,
                "Its heading.",
                synonyms=also("summary, heading, headline, subject, review title"),
                examples=("Fresh every morning", ""),
                default="none",
            ),
            Field(
                "author",
                As.TEXT,
                "Who wrote it. Shown only to those who may see customers by name.",
                longest=120,
                synonyms=also(
                    "name, reviewer, user, profile name, customer, written by, reviewer name, user name", "author name"
                ),
                examples=("A customer", ""),
                default="none",
            ),
            Field(
                "date",
                As.DATE,
                "Day it was written.",
                synonyms=also(
                    "written on, day, review date, posted, posted on, time, created, created at, published",
                    "date added",
                ),
                examples=("2026-11-18", "2026-11-19"),
                default="not known",
            ),
        ),
        merge=merge_reviews,
        grows=("customers_review",),
        noun=("review", "reviews"),
    )
)
