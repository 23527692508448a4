"""What the law asks of a price, as far as it can be checked by arithmetic. Not legal advice: a shop answers for itself.

Two matters. A reduction that is announced names the lowest price of the days before it (in the European Union 30 days:
directive 98/6/EC, article 6a). And some countries forbid selling on at a loss, goods near their date apart. A country
that is not here asks nothing that can be checked; a rule is added by writing a check and naming its countries.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from django.db.models import Q

from inventory.models import PriceChange, Product, ShelfPrice

PRIOR_DAYS = 30
CENT = Decimal("0.01")
EU = frozenset(
    {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"}
    | {"IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"}
)
EEA = EU | {"IS", "LI", "NO"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a check looks at. `tax` is the rate where prices include it, else 0; `cost` is without tax."""

    cost: Decimal | None
    tax: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Least:
    """A price below which the law does not let goods be sold, and why, in a sentence."""

    price: Decimal
    text: str


Check = Callable[[Facts], Least | None]
_checks: dict[str, list[Check]] = {}


def check(*countries: str) -> Callable[[Check], Check]:
    """Registers a check of the least price for these countries."""

    def register(found: Check) -> Check:
        for country in countries:
            _checks.setdefault(country, []).append(found)
        return found

    return register


def least_price(country: str, facts: Facts) -> Least | None:
    """The highest of the least prices that the country's law asks for; None where it asks for none."""
    found = [least for one in _checks.get(country, ()) if (least := one(facts)) is not None]
    return max(found, key=lambda least: least.price, default=None)


@check("BE", "FR", "LU", "PT")
def _no_loss(facts: Facts) -> Least | None:
    """BE: economic law code VI.116; FR: commercial code L442-5; LU: law of 23.12.2016; PT: decree-law 166/2013."""
    if facts.cost is None:
        return None
    price = (facts.cost * (1 + facts.tax)).quantize(CENT, ROUND_CEILING)
    return Least(price, "The law forbids selling on below what it cost.")


def names_prior_price(country: str) -> bool:
    """Whether a reduction must be announced with the lowest price of the days before it."""
    return country in EEA


def reference_price(product: Product, starts_at: dt.datetime, branch: int | None = None) -> Decimal | None:
    """The lowest price of one product in the 30 days before a reduction starts."""
    return reference_prices([product.pk], starts_at, branch).get(product.pk)


def reference_prices(
    products: Collection[int],
    starts_at: dt.datetime,
    branch: int | None = None,
    also: Mapping[int, Iterable[Decimal]] | None = None,
) -> dict[int, Decimal]:
    """The lowest price of each product (by id) in the 30 days before a reduction starts at a branch; None: anywhere.

    Its own price as the history has it, shelf prices that held, and `also`: prices of promotions known elsewhere. A
    product without a price in those days is left out. Two queries, however many.
    """
    since = starts_at - dt.timedelta(days=PRIOR_DAYS)
    own = _own_steps(products, starts_at)
    held = _held(products, since, starts_at, branch)
    found = {}
    for product in products:
        prices = [*lowest_of(own.get(product, ()), since), *held.get(product, ()), *(also or {}).get(product, ())]
        if prices:
            found[product] = min(prices)
    return found


def lowest_of(steps: Iterable[tuple[dt.datetime, Decimal | None]], since: dt.datetime) -> list[Decimal]:
    """The prices that held at or after a moment, of steps in order of time: the one in force then, and all later."""
    found: list[Decimal | None] = []
    for moment, price in steps:
        if moment <= since:
            found = [price]
        else:
            found.append(price)
    return [price for price in found if price is not None]


def _own_steps(products: Collection[int], until: dt.datetime) -> dict[int, list[tuple[dt.datetime, Decimal | None]]]:
    rows = PriceChange.objects.filter(product__in=products, effective_at__lt=until).order_by("effective_at", "pk")
    found: dict[int, list[tuple[dt.datetime, Decimal | None]]] = {}
    for product, moment, price in rows.values_list("product_id", "effective_at", "price"):
        found.setdefault(product, []).append((moment, price))
    return found


def _held(
    products: Collection[int], since: dt.datetime, until: dt.datetime, branch: int | None
) -> dict[int, list[Decimal]]:
    started = Q(starts_at=None) | Q(starts_at__lt=until)
    rows = ShelfPrice.objects.filter(started, Q(ends_at=None) | Q(ends_at__gt=since), product__in=products)
    if branch is not None:
        rows = rows.filter(Q(branch=None) | Q(branch=branch))
    found: dict[int, list[Decimal]] = {}
    for product, price in rows.values_list("product_id", "price"):
        found.setdefault(product, []).append(price)
    return found
