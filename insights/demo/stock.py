"""The demo's shelves: what is ordered, delivered, sold, thrown away and missing.

The grocer orders the old way: average sales times days, rounded up to whole cases. That is what a forecast has to beat.
Quantities are thousandths of a piece or a kilogram. The oldest goods are always sold first.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from insights.demo.baskets import Lines
from insights.demo.branches import Branch
from insights.demo.calendar import Calendar
from insights.demo.catalogue import SUPPLIERS, Product
from insights.demo.chance import Flags, Floats, Ints, stream
from insights.demo.demand import Nature

KEEPS = 100_000  # days, of what never spoils
FORGOTTEN = 0.012  # chance that an ordered product is not on the lorry
DAMAGED = 0.0012  # chance a day that one piece breaks
LEARNING = 0.07
LATER = 8  # days after the last on which ordered goods may still come


@dataclass(frozen=True)
class SupplyGap:
    """A supplier brought nothing from the first day to the last."""

    supplier: str
    first: int
    last: int


@dataclass(frozen=True)
class Moves:
    """Quantities of products on days; `what` tells the cause of waste, or is the same for all."""

    day: Ints
    product: Ints
    quantity: Ints
    what: tuple[str, ...]


@dataclass
class Shelves:
    """One branch's stock, a number a product, while its days go by."""

    case: Ints
    life: Ints
    least: Ints  # the least amount worth having
    average: Floats
    on_hand: Ints
    received: Ints  # days + 1 x products, running total
    gone: Ints  # running total sold or thrown away
    coming: Ints  # days and LATER x products
    log: dict[str, list[tuple[int, Ints, Ints]]] = field(default_factory=dict)

    def note(self, kind: str, day: int, quantity: Ints) -> None:
        """Writes down the products with a quantity."""
        some = np.flatnonzero(quantity)
        if some.size:
            self.log.setdefault(kind, []).append((day, some, quantity[some]))


@dataclass(frozen=True)
class Stocked:
    """What came of one branch's stock."""

    sold: Flags  # a flag a wanted line
    opening: Ints
    closing: Ints
    deliveries: Moves
    waste: Moves
    outs: Moves  # quantity is what was asked for and not there
    coming: Ints  # LATER x products: ordered, and on its way when the last day ends


def supply_gaps(calendar: Calendar, branch: Branch) -> tuple[SupplyGap, ...]:
    """Twice a year or so one supplier fails a branch for some days."""
    draw = stream("gaps", branch.name)
    names = list(SUPPLIERS)
    found = []
    for first in range(40, len(calendar.days) - 15, 120):
        who, shift, long = draw.random(3)
        start = first + int(shift * 60)
        found.append(SupplyGap(names[int(who * len(names))], start, start + 4 + int(long * 6)))
    return tuple(gap for gap in found if gap.last < len(calendar.days))


# Tonight's order: puts what is to come on which day into the shelves' `coming`, for the products flagged as wanted.
Order = Callable[[Shelves, int, "Deliveries", Flags], None]


