"""URLs of one shop, mounted at /s/<slug>/ by shop.mount; written without the slug."""

from django.urls import include, path

from shop.admin_sites import shop_admin

urlpatterns = [
    path("", include("insights.urls")),
    path("", include("shop.inside_urls")),
    path("admin/", shop_admin.urls),
]
