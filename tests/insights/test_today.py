"""Today: yesterday beside a usual same weekday, today so far apart, and what needs a look."""

import datetime as dt
from typing import Any

import pytest
import time_machine

from insights.context import fresh
from inventory.models import Product
from sales import reports
from shop.models import Shop
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import Cast, make_member
from tests.insights.conftest import client_of
from tests.insights.tills import NOW, TODAY, YESTERDAY, sell, sell_days

PATH = "/s/green/today/"


def text_of(cast: Cast, **more: Any) -> str:
    response = cast.client(**more).get(PATH)
    assert response.status_code == 200
    return str(response.content.decode())


def test_yesterday_is_told_beside_a_usual_thursday(morning: Cast) -> None:
    for weeks in range(1, 5):
        sell(morning.green, YESTERDAY - dt.timedelta(weeks=weeks), quantity="4")
    sell(morning.green, YESTERDAY, quantity="5")
    html = text_of(morning)
    assert "Good morning, alice" in html or "Good morning, Alice" in html
    assert "Yesterday took <b>€7.25</b>, 25% more than a usual Thursday." in html
    assert "usual €5.80" in html
    assert "Thursday 19 March, compared with the last four Thursdays" in html
    assert "€1.45 more than a usual Thursday. Dairy +€1.45." in html


def test_today_so_far_stands_apart_and_is_never_compared(morning: Cast) -> None:
    sell_days(morning.green, YESTERDAY, 8)
    sell(morning.green, TODAY, "CHOC", hour=7)
    html = text_of(morning)
    assert "Today so far" in html and "Not finished" in html
    assert "€2.00" in html, "net of the chocolate sold today"
    assert "Yesterday took <b>€1.45</b>" in html, "today is in no other number"


def test_nothing_today_explains_itself(morning: Cast) -> None:
    sell(morning.green, YESTERDAY)
    html = text_of(morning)
    assert "€0 so far" in html
    assert "No sale of today has come in yet" in html
    assert "no earlier Thursday with sales" in html


def test_a_new_shop_is_told_how_to_begin(morning: Cast) -> None:
    html = text_of(morning)
    assert "mornings start here" in html
    assert "Example" in html
    assert "Today so far" not in html and "Yesterday took" not in html


def test_the_first_day_is_not_called_yesterday(morning: Cast) -> None:
    sell(morning.green, TODAY, hour=7)
    html = text_of(morning)
    assert "Today is the first day with sales" in html
    assert "Yesterday" not in html


def test_old_sales_are_shown_with_their_day(morning: Cast) -> None:
    sell(morning.green, dt.date(2026, 3, 10), quantity="2")
    html = text_of(morning)
    assert "The last day with sales, Tuesday 10 March, took <b>€2.90</b>" in html
    assert "9 days have no sales since Tue 10 Mar" in html


def test_margin_is_only_for_those_who_may_see_costs(morning: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from shop import roles

    sell(morning.green, YESTERDAY)
    assert "Gross margin share" in text_of(morning)
    without = roles.CAPABILITIES[Role.ANALYST] - {roles.Can.SEE_COST}
    monkeypatch.setitem(roles.CAPABILITIES, Role.ANALYST, without)
    analyst = make_member(shop=morning.green, role=Role.ANALYST)
    html = client_of(analyst).get(PATH).content.decode()
    assert "margin" not in html.lower()


def test_what_needs_a_look_leads_to_where_it_is_mended(morning: Cast) -> None:
    sell(morning.green, YESTERDAY, "", price="3.00")
    sell(morning.green, YESTERDAY, "APPLE")
    with use_shop(morning.green):
        Product.objects.filter(sku="CHOC").update(needs_review=True)
    html = text_of(morning)
    assert "1 lines in four weeks name no known product" not in html
    assert "1 line in four weeks names no known product" in html
    assert "product=none" in html
    assert "have no known cost" in html and "show=no-cost" in html
    assert "1 product was made by an import" in html and "show=review" in html


def test_nothing_needs_a_look(morning: Cast) -> None:
    sell(morning.green, YESTERDAY)
    assert "Nothing needs a look" in text_of(morning)


def test_a_part_that_breaks_leaves_the_rest(
    morning: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sell_days(morning.green, YESTERDAY, 8)

    def broken(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(reports, "contribution_to_usual", broken)
    html = text_of(morning)
    assert html.count("This part did not load") == 1
    assert "Yesterday took" in html and "Reference" in html
    assert "A panel failed" in caplog.text


def test_queries_do_not_grow_with_sales(morning: Cast, queries: Any) -> None:
    sell_days(morning.green, YESTERDAY, 10)
    sell(morning.green, YESTERDAY, "APPLE")
    few = queries(morning.client(), PATH)
    sell_days(morning.green, YESTERDAY, 10, each=3, sku="CHOC")
    sell_days(morning.green, YESTERDAY, 10, each=2, sku="APPLE", hour=15)
    assert queries(morning.client(), PATH) == few


def test_another_shop_is_in_no_number(morning: Cast) -> None:
    sell(morning.green, YESTERDAY)
    sell(morning.rival, YESTERDAY, quantity="50")
    assert "Yesterday took <b>€1.45</b>" in text_of(morning)


# --- How far the figures reach -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days_ago", "state"), [(0, "ok"), (1, "ok"), (2, "amber"), (3, "red")])
def test_freshness(morning: Cast, days_ago: int, state: str) -> None:
    sell(morning.green, TODAY - dt.timedelta(days=days_ago), hour=7)
    with use_shop(morning.green):
        shown = fresh(morning.green, NOW)
    assert shown is not None and shown.state == state
    assert shown.text == ("Till sales up to 07:00" if days_ago == 0 else shown.text)
    assert f'class="fresh {state}"' in text_of(morning)


def test_no_sales_no_freshness(morning: Cast) -> None:
    with use_shop(morning.green):
        assert fresh(morning.green, NOW) is None
    assert "Till sales" not in text_of(morning)


def test_the_day_is_the_shops_own(cast: Cast) -> None:
    """A sale at 02:00 counts for yesterday where the shop's day starts at four."""
    shop: Shop = cast.green
    shop.day_starts_at_hour = 4
    shop.save()
    with time_machine.travel(NOW, tick=False):
        sell(shop, TODAY, hour=2)
        assert "Yesterday took" in text_of(cast)
