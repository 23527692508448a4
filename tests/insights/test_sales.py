"""Sales: every number from the registry, every choice in the address, every table a file."""

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insights.screens import asked, figures
from insights.screens import sales as screens
from insights.screens import today as today_screens
from inventory.models import Category, Product
from sales import reports
from sales.measures import MEASURES
from shop.models import Branch
from shop.periods import Period
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.insights.tills import TODAY, YESTERDAY, sell, sell_days
from tests.sales.raw import DOCS, ZONES, Doc, measured, open_shop, write

PATH = "/s/green/sales/"


def get(cast: Cast, query: str = "", **headers: str) -> str:
    response = cast.client().get(PATH + query, headers=headers)
    assert response.status_code == 200
    return str(response.content.decode())


def rows(cast: Cast, query: str) -> list[list[str]]:
    response = cast.client().get(PATH + query)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(response.content.decode())))


# --- The numbers are the registry's ---------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(docs=DOCS, zone=st.sampled_from(list(ZONES)), cutoff=st.integers(0, 5))
def test_numbers_are_those_of_the_registry_over_raw_lines(db: None, docs: list[Doc], zone: str, cutoff: int) -> None:
    """Tiles, categories, products and the morning's cards, with refunds, late sales, clock changes and mixed tax."""
    shop = open_shop(zone, cutoff)
    with use_shop(shop), override_settings(ROOT_URLCONF="shop.shop_urls"):
        write(shop, docs)
        days = [sale for sale in measured("s.business_date", Period(dt.date(2025, 1, 1), dt.date(2027, 1, 1)))]
        if not days:
            return
        said = {"period": "custom", "from": min(days).isoformat(), "to": max(days).isoformat()}
        ask = asked.read(said, max(days) + dt.timedelta(days=3), Role.OWNER)
        screen, period = screens.build(ask, shop, Role.OWNER), ask.choice.counted
        truth = measured("1", period)[1]
        for card in screen.cards:
            m = MEASURES[card.key]
            assert card.value == figures.write(m, _decimal(truth[card.key]), shop.currency), card.key
        by_category = measured("p.category_id", period)
        table = screen.table.content
        assert table is not None and not table.page.has_other_pages()
        names = dict(Category.objects.values_list("pk", "name"))
        assert {line.name: line.cells[0].text for line in table.lines} == {
            names.get(key, "No category"): figures.exact(MEASURES["net_sales"], v["net_sales"], shop.currency)
            for key, v in by_category.items()
        }
        last = max(days)
        at = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(12), dt.UTC)
        morning = today_screens.build(shop, Role.OWNER, "", at)
        assert morning.day is not None
        of_day = measured("1", Period(morning.day.date, morning.day.date))[1]
        for card in morning.day.cards:
            m = MEASURES[card.key]
            assert card.value == figures.write(m, _decimal(of_day[card.key]), shop.currency), card.key


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


# --- Choices ----------------------------------------------------------------------------------------------------------


def test_tiles_pick_the_line(morning: Cast) -> None:
    sell_days(morning.green, YESTERDAY, 40)
    assert "Net sales by day" in get(morning)
    html = get(morning, "?measure=baskets&compare=off")
    assert "Baskets by day" in html
    assert MEASURES["baskets"].definition in html
    assert html.count('aria-current="true"') >= 1
    assert "measure=units&amp;compare=off" in html or "compare=off&amp;measure=units" in html, "a tile keeps the rest"


def test_every_tile_says_how_it_is_worked_out(morning: Cast) -> None:
    sell(morning.green, YESTERDAY)
    html = get(morning)
    for key in asked.TILES:
        assert MEASURES[key].definition in html


def test_usual_previous_year_and_nothing(morning: Cast) -> None:
    sell_days(morning.green, YESTERDAY, 70)
    assert "compared with the last four same weekdays" in get(morning, "?period=7d")
    html = get(morning, "?period=7d&compare=previous")
    assert "compared with 6 Mar to 12 Mar" in html
    assert "before €10.15" in html and "usual €" not in html
    assert "No sales are known before" in get(morning, "?period=7d&compare=year")
    assert "Choose a comparison above" in get(morning, "?compare=off")


