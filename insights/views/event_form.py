"""The form of an event: days, where, and what it does to sales in per cent."""

from decimal import Decimal
from typing import Any

from django import forms

from insights.calendar.events import Fields
from insights.models import CalendarEvent
from inventory.models import Category
from shop.models import Branch

_DATE = {"type": "date"}
_PERCENT = {"inputmode": "numeric", "step": "1"}


def _percent(label: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=-100,
        max_value=300,
        max_digits=5,
        decimal_places=1,
        widget=forms.NumberInput(attrs=_PERCENT),
    )


class EventForm(forms.Form):
    """Checks shapes; what is possible is for insights.calendar.events to say."""

    name = forms.CharField(label="What happens", max_length=120)
    first_date = forms.DateField(label="First day", widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"))
    last_date = forms.DateField(
        label="Last day",
        required=False,
        widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"),
        help_text="Empty: one day.",
    )
    branch = forms.ModelChoiceField(Branch.objects.none(), required=False, empty_label="Every branch")
    category = forms.ModelChoiceField(Category.objects.none(), required=False, empty_label="Everything")
    is_closed = forms.BooleanField(label="We are shut on these days", required=False)
    effect = _percent("Change in sales, per cent")
    effect_low = _percent("At least, per cent")
    effect_high = _percent("At most, per cent")

    def __init__(self, data: Any = None, *, event: CalendarEvent | None = None) -> None:
        super().__init__(data, initial=_initial(event) if event else None)
        choices: Any = self.fields
        choices["branch"].queryset = Branch.objects.order_by("name")
        choices["category"].queryset = Category.objects.order_by("name")
        choices["effect"].help_text = "25 for a quarter more, -30 for three tenths less. Empty: learned from such days."

    def as_fields(self) -> Fields:
        given = self.cleaned_data
        shares = {name: _share(given[name]) for name in ("effect", "effect_low", "effect_high")}
        return Fields(
            name=given["name"].strip(),
            first_date=given["first_date"],
            last_date=given["last_date"] or given["first_date"],
            branch=given["branch"],
            category=given["category"],
            is_closed=given["is_closed"],
            **shares,
        )


def _share(percent: Decimal | None) -> Decimal | None:
    return None if percent is None else percent / 100


def _initial(event: CalendarEvent) -> dict[str, Any]:
    shown = {name: getattr(event, name) for name in Fields.__slots__}
    for name in ("effect", "effect_low", "effect_high"):
        value = shown[name]
        shown[name] = None if value is None or event.is_closed else f"{(value * 100).normalize():f}"
    return shown
