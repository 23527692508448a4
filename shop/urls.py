"""URLs outside any shop: landing, accounts, platform, health. A shop's own are in shop.shop_urls."""

from django.urls import include, path

from shop import health
from shop.admin_sites import platform_admin
from shop.views import public

urlpatterns = [
    path("", public.landing, name="landing"),
    path("shops/", public.shop_list, name="shop_list"),
    path("start/", public.start, name="start"),
    path("join/<str:secret>/", public.join, name="join"),
    path("d/", include("insights.link_urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("shop.api.urls")),
    path("platform/", platform_admin.urls),
]
