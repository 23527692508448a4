"""A shop's branches and tills."""

from typing import Any

from django.contrib import admin

from shop.admin.base import ShopModelAdmin
from shop.admin_sites import shop_admin
from shop.models import Branch, Register
from shop.roles import Can


@admin.register(Branch, site=shop_admin)
class BranchAdmin(ShopModelAdmin):
    edits = Can.CHANGE_SETTINGS
    list_display = ("name", "needs_review")
    list_filter = ("needs_review",)
    search_fields = ("name",)
    fields = ("name", "needs_review")


@admin.register(Register, site=shop_admin)
class RegisterAdmin(ShopModelAdmin):
    edits = Can.CHANGE_SETTINGS
    list_display = ("name", "branch", "needs_review")
    list_filter = ("branch", "needs_review")
    list_select_related = ("branch",)
    search_fields = ("name",)
    autocomplete_fields = ("branch",)
    fields = ("name", "branch", "needs_review")

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        """A till stays at its branch: its documents and its devices' keys name both."""
        return (*super().get_readonly_fields(request, obj), *(["branch"] if obj else []))
