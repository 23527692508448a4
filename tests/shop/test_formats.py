"""Numbers as a shopkeeper writes them: exact, with a true minus, unknown never zero."""

from datetime import UTC, date, datetime
from decimal import Decimal as D
from types import SimpleNamespace

import pytest
from django.template import Context, Engine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from shop import formats

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (D("1234.5"), "GBP", "£1,234.50"),
        (D("0.005"), "EUR", "€0.01"),
        (D("-6"), "USD", "\N{MINUS SIGN}$6.00"),
        (D("1234.5"), "JPY", "¥1,235"),
        (D("12"), "PLN", "PLN\N{NO-BREAK SPACE}12.00"),
        (D("-0.004"), "GBP", "£0.00"),
        (None, "GBP", "–"),
        (0, "GBP", "£0.00"),
    ],
)
def test_money_keeps_its_decimals_and_its_currency(value, currency, text):
    assert formats.money(value, currency) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (D("999.994"), "£999.99"),
        (D("1000"), "£1,000"),
        (D("4218.50"), "£4,219"),
        (D("-1000.4"), "\N{MINUS SIGN}£1,000"),
        (D("13.52"), "£13.52"),
        (None, "–"),
    ],
)
def test_headlines_drop_pence_from_a_thousand(value, text):
    assert formats.money_short(value, "GBP") == text


def test_plus_is_written_for_results_only_and_never_before_zero():
    assert formats.money_short(D("37"), "GBP", sign=True) == "+£37.00"
    assert formats.money_short(D("0"), "GBP", sign=True) == "£0.00"
    assert formats.money(D("37"), "GBP") == "£37.00"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_money_reads_back_as_the_amount_rounded_half_away_from_zero(value):
    text = formats.money(value, "GBP").replace("£", "").replace(",", "").replace(formats.MINUS, "-")
    assert abs(D(text) - value) <= D("0.005")
    assert D(text) == formats.rounded(value, 2)


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (D("0.065"), "GBP", "6.5p"),
        (D("0.01"), "EUR", "1c"),
        (D("1.28"), "GBP", "£1.28"),
        (D("0.065"), "PLN", "PLN\N{NO-BREAK SPACE}0.07"),
    ],
)
def test_small_unit_prices_are_in_small_coins(value, currency, text):
    assert formats.unit_price(value, currency) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (D("3.000"), "3"),
        (D("0.842"), "0.842"),
        (1200, "1,200"),
        (D("-4.2"), "\N{MINUS SIGN}4.2"),
        (D("0"), "0"),
        (None, "–"),
    ],
)
def test_units_drop_trailing_zeros_only(value, text):
    assert formats.units(value) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (D("0.061"), "6.1%"),
        (D("0.18"), "18%"),
        (D("0.0999"), "10%"),
        (D("0.09949"), "9.9%"),
        (D("-0.03"), "\N{MINUS SIGN}3.0%"),
        (D("1"), "100%"),
        (None, "–"),
    ],
)
def test_per_cent_has_one_decimal_below_ten_and_none_above(ratio, text):
    assert formats.percent(ratio) == text


def test_rates_change_in_points():
    assert formats.points(D("0.006")) == "0.6\N{NO-BREAK SPACE}pt"


def test_days_show_the_year_only_when_it_is_another():
    assert formats.day(date(2026, 11, 20), TODAY) == "Fri 20 Nov"
    assert formats.day(date(2025, 11, 20), TODAY) == "Thu 20 Nov 2025"
    assert formats.day_long(date(2026, 11, 20), TODAY) == "Friday 20 November"
    assert formats.day_range(date(2026, 10, 25), date(2026, 11, 20), TODAY) == "25 Oct to 20 Nov"
    assert formats.day_range(date(2025, 12, 28), date(2026, 1, 3), TODAY) == "28 Dec 2025 to 3 Jan 2026"
    assert formats.day_range(date(2025, 1, 1), date(2025, 1, 3), TODAY) == "1 Jan to 3 Jan 2025"
    assert formats.day_range(TODAY, TODAY, TODAY) == "Sat 21 Nov"


def render(source, **context):
    engine = Engine(libraries={"aisle": "shop.templatetags.aisle"})
    return engine.from_string("{% load aisle %}" + source).render(Context(context))


def test_filters_take_the_shop_or_its_currency():
    shop = SimpleNamespace(currency="EUR")
    assert render("{{ v|money:shop }} {{ v|money:'USD' }}", v=D("3.5"), shop=shop) == "€3.50 $3.50"
    assert render("{{ v|money_change:shop }}", v=D("-3.5"), shop=shop) == "\N{MINUS SIGN}€3.50"


def test_a_moment_is_shown_on_the_shops_day_and_clock():
    late = datetime(2020, 6, 30, 23, 30, tzinfo=UTC)
    with timezone.override("Europe/Lisbon"):
        assert render("{{ t|clock }} {{ t|day }}", t=late) == "00:30 Wed 1 Jul 2020"


def test_initials_come_from_a_name_or_an_address():
    assert render("{{ n|initials }}", n="Priya van Hollins") == "PH"
    assert render("{{ n|initials }}", n="sam@shop.example") == "S"
