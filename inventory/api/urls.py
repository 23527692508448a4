"""The shelf's part of the till API, included in shop.api.urls."""

from typing import Any

urlpatterns: list[Any] = []
