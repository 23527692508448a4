"""What the shell of every page shows: the shop, who is signed in, where one can go."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from shop import doors, mount
from shop.models import Branch
from shop.roles import Can, may

# Only what works is named here: (title, URL name, icon, capability).
NAVIGATION: list[tuple[str, str, str, Can]] = [
    ("Today", "insights:today", "sunrise", Can.SEE_SALES),
    ("Insights", "insights:decision_list", "lightbulb", Can.SEE_SALES),
    ("Sales", "insights:sales", "chart-line", Can.SEE_SALES),
    ("Shifts", "insights:shift_list", "wallet", Can.SEE_SHIFTS),
    ("Stock entry", "insights:stock_home", "scan-barcode", Can.SEE_STOCK),
    ("Till inbox", "insights:inbox_list", "inbox", Can.SEE_SALES),
    ("Inventory", "insights:inventory", "boxes", Can.SEE_STOCK),
    ("Orders", "insights:order_list", "truck", Can.SEE_STOCK),
    ("Products", "insights:product_list", "package", Can.SEE_PRODUCTS),
    ("Prices", "insights:price_list", "tags", Can.SEE_COST),
    ("Calendar", "insights:event_list", "calendar-days", Can.SEE_SALES),
    ("Reviews", "insights:review_list", "message-square", Can.SEE_STOCK),
    ("Imports", "shop:import_list", "upload", Can.IMPORT),
    ("Data entry", "admin:index", "database", Can.SEE_STOCK),
    ("Settings", "shop:shop_settings", "settings", Can.CHANGE_SETTINGS),
]


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context every template gets. Outside a shop: the theme only."""
    theme = request.COOKIES.get("theme", "")
    context: dict[str, Any] = {"theme": theme if theme in {"light", "dark"} else ""}
    membership = getattr(request, "membership", None)
    if membership is None:
        return context
    shop = membership.shop
    return context | {
        "shop": shop,
        "membership": membership,
        "demo": shop.is_demo,
        "branches": Branch.objects.all(),  # asked for only where the shell is drawn
        "nav": _navigation(request, membership.role),
        "menu": [{"name": "Your shops", "url": mount.root_url("shop_list"), "icon": "store"}],
        "shops": [
            {
                "name": m.shop.name,
                "slug": m.shop.slug,
                "url": mount.prefix_of(m.shop.slug),
                "current": m.shop_id == shop.pk,
            }
            for m in doors.memberships_of(membership.user_id)
        ],
        "can": {can.name.lower(): may(membership.role, can) for can in Can},
    }


def first_page(role: str) -> str:
    """Where a member of this role begins: the first page of the navigation they may open."""
    for _, url_name, _, capability in NAVIGATION:
        if may(role, capability):
            return reverse(url_name)
    return mount.root_url("shop_list")


def _navigation(request: HttpRequest, role: str) -> list[dict[str, Any]]:
    here = getattr(request.resolver_match, "view_name", "") or ""
    return [
        {"name": title, "url": reverse(url_name), "icon": icon, "current": _is_here(here, url_name)}
        for title, url_name, icon, capability in NAVIGATION
        if may(role, capability)
    ]


# Which pages beside its own an entry stands for, by the beginning of their names.
_STANDS_FOR = {
    "admin:index": ("admin:",),
    "shop:shop_settings": (
        "shop:member_", "shop:invitation_", "shop:till_", "shop:device_", "shop:takeout", "insights:model_",
        "insights:llm_",
    ),
    "shop:import_list": ("shop:import_", "shop:feed_", "insights:coverage"),
    "insights:shift_list": ("insights:shift_",),
    "insights:inbox_list": ("insights:inbox_",),
    "insights:inventory": ("insights:below_zero",),
    "insights:decision_list": ("insights:decision_", "insights:outcome_", "insights:run_", "insights:forecast_"),
    "insights:price_list": ("insights:price_", "insights:competitor_", "insights:markdown_"),
    "insights:product_list": ("insights:product_", "insights:match_", "insights:merge_"),
    "insights:stock_home": ("insights:stock_", "insights:missing_data"),
}  # fmt: skip


def _is_here(here: str, url_name: str) -> bool:
    """The entry of the page itself or of its list: product_detail lights Products."""
    if url_name in _STANDS_FOR:
        return here == url_name or here.startswith(_STANDS_FOR[url_name])
    return here.removesuffix("_detail").removesuffix("_list") == url_name.removesuffix("_list")
