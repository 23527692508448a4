"""Competitors and what is known of them. What an item is of ours is decided on the page Competitors' items."""

from django.contrib import admin
from django.db import models

from inventory.models import Competitor, CompetitorItem, CompetitorPrice
from shop import formats
from shop.admin import ShopForm, ShopModelAdmin
from shop.admin.entries import PlainDecimalField
from shop.admin_sites import shop_admin
from shop.roles import Can


class CompetitorForm(ShopForm):
    sentences = {"competitor_has_name": "Give it a name."}


@admin.register(Competitor, site=shop_admin)
class CompetitorAdmin(ShopModelAdmin):
    form = CompetitorForm
    sees, edits = Can.SEE_SALES, Can.EDIT_PRODUCTS
    list_display = ("name", "is_active")
    search_fields = ("name",)
    fields = ("name", "is_active")


class ItemForm(ShopForm):
    sentences = {"competitor_item_has_name": "Give it a name or a barcode."}


@admin.register(CompetitorItem, site=shop_admin)
class CompetitorItemAdmin(ShopModelAdmin):
    form = ItemForm
    sees, edits = Can.SEE_SALES, Can.EDIT_PRODUCTS
    adds = False
    list_display = ("name", "competitor", "barcode", "content", "state", "product", "matched_by")
    list_filter = ("state", "competitor")
    list_select_related = ("competitor", "product")
    search_fields = ("name", "barcode", "product__name", "product__sku")
    fields = ("competitor", "name", "barcode", "content", "state", "product", "of_ours", "matched_by", "matched_at")
    readonly_fields = ("competitor", "state", "product", "of_ours", "matched_by", "matched_at")


@admin.register(CompetitorPrice, site=shop_admin)
class CompetitorPriceAdmin(ShopModelAdmin):
    sees, edits = Can.SEE_SALES, Can.EDIT_PRODUCTS
    adds = False
    list_display = ("item", "competitor", "amount", "is_promotion", "seen_on", "source", "entered_by")
    list_filter = ("is_promotion", "item__competitor")
    list_select_related = ("item__competitor", "shop")
    search_fields = ("item__name", "item__barcode")
    ordering = ("-id",)
    fields = ("item", "price", "is_promotion", "seen_on", "source", "entered_by", "entered_at")
    readonly_fields = ("item", "entered_by", "entered_at")
    formfield_overrides = {models.DecimalField: {"form_class": PlainDecimalField}}

    @admin.display(description="competitor")
    def competitor(self, price):
        return price.item.competitor

    @admin.display(description="price")
    def amount(self, price):
        return formats.money(price.price, price.shop.currency)
