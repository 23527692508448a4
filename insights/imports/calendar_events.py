"""Kind calendar_events: days that will not be like others, and past ones that were not."""

from __future__ import annotations

from insights.calendar.asking import LEAST, MOST
from insights.calendar.events import LONGEST
from shop.imports import lineage
from shop.imports.kinds import NO, YES, As, Counts, Field, Kind, also, register
from shop.imports.places import branch_field, resolve_branches
from shop.imports.staging import Batch

_CHANGE = r"^[-+−]?(\d{1,3}([.,]\d{1,4})?|[.,]\d{1,4})\s?%?$"


def merge_events(batch: Batch) -> Counts:
    """New events go into the forecast's calendar, known ones get the cells that are filled.

    One is known by name, first day and branch; its second row must say the same. What a person left out stays out.
    """
    _refuse(batch)
    made = {"new_branches": resolve_branches(batch)}
    batch.run("rows", _ROWS)
    batch.run("repeats", _REFUSE_OTHERS)
    batch.run("wanted", _WANTED, {"least": LEAST})
    updated = lineage.write(batch, "update", "insights_calendarevent", _UPDATE)
    created = lineage.write(batch, "create", "insights_calendarevent", _CREATE, {"shop": batch.shop.pk}, rows=_CREATED)
    (good,) = batch.one("count", "select count(*) from import_rows where problem is null")
    return Counts(created, updated, good - created - updated, made)


def _refuse(batch: Batch) -> None:
    batch.refuse("'the last day is before the first'", "r.last_date < r.first_date")
    batch.refuse("'an event lasts a year at most'", f"r.last_date - r.first_date > {LONGEST.days}")
    batch.refuse(
        "'closed: “' || r.closed || '” is neither yes nor no'",
        f"lower(r.closed) not in {YES} and lower(r.closed) not in {NO}",
    )
    batch.refuse("'category: there is no “' || r.category || '” here'", _NO_CATEGORY)
    values = {"change": _CHANGE, "least": LEAST, "most": MOST}
    batch.refuse(_NOT_A_CHANGE, "r.change !~ %(change)s", values)
    batch.run("changes", _CHANGES)
    batch.refuse(
        _NOT_A_CHANGE,
        """exists (select from import_changes c where c.written = r.change
        and c.share not between %(least)s and %(most)s)""",
        values,
    )


