"""Orders to suppliers, to be read; and the least a branch wants on its shelf."""

from django.contrib import admin
from django.db import models

from inventory.models import MinimumStock, Product, PurchaseOrder, PurchaseOrderLine
from shop import formats
from shop.admin import ReadOnly, ShopForm, ShopModelAdmin, ShopTabularInline
from shop.admin.entries import PlainDecimalField
from shop.admin_sites import shop_admin
from shop.roles import Can


class OrderLineInline(ReadOnly, ShopTabularInline):
    model = PurchaseOrderLine
    secrets = {"cost_each": Can.SEE_COST}
    fields = readonly_fields = ("product", "ordered", "came", "cost_each", "is_closed")
    verbose_name_plural = "lines"
    extra = max_num = 0

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("product", "shop")

    @admin.display(description="ordered")
    def ordered(self, line):
        return formats.units(line.quantity)

    @admin.display(description="came")
    def came(self, line):
        return formats.units(line.received)

    @admin.display(description="cost per unit")
    def cost_each(self, line):
        return formats.money(line.unit_cost, line.shop.currency)


@admin.register(PurchaseOrder, site=shop_admin)
class PurchaseOrderAdmin(ReadOnly, ShopModelAdmin):
    """Orders are filled, approved and received on their own pages; here they are looked up."""

    secrets = {"made_by": Can.SEE_HISTORY, "approved_by": Can.SEE_HISTORY}
    inlines = (OrderLineInline,)
    history_parts = ((PurchaseOrderLine, "order_id"),)
    list_display = ("number", "supplier", "branch", "state", "expected_on", "mail")
    list_filter = ("state", "branch")
    list_select_related = ("supplier", "branch")
    ordering = ("-id",)
    sortable_by = ()
    fields = (
        "number", "branch", "supplier", "state", "cutoff_at", "expected_on", "note", "made_by", "made_at",
        "approved_by", "approved_at", "mail", "mailed_to", "mailed_at", "mail_error",
    )  # fmt: skip

    def hidden_in_history(self, request):
        cost = set() if self.may(request, Can.SEE_COST) else {"unit_cost"}
        return {PurchaseOrder: self.hidden(request), PurchaseOrderLine: frozenset(cost | {"order_id", "sources"})}


class MinimumStockForm(ShopForm):
    sentences = {"minimum_stock_not_negative": "A minimum cannot be below 0."}


@admin.register(MinimumStock, site=shop_admin)
class MinimumStockAdmin(ShopModelAdmin):
    form = MinimumStockForm
    edits = Can.EDIT_STOCK
    list_display = ("product", "branch", "least")
    list_filter = ("branch",)
    list_select_related = ("product", "branch")
    ordering = ("branch_id", "product_id")
    search_fields = ("product__name",)
    search_help_text = "A product's name, SKU or barcode"
    fields = ("branch", "product", "quantity")
    autocomplete_fields = ("product",)
    formfield_overrides = {models.DecimalField: {"form_class": PlainDecimalField}}

    def get_search_results(self, request, queryset, search_term):
        return queryset.filter(product__in=Product.objects.matching(search_term)), False

    @admin.display(description="at least", ordering="quantity")
    def least(self, row):
        return formats.units(row.quantity)
