"""Customers in the shop's admin: for the roles that may see them by name."""

from django.contrib import admin

from customers.models import Customer
from shop.admin import ShopModelAdmin
from shop.admin_sites import shop_admin
from shop.roles import Can


@admin.register(Customer, site=shop_admin)
class CustomerAdmin(ShopModelAdmin):
    sees, edits = Can.SEE_CUSTOMERS, Can.EDIT_CUSTOMERS
    list_display = ("code", "name", "email", "joined_on", "needs_review")
    list_filter = ("needs_review",)
    search_fields = ("code", "name", "email")
    ordering = ("-id",)
    sortable_by = ("code",)
    fields = ("code", "name", "email", "phone", "joined_on", "needs_review")
