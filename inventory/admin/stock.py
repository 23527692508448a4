"""Stock: levels and the ledger to look at, lots with their dates, and the pages that enter what happened."""

import uuid

from django import forms
from django.contrib import admin
from django.urls import path

from inventory import services
from inventory.models import Lot, Product, StockLevel, StockMovement
from shop import formats
from shop.admin import ReadOnly, ShopModelAdmin
from shop.admin.entries import EntryForm, EntryPage, PlainDecimalField, day_input, pick
from shop.admin_sites import shop_admin
from shop.roles import Can

NEWEST = 100_000
_QUANTITY = {"max_digits": 14, "decimal_places": 3}


class OnceForm(EntryForm):
    """`entry` makes a form sent twice the same entry."""

    entry = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4)

    def clean_entry(self):
        return self.cleaned_data["entry"] or uuid.uuid4()


class BranchForm(OnceForm):
    def picks(self):
        return {"branch": pick(StockMovement._meta.get_field("branch"), empty_label=None)}


class ProductLine(EntryForm):
    """A product and how much of it."""

    quantity = PlainDecimalField(min_value=0, **_QUANTITY)

    def picks(self):
        return {"product": pick(StockMovement._meta.get_field("product"), search=True)}


class CountPage(EntryPage):
    title = "Count stock"
    intro = "What is there now. The ledger gets the difference; sales since then still count."
    button = "Save the count"
    heading_form, line_form = BranchForm, ProductLine

    def save(self, request, heading, lines):
        counted = {line["product"].pk: line["quantity"] for line in lines}
        if len(counted) < len(lines):
            raise services.StockRefused("A product is on two lines. Write all there is of it on one.")
        source = f"count:{heading['entry']}"
        services.count_stock(branch=heading["branch"], counted=counted, by=request.user.email, source=source)
        return f"{_products(len(counted))} counted at {heading['branch']}."


class ReceiveHeading(BranchForm):
    note = forms.CharField(max_length=200, required=False, label="Delivery note")

    def picks(self):
        return super().picks() | {"supplier": pick(Lot._meta.get_field("supplier"), required=False, search=True)}


class ReceiveLine(ProductLine):
    cost = PlainDecimalField(label="Cost per unit", min_value=0, max_digits=12, decimal_places=4, required=False)
    lot = forms.CharField(max_length=64, required=False)
    best_before = forms.DateField(required=False, widget=day_input())
    use_by = forms.DateField(required=False, widget=day_input())


class ReceivePage(EntryPage):
    title = "Receive goods"
    intro = "Each line becomes a lot, or joins the lot with the same code and dates."
    button = "Take into stock"
    heading_form, line_form = ReceiveHeading, ReceiveLine

    def save(self, request, heading, lines):
        entry = heading.pop("entry")
        for source, line in _in_order("receipt", entry, lines):
            services.receive(**heading, **line, by=request.user.email, source=source)
        return f"{_products(len(lines))} received at {heading['branch']}."


class WasteLine(ProductLine):
    reason = forms.CharField(max_length=200, required=False)


class WastePage(EntryPage):
    title = "Write off waste"
    intro = "Goods that were spoilt, broken or lost."
    button = "Write off"
    heading_form, line_form = BranchForm, WasteLine

    def save(self, request, heading, lines):
        for source, line in _in_order("waste", heading["entry"], lines):
            services.waste(branch=heading["branch"], **line, by=request.user.email, source=source)
        return f"{_products(len(lines))} written off at {heading['branch']}."


class TransferHeading(OnceForm):
    note = forms.CharField(max_length=200, required=False)

    def picks(self):
        branch = StockMovement._meta.get_field("branch")
        return {
            "from_branch": pick(branch, label="From", empty_label=None),
            "to_branch": pick(branch, label="To"),
        }


class TransferPage(EntryPage):
    title = "Move between branches"
    button = "Move"
    heading_form, line_form = TransferHeading, ProductLine

    def save(self, request, heading, lines):
        entry = heading.pop("entry")
        for source, line in _in_order("transfer", entry, lines):
            services.transfer(**heading, **line, by=request.user.email, source=source)
        return f"{_products(len(lines))} moved from {heading['from_branch']} to {heading['to_branch']}."


def _in_order(kind, entry, lines):
    """The lines in the order stock is locked in, each with the source that makes repeating it harmless."""
    ordered = sorted(lines, key=lambda line: line["product"].pk)
    return [(f"{kind}:{entry}:{number}", line) for number, line in enumerate(ordered, start=1)]


