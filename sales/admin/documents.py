"""Sales, refunds and day summaries: never edited. A sale can be entered by hand, and a document voided."""

import datetime as dt
import uuid

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.template.response import TemplateResponse
from django.utils import timezone

from sales import services
from sales.admin.days import DayFilter
from sales.models import Payment, Sale, SaleLine
from shop import formats
from shop.admin import ReadOnly, ShopModelAdmin, ShopTabularInline
from shop.admin.entries import EntryForm, EntryPage, PlainDecimalField, pick
from shop.admin_sites import shop_admin
from shop.roles import Can

MOST_VOIDED = 100
EARLIEST = dt.date(1900, 1, 1)
_MOMENT = {"type": "datetime-local"}
_MONEY = {"max_digits": 14, "decimal_places": 4}


class SaleHeading(EntryForm):
    """The document's own facts. `uuid` makes a form sent twice the same sale."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    sold_at = forms.DateTimeField(label="When", widget=forms.DateTimeInput(_MOMENT, "%Y-%m-%dT%H:%M"))
    receipt = forms.CharField(label="Receipt number", max_length=80, required=False)
    cashier = forms.CharField(max_length=120, required=False)

    def picks(self):
        return {
            "branch": pick(Sale._meta.get_field("branch"), empty_label=None),
            "register": pick(Sale._meta.get_field("register"), label="Till", required=False),
            "customer": pick(Sale._meta.get_field("customer"), required=False, search=True),
        }

    def clean_sold_at(self):
        """Nobody enters the sale of a day that has not begun, or of a day nobody remembers."""
        sold_at = self.cleaned_data["sold_at"]
        if not EARLIEST <= sold_at.date() <= timezone.localdate():
            raise forms.ValidationError("A sale was made today or before. Look at the date.")
        return sold_at

    def clean(self):
        cleaned = super().clean()
        register = cleaned.get("register")
        if register and cleaned.get("branch") and register.branch_id != cleaned["branch"].pk:
            self.add_error("register", "This till stands at another branch.")
        return cleaned


class SaleLineForm(EntryForm):
    """A product sold; without a price the product's own. A quantity below 0 came back."""

    quantity = PlainDecimalField(initial=1, max_digits=14, decimal_places=3)
    unit_price = PlainDecimalField(label="Price", required=False, help_text="Empty: the product's", **_MONEY)
    discount = PlainDecimalField(required=False, **_MONEY)

    def picks(self):
        return {"product": pick(SaleLine._meta.get_field("product"), search=True)}

    def clean(self):
        """Empty is no discount."""
        return {**super().clean(), "discount": self.cleaned_data.get("discount") or 0}


class SalePage(EntryPage):
    title = "Enter a sale by hand"
    intro = "For a sale the till did not take. It counts like any other and cannot be edited after, only voided."
    button = "Book the sale"
    heading_form, line_form = SaleHeading, SaleLineForm

    def initial(self, request):
        return {"uuid": uuid.uuid4(), "sold_at": timezone.now()}

    def save(self, request, heading, lines):
        facts = {name: value for name, value in heading.items() if name != "tender"}
        booked = [services.Line(**line) for line in lines]
        sale = services.record_sale(**facts, lines=booked, source="admin", by=request.user.email)
        return f"Booked: {formats.money(sale.total, request.shop.currency)}."


class VoidForm(forms.Form):
    reason = forms.CharField(label="Why", max_length=200)


class SaleLineInline(ReadOnly, ShopTabularInline):
    model = SaleLine
    sees = Can.SEE_SALES
    secrets = {"line_cost": Can.SEE_COST}
    fields = ("name", "barcode", "amount", "each", "discounted", "paid", "tax_in_it", "line_cost")
    readonly_fields = fields
    verbose_name_plural = "lines"
    extra = max_num = 0

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("shop")

    @admin.display(description="quantity")
    def amount(self, line):
        return formats.units(line.quantity)

    @admin.display(description="price")
    def each(self, line):
        return formats.money(line.unit_price, line.shop.currency)

    @admin.display(description="discount")
    def discounted(self, line):
        return formats.money(line.discount, line.shop.currency)

    @admin.display(description="paid")
    def paid(self, line):
        return formats.money(line.net + line.tax, line.shop.currency)

    @admin.display(description="of it tax")
    def tax_in_it(self, line):
        return formats.money(line.tax, line.shop.currency)

    @admin.display(description="cost")
    def line_cost(self, line):
        return formats.money(line.cost, line.shop.currency)


class PaymentInline(ReadOnly, ShopTabularInline):
    model = Payment
    sees = Can.SEE_SALES
    fields = readonly_fields = ("tender", "amount")
    verbose_name_plural = "payments"
    extra = max_num = 0


@admin.register(Sale, site=shop_admin)
class SaleAdmin(ReadOnly, ShopModelAdmin):
    """Newest business date first; found by day, branch, kind or the whole receipt number."""

    sees = Can.SEE_SALES
    secrets = {"customer": Can.SEE_CUSTOMERS}
    list_display = ("sold_at", "receipt_or_id", "kind", "branch", "register", "paid", "line_count", "state")
    list_display_links = ("receipt_or_id",)
    list_filter = (DayFilter, "branch", "kind")
    list_select_related = ("branch", "register", "shop")
    ordering = ("-business_date", "-id")
    sortable_by = ()
    search_fields = ("receipt__exact",)
    search_help_text = "The whole receipt number"
    fields = ("receipt", "kind", "sold_at", "business_date", "branch", "register", "cashier", "customer", "total")
    fields += ("refund_of", "voided_at", "source", "received_at")
    inlines = (SaleLineInline, PaymentInline)
    actions = ("void",)

    def has_change_rights(self, request):
        return self.may(request, Can.SEE_SALES) and self.may(request, Can.EDIT_SALES)

    def has_add_permission(self, request, obj=None):
        return self.has_change_rights(request)

    def has_void_permission(self, request):
        return self.has_change_rights(request)

    def add_view(self, request, form_url="", extra_context=None):
        return SalePage(self)(request)

    @admin.display(description="receipt")
    def receipt_or_id(self, sale):
        return sale.receipt or str(sale.uuid)[:8]

    @admin.display(description="total")
    def paid(self, sale):
        return formats.money(sale.total, sale.shop.currency)

    @admin.display(description="state")
    def state(self, sale):
        return "Voided" if sale.voided_at else "Counts"

    @admin.action(description="Void the selected documents", permissions=["void"])
    def void(self, request, queryset):
        """Asks once, with the reason, then voids all or none."""
        chosen = list(queryset.select_related("shop")[: MOST_VOIDED + 1])
        if len(chosen) > MOST_VOIDED:
            messages.error(request, f"Choose at most {MOST_VOIDED} documents at a time.")
            return None
        form = VoidForm(request.POST if "confirmed" in request.POST else None)
        if not form.is_valid():
            return self._ask_to_void(request, form, chosen)
        with transaction.atomic():
            for sale in sorted(chosen, key=lambda sale: sale.pk):
                services.void_sale(sale=sale, by=request.user.email, reason=form.cleaned_data["reason"])
        messages.success(request, "1 document voided." if len(chosen) == 1 else f"{len(chosen)} documents voided.")
        return None

    def _ask_to_void(self, request, form, chosen):
        context = {
            **self.admin_site.each_context(request),
            "title": "Void documents",
            "opts": self.opts,
            "form": form,
            "sales": chosen,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/sales/void.html", context, status=422 if form.is_bound else 200)