def test_the_first_weeks_are_not_compared_with_nothing(morning: Cast) -> None:
    sell_days(morning.green, YESTERDAY, 3)
    html = get(morning, "?period=7d")
    assert "has no earlier same weekday with sales" in html
    assert "usual €" not in html


def test_an_unfinished_day_is_drawn_dashed_and_not_counted(morning: Cast) -> None:
    sell_days(morning.green, YESTERDAY, 5)
    sell(morning.green, TODAY, quantity="10", hour=7)
    html = get(morning, "?period=month&compare=off")
    assert "Today is drawn, not counted" in html and "Not finished" in html
    assert "€7.25" in html, "five days of milk"


def test_a_day_without_sales_yet_is_not_drawn_as_a_crash(morning: Cast) -> None:
    sell_days(morning.green, YESTERDAY, 5)
    html = get(morning, "?period=month&compare=off")
    assert "Today is drawn" not in html and "Not finished" not in html


def test_one_branch(morning: Cast) -> None:
    with use_shop(morning.green):
        station = Branch.objects.get(name="Station")
    sell(morning.green, YESTERDAY)
    sell(morning.green, YESTERDAY, quantity="3", branch=station)
    html = get(morning, f"?period=yesterday&branch={station.pk}")
    assert "€4.35" in html and "€5.80" not in html


def test_a_foreign_branch_is_as_unknown_as_none(morning: Cast) -> None:
    with use_shop(morning.rival):
        theirs = Branch.objects.first().pk
    sell(morning.green, YESTERDAY)
    foreign, unknown = get(morning, f"?branch={theirs}"), get(morning, "?branch=987654321")
    assert "That branch is not known" in foreign
    assert _without_token(foreign) == _without_token(unknown)


def _without_token(html: str) -> str:
    import re

    return re.sub(r'"X-CSRFToken": "[^"]+"|name="csrfmiddlewaretoken" value="[^"]+"', "", html)


@pytest.mark.parametrize(
    "query", ["?period=bad", "?compare=bad", "?measure=bad", "?period=custom&from=x&to=y", "?branch=x"]
)
def test_bad_input_is_told_and_the_default_shown(morning: Cast, query: str) -> None:
    sell(morning.green, YESTERDAY)
    html = get(morning, query)
    assert 'class="notice warn"' in html
    assert "€1.45" in html


def test_no_sales_in_the_period_leads_to_the_last_day(morning: Cast) -> None:
    sell_days(morning.green, dt.date(2025, 6, 30), 40)
    html = get(morning)
    assert "No sales in 20 Feb to 19 Mar" in html
    assert "The last day with sales is Monday 30 June 2025" in html
    assert "from=2025-06-03&amp;to=2025-06-30" in html
    assert "€" in get(morning, "?period=custom&from=2025-06-03&to=2025-06-30")


def test_no_sales_at_all(morning: Cast) -> None:
    assert "No sales have come in yet" in get(morning)


def test_htmx_gets_the_results_and_the_words_for_the_live_region(morning: Cast) -> None:
    sell(morning.green, YESTERDAY)
    html = get(morning, "", **{"HX-Request": "true", "HX-Target": "results"})
    assert "<html" not in html
    assert 'id="results"' in html
    assert 'hx-swap-oob="innerHTML:#say">20 Feb to 19 Mar: €1.45 net sales.' in html
    assert "hx-swap-oob" not in get(morning)


def test_a_category_opens_its_products_and_they_lead_to_lines(morning: Cast) -> None:
    sell(morning.green, YESTERDAY)
    sell(morning.green, YESTERDAY, "CHOC")
    with use_shop(morning.green):
        dairy, milk = Category.objects.get(name="Dairy"), Product.objects.get(sku="MILK")
    assert f"category={dairy.pk}" in get(morning)
    html = get(morning, f"?category={dairy.pk}")
    assert "Green Grocer milk 2 L" in html and "Green Grocer chocolate" in html
    assert f"product={milk.pk}" in html
    assert f"/s/green/products/{milk.pk}/" in html