_NO_CATEGORY = """
r.category is not null and not exists (select from inventory_category c where lower(c.name) = lower(r.category))
"""
# Executed with values, where two signs stand for one.
_NOT_A_CHANGE = "'change: “' || r.change || '” is not between 100 %% less and 300 %% more'"
# 20 %, +20 % and 0.2 are a fifth more; above 3 and without a sign it is per cent.
_CHANGES = r"""
create temp table import_changes on commit drop as
select written,
    round(case when strpos(written, '%') > 0 or abs(number) > 3 then number / 100 else number end, 3) as share
from (
    select written, replace(replace(regexp_replace(written, '[%\s+]', '', 'g'), '−', '-'), ',', '.')::numeric as number
    from (select distinct change as written from import_rows where problem is null and change is not null) w
) n
"""
_ROWS = f"""
create temp table import_events on commit drop as
select r.file, r.line, left(r.name, 120) as name, lower(left(r.name, 120)) as key, r.first_date,
    coalesce(r.last_date, r.first_date) as last_date, b.id as branch_id,
    (select min(c.id) from inventory_category c where lower(c.name) = lower(r.category)) as category_id,
    lower(r.closed) in {YES} as is_closed, s.share as effect
from import_rows r
left join import_branches b on r.branch is not null and b.key = lower(r.branch)
left join import_changes s on s.written = r.change
where r.problem is null
"""
_TERMS = "last_date, category_id, is_closed, effect"
_REFUSE_OTHERS = f"""
update import_rows r set problem = o.name || ' from ' || o.first_date || ' is in the file twice, with other terms'
from (
    select n.*, row({_TERMS}) is distinct from first_value(row({_TERMS})) over w as is_other
    from import_events n window w as (partition by key, first_date, branch_id order by n.file, n.line)
) o
where o.is_other and r.file = o.file and r.line = o.line
"""
_WANTED = """
create temp table import_wanted on commit drop as
select distinct on (n.key, n.first_date, n.branch_id) e.id, n.name, n.first_date, n.last_date, n.branch_id,
    coalesce(n.category_id, e.category_id) as category_id, coalesce(n.is_closed, e.is_closed, false) as is_closed,
    case when coalesce(n.is_closed, e.is_closed) then %(least)s else coalesce(n.effect, e.effect) end as effect,
    n.file, n.line
from import_events n
left join insights_calendarevent e on lower(e.name) = n.key and e.first_date = n.first_date
    and e.branch_id is not distinct from n.branch_id
order by n.key, n.first_date, n.branch_id, n.file, n.line, e.id
"""
# A range that was told around another change no longer fits.
_UPDATE = f"""
update insights_calendarevent e set {", ".join(f"{name} = n.{name}" for name in _TERMS.split(", "))},
    effect_low = case when e.effect is not distinct from n.effect then e.effect_low end,
    effect_high = case when e.effect is not distinct from n.effect then e.effect_high end
from import_wanted n where n.id = e.id
and ({", ".join(f"e.{name}" for name in _TERMS.split(", "))})
    is distinct from ({", ".join(f"n.{name}" for name in _TERMS.split(", "))})
returning e.id, n.file, n.line
"""
_CREATE = f"""
insert into insights_calendarevent (shop_id, name, first_date, branch_id, {_TERMS}, said, read_by, state, decided_by,
    made_at)
select %(shop)s, name, first_date, branch_id, {_TERMS}, '', '', 'approved',
    coalesce(current_setting('app.actor', true), ''), now()
from import_wanted where id is null order by first_date, name
returning id, name, first_date, branch_id
"""
_CREATED = """
select w.id, n.file, n.line from written w join import_wanted n
on n.name = w.name and n.first_date = w.first_date and n.branch_id is not distinct from w.branch_id
"""

CALENDAR_EVENTS = register(
    Kind(
        name="calendar_events",
        title="Calendar events",
        about=(
            "One row an event that makes days unlike others: a street fair, school holidays, road works. It is known "
            "by name, first day and branch, and is in the forecast at once. Past events help too: the forecast learns "
            "from them what the like will do."
        ),
        fields=(
            Field(
                "name",
                As.TEXT,
                "What happens.",
                required=True,
                filled=True,
                longest=120,
                synonyms=also("event, event name, title, description, holiday, holiday name, subject, summary, what"),
                examples=("Street fair", "School holidays", "Closed for stocktaking"),
            ),
            Field(
                "first_date",
                As.DATE,
                "First day.",
                required=True,
                filled=True,
                synonyms=also("date, day, start, start date, first day, from, begins, starts, starts on"),
                examples=("2026-12-05", "2026-12-21", "2027-01-04"),
            ),
            Field(
                "last_date",
                As.DATE,
                "Last day, included.",
                synonyms=also("end, end date, last day, to, until, ends, ends on"),
                examples=("2026-12-06", "2027-01-03", ""),
                default="the first day",
            ),
            branch_field(help="Branch it touches, by name.", examples=("Harbour", "", ""), default="every branch"),
            Field(
                "category",
                As.TEXT,
                "Category it touches, by a name you have.",
                longest=120,
                synonyms=also("department, group, product category"),
                default="everything",
            ),
            Field(
                "closed",
                As.TEXT,
                "Yes: the shop is shut on these days.",
                longest=20,
                synonyms=also("is closed, shut, shop closed"),
                examples=("no", "no", "yes"),
                default="no",
            ),
            Field(
                "change",
                As.TEXT,
                "What it does to sales: +20 %, -30 % or 0.2.",
                longest=20,
                synonyms=also("effect, impact, change in sales, uplift, expected change"),
                examples=("+20 %", "", ""),
                default="learned from sales",
            ),
        ),
        merge=merge_events,
        noun=("event", "events"),
    )
)
