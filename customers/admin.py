"""Customers and what they wrote, in the shop's admin: for the roles that may see them by name."""

from django.contrib import admin
from django.db import models
from django.forms import Textarea

from customers.models import Customer, Review
from shop.admin import ShopForm, ShopModelAdmin
from shop.admin.entries import PlainDecimalField, day_input
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


class ReviewForm(ShopForm):
    sentences = {
        "review_stars_1_to_5": "Stars go from 1 to 5.",
    }


@admin.register(Review, site=shop_admin)
class ReviewAdmin(ShopModelAdmin):
    form = ReviewForm
    sees, edits = Can.SEE_CUSTOMERS, Can.EDIT_CUSTOMERS
    list_display = ("__str__", "source", "product", "branch", "rating", "written_on")
    list_filter = ("branch", "source")
    list_select_related = ("product", "branch")
    search_fields = ("code", "title", "text")
    ordering = ("-id",)
    sortable_by = ()
    autocomplete_fields = ("product",)
    fields = ("code", "source", "product", "branch", "author", "rating", "title", "text", "written_on")
    formfield_overrides = {
        models.DecimalField: {"form_class": PlainDecimalField},
        models.DateField: {"widget": day_input()},
        models.TextField: {"widget": Textarea(attrs={"rows": 6, "maxlength": 10_000})},
    }
