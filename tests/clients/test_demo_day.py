"""A day sold by tills that were offline half the time is, on every screen and to the cent, the day a file brings in."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections import Counter as Tally
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import models
from django.db.models import Sum
from django.test import override_settings
from django.utils import timezone

from clients.python.aisle_till import Till
from clients.python.aisle_till import sender as sending
from insights.screens import asked, lines, sales
from insights.screens.asked import TILES
from sales import reports
from sales.models import InboxItem, Payment, Sale
from shop.models import Shop
from shop.periods import Period
from shop.roles import Role
from shop.tenancy import use_shop
from tests.clients.conftest import Counter
from tests.clients.demo_day import Day, busy_day, open_shop, rung_up
from tests.importing import bring_in

# Which shop, and which rows of it: the only things that may differ.
IDENTITIES = {"asked", "filters", "pk", "id", "branch_id", "sale_id", "shop_id"}


@pytest.fixture
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "pause", lambda tries, answer: 0.01)


@pytest.mark.parametrize("tax_by_till", [True, False], ids=["the till works out the tax", "the shop does"])
def test_a_day_sold_through_the_api_is_the_day_a_file_brings_in(
    counter: Counter, no_long_waits: None, tax_by_till: bool
) -> None:
    day = busy_day(timezone.now().date(), tax_by_till=tax_by_till)
    sold = open_shop("sold", day, counter.cast.alice)
    filed = open_shop("filed", day, counter.cast.alice)
    calls = sell(counter, sold, day)
    with use_shop(filed):
        result = bring_in("sales_lines", day.file)
        assert (result.created, result.refused) == (len(day.rows), 0)
    assert calls["refuse"] > 20 and calls["lose_answer"] and calls["cut_answer"]  # the line was as bad as it should be

    for shop in (sold, filed):
        assert_a_day_worth_comparing(shop)
    assert documents(sold) == documents(filed)
    assert numbers(sold, day.date) == numbers(filed, day.date)
    for query in screens_asked(day.date):
        assert screen(sold, query) == screen(filed, query), query
        assert page(counter, "sold", query) == page(counter, "filed", query), query
    for table in ("days", "changes", "hours", "rows"):
        query = f"sales/?export=csv&table={table}&period=custom&from={day.date}&to={day.date}"
        assert file(counter, "sold", query) == file(counter, "filed", query), table
    query = f"sales/lines/?export=csv&day={day.date}"
    assert len(file(counter, "sold", query)) > len(day.rows)
    assert file(counter, "sold", query) == file(counter, "filed", query)


def sell(counter: Counter, shop: Shop, day: Day) -> Tally[str]:
    """Ring up the whole day at five tills. Each is offline for ten receipts, then on a bad line for ten."""
    rung: Tally[tuple[str, str]] = Tally()
    tills: dict[tuple[str, str], Till] = {}
    at: list[tuple[str, str]] = [("", "")]

    def fault(number: int) -> str:
        if rung[at[0]] // 10 % 2 == 0:
            return "refuse"
        return {0: "lose_answer", 4: "cut_answer"}.get(number % 7, "")

    proxy = counter.bad_line(fault)
    for receipt in rung_up(day):
        at[0] = place = receipt.branch, receipt.register
        if place not in tills:
            with use_shop(shop):
                register = counter.register(shop, receipt.register, receipt.branch)
            tills[place] = counter.till(register, url=proxy.url)
        tills[place].sell(receipt.lines, receipt.payments, **receipt.about)
        tills[place].sync()
        rung[place] += 1
    for till in tills.values():
        counter.connect(till, counter.url)
        assert till.sync(patience=5).waiting == 0
        assert till.kept() == 0 and till.alarms() == []
    assert len(tills) == 5
    return proxy.calls


def assert_a_day_worth_comparing(shop: Shop) -> None:
    """Refunds, discounts, more than one rate of tax, goods by weight, two branches, hours, customers, two tenders."""
    with use_shop(shop):
        assert Sale.objects.filter(kind="refund").count() >= 2
        assert Sale.objects.values("branch").distinct().count() == 2
        assert Sale.objects.exclude(customer=None).count() > 20
        of = (
            Sale.objects.filter(lines__discount__gt=0),
            Sale.objects.filter(lines__tax=0),
            Sale.objects.filter(lines__tax__gt=0),
        )
        assert all(found.count() > 5 for found in of)
        assert Sale.objects.filter(lines__product__unit="kg").count() > 5
        assert Payment.objects.values("tender").distinct().count() == 2
        assert not InboxItem.objects.exists()


def documents(shop: Shop) -> list[tuple[Any, ...]]:
    """Every line of every document with all that was snapshot in it, and every payment."""
    about = ("branch__name", "register__name", "receipt", "kind", "channel", "sold_at", "business_date", "cashier")
    about += ("customer__code", "total", "rounding")
    line = ("product__sku", "name", "quantity", "unit_price", "discount", "net", "tax", "cost")
    with use_shop(shop):
        rows = list(Sale.objects.values_list(*about, *(f"lines__{name}" for name in line)))
        rows += list(Sale.objects.values_list(*about, "payments__tender", "payments__amount"))
        return sorted(rows, key=str)


def numbers(shop: Shop, date: dt.date) -> dict[str, Any]:
    """What the reports say, exactly."""
    period = Period(date, date)
    with use_shop(shop):
        tenders = Payment.objects.values_list("tender").annotate(Sum("amount")).order_by("tender")
        return {
            "days": reports.by_day(period),
            "hours": reports.by_weekday_hour(period),
            "tenders": list(tenders),
        }


def screens_asked(date: dt.date) -> list[str]:
    """The Sales page by every tile, by category and product, for the day and for the week around it."""
    of_day = f"period=custom&from={date}&to={date}"
    week = f"period=custom&from={date - dt.timedelta(days=3)}&to={date}"
    return [
        *(f"{of_day}&measure={tile}" for tile in TILES),
        f"{of_day}&by=product&sort=margin",
        f"{week}&by=product",
    ]


def screen(shop: Shop, query: str) -> Any:
    """The page's dataclasses, without ids and addresses."""
    said = dict(pair.split("=") for pair in query.split("&"))
    with use_shop(shop), override_settings(ROOT_URLCONF="shop.shop_urls"):
        ask = asked.read(said, shop.today(), Role.OWNER)
        of_lines = lines.build(lines.read({"from": said["from"], "to": said["to"]}, shop.today()), shop)
        return bare(sales.build(ask, shop, Role.OWNER)), len(of_lines.lines), bool(of_lines.older_url)


