"""Opens the shop for a request: who is asking, for which shop, and may they."""

import zoneinfo
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from shop import access, doors
from shop.errors import Refused
from shop.roles import Can
from shop.tenancy import acting, use_shop


class ShopMiddleware:
    """Unknown slug and a shop one is not a member of give the same 404; a view's mark decides the rest.

    Sets `request.shop` and `request.membership` (None outside a shop). The response is rendered inside the scope.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.shop = request.membership = None
        slug = request.shop_slug
        if slug is None:
            with acting(_name(request)):
                return self.get_response(request)
        if not request.user.is_authenticated:
            return _to_login(request)
        membership = doors.membership_of(request.user.pk, slug)
        if membership is None:
            return _not_found(request)
        request.shop, request.membership = membership.shop, membership
        with (
            use_shop(membership.shop_id),
            acting(_name(request)),
            timezone.override(zoneinfo.ZoneInfo(membership.shop.zone)),
        ):
            return self.get_response(request)

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        mark = access.access_of(view)
        if request.membership is None:
            return _to_login(request) if mark == access.SIGNED_IN and not request.user.is_authenticated else None
        if mark is None:
            raise Http404("This view has no access mark.")
        if isinstance(mark, Can):
            try:
                access.require(request.membership, mark)
            except Refused as refusal:  # what is raised here never reaches process_exception
                return _refused(request, refusal)
        return None

    def process_exception(self, request: Any, error: Exception) -> HttpResponse | None:
        """An expected refusal becomes a page that says it; everything else is a bug and rises."""
        return _refused(request, error) if isinstance(error, Refused) else None


def _refused(request: Any, refusal: Refused) -> HttpResponse:
    template = "403.html" if refusal.status == HTTPStatus.FORBIDDEN else "refused.html"
    context = {"exception": refusal.sentence, "back": _came_from(request)}
    response = render(request, template, context, status=refusal.status)
    # Where htmx asked for a part, the refusal takes the place of the page's whole content.
    response["HX-Retarget"], response["HX-Reselect"], response["HX-Reswap"] = "#main", "#main > *", "innerHTML"
    return response


def _name(request: Any) -> str:
    return str(request.user.email) if request.user.is_authenticated else ""


def _came_from(request: Any) -> str:
    """The page of ours the request came from, or the front page."""
    page = str(request.headers.get("Referer", ""))
    ours = url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return page if ours else "/"


def _to_login(request: Any) -> HttpResponse:
    if request.htmx:
        # Back to the page, not to the part of it that was asked for.
        page = request.htmx.current_url_abs_path or request.path
        response = HttpResponse(status=HTTPStatus.NO_CONTENT)
        response["HX-Redirect"] = f"{settings.LOGIN_URL}?{urlencode({'next': page})}"
        return response
    return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)


def _not_found(request: Any) -> HttpResponse:
    """The page of an unknown shop, made outside any shop, so that it is the same for a foreign one."""
    request.shop_slug = None
    with doors.at_root():
        return render(request, "404.html", status=HTTPStatus.NOT_FOUND)
