"""Kind suppliers: one row a supplier; and suppliers that other files name."""

from __future__ import annotations

import datetime as dt
import re

from shop.imports import lineage
from shop.imports.kinds import As, Counts, Field, Kind, also, register
from shop.imports.staging import Batch

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_EVERY_DAY = {"daily", "every day", "all days", "any day"}


def resolve_suppliers(batch: Batch) -> int:
    """Fill `import_suppliers` (key, id) for the good rows' suppliers, compared without case; returns how many were
    made for review."""
    batch.run("suppliers", _NAMED)
    made = lineage.write(batch, "suppliers", "inventory_supplier", _MAKE, {"shop": batch.shop.pk}, rows=_MADE)
    batch.run("suppliers", _FIND)
    batch.run("suppliers", "analyze import_suppliers")
    return made


_NAMED = f"""
create temp table import_suppliers on commit drop as
select lower(r.supplier) as key, min(r.supplier) as name, null::bigint as id, {lineage.FIRST}
from import_rows r where r.problem is null and r.supplier is not null group by 1
"""
_MAKE = """
insert into inventory_supplier (shop_id, name, email, phone, delivery_weekdays, needs_review)
select %(shop)s, n.name, '', '', '', true from import_suppliers n
where not exists (select from inventory_supplier s where lower(s.name) = n.key) order by n.name
returning id, name
"""
_MADE = f"select w.id, {lineage.PLACE} from written w join import_suppliers n using (name)"
_FIND = """
update import_suppliers n set id = (select min(id) from inventory_supplier s where lower(s.name) = n.key)
"""


def merge_suppliers(batch: Batch) -> Counts:
    """New suppliers are made, known ones get the cells that are filled. One that comes twice must say the same."""
    batch.refuse("'email: “' || r.email || '” is not an address'", r"r.email !~ '^\S+@\S+\.\S+$'")
    batch.refuse("'minimum_order is negative'", "r.minimum_order < 0")
    batch.refuse("'lead_time_days: ' || r.lead_time_days || ' is more than a year'", "r.lead_time_days > 366")
    _read_words(batch)
    batch.run("first", _FIRST)
    batch.run("repeats", _REFUSE_OTHER_DETAILS)
    batch.run("wanted", _WANTED)
    updated = lineage.write(batch, "update", "inventory_supplier", _UPDATE)
    created = lineage.write(batch, "create", "inventory_supplier", _CREATE, {"shop": batch.shop.pk}, rows=_CREATED)
    (good,) = batch.one("count", "select count(*) from import_rows where problem is null")
    return Counts(created, updated, good - created - updated)


def _read_words(batch: Batch) -> None:
    """Fill `import_words` (what, written, meant) for the days and hours as they are written."""
    batch.run("words", "create temp table import_words (what text, written text, meant text) on commit drop")
    for what, read, how in (
        ("delivery_weekdays", weekdays_of, "is not days of the week. Write them like Mon, Wed, Fri"),
        ("order_by", hour_of, "is not a time of day. Write it like 11:30"),
    ):
        batch.run("words", f"select distinct {what} from import_rows where problem is null and {what} is not null")
        for (written,) in batch.cursor.fetchall():
            values = {"what": what, "written": written, "meant": read(written)}
            if values["meant"] is None:
                batch.refuse(f"'{what}: “' || r.{what} || '” {how}'", f"r.{what} = %(written)s", values)
            else:
                batch.run("words", "insert into import_words values (%(what)s, %(written)s, %(meant)s)", values)


def weekdays_of(written: str) -> str | None:
    """Days of the week as digits, Monday 0: Mon, Wed, Fri is 024, Mon-Fri is 01234. None where it is none."""
    text = written.lower().strip()
    if text in _EVERY_DAY:
        return "0123456"
    found: set[int] = set()
    for part in filter(None, re.split(r"[,;/+&\s]+|\band\b", re.sub(r"\s*[-–]\s*", "-", text))):
        ends = [_weekday(word) for word in part.split("-")]
        if None in ends or len(ends) > 2:
            return None
        first, last = ends[0] or 0, ends[-1] or 0
        found.update((first + step) % 7 for step in range((last - first) % 7 + 1))
    return "".join(map(str, sorted(found))) or None


def _weekday(word: str) -> int | None:
    """Of English names only: Di is Tuesday in one language and Sunday in another."""
    return next((day for day, name in enumerate(_DAYS) if len(word) > 1 and name.startswith(word)), None)


def hour_of(written: str) -> str | None:
    """A time of day: 11:30, 11.30, 11, 3 pm. None where it is none."""
    match = re.fullmatch(r"(\d{1,2})(?:[:.h](\d{2})?)?(?::\d{2})?\s*([ap]\.?m\.?)?", written.lower().strip())
    if match is None:
        return None
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "")[:1]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    return dt.time(hour, minute).isoformat() if hour < 24 and minute < 60 else None


