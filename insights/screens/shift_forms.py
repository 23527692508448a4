"""The forms of shifts. They check shapes; what is allowed is for the services to say."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from sales.models import CashMovement
from shop.admin.entries import PlainDecimalField
from shop.models import Register

MOST = Decimal(9_999_999)
COUNTED = "counted_"
KINDS = {"paid_in": "Cash put in", "paid_out": "Cash paid out", "drop": "To the safe or bank"}


def _money(label: str, **options: Any) -> PlainDecimalField:
    field = PlainDecimalField(max_digits=12, decimal_places=2, max_value=MOST, label=label, **options)
    field.widget.attrs["autocomplete"] = "off"
    return field


class OpenShift(forms.Form):
    """Which till begins, with how much change. `entry` makes a form sent twice one shift."""

    entry = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    till = forms.TypedChoiceField(coerce=int)
    opening_float = _money("Change in the drawer", min_value=0)

    def __init__(self, data: Any = None, *, tills: Sequence[Register], till: str = "") -> None:
        super().__init__(data, initial={"till": till})
        choices: Any = self.fields["till"]
        choices.choices = [(one.pk, f"{one.branch.name}, {one.name}") for one in tills]


class CountShift(forms.Form):
    """What is there of each tender, counted blind."""

    note = forms.CharField(max_length=300, required=False, label="Anything to say about it")

    def __init__(self, data: Any = None, *, tenders: Sequence[str]) -> None:
        super().__init__(data)
        self.tenders = tenders
        for number, tender in enumerate(tenders):
            field = _money("Cash in the drawer" if tender == "cash" else tender.capitalize(), required=tender == "cash")
            field.min_value = None
            if number == 0:
                field.widget.attrs["autofocus"] = True
            self.fields[f"{COUNTED}{tender}"] = field
        self.order_fields([*(f"{COUNTED}{tender}" for tender in tenders), "note"])

    def counted(self) -> dict[str, Decimal]:
        """What was filled in; a tender left empty was not counted."""
        given = {tender: self.cleaned_data.get(f"{COUNTED}{tender}") for tender in self.tenders}
        return {tender: amount for tender, amount in given.items() if amount is not None}


class MoveCash(forms.Form):
    """Cash into or out of the drawer. `entry` makes a form sent twice one movement."""

    entry = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    kind = forms.ChoiceField(choices=[(kind, KINDS[kind]) for kind in CashMovement.Kind.values], label="What")
    amount = _money("How much", min_value=Decimal("0.01"))
    reason = forms.CharField(max_length=200, required=False, label="What for")
