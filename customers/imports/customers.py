"""Customers from a file, and customers that other files name."""

from __future__ import annotations

from shop.imports import lineage
from shop.imports.kinds import As, Counts, Field, Kind, also, register
from shop.imports.staging import Batch


def resolve_customers(batch: Batch) -> int:
    """Fill `import_customers` (code, id) for the good rows' customers; unknown ones are made for review."""
    batch.run("customers", _NAMED)
    batch.run("customers", "analyze import_customers")
    made = batch.run("customers", _MAKE, {"shop": batch.shop.pk})
    if made:
        lineage.touch(batch, "customers_customer", f"select id, {lineage.PLACE} from import_customers where is_new")
    return made


_NAMED = f"""
create temp table import_customers on commit drop as
select n.code, c.id, n.place, c.id is null as is_new
from (
    select r.customer as code, {lineage.FIRST} from import_rows r
    where r.problem is null and r.customer is not null group by 1
) n
left join customers_customer c on c.code = n.code
"""
_MAKE = """
with made as (
    insert into customers_customer (shop_id, code, name, email, phone, tier, needs_review)
    select %(shop)s, code, '', '', '', '', true from import_customers where id is null order by code
    returning id, code
)
update import_customers n set id = made.id from made where made.code = n.code
"""


def merge_customers(batch: Batch) -> Counts:
    """New customers are made, known ones get the cells that are filled. A code's second row must say the same."""
    batch.refuse("'email: “' || r.email || '” is not an address'", r"r.email !~ '^\S+@\S+\.\S+$'")
    batch.run("first", _FIRST)
    batch.run(
        "repeats",
        """update import_rows r set problem = 'customer ' || r.id || ' is in the file twice, with other details'
        from import_first f where f.id = r.id and r.problem is null
        and (r.name, r.email, r.phone, r.joined) is distinct from (f.name, f.email, f.phone, f.joined)""",
    )
    updated = lineage.write(batch, "update", "customers_customer", _UPDATE)
    created = lineage.write(batch, "create", "customers_customer", _CREATE, {"shop": batch.shop.pk}, rows=_CREATED)
    (good,) = batch.one("count", "select count(*) from import_rows where problem is null")
    return Counts(created, updated, good - created - updated)


_FIRST = """
create temp table import_first on commit drop as
select distinct on (id) id, name, email, phone, joined, file, line from import_rows where problem is null
order by id, file, line
"""
_UPDATE = """
update customers_customer c set name = n.name, email = n.email, phone = n.phone, joined_on = n.joined,
    needs_review = false
from (
    select c.id, f.file, f.line, coalesce(f.name, c.name) as name, coalesce(f.email, c.email) as email,
        coalesce(f.phone, c.phone) as phone, coalesce(f.joined, c.joined_on) as joined
    from import_first f join customers_customer c on c.code = f.id
) n
where n.id = c.id and (c.needs_review
    or (c.name, c.email, c.phone, c.joined_on) is distinct from (n.name, n.email, n.phone, n.joined))
returning c.id, n.file, n.line
"""
_CREATE = """
insert into customers_customer (shop_id, code, name, email, phone, joined_on, tier, needs_review)
select %(shop)s, f.id, coalesce(f.name, ''), coalesce(f.email, ''), coalesce(f.phone, ''), f.joined, '', false
from import_first f where not exists (select from customers_customer c where c.code = f.id) order by f.id
returning id, code
"""
_CREATED = "select w.id, f.file, f.line from written w join import_first f on f.id = w.code"

CUSTOMERS = register(
    Kind(
        name="customers",
        title="Customers",
        about="One row a customer. A customer is known by its number; empty cells leave what is there.",
        fields=(
            Field(
                "id",
                As.CODE,
                "Customer number: loyalty card or the till's customer id.",
                differs=True,
                required=True,
                filled=True,
                longest=64,
                synonyms=also(
                    "customer, customer id, customer number, customer no, code, card, loyalty id",
                    "card number, member number, member id, loyalty number, client id, household key",
                ),
                examples=("C-100", "C-101"),
            ),
            Field(
                "name",
                As.TEXT,
                "Name.",
                synonyms=also("customer name, full name, member name, client name, display name"),
                examples=("Ann Example", "Ben Example"),
                default="none",
            ),
            Field(
                "email",
                As.TEXT,
                "Email address.",
                longest=254,
                synonyms=also("e-mail, mail, email address"),
                examples=("ann@example.com", ""),
                default="none",
            ),
            Field(
                "phone",
                As.TEXT,
                "Telephone number.",
                longest=40,
                synonyms=also("telephone, mobile, phone number, tel, telephone number"),
                examples=("", "020 7946 0000"),
                default="none",
            ),
            Field(
                "joined",
                As.DATE,
                "Day the customer joined.",
                synonyms=also(
                    "joined on, member since, created, date, join date, date joined, enrolled, registered",
                    "registered on",
                ),
                examples=("2024-03-01", "2025-06-12"),
                default="not known",
            ),
        ),
        merge=merge_customers,
        noun=("customer", "customers"),
    )
)