_DETAILS = "email, phone, lead_time_days, delivery_weekdays, order_by, minimum_order"
_FIRST = f"""
create temp table import_first on commit drop as
select distinct on (lower(name)) lower(name) as key, name, file, line, {_DETAILS}
from import_rows where problem is null order by lower(name), file, line
"""
_REFUSE_OTHER_DETAILS = f"""
update import_rows r set problem = r.name || ' is in the file twice, with other details than on line ' || f.line
from import_first f where f.key = lower(r.name) and r.problem is null
and ({", ".join(f"r.{name}" for name in _DETAILS.split(", "))})
    is distinct from ({", ".join(f"f.{name}" for name in _DETAILS.split(", "))})
"""
_WANTED = """
create temp table import_wanted on commit drop as
select s.id, f.name, f.file, f.line, coalesce(f.email, s.email, '') as email, coalesce(f.phone, s.phone, '') as phone,
    coalesce(f.lead_time_days, s.lead_time_days) as lead_time_days,
    coalesce(d.meant, s.delivery_weekdays, '') as delivery_weekdays,
    coalesce(o.meant::time, s.order_by) as order_by,
    coalesce(round(f.minimum_order, 2), s.minimum_order) as minimum_order
from import_first f
left join (select distinct on (lower(name)) lower(name) as key, * from inventory_supplier order by lower(name), id) s
    on s.key = f.key
left join import_words d on d.what = 'delivery_weekdays' and d.written = f.delivery_weekdays
left join import_words o on o.what = 'order_by' and o.written = f.order_by
"""
_UPDATE = f"""
update inventory_supplier s set needs_review = false, {", ".join(f"{name} = n.{name}" for name in _DETAILS.split(", "))}
from import_wanted n where n.id = s.id and (s.needs_review
    or ({", ".join(f"s.{name}" for name in _DETAILS.split(", "))})
        is distinct from ({", ".join(f"n.{name}" for name in _DETAILS.split(", "))}))
returning s.id, n.file, n.line
"""
_CREATE = f"""
insert into inventory_supplier (shop_id, name, needs_review, {_DETAILS})
select %(shop)s, name, false, {_DETAILS} from import_wanted where id is null order by name
returning id, name
"""
_CREATED = "select w.id, f.file, f.line from written w join import_wanted f using (name)"

SUPPLIERS = register(
    Kind(
        name="suppliers",
        title="Suppliers",
        about="One row a supplier, known by its name, whatever the case. Empty cells leave what is there.",
        fields=(
            Field(
                "name",
                As.TEXT,
                "The supplier's name.",
                required=True,
                filled=True,
                longest=120,
                synonyms=also("supplier, supplier name, vendor, vendor name, company, company name, wholesaler"),
                examples=("Northgate Dairy", "Orchard Direct"),
            ),
            Field(
                "email",
                As.TEXT,
                "Where orders are mailed to.",
                longest=254,
                synonyms=also("e-mail, mail, email address, order email, contact email"),
                examples=("orders@northgate.example", ""),
                default="none",
            ),
            Field(
                "phone",
                As.TEXT,
                "Telephone number.",
                longest=40,
                synonyms=also("telephone, tel, phone number, mobile, contact phone, contact number"),
                examples=("", "020 7946 0001"),
                default="none",
            ),
            Field(
                "lead_time_days",
                As.WHOLE,
                "Days from order to delivery.",
                synonyms=also("lead time, lead time in days, delivery time, delivery days after order"),
                examples=("1", "2"),
                default="not known",
            ),
            Field(
                "delivery_weekdays",
                As.TEXT,
                "Days the lorry comes: Mon, Wed, Fri, or Mon-Fri.",
                longest=80,
                synonyms=also("delivery days, delivery weekdays, days of delivery, drop days, delivers on"),
                examples=("Mon, Wed, Fri", "Tue-Sat"),
                default="any day",
            ),
            Field(
                "order_by",
                As.TEXT,
                "Time of day by which an order must be in, by the shop's clock.",
                longest=20,
                synonyms=also("cut off, cut-off, cutoff, cut off time, order cut off, orders in by"),
                examples=("11:30", "14:00"),
                default="end of day",
            ),
            Field(
                "minimum_order",
                As.MONEY,
                "What an order must come to.",
                synonyms=also("minimum order value, min order, minimum, least order, moq value"),
                examples=("80.00", ""),
                default="none",
            ),
        ),
        merge=merge_suppliers,
        noun=("supplier", "suppliers"),
    )
)
