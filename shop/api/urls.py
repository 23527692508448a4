"""The till API, /api/v1/. No address ends in a slash."""

from django.urls import include, path

from shop.api import devices, pages

app_name = "api"
urlpatterns = [
    path("openapi.json", pages.OpenApi.as_view(), name="openapi"),
    path("docs", pages.Swagger.as_view(), name="docs"),
    path("redoc", pages.Redoc.as_view(), name="redoc"),
    path("enrol", devices.Enrol.as_view(), name="enrol"),
    path("device", devices.DeviceDetail.as_view(), name="device"),
    path("device:rotate", devices.DeviceRotate.as_view(), name="device_rotate"),
    path("", include("inventory.api.urls")),
    path("", include("customers.api.urls")),
    path("", include("sales.api.urls")),
]
