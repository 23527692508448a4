"""The registry of measures: every named number has one definition, here. docs/measures.md is printed from it.

A measure is worked out from `Sums`, which add up over any days, branches, categories or products. `sql` says the
same over raw sale lines (`l`) and their documents (`s`); tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Literal

from shop.roles import Can

Count = int | Decimal
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Sums:
    """What was sold, added up. `baskets` and `basket_net` are None where one cannot say (by product, by category).

    `costed_net` is the net of the `costed_lines`, the lines whose cost is known. Counts are Decimal in a mean.
    """

    net: Decimal
    tax: Decimal
    discount: Decimal
    units: Decimal
    costed_net: Decimal
    cost: Decimal
    costed_lines: Count
    lines: Count
    baskets: Count | None
    basket_net: Decimal | None = ZERO

    @classmethod
    def zero(cls) -> Sums:
        return cls(ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, 0, 0, 0)

    def __add__(self, other: Sums) -> Sums:
        pairs = {field.name: (getattr(self, field.name), getattr(other, field.name)) for field in fields(self)}
        added: dict[str, Any] = {name: None if None in pair else pair[0] + pair[1] for name, pair in pairs.items()}
        return Sums(**added)

    def over(self, days: int) -> Sums:
        """Every sum divided by this many days: the mean of so many."""
        return self._each(lambda value: value / days)

    def times(self, share: Decimal) -> Sums:
        """This share of every sum."""
        return self._each(lambda value: value * share)

    def _each(self, work: Callable[[Decimal], Decimal]) -> Sums:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        made: dict[str, Any] = {name: None if of is None else work(Decimal(of)) for name, of in values.items()}
        return Sums(**made)


@dataclass(frozen=True, slots=True)
class Measure:
    """A named number. `of` answers None where it is unknown, never 0 instead.

    `grain`: a measure of lines can be told for anything; one of baskets only for shops, branches, days and hours.
    `polarity`: +1 more is better, -1 less is better, 0 neither.
    """

    key: str
    name: str
    definition: str
    unit: Literal["money", "share", "count", "quantity"]
    grain: Literal["line", "basket"]
    polarity: Literal[-1, 0, 1]
    needs: Can
    of: Callable[[Sums], Decimal | None]
    sql: str


_BASKETS = (
    "count(distinct s.id) filter (where s.kind in ('sale', 'exchange'))"
    " - count(distinct s.id) filter (where s.kind = 'void')"
)


def _margin(sums: Sums) -> Decimal | None:
    return sums.costed_net - sums.cost if sums.costed_lines else None


def _margin_share(sums: Sums) -> Decimal | None:
    return (sums.costed_net - sums.cost) / sums.costed_net if sums.costed_net else None


def _basket_value(sums: Sums) -> Decimal | None:
    return sums.basket_net / sums.baskets if sums.baskets and sums.basket_net is not None else None


def _baskets(sums: Sums) -> Decimal | None:
    return None if sums.baskets is None else Decimal(sums.baskets)


MEASURES: dict[str, Measure] = {
    measure.key: measure
    for measure in (
        Measure(
            key="net_sales",
            name="Net sales",
            definition="What customers paid for goods, without sales tax, less what was given back on refunds.",
            unit="money",
            grain="line",
            polarity=1,
            needs=Can.SEE_SALES,
            of=lambda sums: sums.net,
            sql="coalesce(sum(l.net), 0)",
        ),
        Measure(
            key="tax",
            name="Tax",
            definition="The sales tax in what customers paid, less the tax given back on refunds.",
            unit="money",
            grain="line",
            polarity=0,
            needs=Can.SEE_SALES,
            of=lambda sums: sums.tax,
            sql="coalesce(sum(l.tax), 0)",
        ),
        Measure(
            key="discounts",
            name="Discounts",
            definition="What was taken off the usual price at the till, as the till recorded it.",
            unit="money",
            grain="line",
            polarity=0,
            needs=Can.SEE_SALES,
            of=lambda sums: sums.discount,
            sql="coalesce(sum(l.discount), 0)",
        ),
        Measure(
            key="gross_margin",
            name="Gross margin",
            definition="Net sales less what the goods cost the shop, counting only lines whose cost is known.",
            unit="money",
            grain="line",
            polarity=1,
            needs=Can.SEE_COST,
            of=_margin,
            sql="sum(l.net - l.cost)",
        ),
        Measure(
            key="gross_margin_share",
            name="Gross margin share",
            definition="Gross margin divided by the net sales of the same lines, those whose cost is known.",
            unit="share",
            grain="line",
            polarity=1,
            needs=Can.SEE_COST,
            of=_margin_share,
            sql="sum(l.net - l.cost) / nullif(sum(l.net) filter (where l.cost is not null), 0)",
        ),
        Measure(
            key="baskets",
            name="Baskets",
            definition=(
                "The number of sales and exchanges rung up at a till, less those voided; refunds and day summaries "
                "are not baskets."
            ),
            unit="count",
            grain="basket",
            polarity=1,
            needs=Can.SEE_SALES,
            of=_baskets,
            sql=_BASKETS,
        ),
        Measure(
            key="basket_value",
            name="Basket value",
            definition="The net sales of all baskets divided by their number; refunds and day summaries stay out.",
            unit="money",
            grain="basket",
            polarity=1,
            needs=Can.SEE_SALES,
            of=_basket_value,
            sql=f"sum(l.net) filter (where s.kind in ('sale', 'exchange', 'void')) / nullif({_BASKETS}, 0)",
        ),
        Measure(
            key="units",
            name="Units",
            definition="Pieces sold, and kilograms of what is sold by weight, less what came back.",
            unit="quantity",
            grain="line",
            polarity=1,
            needs=Can.SEE_SALES,
            of=lambda sums: sums.units,
            sql="coalesce(sum(l.quantity), 0)",
        ),
    )
}


def measure(key: str) -> Measure:
    """The measure with this key. Raises KeyError for an unknown one."""
    return MEASURES[key]
