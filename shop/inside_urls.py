"""The ground floor's own pages inside a shop: settings, members, imports, jobs."""

from django.urls import URLPattern

app_name = "shop"
urlpatterns: list[URLPattern] = []
