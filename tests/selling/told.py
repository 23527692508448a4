"""Sales as tills tell them, and what the books must hold once they are told."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.selling.site import Stage, Till

CENT = Decimal("0.01")
Document = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """A document with the till that tells it."""

    till: Till
    document: Document

    @property
    def id(self) -> str:
        return str(self.document["id"])


class Storyteller:
    """Makes documents by one seed: sales, some earlier than the count, some of goods nobody knows, and refunds."""

    def __init__(self, stage: Stage, seed: int = 7) -> None:
        self.stage, self.chance = stage, random.Random(seed)
        self.counted_at = dt.datetime.fromisoformat(stage.counted_at)
        self._seq: dict[int, int] = defaultdict(int)

    def sales(self, number: int, *, lines: tuple[int, int] = (1, 6)) -> list[Told]:
        return [self.sale(lines=self.chance.randint(*lines)) for _ in range(number)]

    def day(self, number: int) -> list[Told]:
        """Sales with all that is odd about them: every tenth a refund of one before it, told in any order."""
        told: list[Told] = []
        for count in range(number):
            given_back = told and count % 10 == 9
            told.append(self.refund(self.chance.choice(told[-9:])) if given_back else self.odd_sale(count))
        return told

    def sale(self, *, lines: int, till: Till | None = None, before_count: bool = False) -> Told:
        chance = self.chance
        till = till or chance.choice(self.stage.tills)
        goods = chance.sample(self.stage.products, min(lines, len(self.stage.products)))
        return self._told(
            till,
            [{"sku": sku, "quantity": str(chance.randint(1, 3)), "unit_price": price} for _, sku, price in goods],
            before_count=before_count,
        )

    def odd_sale(self, count: int) -> Told:
        told = self.sale(lines=self.chance.randint(1, 6), before_count=count % 13 == 5)
        if count % 7 == 3:  # a product that nobody has
            told.document["lines"].append({"name": f"Stranger {count}", "quantity": "1", "unit_price": "2.00"})
            told.document["payments"] = _paid(told.document["lines"])
        return told

    def refund(self, told: Told) -> Told:
        """One line of a sale brought back. It may reach the books before that sale."""
        line = told.document["lines"][0]
        if "sku" not in line or told.document.get("kind") == "refund":
            return self.sale(lines=2)
        back = {**line, "quantity": "-1", "returns": {"sale": told.id, "line": 1}, "restock": True}
        return self._told(told.till, [back], kind="refund")

    def altered(self, told: Told) -> Told:
        """The same id with other content: a till's bug, or worse."""
        first, *rest = told.document["lines"]
        lines = [{**first, "quantity": "-77" if first["quantity"].startswith("-") else "77"}, *rest]
        return Told(told.till, {**told.document, "lines": lines, "payments": _paid(lines)})

    def _told(self, till: Till, lines: list[Document], *, before_count: bool = False, **more: Any) -> Told:
        chance = self.chance
        hours = -chance.uniform(1, 40) if before_count else chance.uniform(1, 60)
        self._seq[till.register] += 1
        document = {
            "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "sold_at": (self.counted_at + dt.timedelta(hours=hours)).isoformat(timespec="milliseconds"),
            "receipt": f"{till.register}-{self._seq[till.register]}",
            "epoch": 1,
            "seq": self._seq[till.register],
            "cashier": chance.choice(["Ana", "Rui", "Eva"]),
            "lines": lines,
            "payments": _paid(lines),
            **more,
        }
        return Told(till, document)


def _paid(lines: list[Document]) -> list[Document]:
    """By card, and where there is more than one line some of it in cash."""
    total = sum((amount(line) for line in lines), Decimal(0)).quantize(CENT, ROUND_HALF_UP)
    if len(lines) < 2:
        return [{"tender": "card", "amount": str(total)}]
    return [{"tender": "cash", "amount": "1.00"}, {"tender": "card", "amount": str(total - 1)}]


def amount(line: Document) -> Decimal:
    return Decimal(line["quantity"]) * Decimal(line["unit_price"])
