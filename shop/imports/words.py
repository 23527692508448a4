"""An import in words and money: what it did, or what the check says it would do."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from shop import formats
from shop.imports.kinds import Kind
from shop.models import Shop

# What an import made by the way, because a file named it and nobody knew it: the fact's name, one, several, where.
_MADE = (
    ("new_products", "product", "products", "insights:product_list"),
    ("new_customers", "customer", "customers", "admin:customers_customer_changelist"),
    ("new_suppliers", "supplier", "suppliers", "admin:inventory_supplier_changelist"),
    ("new_branches", "branch", "branches", ""),
    ("new_registers", "till", "tills", ""),
)


def outcome(kind: Kind, result: dict[str, Any], shop: Shop, *, will: bool = False) -> list[str]:
    """Sentences on what came in, or would: the rows, their money and days, and what was made for them."""
    return [*_rows(kind, result, will=will), *_money(kind, result, shop, will=will), *_made(result, will=will)]


def to_review(result: dict[str, Any]) -> list[dict[str, str]]:
    """What was made by the way and should be looked at once, with where to find it."""
    found = []
    for fact, one, several, place in _MADE:
        if count := int(result.get("facts", {}).get(fact, 0) or 0):
            found.append({"text": f"{count:,} new {one if count == 1 else several} to review", "url": _address(place)})
    return found


def links(kind: Kind, result: dict[str, Any]) -> list[dict[str, str]]:
    """Where to see what came in."""
    facts, found = result.get("facts", {}), []
    if facts.get("first_day"):
        days = urlencode({"period": "custom", "from": facts["first_day"], "to": facts["last_day"]})
        found.append({"text": "See the sales", "url": f"{reverse('insights:sales')}?{days}", "icon": "chart-line"})
    if kind.name in {"products", "stock", "prices"} or facts.get("new_products"):
        found.append({"text": "See the products", "url": reverse("insights:product_list"), "icon": "package"})
    if kind.name in {"customers", "loyalty"}:
        found.append(
            {"text": "See the customers", "url": reverse("admin:customers_customer_changelist"), "icon": "users"}
        )
    return [link for link in found if link["url"]]


def _rows(kind: Kind, result: dict[str, Any], *, will: bool) -> list[str]:
    one, several = kind.noun
    verbs = (("created", "would be new" if will else "new"), ("updated", "would change" if will else "changed"),
             ("unchanged", "already here"))  # fmt: skip
    said = [f"{result.get(name, 0):,} {word}" for name, word in verbs if result.get(name)]
    if not said:
        return []
    total = sum(result.get(name, 0) for name, _ in verbs)
    return [f"{total:,} {one if total == 1 else several}: {', '.join(said)}."]


def _money(kind: Kind, result: dict[str, Any], shop: Shop, *, will: bool) -> list[str]:
    facts = result.get("facts", {})
    count = int(facts.get("documents", 0) or 0)
    if not count or not facts.get("first_day"):
        return []
    first, last = (dt.date.fromisoformat(facts[name]) for name in ("first_day", "last_day"))
    what = ("day", "days") if kind.name == "sales_daily" else ("receipt", "receipts")
    days = formats.day_range(first, last, timezone.localdate())
    amount = Decimal(facts.get("amount", "0"))
    worth = f" worth {formats.money(amount, shop.currency)}" if amount else ""
    came = "would come in" if will else "came in"
    return [f"{count:,} {what[count != 1]}{worth} {came}, {days}."]


def _made(result: dict[str, Any], *, will: bool) -> list[str]:
    found = []
    for fact, one, several, _ in _MADE:
        count = int(result.get("facts", {}).get(fact, 0) or 0)
        if count:
            what = f"1 {one}" if count == 1 else f"{count:,} {several}"
            is_, was = ("is", "was") if count == 1 else ("are", "were")
            known, made = (is_, "would be") if will else (was, was)
            found.append(f"{what} {known} not known here and {made} made, marked for review.")
    return found


def _address(name: str) -> str:
    """A page of an app above, where there is one."""
    try:
        return reverse(name) if name else ""
    except NoReverseMatch:
        return ""
