"""The form of a batch of prices: its name, where it holds and when, by the shop's clock."""

from typing import Any

from django import forms

from inventory.models import PriceBatch
from shop.models import Branch

_YEARS = range(2000, 2200)


def _moment(label: str, hint: str) -> forms.DateTimeField:
    widget = forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=False, widget=widget, help_text=hint)


class PlanForm(forms.Form):
    """An hour that the clocks skip or show twice is refused, for nobody knows which is meant."""

    name = forms.CharField(label="Name", max_length=120)
    branch = forms.ModelChoiceField(Branch.objects.none(), required=False, empty_label="Every branch")
    starts_at = _moment("From", "Empty: when it is approved.")
    ends_at = _moment("Until", "Empty: until further notice.")

    def __init__(self, data: Any = None, *, batch: PriceBatch | None = None) -> None:
        said = ("name", "branch", "starts_at", "ends_at")
        super().__init__(data, initial={name: getattr(batch, name) for name in said} if batch else None)
        choices: Any = self.fields
        choices["branch"].queryset = Branch.objects.order_by("name")

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("starts_at", "ends_at"):
            if found.get(name) and found[name].year not in _YEARS:
                self.add_error(name, "Look at the year.")
        return found
