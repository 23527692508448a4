"""What is hidden in the demo shop: the answers an analysis should find. Keys are described in `MEANING`."""

import dataclasses
import itertools
from typing import Any

import numpy as np

from insights.demo import baskets, branches, calendar, competitors, customers, demand, reviews
from insights.demo.catalogue import SUPPLIERS
from insights.demo.chance import SEED
from insights.demo.grocer import BranchStory, Demo

MEANING = {
    "model": "How the lines wanted a day come about; every factor is listed under its name.",
    "calendar.holidays": "Bank holidays: they move sales on and before them.",
    "calendar.lifts": "Factor of holidays by kind of season, for every day on which one of them is not 1.",
    "calendar.events": "Local events: branch, first and last day, factor.",
    "seasons": "exp(strength x cos(2 pi x (day of the year - height) / 365.25)) by kind of season.",
    "branches.week": "Factor of the branch by weekday, Monday first; 0 is closed.",
    "branches.growth_a_year": "The branch grows by exp(this x years since the first day).",
    "products.base_rate": "Units a day by branch at the base price, before every other factor.",
    "products.elasticity": "Per cent more units for one per cent more own price paid (below zero).",
    "products.cross_elasticity": "The same for the mean price of the other products of its family.",
    "products.week": "Factor of the product by weekday, on top of the branch's.",
    "products.trend_a_year": "Drift of the product: exp(this x years).",
    "products.promo_uplift": "Mean factor on units while promoted, by price and display; null if it never was.",
    "promotions": "Per cent off from start to end at a branch (null: all); factor of the display, and in all.",
    "customers": "Visits a week; they halve every `halves_in_weeks` after `drifts_from`, and stop for kind gone.",
    "pairs": "Products bought together: the chance that the second joins a basket with the first.",
    "stock_outs": "By branch and product: [date, units asked for and not there] of days that ran or were out.",
    "supply_gaps": "A supplier brought nothing to a branch from start to end.",
    "reviews": "The tone and language each was made with, by its code.",
    "review_stories": "Queues that grow at a branch, and a product that turns bad, from these days on.",
    "noise": "Standard deviations of the log of the day's chance, of the branch and of each category at it.",
    "competitor_items.product": "The product that a competitor's item is; null: the shop does not sell it.",
}


def truth(demo: Demo) -> dict[str, Any]:
    """Every hidden number, ready for JSON, with the same keys always."""
    return {
        "meaning": MEANING,
        "model": (demand.__doc__ or "").split("\n\n", 1)[1].strip(),
        "seed": SEED,
        "size": demo.size.name,
        "first_day": str(demo.calendar.days[0]),
        "last_day": str(demo.calendar.days[-1]),
        "noise": {"branch_day": demand.DAY_NOISE, "category_day": demand.CATEGORY_NOISE},
        "calendar": _calendar(demo),
        "seasons": {kind: {"strength": s, "height": h} for kind, (s, h) in calendar.SEASONS.items()},
        "branches": [_branch(story.branch) for story in demo.branches],
        "suppliers": [_supplier(name) for name in SUPPLIERS],
        "products": [_product(demo, number) for number in range(len(demo.products))],
        "promotions": _promotions(demo),
        "pairs": [dataclasses.asdict(pair) for pair in baskets.PAIRS],
        "customers": [_customer(one) for one in demo.customers],
        "stock_outs": {story.branch.name: _stock_outs(demo, story) for story in demo.branches},
        "supply_gaps": [row for story in demo.branches for row in _gaps(demo, story)],
        "reviews": _reviews(demo),
        "review_stories": _review_stories(demo),
        "competitor_items": _competitor_items(demo),
    }


def promo_factor(demo: Demo, product: int, percent: int, display: float) -> float:
    """What a promotion does to the units of a product: its price and its display together."""
    return round(display * float((1 - percent / 100) ** demo.nature.elasticity[product]), 4)


def _competitor_items(demo: Demo) -> list[dict[str, Any]]:
    found = competitors.competitor_items(demo.products, demo.shelf_prices, demo.calendar.days)
    return [
        {
            "competitor": item.competitor,
            "name": item.name,
            "barcode": item.barcode,
            "size": item.size,
            "product": None if item.product is None else demo.products[item.product].sku,
        }
        for item in found
    ]


