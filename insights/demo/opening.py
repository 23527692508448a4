"""Opens the demo shop: the shop, its people, and two years of its papers, all of it or nothing."""

import datetime as dt
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils import timezone

from insights.demo import branches, decisions, oddities, papers, selling, shifts, watching
from insights.demo.catalogue import SUPPLIERS
from insights.demo.files import write_demo
from insights.demo.grocer import Demo, build
from insights.matching.job import ask as match_items
from insights.night import ask_all
from insights.search.index import ask_index
from inventory.models import StockMovement, Supplier, TaxRate
from sales import rollups
from shop.errors import Refused
from shop.imports.kinds import find_kind
from shop.imports.mapping import Mapping
from shop.imports.reading import Source
from shop.imports.running import run
from shop.models import Branch, Membership, Register, Shop, User
from shop.roles import Role
from shop.services import create_shop
from shop.tenancy import acting, use_shop

OWNER, CASHIER = "demo@aisle.example", "till@aisle.example"
TAX_RATES = (("Zero-rated", Decimal(0)), ("Standard rate", Decimal("0.2")))
Say = Callable[[str], None]


class DemoRefused(Refused):
    """A row of the demo's own files was not taken."""

    code = "demo_refused"


@dataclass(frozen=True)
class Opened:
    """The demo shop, with the password of its people: empty where they had one already."""

    shop: Shop
    password: str


def open_demo(*, slug: str, size: str, today: dt.date | None = None, say: Say = lambda words: None) -> Opened:
    """Make the demo shop with everything in it, ending the day before `today`.

    Raises ShopRefused where the name is taken; nothing is left behind then, nor if it is stopped midway.
    """
    demo = build(size, today or today_there())
    password = secrets.token_urlsafe(9)
    with transaction.atomic():
        owner, is_new = _person(OWNER, "Robin Hollins", password)
        shop = create_shop(
            slug=slug,
            name=branches.SHOP_NAME,
            currency=branches.CURRENCY,
            zone=branches.ZONE,
            country=branches.COUNTRY,
            region=branches.REGION,
            branches=[branch.name for branch in demo.size.branches],
            owner=owner,
            is_demo=True,
        )
        cashier, _ = _person(CASHIER, demo.size.branches[0].cashiers[0], password)
        Membership.objects.create(shop=shop, user=cashier, role=Role.CASHIER)
        with use_shop(shop), acting(OWNER, "Demo shop"):
            _fill(demo, say)
    with use_shop(shop):
        say("Adding up the days")
        rollups.refresh()
        say("Asking for the first analyses")
        ask_all(by=OWNER)
        match_items(by=OWNER)
        ask_index(by=OWNER)
    return Opened(shop, password if is_new else "")


def today_there() -> dt.date:
    """Today by the demo shop's clock."""
    return timezone.now().astimezone(ZoneInfo(branches.ZONE)).date()


def demo_in(shop: Shop) -> tuple[str, dt.date] | None:
    """The size and day with which the shop was opened, if it is a demo: `build` gives the same demo again."""
    with use_shop(shop):
        first = StockMovement.objects.filter(source="demo/1").first()
        count = Branch.objects.count()
    if first is None or not shop.is_demo:
        return None
    size = next((size for size in branches.SIZES.values() if len(size.branches) >= count), branches.SIZES["medium"])
    day = first.occurred_at.astimezone(ZoneInfo(branches.ZONE)).date()
    return size.name, day + dt.timedelta(days=size.days)


def _person(email: str, name: str, password: str) -> tuple[User, bool]:
    known = User.objects.filter(email__iexact=email).first()
    return (known, False) if known else (User.objects.create_user(email, password, name=name), True)


def _fill(demo: Demo, say: Say) -> None:
    _name_what_files_would_leave_for_review(demo)
    with tempfile.TemporaryDirectory() as folder:
        rows = write_demo(Path(folder), demo)
        for kind in ("products", "customers", "promotions", "reviews", "competitor_prices"):
            _import(kind, Path(folder), say, rows)
        say(f"Writing {rows['price_history']:,} prices and {rows['deliveries'] + rows['waste']:,} stock movements")
        papers.write_product_details(demo)
        watching.match_some(demo, OWNER)
        papers.write_price_history(demo)
        papers.write_stock(demo)
        papers.write_orders(demo, OWNER)
        _import("sales_lines", Path(folder), say, rows)
        oddities.sell_unknown_goods(demo)
        say(f"Closing the tills of the last {shifts.WEEKS} weeks")
        shifts.write_shifts(demo)
        selling.write_till_facts(demo)
        decisions.write_decisions(demo, OWNER)
        oddities.send_oddities(demo)


def _name_what_files_would_leave_for_review(demo: Demo) -> None:
    TaxRate.objects.bulk_create([TaxRate(name=name, rate=rate) for name, rate in TAX_RATES])
    Supplier.objects.bulk_create(
        [
            Supplier(
                name=supplier.name,
                email=supplier.email,
                lead_time_days=supplier.lead_days,
                delivery_weekdays="".join(str(day) for day in supplier.weekdays),
                order_by=supplier.order_by,
                minimum_order=supplier.minimum_order,
            )
            for supplier in SUPPLIERS.values()
        ]
    )
    for branch in demo.size.branches:
        place = Branch.objects.get(name=branch.name)
        Register.objects.bulk_create([Register(branch=place, name=till) for till in branch.tills])


def _import(kind: str, folder: Path, say: Say, rows: dict[str, int]) -> None:
    say(f"Importing {rows[kind]:,} rows of {kind}")
    path = folder / f"{kind}.csv"
    source = Source(path.name, path.stat().st_size, lambda: path.open("rb"))
    result = run(kind=find_kind(kind), sources=[source], mapping=Mapping())
    with connection.cursor() as cursor:
        cursor.execute("discard temp")  # an import keeps its tables to the commit, and the next one wants the names
    if result.refused:
        raise DemoRefused(f"{result.refused:,} rows of {kind} were refused: {result.reasons[0][0]}.")