def stock_days(
    lines: Lines,
    rate: Floats,
    products: tuple[Product, ...],
    made: Nature,
    calendar: Calendar,
    branch: Branch,
    order_tonight: Order | None = None,
) -> Stocked:
    """Lives through every day of a branch; `rate` is the quantity a day each product could sell.

    `order_tonight` is another way of ordering than the grocer's own, to be compared with it.
    """
    shelves = _opening(rate, products, calendar.open_days(branch))
    opening = shelves.on_hand.copy()
    plan = Deliveries(products, calendar, branch)
    order = np.lexsort((np.arange(lines.day.size), lines.product, lines.day))
    wanted = lines[order]
    reached = _running(wanted)
    bounds = np.searchsorted(wanted.day, np.arange(len(calendar.days) + 1))
    sold = np.zeros(order.size, dtype=np.bool_)
    draw = stream("stock", branch.name)
    is_open = calendar.open_days(branch)
    in_range = rate.sum(axis=1) > 0
    stays = made.last >= len(calendar.days) - 1  # on sale beyond the last day
    for day in range(len(calendar.days)):
        chance = draw.random((2, len(products)))
        on_sale = in_range & (made.first <= day) & (day <= made.last)
        if is_open[day]:
            today = np.arange(bounds[day], bounds[day + 1])
            _morning(shelves, day, chance[0], plan.fails(day))
            sold[order[today]] = _trade(shelves, day, wanted[today], reached[today], on_sale)
            _breakages(shelves, day, chance[1])
        shelves.received[day + 1] = np.maximum(shelves.received[day + 1], shelves.received[day])
        soon = in_range & (made.first <= day + 3) & ((day <= made.last - 4) | stays)
        (order_tonight or order_by_average)(shelves, day, plan, soon)
    delivered, wasted, out = (_moves(shelves, kinds) for kinds in (("delivery",), ("expired", "damaged"), ("out",)))
    return Stocked(sold, opening, shelves.on_hand, delivered, wasted, out, shelves.coming[len(calendar.days) :])


class Deliveries:
    """When each supplier's lorry stops at a branch, and when it did not."""

    def __init__(self, products: tuple[Product, ...], calendar: Calendar, branch: Branch) -> None:
        """Works the days out once."""
        self.suppliers = list(SUPPLIERS.values())
        self.days = len(calendar.days)
        beyond = calendar.beyond(LATER + 35)
        is_open = beyond.open_days(branch)
        weekday = np.array(beyond.weekdays)
        self.stops = [np.isin(weekday, supplier.weekdays) & is_open for supplier in self.suppliers]
        self.open_before = np.concatenate(([0], np.cumsum(is_open)))
        self.gaps = supply_gaps(calendar, branch)
        place = {supplier.name: number for number, supplier in enumerate(self.suppliers)}
        self.of_product = np.array([place[product.category.supplier] for product in products])

    def fails(self, day: int) -> Flags:
        """The products whose supplier brings nothing that day."""
        names = {gap.supplier for gap in self.gaps if gap.first <= day <= gap.last}
        failing = np.array([supplier.name in names for supplier in self.suppliers])
        return np.asarray(failing[self.of_product], dtype=np.bool_)

    def next_orders(self, day: int) -> list[tuple[int, int, int]]:
        """Suppliers to order from tonight: supplier, day it comes, open days it has to last from tomorrow."""
        found = []
        for number, supplier in enumerate(self.suppliers):
            comes = day + supplier.lead_days
            if comes < self.days + LATER and self.stops[number][comes]:
                later = np.flatnonzero(self.stops[number][comes + 1 : comes + 29])
                until = comes + 1 + int(later[0])
                found.append((number, comes, int(self.open_before[until] - self.open_before[day + 1])))
        return found


def _opening(rate: Floats, products: tuple[Product, ...], is_open: Flags) -> Shelves:
    case = np.array([max(1, item.category.case) * 1000 for item in products])
    life = np.array([item.category.life or KEEPS for item in products])
    least = np.array([300 if item.by_weight else 1000 for item in products])
    average = rate.sum(axis=1) / max(1, int(is_open.sum()))
    days = rate.shape[1]
    here = rate[:, :14].sum(axis=1) > 0
    on_hand = np.where(here, np.ceil((average * np.minimum(5, life) + 1000) / case).astype(np.int64) * case, 0)
    received = np.zeros((days + 1, len(products)), dtype=np.int64)
    received[0] = on_hand
    nothing = np.zeros(len(products), dtype=np.int64)
    coming = np.zeros((days + LATER, len(products)), dtype=np.int64)
    return Shelves(case, life, least, average, on_hand, received, nothing, coming)


