"""The rules that advised prices keep to, and the products whose prices belong together."""

from django import forms
from django.contrib import admin
from django.db import models

from inventory.models import PricePolicy, PriceTie
from inventory.pricing import ENDINGS
from shop import formats
from shop.admin import ShopForm, ShopModelAdmin
from shop.admin.entries import PlainDecimalField
from shop.admin_sites import shop_admin
from shop.roles import Can

_PLAIN = {"form_class": PlainDecimalField}


class PricePolicyForm(ShopForm):
    """An empty field says nothing: the category above, the whole shop or what is usual holds."""

    sentences = {
        "price_policy_floor": "The least margin is a share: 0.15 is 15 %.",
        "price_policy_move": "The largest change is a share: 0.1 is 10 %.",
    }
    ending = forms.ChoiceField(label="prices end", choices=[("", "As now"), *list(ENDINGS.items())[1:]], required=False)

    def clean_category(self):
        category = self.cleaned_data["category"]
        if PricePolicy.objects.filter(category=category).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("There is a rule for this already. Change that one.")
        return category


@admin.register(PricePolicy, site=shop_admin)
class PricePolicyAdmin(ShopModelAdmin):
    form = PricePolicyForm
    sees, edits = Can.SEE_COST, Can.EDIT_PRODUCTS
    list_display = ("__str__", "floor", "move", "rest_days", "ends")
    list_select_related = ("category",)
    autocomplete_fields = ("category",)
    ordering = ("category__name", "id")
    formfield_overrides = {models.DecimalField: _PLAIN}
    fieldsets = (
        (None, {"fields": ("category",)}),
        ("Always kept", {"fields": ("margin_floor", "largest_move", "rest_days", "ending")}),
        ("Wishes", {"fields": ("target_margin", "weight_margin", "target_index", "weight_index")}),
    )

    @admin.display(description="least margin")
    def floor(self, policy):
        return formats.percent(policy.margin_floor)

    @admin.display(description="largest change")
    def move(self, policy):
        return formats.percent(policy.largest_move)

    @admin.display(description="prices end")
    def ends(self, policy):
        return ENDINGS.get(policy.ending, policy.ending) if policy.ending else "As now"


class PriceTieForm(ShopForm):
    sentences = {
        "price_tie_once": "These two are tied like this already.",
        "price_tie_of_two": "Choose two different products.",
    }


@admin.register(PriceTie, site=shop_admin)
class PriceTieAdmin(ShopModelAdmin):
    form = PriceTieForm
    sees, edits = Can.SEE_PRODUCTS, Can.EDIT_PRODUCTS
    list_display = ("first", "kind", "second", "below")
    list_filter = ("kind",)
    list_select_related = ("first", "second")
    search_fields = ("first__name", "second__name", "first__sku", "second__sku")
    autocomplete_fields = ("first", "second")
    ordering = ("-id",)
    fields = ("first", "kind", "second", "gap")
    formfield_overrides = {models.DecimalField: _PLAIN}

    @admin.display(description="at least so far below")
    def below(self, tie):
        return formats.percent(tie.gap)
