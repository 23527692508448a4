"""Filters that write numbers, money and days as shop.formats says."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone

from shop import formats
from shop.countries import writes_decimal_comma

register = template.Library()


def currency_of(shop: Any) -> str:
    """A shop, or the currency code itself."""
    return shop if isinstance(shop, str) else str(shop.currency)


@register.filter
def money(value: Decimal | int | None, shop: Any) -> str:
    return formats.money(value, currency_of(shop))


@register.filter
def money_short(value: Decimal | int | None, shop: Any) -> str:
    return formats.money_short(value, currency_of(shop))


@register.filter
def money_change(value: Decimal | int | None, shop: Any) -> str:
    """With its sign, for a difference or a result: +£37, −£6.00."""
    return formats.money_short(value, currency_of(shop), sign=True)


@register.filter
def unit_price(value: Decimal | int | None, shop: Any) -> str:
    return formats.unit_price(value, currency_of(shop))


@register.filter
def units(value: Decimal | int | None) -> str:
    return formats.units(value)


@register.filter
def percent(ratio: Decimal | int | None) -> str:
    return formats.percent(ratio)


@register.filter
def points(difference: Decimal | int | None) -> str:
    return formats.points(difference)


@register.filter
def day(value: date | None) -> str:
    return formats.day(shop_day(value), timezone.localdate())


@register.filter
def day_long(value: date | None) -> str:
    return formats.day_long(shop_day(value), timezone.localdate())


@register.filter
def day_range(first: date, last: date) -> str:
    return formats.day_range(first, last, timezone.localdate())


@register.filter
def clock(value: datetime | None) -> str:
    return formats.clock(value and timezone.localtime(value))


@register.filter
def moment(value: datetime | None) -> str:
    return formats.moment(value and timezone.localtime(value), timezone.localdate())


def shop_day(value: date | None) -> date | None:
    """A moment counts for the day it fell on in the shop's zone."""
    if isinstance(value, datetime):
        return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value


@register.filter
def initials(name: str) -> str:
    """PH for Priya Hollins; the first letter of an address without a name."""
    words = name.replace("@", " ").split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:] if "@" not in name else words[:1]))[:2].upper()


@register.simple_tag
def root_url(name: str, *args: Any) -> str:
    """The address of a page outside the shops (accounts, sign-out), from wherever it is asked."""
    from shop import mount

    return str(mount.root_url(name, *args))


@register.inclusion_tag("components/download.html", takes_context=True)
def download(context: Any, url: str, what: str = "", *, text: str = "Download as CSV", button: bool = False) -> Any:
    """The links of a table's file: CSV, a workbook and, where people write decimal commas, CSV as their Excel reads it.

    `url` is the CSV's; `what` says to those who do not see the table which one it is.
    """
    more = url + ("&" if "?" in url else "?") + "format="
    local = writes_decimal_comma(context["shop"].country)
    return {"url": url, "more": more, "what": what, "text": text, "button": button, "local": local}
