"""Shifts: opened, closed and counted."""

from django.contrib import admin
from django.db import models

from sales.models import Shift
from shop.admin import ShopForm, ShopModelAdmin
from shop.admin.entries import PlainDecimalField
from shop.admin_sites import shop_admin
from shop.roles import Can


class ShiftForm(ShopForm):
    sentences = {
        "shift_closes_after_opening": "A shift cannot close before it opens.",
        "shift_open_once_per_register": "This till has an open shift. Close that one first.",
    }


@admin.register(Shift, site=shop_admin)
class ShiftAdmin(ShopModelAdmin):
    form = ShiftForm
    sees, edits = Can.SEE_SALES, Can.EDIT_SALES
    list_display = ("opened_at", "register", "cashier", "closed_at", "closed_by")
    list_filter = ("register",)
    list_select_related = ("register",)
    ordering = ("-id",)
    sortable_by = ()
    autocomplete_fields = ("register",)
    fields = ("register", "cashier", "opened_at", "opening_float", "closed_at", "closed_by")
    formfield_overrides = {models.DecimalField: {"form_class": PlainDecimalField}}