def bare(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [field.name for field in dataclasses.fields(value)]
        return {name: bare(getattr(value, name)) for name in fields if not _identity(name)}
    if isinstance(value, dict):
        return {str(key): bare(inner) for key, inner in value.items() if not _identity(str(key))}
    if isinstance(value, list | tuple):
        return [bare(inner) for inner in value]
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(value, str):
        return re.sub(r"(category|branch|product)=\d+", r"\1", value)
    return repr(value) if callable(value) or not isinstance(value, int | float | None) else value


def _identity(name: str) -> bool:
    return name in IDENTITIES or name.endswith(("url", "urls", "links"))


class Text(HTMLParser):
    """What a reader sees of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag in ("script", "style"):
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside and data.strip():
            self.words.append(" ".join(data.split()))


def page(counter: Counter, slug: str, query: str) -> list[str]:
    response = counter.cast.client().get(f"/s/{slug}/sales/?{query}")
    assert response.status_code == 200
    reader = Text()
    reader.feed(response.content.decode())
    assert any("£" in word for word in reader.words)
    return reader.words


def file(counter: Counter, slug: str, query: str) -> list[str]:
    """A table as a file; its rows in any order, for sales reached the shop in another order than they were sold."""
    response = counter.cast.client().get(f"/s/{slug}/{query}")
    assert response.status_code == 200 and response.headers["Content-Type"].startswith("text/csv")
    streamed = getattr(response, "streaming_content", None)
    content = b"".join(streamed) if streamed else response.content
    return sorted(content.decode().splitlines())
