"""Promotions: entered by hand here, or brought by a file."""

from django.contrib import admin
from django.db import models

from sales.models import Promotion
from shop import formats
from shop.admin import ShopForm, ShopModelAdmin
from shop.admin.entries import PlainDecimalField, day_input
from shop.admin_sites import shop_admin
from shop.roles import Can


class PromotionForm(ShopForm):
    sentences = {
        "promotion_ends_after_it_begins": "The last day cannot be before the first.",
        "promotion_price_not_negative": "A price cannot be below 0.",
        "promotion_share_off_is_share": "Write the part off the price as a share: 0.2 is 20%.",
    }


@admin.register(Promotion, site=shop_admin)
class PromotionAdmin(ShopModelAdmin):
    form = PromotionForm
    sees, edits = Can.SEE_PRODUCTS, Can.EDIT_PRODUCTS
    list_display = ("product", "name", "place", "first_date", "last_date", "price", "off")
    list_display_links = ("product", "name")
    list_filter = ("branch",)
    list_select_related = ("product", "branch")
    search_fields = ("name", "product__name", "product__sku")
    ordering = ("-first_date", "-id")
    sortable_by = ("first_date", "last_date")
    autocomplete_fields = ("product",)
    fields = ("product", "branch", "first_date", "last_date", "price", "share_off", "name")
    formfield_overrides = {
        models.DecimalField: {"form_class": PlainDecimalField},
        models.DateField: {"widget": day_input()},
    }

    @admin.display(description="branch")
    def place(self, promotion):
        return promotion.branch or "Every branch"

    @admin.display(description="off")
    def off(self, promotion):
        return formats.percent(promotion.share_off)
