"""The lines behind a number: newest first, narrowed by the address, never counted whole."""

import csv
import datetime as dt
import io
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from insights.screens import lines as screens
from inventory.models import Category, Product
from sales.models import SaleLine
from sales.services import void_sale
from shop.models import Branch
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.insights.tills import TODAY, YESTERDAY, sell, sell_days

PATH = "/s/green/sales/lines/"


def get(cast: Cast, query: str = "") -> str:
    response = cast.client().get(PATH + query)
    assert response.status_code == 200
    return str(response.content.decode())


def names(html: str) -> list[str]:
    return re.findall(r"Green Grocer (milk 2 L|chocolate|apples)</a>", html)


def receipts(html: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"/sales/receipts/(\d+)/", html)))


def test_newest_first(morning: Cast) -> None:
    old = sell(morning.green, YESTERDAY - dt.timedelta(days=2))
    new = sell(morning.green, YESTERDAY)
    assert receipts(get(morning)) == [str(new.pk), str(old.pk)]


def test_every_filter_of_the_address(morning: Cast) -> None:
    with use_shop(morning.green):
        station, milk = Branch.objects.get(name="Station"), Product.objects.get(sku="MILK")
        dairy, bread = Category.objects.get(name="Dairy"), Category.objects.create(name="Bread")
        Product.objects.filter(sku="CHOC").update(category=bread)
    sell(morning.green, YESTERDAY, "MILK", hour=9)
    sell(morning.green, YESTERDAY, "CHOC", hour=15, branch=station)
    sell(morning.green, YESTERDAY - dt.timedelta(days=1), "APPLE", hour=9)
    sell(morning.green, YESTERDAY, "", hour=9, price="2.00")
    assert names(get(morning)) == ["chocolate", "milk 2 L", "apples"]
    assert names(get(morning, f"?product={milk.pk}")) == ["milk 2 L"]
    assert names(get(morning, f"?category={dairy.pk}")) == ["milk 2 L", "apples"]
    assert names(get(morning, f"?branch={station.pk}")) == ["chocolate"]
    assert names(get(morning, "?hour=15")) == ["chocolate"]
    assert names(get(morning, "?weekday=4")) == ["chocolate", "milk 2 L"]
    assert names(get(morning, f"?day={YESTERDAY}&hour=9&category={dairy.pk}")) == ["milk 2 L"]
    assert names(get(morning, f"?day={YESTERDAY - dt.timedelta(days=1)}")) == ["apples"]
    for unmatched in ("?product=none", "?category=none"):
        html = get(morning, unmatched)
        assert "No known product" in html and names(html) == []


def test_hours_are_the_shops_own_in_summer_too(morning: Cast) -> None:
    """10:00 in UTC is 11:00 on a Lisbon summer clock."""
    sell(morning.green, dt.date(2025, 7, 1), hour=10)
    assert names(get(morning, "?day=2025-07-01&hour=11")) == ["milk 2 L"]
    assert names(get(morning, "?day=2025-07-01&hour=10")) == []


def test_a_filter_can_be_taken_off(morning: Cast) -> None:
    sell(morning.green, YESTERDAY, hour=9)
    html = get(morning, "?hour=9&weekday=4")
    assert "09:00 to 09:59" in html and "Thursdays" in html
    assert re.search(r'href="[^"]*weekday=4[^"]*">09:00', html), "taking the hour off keeps the weekday"


def test_nothing_found_offers_a_way_out(morning: Cast) -> None:
    sell(morning.green, YESTERDAY, hour=9)
    html = get(morning, "?hour=22")
    assert "No lines here" in html and "Clear the filters" in html


def test_voided_receipts_are_not_there(morning: Cast) -> None:
    sale = sell(morning.green, YESTERDAY)
    with use_shop(morning.green):
        void_sale(sale=sale, by="alice@shops.example")
    assert "No lines here" in get(morning)


