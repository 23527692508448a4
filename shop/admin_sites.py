"""The two admins: a shop's own for its staff (/s/<slug>/admin/), and the operators' (/platform/)."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import Http404  # noqa: TID251  an admin site is web code
from django.urls import URLPattern, URLResolver, get_script_prefix, reverse
from django.views.generic import RedirectView

from shop import mount
from shop.access import access_of, checks_itself
from shop.roles import Can, may

# Signing in, out and passwords belong to the account, outside any shop; "view on site" would look rows up by type.
_AT_ROOT = {
    "logout": "account_logout",
    "password_change": "account_change_password",
    "password_change_done": "account_change_password",
}
_DROPPED = {"view_on_site"}


class AisleAdminSite(AdminSite):
    """What both admins share: accounts are allauth's, and every view is known to check access itself."""

    def get_urls(self) -> list[Any]:
        urls = [url for url in super().get_urls() if getattr(url, "name", None) not in _DROPPED]
        for pattern in _patterns(urls):
            if not access_of(pattern.callback):
                checks_itself(pattern.callback)
        return urls

    def _to_account(self, request: Any, name: str) -> Any:
        return RedirectView.as_view(url=mount.root_url(_AT_ROOT[name]))(request)

    def logout(self, request: Any, extra_context: Any = None) -> Any:
        return self._to_account(request, "logout")

    def password_change(self, request: Any, extra_context: Any = None) -> Any:
        return self._to_account(request, "password_change")

    def password_change_done(self, request: Any, extra_context: Any = None) -> Any:
        return self._to_account(request, "password_change_done")

    @checks_itself
    def login(self, request: Any, extra_context: Any = None) -> Any:
        """There is one sign-in. Somebody signed in who may not enter meets the same 404 as for no page at all."""
        if not request.user.is_authenticated:
            return redirect_to_login(self._index(), settings.LOGIN_URL)
        if not self.has_permission(request):
            raise Http404
        return RedirectView.as_view(url=self._index())(request)

    def _index(self) -> str:
        return reverse("admin:index", current_app=self.name)


class ShopAdminSite(AisleAdminSite):
    """A shop's admin: members only, each model by the capabilities of the member's role.

    Keeps nothing in django_admin_log: what changed is read from the shop's own change history.
    """

    index_template = "admin/shop_index.html"
    app_index_template = "admin/app_index.html"

    def has_permission(self, request: Any) -> bool:
        return request.user.is_active and getattr(request, "membership", None) is not None

    def each_context(self, request: Any) -> dict[str, Any]:
        return super().each_context(request) | {
            "site_header": request.shop.name,
            "site_title": request.shop.name,
            "site_url": get_script_prefix(),
        }

    def get_log_entries(self, request: Any) -> Any:
        """Nothing from the log table, which knows no shop."""
        return super().get_log_entries(request).none()

    def index(self, request: Any, extra_context: dict[str, Any] | None = None) -> Any:
        """What the role may see, and what was changed last for those who may know."""
        recent = self._recent(request) if may(request.membership.role, Can.SEE_HISTORY) else None
        return super().index(request, {"recent": recent, "index_title": "Data entry", **(extra_context or {})})

    def _recent(self, request: Any) -> list[Any]:
        from shop import history

        seen = [model for model, admin in self._registry.items() if admin.has_view_permission(request)]
        return history.recent(seen)


class PlatformAdminSite(AisleAdminSite):
    """The operators' admin: superusers only. Holds no shop-owned data: no shop is chosen here."""

    site_header = site_title = "Aisle platform"
    index_title = "Shops, people and schedules"

    def has_permission(self, request: Any) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)


def _patterns(urls: list[Any]) -> Iterator[URLPattern]:
    for url in urls:
        if isinstance(url, URLResolver):
            yield from _patterns(url.url_patterns)
        else:
            yield url


shop_admin = ShopAdminSite(name="admin")
platform_admin = PlatformAdminSite(name="platform")
