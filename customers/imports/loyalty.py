"""Kind loyalty: points and levels of customers, as the loyalty programme tells them."""

from __future__ import annotations

from shop.imports import lineage
from shop.imports.kinds import As, Counts, Field, Kind, also, register
from shop.imports.staging import Batch


def merge_loyalty(batch: Batch) -> Counts:
    """Known customers get the cells that are filled; unknown ones are made for review. A repeat must say the same."""
    batch.run("first", _FIRST)
    batch.run("repeats", _REFUSE_OTHERS)
    batch.run("wanted", _WANTED)
    updated = lineage.write(batch, "update", "customers_customer", _UPDATE)
    created = lineage.write(batch, "create", "customers_customer", _CREATE, {"shop": batch.shop.pk}, rows=_CREATED)
    (good,) = batch.one("count", "select count(*) from import_rows where problem is null")
    return Counts(created, updated, good - created - updated, {"new_customers": created})


_FIRST = """
create temp table import_first on commit drop as
select distinct on (customer) customer, round(points, 2) as points, tier, joined, file, line
from import_rows where problem is null order by customer, file, line
"""
_REFUSE_OTHERS = """
update import_rows r set problem = 'customer ' || r.customer || ' is in the file twice, with other details'
from import_first f where f.customer = r.customer and r.problem is null
and (round(r.points, 2), r.tier, r.joined) is distinct from (f.points, f.tier, f.joined)
"""
_WANTED = """
create temp table import_wanted on commit drop as
select c.id, f.customer as code, coalesce(f.points, c.points) as points, coalesce(f.tier, c.tier, '') as tier,
    coalesce(f.joined, c.joined_on) as joined_on, f.file, f.line
from import_first f left join customers_customer c on c.code = f.customer
"""
_UPDATE = """
update customers_customer c set points = n.points, tier = n.tier, joined_on = n.joined_on
from import_wanted n where n.id = c.id
and (c.points, c.tier, c.joined_on) is distinct from (n.points, n.tier, n.joined_on)
returning c.id, n.file, n.line
"""
_CREATE = """
insert into customers_customer (shop_id, code, name, email, phone, joined_on, points, tier, needs_review)
select %(shop)s, code, '', '', '', joined_on, points, tier, true from import_wanted where id is null order by code
returning id, code
"""
_CREATED = "select w.id, n.file, n.line from written w join import_wanted n using (code)"

LOYALTY = register(
    Kind(
        name="loyalty",
        title="Loyalty points",
        about=(
            "One row a customer: the points and the level they have now. A customer is known by number; unknown ones "
            "are made for review, and empty cells leave what is there."
        ),
        fields=(
            Field(
                "customer",
                As.CODE,
                "Customer number: loyalty card or the till's customer id.",
                required=True,
                filled=True,
                longest=64,
                synonyms=also(
                    "customer id, customer number, customer no, id, card, card number, loyalty id, loyalty number",
                    "loyalty card, member, member id, member number, membership number, household key",
                ),
                examples=("C-100", "C-101"),
            ),
            Field(
                "points",
                As.MONEY,
                "Points the customer has now, up to two decimals.",
                synonyms=also("points balance, balance, loyalty points, point balance, current points, stamps"),
                examples=("1240", "85.5"),
                default="left as they are",
            ),
            Field(
                "tier",
                As.TEXT,
                "Level in the programme.",
                longest=40,
                synonyms=also(
                    "level, status, loyalty level, loyalty tier, membership, membership level, customer type"
                ),
                examples=("Gold", ""),
                default="left as it is",
            ),
            Field(
                "joined",
                As.DATE,
                "Day the customer joined.",
                synonyms=also("joined on, join date, date joined, member since, enrolled, enrolment date, registered"),
                examples=("2024-03-01", "2025-06-12"),
                default="left as it is",
            ),
        ),
        merge=merge_loyalty,
        grows=("customers_customer",),
        noun=("customer", "customers"),
    )
)
