"""URLs outside any shop: landing, accounts, platform, health. A shop's own are in shop.shop_urls."""

from django.urls import include, path

from shop import health
from shop.admin_sites import platform_admin

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
    path("platform/", platform_admin.urls),
]
