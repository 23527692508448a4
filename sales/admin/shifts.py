"""Shifts, to look at: they are opened, counted and closed on the Shifts page or by their till."""

from django.contrib import admin

from sales.models import CashMovement, Shift, ShiftCount
from shop.admin import ReadOnly, ShopModelAdmin, ShopTabularInline
from shop.admin_sites import shop_admin
from shop.roles import Can


class CountInline(ReadOnly, ShopTabularInline):
    model = ShiftCount
    sees = Can.SEE_SALES
    fields = readonly_fields = ("tender", "amount")
    verbose_name_plural = "counted"
    extra = max_num = 0


class CashInline(ReadOnly, ShopTabularInline):
    model = CashMovement
    sees = Can.SEE_SALES
    fields = readonly_fields = ("moved_at", "kind", "amount", "reason", "cashier")
    verbose_name_plural = "cash in and out"
    extra = max_num = 0


@admin.register(Shift, site=shop_admin)
class ShiftAdmin(ReadOnly, ShopModelAdmin):
    sees = Can.SEE_SALES
    list_display = ("opened_at", "register", "cashier", "closed_at", "closed_by")
    list_filter = ("register",)
    list_select_related = ("register",)
    ordering = ("-id",)
    sortable_by = ()
    fields = ("register", "cashier", "opened_at", "opening_float", "closed_at", "closed_by", "note")
    inlines = (CountInline, CashInline)
