"""Pages outside any shop: the front page, one's shops, making a shop, joining one; and a shop's own front door."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from shop import countries, doors, mount, services
from shop.access import member, public, signed_in
from shop.context import first_page
from shop.forms import ShopStart
from shop.page import page
from shop.services import InvitationRefused, ShopRefused

DEFAULT_COUNTRY = "PT"


@public
@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """For strangers what Aisle is; for everybody else the way in."""
    if not request.user.is_authenticated:
        return page(request, "shop/landing.html")
    memberships = doors.memberships_of(request.user.pk)
    if len(memberships) == 1:
        return redirect(mount.prefix_of(memberships[0].shop.slug))
    return redirect("shop_list" if memberships else "start")


@signed_in
@require_safe
def shop_list(request: HttpRequest) -> HttpResponse:
    memberships = doors.memberships_of(request.user.pk)  # type: ignore[arg-type]
    shops = [{"membership": m, "url": mount.prefix_of(m.shop.slug)} for m in memberships]
    return page(request, "shop/shop_list.html", {"shops": shops})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: Any) -> HttpResponse:
    """Make a shop. A GET with `name` or `country` fills in what follows from them."""
    if request.method != "POST":
        return page(request, "shop/start.html", {"form": ShopStart(initial=_suggested(request.GET))})
    form = ShopStart(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        values["slug"] = values["slug"] or services.free_slug(values["name"])
        try:
            shop = services.create_shop(**values, owner=request.user)
            return redirect(mount.prefix_of(shop.slug))
        except ShopRefused as refusal:
            form.add_error(refusal.field or None, refusal.plain)
    return page(request, "shop/start.html", {"form": form}, status=422)


def _suggested(given: Any) -> dict[str, Any]:
    every = countries.countries()
    country = every.get(given.get("country", ""), every[DEFAULT_COUNTRY])
    name = given.get("name", "").strip()
    return {
        "name": name,
        "slug": services.free_slug(name) if name else "",
        "country": country.code,
        "currency": country.currency or "EUR",
        "zone": country.zone,
        "branches": given.get("branches", ""),
    }


@public
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: Any, secret: str) -> HttpResponse:
    """Accept an invitation. Strangers are led through signing in or up and back; only a POST accepts."""
    try:
        invitation = services.open_invitation(secret)
        if request.method == "POST" and request.user.is_authenticated:
            membership = services.accept_invitation(secret=secret, by=request.user)
            return redirect(mount.prefix_of(membership.shop.slug))
    except InvitationRefused as refusal:
        return page(request, "shop/join.html", {"refusal": refusal.sentence}, status=410)
    return page(request, "shop/join.html", {"invitation": invitation, "here": request.path})


@member
@require_safe
def home(request: Any) -> HttpResponse:
    """The shop's front door: the first page of the navigation that the member's role may open."""
    return redirect(first_page(request.membership.role))