def test_paging_goes_through_every_line_once(morning: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screens, "ROWS", 7)
    sell_days(morning.green, YESTERDAY, 6, each=3)
    sell_days(morning.green, YESTERDAY, 6, each=2, sku="CHOC", hour=12)
    seen: list[str] = []
    path, pages = "", 0
    while True:
        html = get(morning, path)
        seen += receipts(html)
        pages += 1
        following = re.search(r'rel="next" href="/s/green/sales/lines/([^"]+)"', html)
        if following is None:
            break
        path = following[1].replace("&amp;", "&")
    assert pages == 5
    with use_shop(morning.green):
        assert len(seen) == len(set(seen)) == SaleLine.objects.count() == 30


def test_paging_with_two_filters_misses_no_line(morning: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The roll-ups know a category's days, not its hours: pages may be short, the list is whole."""
    monkeypatch.setattr(screens, "ROWS", 2)
    monkeypatch.setattr(screens, "SPARE", 1)
    sell_days(morning.green, YESTERDAY, 9, each=3, hour=9)
    for day in (8, 4, 1):
        sell(morning.green, YESTERDAY - dt.timedelta(days=day), hour=17)
    with use_shop(morning.green):
        milk = Product.objects.get(sku="MILK").pk
    path, seen = f"?product={milk}&hour=17", []
    for _ in range(30):
        html = get(morning, path)
        seen += receipts(html)
        following = re.search(r'href="/s/green/sales/lines/(\?[^"]*before=[^"]+)"', html)
        if following is None:
            break
        path = following[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 3


def test_a_bad_page_mark_begins_at_the_newest(morning: Cast) -> None:
    sell(morning.green, YESTERDAY)
    for mark in ("x", "2026-03-19_a_b", "2026-99-01_1_1", "1_2_3_4"):
        assert names(get(morning, f"?before={mark}")) == ["milk 2 L"]


def test_it_never_counts_all_lines(morning: Cast) -> None:
    sell_days(morning.green, YESTERDAY, 5)
    client = morning.client()
    client.get(PATH)
    with CaptureQueriesContext(connection) as captured:
        client.get(PATH)
    of_lines = [query["sql"] for query in captured if "sales_saleline" in query["sql"]]
    assert len(of_lines) == 1 and f"LIMIT {screens.ROWS + 1}" in of_lines[0]
    assert "COUNT(" not in "".join(of_lines)


def test_queries_do_not_grow(morning: Cast, queries: Any) -> None:
    sell_days(morning.green, YESTERDAY, 10)
    few = queries(morning.client(), PATH)
    sell_days(morning.green, YESTERDAY, 10, each=4, sku="CHOC")
    assert queries(morning.client(), PATH) == few


def test_the_lines_as_a_file(morning: Cast) -> None:
    sell_days(morning.green, YESTERDAY, 3, sku="CHOC")
    text = morning.client().get(PATH + "?export=csv").content.decode()
    found = list(csv.DictReader(io.StringIO(text)))
    assert [row["product"] for row in found] == ["CHOC"] * 3
    assert sum(Decimal(row["total"]) for row in found) == Decimal("7.20")


def test_too_many_lines_for_a_file_are_refused(morning: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from insights import downloads

    monkeypatch.setattr(downloads, "MOST_LINES", 2)
    sell_days(morning.green, YESTERDAY, 3)
    response = morning.client().get(PATH + "?export=csv")
    assert response.status_code == 422 and "choose fewer days" in response.content.decode()


def test_another_shops_ids_find_nothing(morning: Cast) -> None:
    sell(morning.rival, YESTERDAY)
    sell(morning.green, YESTERDAY)
    with use_shop(morning.rival):
        theirs = Product.objects.get(sku="MILK")
    html = get(morning, f"?product={theirs.pk}")
    assert "No lines here" in html and "Rival" not in html


def test_today_is_in_its_own_list(morning: Cast) -> None:
    sell(morning.green, TODAY, hour=7)
    assert names(get(morning, "?period=today")) == ["milk 2 L"]
