"""Products with their barcodes and prices; categories, tax rates, suppliers."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import OuterRef, Subquery, Sum
from django.urls import path

from inventory.admin.prices import PricesPage, tell_of_others
from inventory.models import Barcode, Category, PriceChange, Product, StockLevel, Supplier, TaxRate
from shop import formats
from shop.admin import ReadOnly, ShopForm, ShopModelAdmin, ShopTabularInline
from shop.admin.entries import PlainDecimalField
from shop.admin_sites import shop_admin
from shop.roles import Can

PRICES_SHOWN = 20
_FOLDED = ("collapse",)
_CONTENT = ("content_size", "content_unit")
_PLAIN = {models.DecimalField: {"form_class": PlainDecimalField}}


@admin.register(Category, site=shop_admin)
class CategoryAdmin(ShopModelAdmin):
    sees, edits = Can.SEE_PRODUCTS, Can.EDIT_PRODUCTS
    list_display = ("name", "parent")
    list_select_related = ("parent",)
    search_fields = ("name",)
    autocomplete_fields = ("parent",)
    fields = ("name", "parent")

    class form(ShopForm):
        def clean_parent(self):
            """No category inside one of its own."""
            parent = step = self.cleaned_data["parent"]
            above = set()
            while step and step.pk not in above:
                above.add(step.pk)
                step = step.parent
            if self.instance.pk in above:
                raise ValidationError("A category cannot be inside itself or one of its own.")
            return parent


@admin.register(TaxRate, site=shop_admin)
class TaxRateAdmin(ShopModelAdmin):
    sees, edits = Can.SEE_PRODUCTS, Can.EDIT_PRODUCTS
    list_display = ("name", "share")
    search_fields = ("name",)
    fields = ("name", "rate")
    formfield_overrides = _PLAIN

    class form(ShopForm):
        sentences = {"tax_rate_is_share": "Write the rate as a share below 1: 0.2 is 20%."}

    @admin.display(description="rate", ordering="rate")
    def share(self, rate):
        return formats.percent(rate.rate)


class SupplierForm(ShopForm):
    delivery_weekdays = forms.MultipleChoiceField(
        label="Days the lorry comes",
        choices=[(str(number), name) for number, name in enumerate(formats.WEEKDAYS)],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: any day.",
    )
    sentences = {"supplier_minimum_not_negative": "A minimum order cannot be below 0."}

    class Meta:
        widgets = {"order_by": forms.TimeInput(attrs={"type": "time"}, format="%H:%M")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "delivery_weekdays" in self.fields:  # not where the page is only read
            self.initial["delivery_weekdays"] = list(self.instance.delivery_weekdays)

    def clean_delivery_weekdays(self):
        return "".join(sorted(self.cleaned_data["delivery_weekdays"]))


@admin.register(Supplier, site=shop_admin)
class SupplierAdmin(ShopModelAdmin):
    form = SupplierForm
    edits = Can.EDIT_PRODUCTS
    secrets = {"minimum_order": Can.SEE_COST}
    list_display = ("name", "email", "phone", "lead_time_days", "lorry", "needs_review")
    list_filter = ("needs_review",)
    search_fields = ("name",)
    formfield_overrides = _PLAIN
    fieldsets = (
        (None, {"fields": ("name", "email", "phone")}),
        ("Ordering", {"fields": ("lead_time_days", "delivery_weekdays", "order_by", "minimum_order")}),
        ("State", {"fields": ("needs_review",)}),
    )

    @admin.display(description="lorry comes")
    def lorry(self, supplier):
        days = [formats.WEEKDAYS[int(number)][:3] for number in supplier.delivery_weekdays]
        return ", ".join(days) or "any day"


class BarcodeInline(ShopTabularInline):
    model = Barcode
    sees, edits = Can.SEE_PRODUCTS, Can.EDIT_PRODUCTS
    fields = ("code", "pack_quantity")
    formfield_overrides = _PLAIN
    verbose_name_plural = "barcodes"

    def get_extra(self, request, obj=None, **kwargs):
        return 1 if obj else 2


class Priced:
    """Price and cost as money, in lists and inlines."""

    secrets = {
        "cost": Can.SEE_COST,
        "cost_then": Can.SEE_COST,
        "actor": Can.SEE_HISTORY,
        "reason": Can.SEE_HISTORY,
    }

    @admin.display(description="price")
    def price_then(self, change):
        return formats.money(change.price, change.shop.currency)

    @admin.display(description="cost")
    def cost_then(self, change):
        return formats.money(change.cost, change.shop.currency)


class PriceChangeInline(ReadOnly, Priced, ShopTabularInline):
    """The latest prices and costs, as the database kept them."""

    model = PriceChange
    sees = Can.SEE_PRODUCTS
    fields = readonly_fields = ("effective_at", "price_then", "cost_then", "actor", "reason")
    verbose_name_plural = f"price history, the last {PRICES_SHOWN}"
    extra = max_num = 0

    def get_queryset(self, request):
        product = request.resolver_match.kwargs.get("object_id")
        changes = super().get_queryset(request).select_related("shop")
        if not str(product).isdecimal():
            return changes.none()
        latest = changes.filter(product_id=product).order_by("-effective_at", "-id")
        return changes.filter(pk__in=list(latest.values_list("pk", flat=True)[:PRICES_SHOWN]))


class ProductForm(ShopForm):
    sentences = {
        "product_content_size_with_unit": "Give the content as a size with its unit, such as 500 g, or leave both out.",
        "product_price_not_negative": "A price cannot be below 0.",
        "product_cost_not_negative": "A cost cannot be below 0.",
    }

    def clean_deposit(self):
        """A deposit is sold beside the goods: it has none of its own."""
        deposit = self.cleaned_data["deposit"]
        if deposit and (deposit.pk == self.instance.pk or deposit.deposit_id):
            raise ValidationError("A deposit is another product, one without a deposit of its own.")
        return deposit


@admin.register(Product, site=shop_admin)
class ProductAdmin(ShopModelAdmin):
    """Products are taken off sale, never deleted: their sales and prices stay."""

    form = ProductForm
    sees, edits, deletes = Can.SEE_PRODUCTS, Can.EDIT_PRODUCTS, False
    secrets = {
        "cost": Can.SEE_COST,
        "cost_now": Can.SEE_COST,
        **dict.fromkeys(("stock", "supplier", "pack_size", "shelf_life_days"), Can.SEE_STOCK),
    }
    history_parts = ((Barcode, "product_id"),)
    list_display = ("name", "sku", "category", "price_now", "cost_now", "stock", "is_active")
    list_filter = ("is_active", "needs_review", "category", "supplier")
    list_select_related = ("category", "shop")
    search_fields = ("name", "sku")
    search_help_text = "Part of a name or SKU, or a whole barcode"
    autocomplete_fields = ("category", "supplier", "tax_rate", "deposit")
    formfield_overrides = _PLAIN
    actions = ("change_prices",)
    fieldsets = (
        (None, {"fields": ("sku", "name", "category", ("price", "cost"), "tax_rate", "unit")}),
        (
            "Pack and supply",
            {"classes": _FOLDED, "fields": (_CONTENT, "supplier", "pack_size", "shelf_life_days")},
        ),
        ("At the till", {"classes": _FOLDED, "fields": ("plu", "deposit", "minimum_age", "eligible_tenders")}),
        ("State", {"classes": _FOLDED, "fields": ("is_active", "price_by_hand", "needs_review")}),
    )  # fmt: skip

    def get_queryset(self, request):
        levels = StockLevel.objects.filter(product=OuterRef("pk")).order_by().values("product")
        rows = super().get_queryset(request).filter(merged_into=None)  # a merged one's page leads to the other
        return rows.annotate(in_stock=Subquery(levels.annotate(n=Sum("quantity")).values("n")))

    def get_search_results(self, request, queryset, search_term):
        """Names, SKUs and barcodes of this shop alone; no row twice."""
        return queryset.matching(search_term), False

    def save_model(self, request, product, form, change):
        super().save_model(request, product, form, change)
        if change and "price" in form.changed_data:
            tell_of_others(request, [product.pk])

    def get_inlines(self, request, obj):
        return (BarcodeInline, PriceChangeInline) if obj else (BarcodeInline,)

    def get_changeform_initial_data(self, request):
        return {"is_active": True, **super().get_changeform_initial_data(request)}

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "sku":
            field.widget.attrs["autofocus"] = True
        return field

    @admin.display(description="price", ordering="price")
    def price_now(self, product):
        return formats.money(product.price, product.shop.currency)

    @admin.display(description="cost", ordering="cost")
    def cost_now(self, product):
        return formats.money(product.cost, product.shop.currency)

    @admin.display(description="in stock")
    def stock(self, product):
        return formats.units(product.in_stock)

    @admin.action(description="Change prices of the selected products", permissions=["change"])
    def change_prices(self, request, queryset):
        return PricesPage(self).opened(request, queryset)

    def get_urls(self):
        prices = self.admin_site.admin_view(PricesPage(self))
        return [path("prices/", prices, name="inventory_product_prices"), *super().get_urls()]

    def hidden_in_history(self, request):
        return {Product: self.hidden(request), Barcode: frozenset({"product_id"})}


@admin.register(PriceChange, site=shop_admin)
class PriceChangeAdmin(ReadOnly, Priced, ShopModelAdmin):
    sees = Can.SEE_PRODUCTS
    list_display = ("effective_at", "product", "price_then", "cost_then", "actor", "reason")
    list_display_links = None
    list_select_related = ("product", "shop")
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("product__name",)
    search_help_text = "A product's name, SKU or barcode"
    fields = ("product", "price", "cost", "effective_at", "actor", "reason")

    def get_search_results(self, request, queryset, search_term):
        return queryset.filter(product__in=Product.objects.matching(search_term)), False