def _products(number):
    return "1 product" if number == 1 else f"{number} products"


PAGES = {"count": CountPage, "receive": ReceivePage, "waste": WastePage, "transfer": TransferPage}


class OfProducts:
    """Found by product: the ledger is too long to search by anything else."""

    search_fields = ("product__name",)
    search_help_text = "A product's name, SKU or barcode"

    def get_search_results(self, request, queryset, search_term):
        if not search_term.strip():
            return queryset, False
        found = list(Product.objects.matching(search_term).order_by().values_list("pk", flat=True)[:1000])
        return queryset.filter(product__in=found), False


class KindFilter(admin.SimpleListFilter):
    """Rare kinds are looked for among the newest movements: the whole ledger has no index by kind."""

    title = f"kind, of the newest {NEWEST:,}"
    parameter_name = "kind"
    lookups_used = ("kind",)

    def lookups(self, request, model_admin):
        return StockMovement.Kind.choices

    def queryset(self, request, queryset):
        if self.value() not in StockMovement.Kind.values:
            return queryset
        oldest = StockMovement.objects.order_by("-id").values_list("id", flat=True)[NEWEST : NEWEST + 1].first()
        newest = queryset if oldest is None else queryset.filter(id__gt=oldest)
        return newest.filter(kind=self.value())


@admin.register(StockMovement, site=shop_admin)
class StockMovementAdmin(ReadOnly, OfProducts, ShopModelAdmin):
    """The ledger is read; what happened is entered on the pages above the list."""

    secrets = {"unit_cost": Can.SEE_COST, "cost_each": Can.SEE_COST, "actor": Can.SEE_HISTORY}
    change_list_template = "admin/inventory/movements.html"
    list_display = ("occurred_at", "kind", "product", "branch", "amount", "cost_each", "note", "actor")
    list_display_links = ("occurred_at",)
    list_filter = ("branch", KindFilter)
    list_select_related = ("product", "branch", "shop")
    ordering = ("-id",)
    sortable_by = ()
    fields = ("branch", "product", "lot", "kind", "quantity", "unit_cost", "occurred_at", "note", "actor")

    def has_change_rights(self, request):
        return self.may(request, Can.EDIT_STOCK)

    def changelist_view(self, request, extra_context=None):
        pages = [(f"admin:inventory_stockmovement_{name}", page.title) for name, page in PAGES.items()]
        mine = pages if self.has_change_rights(request) else []
        return super().changelist_view(request, {"pages": mine, **(extra_context or {})})

    def get_urls(self):
        view = self.admin_site.admin_view
        entries = [
            path(f"{name}/", view(page(self)), name=f"inventory_stockmovement_{name}") for name, page in PAGES.items()
        ]
        return [*entries, *super().get_urls()]

    @admin.display(description="quantity")
    def amount(self, movement):
        return formats.units(movement.quantity)

    @admin.display(description="cost per unit")
    def cost_each(self, movement):
        return formats.money(movement.unit_cost, movement.shop.currency)


@admin.register(StockLevel, site=shop_admin)
class StockLevelAdmin(ReadOnly, OfProducts, ShopModelAdmin):
    list_display = ("product", "branch", "amount", "counted_at", "tracked_from")
    list_display_links = None
    list_filter = ("branch",)
    list_select_related = ("product", "branch")
    ordering = ("branch_id", "product_id")
    sortable_by = ()
    fields = ("product", "branch", "quantity", "counted_at", "tracked_from")

    @admin.display(description="in stock")
    def amount(self, level):
        return formats.units(level.quantity)


@admin.register(Lot, site=shop_admin)
class LotAdmin(OfProducts, ShopModelAdmin):
    """Lots come in through "Receive goods"; here their dates and codes are put right."""

    edits, adds, deletes = Can.EDIT_STOCK, False, False
    secrets = {"cost": Can.SEE_COST}
    list_display = ("product", "code", "branch", "amount", "received_on", "best_before", "use_by")
    list_filter = ("branch",)
    list_select_related = ("product", "branch")
    ordering = ("-id",)
    fields = ("product", "branch", "supplier", "code", "quantity", "cost", "received_on", "best_before", "use_by")
    readonly_fields = ("product", "branch", "quantity", "received_on")
    autocomplete_fields = ("supplier",)

    @admin.display(description="received")
    def amount(self, lot):
        return formats.units(lot.quantity)
