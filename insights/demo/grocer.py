"""The whole demo shop, worked out."""

import datetime as dt
from dataclasses import dataclass

import numpy as np

from insights.demo import baskets, catalogue, customers, demand, prices, stock, till
from insights.demo.branches import SIZES, Branch, Size
from insights.demo.calendar import Calendar, calendar_to
from insights.demo.catalogue import Product
from insights.demo.chance import Floats, Ints


@dataclass(frozen=True)
class BranchStory:
    """One branch's two years: what was sold, what was in stock, and the base rates behind it (lines a day)."""

    branch: Branch
    base: Floats
    sold: till.Sold
    stocked: stock.Stocked
    gaps: tuple[stock.SupplyGap, ...]


@dataclass(frozen=True)
class Demo:
    """A made-up grocer with everything hidden in it. The same size and day give the same demo, to the last penny."""

    size: Size
    today: dt.date
    calendar: Calendar
    products: tuple[Product, ...]
    nature: demand.Nature
    changes: list[prices.PriceChange]
    shelf_prices: Ints
    promotions: list[prices.Promotion]
    customers: tuple[customers.Customer, ...]
    branches: tuple[BranchStory, ...]


def build(size: str, today: dt.date) -> Demo:
    """Works out the demo shop of a size ("small" or "medium") that ends the day before `today`."""
    plan = SIZES[size]
    calendar = calendar_to(today, plan.days)
    products = catalogue.shelf(size)
    made = demand.nature(products, catalogue.elasticities(products), plan.days)
    changes = prices.price_changes(products, calendar, made.first)
    shelf_prices = prices.shelf_prices(changes, len(products), plan.days)
    offers = prices.promotions(products, calendar, plan.branches)
    people = customers.customers(plan, calendar.days)
    bare = Demo(plan, today, calendar, products, made, changes, shelf_prices, offers, people, ())
    stories = tuple(_story(bare, branch) for branch in plan.branches)
    return Demo(plan, today, calendar, products, made, changes, shelf_prices, offers, people, stories)


def _story(demo: Demo, branch: Branch) -> BranchStory:
    percent, display = prices.promotion_grids(demo.promotions, branch, len(demo.products), demo.size.days)
    base, rate = _rates(demo, branch, percent, display)
    lines, units = _asked(demo, branch, rate)
    stocked = stock.stock_days(lines, units, demo.products, demo.nature, demo.calendar, branch)
    sold = _till(demo, branch, lines[stocked.sold], percent)
    return BranchStory(branch, base, sold, stocked, stock.supply_gaps(demo.calendar, branch))


def asked_for(demo: Demo, branch: Branch) -> tuple[baskets.Lines, Floats]:
    """Everything people would have bought at a branch, had it always been there, and its mean a day."""
    percent, display = prices.promotion_grids(demo.promotions, branch, len(demo.products), demo.size.days)
    return _asked(demo, branch, _rates(demo, branch, percent, display)[1])


def _asked(demo: Demo, branch: Branch, rate: Floats) -> tuple[baskets.Lines, Floats]:
    wanted = demand.wanted_lines(rate, demo.products, branch)
    lines = baskets.rung_up(wanted, demo.products, demo.calendar, branch)
    return lines, rate * demand.units_a_line(demo.products)[:, None] * 1000


def _rates(demo: Demo, branch: Branch, percent: Ints, display: Floats) -> tuple[Floats, Floats]:
    """Base lines a day of each product, and the lines wanted each day."""
    liked = demand.popularity(demo.products, branch)
    pull = demand.pull(demo.calendar, branch, demo.products, demo.nature)
    a_day = (liked[:, None] * pull).sum() / demo.calendar.open_days(branch).sum()
    base = np.round(liked * branch.lines_a_day * demo.size.volume / a_day, 4)
    paid = demo.shelf_prices * (100 - percent) / 100
    by_price = demand.price_pull(paid, np.array([item.base_price for item in demo.products]), demo.nature)
    rate = base[:, None] * pull * by_price * display
    return base, rate * demand.noise(demo.products, branch, demo.size.days)


def _till(demo: Demo, branch: Branch, lines: baskets.Lines, percent: Ints) -> till.Sold:
    starts = np.concatenate(([True], lines.receipt[1:] != lines.receipt[:-1]))
    lines = baskets.Lines(lines.day, lines.second, lines.product, lines.quantity, np.cumsum(starts) - 1)
    who = customers.who_came(demo.customers, branch, len(demo.size.branches), demo.calendar.days, lines.day[starts])
    money = till.money_of(lines, demo.products, demo.shelf_prices, percent)
    back = till.refunds_of(lines, demo.calendar, branch)
    lines, money, source = till.with_refunds(lines, money, back)
    receipts = till.receipts_of(lines, money, branch, who[source])
    return till.Sold(branch, lines, money, receipts, lines.quantity < 0)