def _running(wanted: Lines) -> Ints:
    """The quantity asked for so far that day of that product, this line included."""
    total = np.cumsum(wanted.quantity)
    starts = np.ones(total.size, dtype=np.bool_)
    starts[1:] = (wanted.day[1:] != wanted.day[:-1]) | (wanted.product[1:] != wanted.product[:-1])
    before = np.where(starts, total - wanted.quantity, 0)
    return total - np.maximum.accumulate(before)


def _morning(shelves: Shelves, day: int, chance: Floats, fails: Flags) -> None:
    """Old goods go, new ones come. A lot received on day r is sold until day r + life - 1."""
    column = np.arange(shelves.case.size)
    came = day - shelves.life
    old = np.where(came >= 0, shelves.received[np.maximum(came + 1, 0), column], 0)
    expired = np.maximum(old - shelves.gone, 0)
    shelves.gone += expired
    shelves.on_hand -= expired
    shelves.note("expired", day, expired)
    arrived = np.where((chance < FORGOTTEN) | fails, 0, shelves.coming[day])
    shelves.on_hand += arrived
    shelves.received[day + 1] = shelves.received[day] + arrived
    shelves.note("delivery", day, arrived)


def _trade(shelves: Shelves, day: int, wanted: Lines, reached: Ints, on_sale: Flags) -> Flags:
    count = shelves.case.size
    sold = reached <= shelves.on_hand[wanted.product]
    asked = np.bincount(wanted.product, wanted.quantity, count).astype(np.int64)
    left = np.bincount(wanted.product[sold], wanted.quantity[sold], count).astype(np.int64)
    empty = on_sale & ((asked > left) | (shelves.on_hand <= 0))
    some = np.flatnonzero(empty)
    if some.size:
        shelves.log.setdefault("out", []).append((day, some, (asked - left)[some]))
    shelves.on_hand -= left
    shelves.gone += left
    shelves.average += LEARNING * (np.where(empty, np.maximum(left, shelves.average), left) - shelves.average)
    return sold


def _breakages(shelves: Shelves, day: int, chance: Floats) -> None:
    broken = np.where((chance < DAMAGED) & (shelves.on_hand >= 2000), 1000, 0)
    shelves.on_hand -= broken
    shelves.gone += broken
    shelves.note("damaged", day, broken)


def order_by_average(shelves: Shelves, day: int, plan: Deliveries, wanted: Flags, factor: float = 1.08) -> None:
    """Average sales times days times a factor and something for luck, in whole cases, as grocers do."""
    for supplier, comes, lasts in plan.next_orders(day):
        of_supplier = plan.of_product == supplier
        need = shelves.average * lasts
        keeps = np.where(shelves.life > 14, 1.5 * shelves.least, 0.0)
        target = need * factor + 1.2 * np.sqrt(need * 1000) + keeps
        target = np.minimum(target, shelves.average * (shelves.life + lasts) + 1000)
        position = shelves.on_hand + shelves.coming[day + 1 : day + 9].sum(axis=0)
        short = np.maximum(target - position, 0) / shelves.case
        cases = np.where(shelves.life > 14, np.ceil(short), np.floor(short + 0.75)).astype(np.int64)
        cases = np.maximum(cases, position <= 0)
        shelves.coming[comes] += np.where(of_supplier & wanted, cases * shelves.case, 0)


def _moves(shelves: Shelves, kinds: tuple[str, ...]) -> Moves:
    rows = [(kind, *row) for kind in kinds for row in shelves.log.get(kind, [])]
    rows.sort(key=lambda row: (row[1], row[0]))
    if not rows:
        nothing = np.zeros(0, dtype=np.int64)
        return Moves(nothing, nothing, nothing, ())
    day = np.concatenate([np.full(row[2].size, row[1]) for row in rows])
    what = tuple(kind for kind, _, some, _ in rows for _ in range(some.size))
    return Moves(day, np.concatenate([row[2] for row in rows]), np.concatenate([row[3] for row in rows]), what)
