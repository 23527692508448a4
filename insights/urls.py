"""The pages that show what the numbers mean."""

from django.urls import URLPattern

app_name = "insights"
urlpatterns: list[URLPattern] = []