def test_the_table_sorts_by_link(morning: Cast) -> None:
    sell(morning.green, YESTERDAY, quantity="9")
    sell(morning.green, YESTERDAY, "CHOC", quantity="5")
    up, down = get(morning, "?by=product&sort=net"), get(morning, "?by=product&sort=-net")
    assert 'aria-sort="ascending"' in up and 'aria-sort="descending"' in down
    assert up.index("Grocer chocolate</a>") < up.index("Grocer milk 2 L</a>"), "10.00 before 13.05"
    assert down.index("Grocer milk 2 L</a>") < down.index("Grocer chocolate</a>")


def test_a_part_that_breaks_leaves_the_rest(morning: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    sell_days(morning.green, YESTERDAY, 40)

    def broken(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(reports, "by_weekday_hour", broken)
    html = get(morning)
    assert html.count("This part did not load") == 1
    assert "Categories" in html


# --- Files ------------------------------------------------------------------------------------------------------------


def test_the_days_as_a_file_add_up_to_the_tile(morning: Cast) -> None:
    sell_days(morning.green, YESTERDAY, 10, sku="CHOC")
    found = rows(morning, "?period=7d&export=csv&table=days")
    assert found[0] == ["date", "net", "tax", "discount", "gross_margin", "baskets", "units"]
    assert len(found) == 8
    assert sum(Decimal(row[1]) for row in found[1:]) == Decimal("14")


@pytest.mark.parametrize(
    ("table", "header"),
    [
        ("rows", ["category", "net", "tax", "discount", "gross_margin", "units"]),
        ("rows&by=product", ["product", "name", "net", "tax", "discount", "gross_margin", "units"]),
        ("changes", ["category", "now", "before", "change"]),
        ("hours", ["weekday", "hour", "net", "baskets", "units"]),
    ],
)
def test_every_table_is_a_file(morning: Cast, table: str, header: list[str]) -> None:
    sell_days(morning.green, YESTERDAY, 40)
    found = rows(morning, f"?export=csv&table={table}")
    assert found[0] == header and len(found) > 1


def test_an_unknown_table_is_refused(morning: Cast) -> None:
    assert morning.client().get(PATH + "?export=csv&table=secrets").status_code == 422


def test_files_need_the_right_to_export(morning: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from shop import roles

    monkeypatch.setitem(roles.CAPABILITIES, Role.OWNER, roles.CAPABILITIES[Role.OWNER] - {roles.Can.EXPORT})
    sell(morning.green, YESTERDAY)
    assert morning.client().get(PATH + "?export=csv").status_code == 403
    assert "export=csv" not in get(morning)


def test_margin_needs_the_right_to_see_costs(morning: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from shop import roles

    monkeypatch.setitem(roles.CAPABILITIES, Role.OWNER, roles.CAPABILITIES[Role.OWNER] - {roles.Can.SEE_COST})
    sell_days(morning.green, YESTERDAY, 40)
    assert "margin" not in get(morning).lower()
    assert "That number is not known here" in get(morning, "?measure=gross_margin")
    assert "gross_margin" not in rows(morning, "?export=csv&table=days")[0]
    assert "gross_margin" not in rows(morning, "?export=csv&table=rows")[0]


def test_queries_do_not_grow_with_sales(morning: Cast, queries: Any) -> None:
    sell_days(morning.green, YESTERDAY, 40)
    few = queries(morning.client(), PATH)
    sell_days(morning.green, YESTERDAY, 40, each=2, sku="CHOC", hour=15)
    assert queries(morning.client(), PATH) == few


def test_weekdays_of_a_period() -> None:
    assert screens.weekdays_in(Period(dt.date(2026, 3, 20), dt.date(2026, 3, 20))) == [0, 0, 0, 0, 1, 0, 0]
    assert screens.weekdays_in(Period(dt.date(2026, 3, 1), dt.date(2026, 3, 31))) == [5, 5, 4, 4, 4, 4, 5]


def test_long_periods_are_drawn_by_week_and_month(morning: Cast) -> None:
    sell_days(morning.green, YESTERDAY, 3)
    with time_machine.travel(dt.datetime(2026, 3, 20, 8, tzinfo=dt.UTC), tick=False):
        assert "Net sales by month" in get(morning, "?period=12m&compare=off")
        assert "Net sales by week" in get(morning, "?period=custom&from=2025-10-01&to=2026-03-19&compare=off")
