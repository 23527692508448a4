"""The till API, /api/v1/. No address ends in a slash."""

from django.urls import include, path

from shop.api import views

app_name = "api"
urlpatterns = [
    path("device", views.DeviceDetail.as_view(), name="device"),
    path("", include("inventory.api.urls")),
    path("", include("customers.api.urls")),
    path("", include("sales.api.urls")),
]
