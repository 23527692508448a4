"""The shelf's part of the till API, included in shop.api.urls."""

from django.urls import path

from inventory.api import views

urlpatterns = [
    path("catalogue", views.Catalogue.as_view(), name="catalogue"),
    path("lookup", views.Lookup.as_view(), name="lookup"),
    path("stock", views.Stock.as_view(), name="stock"),
]
