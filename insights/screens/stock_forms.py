"""The forms of stock entry. They check shapes; what is allowed is for the services to say."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils import timezone

from inventory.models import Category, Product, StockMovement
from inventory.reports_lots import LotLeft
from inventory.undoing import UNDO_WITHIN
from shop import formats
from shop.admin.entries import PlainDecimalField, day_input
from shop.models import Branch

CAUSES = {
    "past_date": "Past its date",
    "damaged": "Damaged",
    "staff": "Staff use",
    "theft": "Theft",
    "tasting": "Tasting",
    "other": "Other",
}
MOST, MOST_PIECES = Decimal(99_999), Decimal(9_999_999)


class Entry(forms.Form):
    """A product, how much of it, and `entry`, which makes a form sent twice one entry."""

    entry = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    quantity = PlainDecimalField(
        min_value=Decimal("0.001"), max_value=MOST, max_digits=14, decimal_places=3, label="How many"
    )
    per = forms.TypedChoiceField(coerce=Decimal, label="In")

    def __init__(self, data: Any = None, *, product: Product, branch: Branch, **options: Any) -> None:
        super().__init__(data, **options)
        self.product, self.branch = product, branch
        self.fields["quantity"].widget.attrs.update({"autocomplete": "off", "autofocus": True, "data-quantity": ""})
        if product.unit == Product.Unit.KILOGRAM:
            self.fields["quantity"].label = "How many kilograms"
        self._choices("per", self.packs())
        if len(self.packs()) == 1:
            del self.fields["per"]

    def packs(self) -> list[tuple[str, str]]:
        """Pieces, and cases where their size is known."""
        word = "Kilograms" if self.product.unit == Product.Unit.KILOGRAM else "Pieces"
        size = self.product.pack_size
        return [("1", word), (str(size), f"Cases of {size}")] if size and size > 1 else [("1", word)]

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        if not self.errors and self.amount > MOST_PIECES:
            self.add_error("quantity", f"At most {MOST_PIECES:,} at once.")
        return self.cleaned_data

    @property
    def amount(self) -> Decimal:
        """In pieces or kilograms."""
        return Decimal(self.cleaned_data["quantity"] * (self.cleaned_data.get("per") or 1))


class Receive(Entry):
    best_before = forms.DateField(required=False, widget=day_input())  # type: ignore[no-untyped-call]
    use_by = forms.DateField(required=False, widget=day_input())  # type: ignore[no-untyped-call]
    lot = forms.CharField(max_length=64, required=False, label="Lot code")
    cost = PlainDecimalField(min_value=0, max_value=MOST, max_digits=12, decimal_places=4, required=False)

    def __init__(self, *args: Any, sees_cost: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        each = "kilogram" if self.product.unit == Product.Unit.KILOGRAM else "piece"
        self.fields["cost"].label = f"Cost of one {each}"
        if not sees_cost:
            del self.fields["cost"]

    def said(self) -> dict[str, Any]:
        """What is told of the goods beside how many there are."""
        return {name: self.cleaned_data.get(name) for name in ("best_before", "use_by", "cost")} | {
            "lot": self.cleaned_data["lot"]
        }


class ReceiveLine(Receive):
    instead = forms.CharField(
        max_length=100,
        required=False,
        label="Another product came instead",
        help_text="Its barcode, SKU or name. Leave it empty when the right goods came.",
    )


class Count(Entry):
    """`again`: the count that this one replaces, when the first was far from what was expected."""

    quantity = PlainDecimalField(
        min_value=0, max_value=MOST, max_digits=14, decimal_places=3, label="How many are there"
    )
    again = forms.ModelChoiceField(StockMovement.objects.none(), required=False, widget=forms.HiddenInput)
    category = forms.ModelChoiceField(Category.objects.none(), required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        today = timezone.now() - UNDO_WITHIN
        mine = {"branch": self.branch, "product": self.product, "kind": StockMovement.Kind.COUNT}
        again: Any = self.fields["again"]
        category: Any = self.fields["category"]
        again.queryset = StockMovement.objects.filter(**mine, occurred_at__gte=today)
        category.queryset = Category.objects.all()


class OfLot(Entry):
    """Something that leaves, of a lot where lots are known: the first to expire is offered."""

    takes_past: ClassVar[bool] = False
    lot = forms.TypedChoiceField(coerce=int, required=False, empty_value=None, label="From which lot")

    def __init__(self, *args: Any, lots: list[LotLeft], **options: Any) -> None:
        super().__init__(*args, **options)
        self._choices("lot", [*((str(lot.lot), lot_words(lot)) for lot in lots), ("", "I cannot tell")])
        today = self.branch.shop.today()
        offered = next((lot for lot in lots if self.takes_past or lot.date is None or lot.date >= today), None)
        if offered:
            self.initial.setdefault("lot", offered.lot)
        if not lots:
            del self.fields["lot"]


class Waste(OfLot):
    takes_past = True
    cause = forms.ChoiceField(choices=list(CAUSES.items()), widget=forms.RadioSelect, label="Why")
    note = forms.CharField(max_length=120, required=False)

    field_order = ("quantity", "per", "cause", "lot", "note")

    def reason(self) -> str:
        cause, note = CAUSES[self.cleaned_data["cause"]], self.cleaned_data["note"]
        return f"{cause}: {note}" if note else cause


class Transfer(OfLot):
    to = forms.ModelChoiceField(Branch.objects.none(), label="To which branch", empty_label=None)
    note = forms.CharField(max_length=120, required=False)

    field_order = ("quantity", "per", "to", "lot", "note")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        to: Any = self.fields["to"]
        to.queryset = Branch.objects.exclude(pk=self.branch.pk)


def lot_words(lot: LotLeft) -> str:
    """Use by Sat 21 Nov, lot A12 (6 left)."""
    kind = "Use by" if lot.is_use_by else "Best before"
    words = [f"{kind} {lot.date:%-d %b %Y}"] if lot.date else []
    words += [f"lot {lot.code}"] if lot.code else []
    text = ", ".join(words) or "No date"
    return f"{text[0].upper()}{text[1:]} ({formats.units(lot.quantity)} left)"
