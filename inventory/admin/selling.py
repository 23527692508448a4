"""What tills follow besides the products: prices for a branch or a time, and how the shop's own codes are read."""

from django import forms
from django.contrib import admin
from django.db import models
from django.utils import timezone

from inventory import prices
from inventory.codes import take_apart, with_check_digit
from inventory.models import BarcodeRule, ShelfPrice
from shop import formats
from shop.admin import ShopForm, ShopModelAdmin
from shop.admin.entries import PlainDecimalField
from shop.admin_sites import shop_admin
from shop.roles import Can

_YEARS = range(2000, 2200)
_PLAIN = {"form_class": PlainDecimalField}
_MOMENT = {
    "form_class": forms.DateTimeField,
    "widget": forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M"),
}


class ShelfPriceForm(ShopForm):
    """Times are the shop's: one that its clocks skip or show twice is refused, for nobody knows which is meant."""

    sentences = {
        "shelf_price_not_negative": "A price cannot be below 0.",
        "shelf_price_ends_after_start": "A price must end after it starts.",
    }

    def clean_starts_at(self):
        return self._moment("starts_at")

    def clean_ends_at(self):
        return self._moment("ends_at")

    def _moment(self, name):
        moment = self.cleaned_data[name]
        if moment and moment.year not in _YEARS:
            raise forms.ValidationError("Look at the year.")
        return moment


class HoldsFilter(admin.SimpleListFilter):
    title = "holds"
    parameter_name = "holds"
    lookups_used = ("holds",)

    def lookups(self, request, model_admin):
        return [("now", "now"), ("coming", "later"), ("past", "no more")]

    def queryset(self, request, queryset):
        now = timezone.now()
        if self.value() == "now":
            return queryset.at(now)
        if self.value() == "coming":
            return queryset.filter(starts_at__gt=now)
        return queryset.filter(ends_at__lte=now) if self.value() == "past" else queryset


@admin.register(ShelfPrice, site=shop_admin)
class ShelfPriceAdmin(ShopModelAdmin):
    form = ShelfPriceForm
    sees, edits = Can.SEE_PRODUCTS, Can.EDIT_PRODUCTS
    list_display = ("product", "place", "amount", "starts_at", "ends_at", "reason")
    list_filter = (HoldsFilter, "branch")
    list_select_related = ("product", "branch", "shop")
    search_fields = ("product__name", "product__sku", "reason")
    autocomplete_fields = ("product",)
    ordering = ("-id",)
    fields = ("product", "branch", "price", "starts_at", "ends_at", "reason")
    formfield_overrides = {models.DecimalField: _PLAIN, models.DateTimeField: _MOMENT}

    def save_model(self, request, price, form, change):
        """A price from now until further notice takes the place of the one before it."""
        super().save_model(request, price, form, change)
        now = timezone.now()
        if price.ends_at is None and (price.starts_at is None or price.starts_at <= now):
            prices.give_way([price.product_id], price.branch_id, now=now, to=price.pk)

    @admin.display(description="branch")
    def place(self, price):
        return price.branch or "Every branch"

    @admin.display(description="price")
    def amount(self, price):
        return formats.money(price.price, price.shop.currency)


class BarcodeRuleForm(ShopForm):
    sentences = {
        "barcode_rule_says_the_goods": "Say with I which digits are the goods: 21IIIIIVVVVVC.",
        "barcode_rule_decimals": "At most 4 digits can be behind the point.",
    }

    def clean_pattern(self):
        pattern = self.cleaned_data["pattern"]
        if "C" in pattern[:-1]:
            raise forms.ValidationError("The check digit C can only be the last one. Write X for a digit to skip.")
        return pattern


@admin.register(BarcodeRule, site=shop_admin)
class BarcodeRuleAdmin(ShopModelAdmin):
    """A new shop has none: every country and scale does it in its own way. The help text has one to begin with."""

    form = BarcodeRuleForm
    sees, edits = Can.SEE_PRODUCTS, Can.EDIT_PRODUCTS
    list_display = ("name", "pattern", "holds", "is_active", "example")
    search_fields = ("name", "pattern")
    ordering = ("pattern",)
    fields = ("name", "pattern", "holds", "decimals", "is_active", "example")
    readonly_fields = ("example",)

    def get_changeform_initial_data(self, request):
        return {"is_active": True, **super().get_changeform_initial_data(request)}

    @admin.display(description="how it reads a code")
    def example(self, rule):
        if not rule.pattern:
            return formats.UNKNOWN
        code = _made_up(rule.pattern)
        part = take_apart(code, rule)
        value = formats.plain(part.value) if part and part.value else formats.UNKNOWN
        return f"{code}: goods {part.goods}, {rule.get_holds_display().lower()} {value}" if part else formats.UNKNOWN


def _made_up(pattern):
    """A code of this pattern: goods 12345, value 1234."""
    goods = iter("12345678901234567890")
    value = iter("1234".rjust(pattern.count("V"), "0")[-pattern.count("V") :] if "V" in pattern else "")
    filled = "".join(next(goods) if s == "I" else next(value) if s == "V" else "0" if s in "XC" else s for s in pattern)
    return with_check_digit(filled[:-1]) if pattern.endswith("C") else filled