def _calendar(demo: Demo) -> dict[str, Any]:
    lifts = {kind: demo.calendar.holiday_lift(kind) for kind in calendar.SEASONS}
    moved = np.any([lift != 1 for lift in lifts.values()], axis=0)
    days = demo.calendar.days
    return {
        "holidays": {str(day): name for day, name in demo.calendar.holidays.items() if days[0] <= day <= days[-1]},
        "lifts": {
            str(days[day]): {kind: float(lift[day]) for kind, lift in lifts.items()} for day in np.flatnonzero(moved)
        },
        "events": [
            dataclasses.asdict(event) | {"first": str(event.first), "last": str(event.last)}
            for event in demo.calendar.events
        ],
    }


def _branch(branch: branches.Branch) -> dict[str, Any]:
    return {
        "name": branch.name,
        "week": list(branch.week),
        "growth_a_year": branch.growth,
        "opening": [list(hours) if hours else None for hours in branch.hours],
        "lines_a_basket": branch.lines_a_basket,
    }


def _supplier(name: str) -> dict[str, Any]:
    supplier = SUPPLIERS[name]
    return {
        "name": name,
        "lead_days": supplier.lead_days,
        "weekdays": list(supplier.weekdays),
        "minimum_order": str(supplier.minimum_order),
    }


def _product(demo: Demo, number: int) -> dict[str, Any]:
    product, made = demo.products[number], demo.nature
    units = float(demand.units_a_line(demo.products)[number])
    offers = [offer for offer in demo.promotions if offer.product == number]
    factors = [promo_factor(demo, number, offer.percent, offer.display) for offer in offers]
    return {
        "sku": product.sku,
        "name": product.name,
        "category": product.category.path,
        "family": product.family,
        "base_price": product.base_price / 100,
        "base_rate": {story.branch.name: round(float(story.base[number]) * units, 4) for story in demo.branches},
        "elasticity": float(made.elasticity[number]),
        "cross_elasticity": float(made.cross[number]),
        "season": product.category.season,
        "week": made.week[number].tolist(),
        "trend_a_year": float(made.trend[number]),
        "promo_uplift": round(sum(factors) / len(factors), 4) if factors else None,
        "sold_from": str(demo.calendar.days[int(made.first[number])]),
        "sold_to": str(demo.calendar.days[int(made.last[number])]),
    }


def _promotions(demo: Demo) -> list[dict[str, Any]]:
    return [
        {
            "product": demo.products[offer.product].sku,
            "branch": offer.branch,
            "start": str(demo.calendar.days[offer.first]),
            "end": str(demo.calendar.days[offer.last]),
            "kind": "percent",
            "value": offer.percent,
            "display": offer.display,
            "uplift": promo_factor(demo, offer.product, offer.percent, offer.display),
        }
        for offer in demo.promotions
    ]


def _customer(one: customers.Customer) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "visits_a_week": one.visits_a_week,
        "home": one.home,
        "joined": str(one.joined),
        "drifts_from": str(one.drifts_from) if one.drifts_from else None,
        "halves_in_weeks": customers.HALVES_IN_WEEKS if one.kind == "drifting" else None,
    }


def _stock_outs(demo: Demo, story: BranchStory) -> dict[str, list[list[Any]]]:
    outs = story.stocked.outs
    order = np.lexsort((outs.day, outs.product))
    rows = zip(outs.product[order].tolist(), outs.day[order].tolist(), outs.quantity[order].tolist(), strict=True)
    return {
        demo.products[product].sku: [[str(demo.calendar.days[day]), lost / 1000] for _, day, lost in group]
        for product, group in itertools.groupby(rows, key=lambda row: row[0])
    }


def _gaps(demo: Demo, story: BranchStory) -> list[dict[str, Any]]:
    return [
        {
            "branch": story.branch.name,
            "supplier": gap.supplier,
            "start": str(demo.calendar.days[gap.first]),
            "end": str(demo.calendar.days[gap.last]),
        }
        for gap in story.gaps
    ]


def _reviews(demo: Demo) -> dict[str, dict[str, str]]:
    written = reviews.reviews(demo.products, demo.size.branches, demo.calendar.days)
    return {one.code: {"label": one.label, "language": one.language} for one in written}


def _review_stories(demo: Demo) -> dict[str, str]:
    told = reviews.stories(demo.products, demo.size.branches, demo.calendar.days)
    return {
        "queues_at": told.queues_at,
        "queues_from": str(told.queues_from),
        "bad_product": demo.products[told.bad_product].sku,
        "bad_from": str(told.bad_from),
    }
