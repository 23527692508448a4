"""The forms of shifts. They check shapes; what is allowed is for the services to say."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from sales.models import CashMovement
from sales.shift_reports import CASH
from shop import formats
from shop.admin.entries import PlainDecimalField
from shop.models import Register

MOST = Decimal(9_999_999)
ZERO = Decimal("0.00")
COUNTED = "counted_"
COINS = "coins_"
_SMALL = ("0.01", "0.02", "0.05", "0.10", "0.20", "0.50", "1", "2", "5", "10", "20", "50")
# Coins and notes in use; a currency that is not here is counted as one sum.
MONEY = {"EUR": (*_SMALL, "100", "200"), "GBP": _SMALL, "USD": ("0.01", "0.05", "0.10", "0.25", *_SMALL[6:], "100")}
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
    """What is there of each tender, counted blind. Cash is one sum, or so many of each coin and note."""

    use_required_attribute = False  # the browser would ask for the sum beside the coins
    note = forms.CharField(max_length=300, required=False, label="Anything to say about it")

    def __init__(self, data: Any = None, *, tenders: Sequence[str], currency: str) -> None:
        super().__init__(data)
        self.tenders = tenders
        by_piece = any(self.data.get(f"{COINS}{coin}") for coin in MONEY.get(currency, ()))
        for tender in tenders:
            label = "Cash in the drawer" if tender == CASH else tender.capitalize()
            self.fields[f"{COUNTED}{tender}"] = _money(label, required=tender == CASH and not by_piece)
        self.fields[f"{COUNTED}{CASH}"].widget.attrs["autofocus"] = True
        for coin in MONEY.get(currency, ()):
            label = formats.money(Decimal(coin), currency)
            field = forms.IntegerField(min_value=0, max_value=99_999, required=False, label=label)
            field.widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}
            self.fields[f"{COINS}{coin}"] = field

    def sums(self) -> list[Any]:
        """The fields of the tenders."""
        return [self[f"{COUNTED}{tender}"] for tender in self.tenders]

    def coins(self) -> list[Any]:
        """The fields of the coins and notes, small ones first."""
        return [self[name] for name in self.fields if name.startswith(COINS)]

    def clean(self) -> dict[str, Any]:
        """Without a sum, the pieces are added up."""
        given, cash = self.cleaned_data, f"{COUNTED}{CASH}"
        if cash not in self.errors and given.get(cash) is None:
            pieces = {name: many for name, many in given.items() if name.startswith(COINS) and many}
            given[cash] = sum((Decimal(name.removeprefix(COINS)) * many for name, many in pieces.items()), ZERO)
        return given

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
