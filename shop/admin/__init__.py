"""The shop's admin for data entry, and the operators'. What pages share is in `base`, entry forms in `entries`."""

from shop.admin import platform, schedules, shops  # noqa: F401  they register themselves
from shop.admin.base import ReadOnly, ShopForm, ShopModelAdmin, ShopTabularInline

__all__ = ["ReadOnly", "ShopForm", "ShopModelAdmin", "ShopTabularInline"]
