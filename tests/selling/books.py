"""What the books hold after a storm, against what was told: read as a superuser, past every wall and cache."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import psycopg

from tests.selling.site import Stage
from tests.selling.told import Told

ZONE = zoneinfo.ZoneInfo("Europe/Lisbon")
Row = tuple[Any, ...]


@dataclass
class Findings:
    """Ids by what is wrong with them; all empty where the promise was kept."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)
    stock: list[str] = field(default_factory=list)
    unmarked_days: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    rollups: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(vars(self).values())

    def __str__(self) -> str:
        return ", ".join(f"{name}: {len(found)} {found[:3]}" for name, found in vars(self).items() if found) or "sound"

    def counts(self) -> dict[str, int]:
        return {name: len(found) for name, found in vars(self).items()}


class Books:
    """One shop's books, read once."""

    def __init__(self, database: psycopg.Connection[Any], stage: Stage) -> None:
        self.database, self.stage = database, stage

    def check(self, told: Iterable[Told], *, acked: Collection[str], conflicts: Collection[str] = ()) -> Findings:
        """Every acknowledged document once and whole, nothing else, and all that follows from them."""
        by_id = {one.id: one for one in told}
        found = Findings()
        sales = self._rows("select uuid::text, id, branch_id, register_id, business_date from sales_sale")
        seen = Counter(row[0] for row in sales)
        found.lost = sorted(set(acked) - set(seen))
        found.doubled = sorted(id for id, times in seen.items() if times > 1)
        found.unasked = sorted(set(seen) - set(by_id))
        found.torn = self._torn(by_id, sales)
        found.stock = self._stock(one for id, one in by_id.items() if id in seen)
        found.unmarked_days = self._unmarked_days(sales)
        found.conflicts = self._conflicts(conflicts)
        return found

    def _rows(self, statement: str) -> list[Row]:
        """Rows of this shop; a statement's last table carries the shop."""
        return self.database.execute(f"{statement} where shop_id = %s", [self.stage.shop]).fetchall()

    def _torn(self, told: dict[str, Told], sales: list[Row]) -> list[str]:
        """Sales that do not hold exactly the lines, payments, movements, place and day that were told."""
        lines, payments, moved = defaultdict(list), defaultdict(list), defaultdict(list)
        for sale, number, product, quantity in self._rows(
            "select sale_id, number, product_id, quantity from sales_saleline"
        ):
            lines[sale].append((number, product, quantity))
        for sale, tender, amount in self._rows("select sale_id, tender, amount from sales_payment"):
            payments[sale].append((tender, amount))
        for source, product, quantity in self._rows("select source, product_id, quantity from inventory_stockmovement"):
            if source.startswith("sale:") and source.count(":") == 2:
                moved[source.split(":")[1]].append((product, quantity))
        torn = []
        for uuid, id, *place in sales:
            if uuid not in told:
                continue
            wanted = self._wanted(told[uuid])
            if (sorted(lines[id]), sorted(payments[id]), sorted(moved[uuid]), tuple(place)) != wanted:
                torn.append(uuid)
        return sorted(torn)

    def _wanted(self, told: Told) -> tuple[Any, ...]:
        known = {sku: id for id, sku, _ in self.stage.products}
        lines = [
            (number, known.get(line.get("sku", "")), Decimal(line["quantity"]))
            for number, line in enumerate(told.document["lines"], start=1)
        ]
        payments = sorted((paid["tender"], Decimal(paid["amount"])) for paid in told.document["payments"])
        moved = sorted((product, -quantity) for _, product, quantity in lines if product)
        place = (told.till.branch, told.till.register, _business_date(told))
        return lines, payments, moved, place

    def _stock(self, told: Iterable[Told]) -> list[str]:
        """Levels that are not the sum of their movements, or not what was counted less what was sold since."""
        expected: dict[Row, Decimal] = defaultdict(lambda: Decimal(self.stage.stocked))
        counted_at = dt.datetime.fromisoformat(self.stage.counted_at)
        known = {sku: id for id, sku, _ in self.stage.products}
        for one in told:
            if dt.datetime.fromisoformat(one.document["sold_at"]) <= counted_at:
                continue
            for line in one.document["lines"]:
                if "sku" in line:
                    expected[one.till.branch, known[line["sku"]]] -= Decimal(line["quantity"])
        ledger: dict[Row, Decimal] = defaultdict(Decimal)
        for branch, product, quantity in self._rows(
            "select branch_id, product_id, quantity from inventory_stockmovement"
        ):
            ledger[branch, product] += quantity
        levels = self._rows("select branch_id, product_id, quantity from inventory_stocklevel")
        return [
            f"{key}: level {level}, ledger {ledger[key]}, expected {expected[key]}"
            for *place, level in levels
            if not level == ledger[key := tuple(place)] == expected[key]
        ]

    def _unmarked_days(self, sales: list[Row]) -> list[str]:
        marks = set(self._rows("select distinct branch_id, business_date from sales_dirtyday"))
        return sorted({f"{branch} {day}" for _, _, branch, _, day in sales if (branch, day) not in marks})

    def _conflicts(self, conflicts: Collection[str]) -> list[str]:
        """Altered documents that are not in the inbox exactly once."""
        stored = Counter(
            id for id, kind in self._rows("select told_id, kind from sales_inboxitem") if kind == "conflict"
        )
        return sorted(id for id in {*stored, *conflicts} if stored[id] != 1)

    def check_rollups(self) -> list[str]:
        """Days whose roll-ups are not the sum of their lines; for after a refresh."""
        raw = """
            select s.branch_id, s.business_date, l.product_id, sum(l.net), sum(l.tax), sum(l.quantity), count(*)
            from sales_saleline l join sales_sale s on s.shop_id = l.shop_id and s.id = l.sale_id
            where l.shop_id = %(shop)s and s.voided_at is null group by 1, 2, 3
        """
        kept = """
            select branch_id, business_date, product_id, net, tax, units, lines from sales_productday
            where shop_id = %(shop)s
        """
        difference = f"(({raw}) except ({kept})) union all (({kept}) except ({raw}))"
        left = self.database.execute(
            "select count(*) from sales_dirtyday where shop_id = %s", [self.stage.shop]
        ).fetchone()
        rows = self.database.execute(difference, {"shop": self.stage.shop}).fetchall()  # type: ignore[arg-type]
        return [str(row) for row in rows] + ([f"{left[0]} days not refreshed"] if left and left[0] else [])


def _business_date(told: Told) -> dt.date:
    return dt.datetime.fromisoformat(told.document["sold_at"]).astimezone(ZONE).date()
