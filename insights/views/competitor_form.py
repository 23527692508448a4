"""The form for a price seen at a competitor's."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms

from inventory.models import Product
from shop.admin.entries import PlainDecimalField


class SeenPrice(forms.Form):
    """Checks shapes; what is allowed is for `inventory.competitors.entering` to say."""

    competitor = forms.CharField(
        max_length=120, widget=forms.TextInput(attrs={"list": "competitors", "autocomplete": "off"})
    )
    product = forms.ModelChoiceField(Product.objects.none(), required=False, widget=forms.HiddenInput)
    barcode = forms.CharField(max_length=48, required=False, widget=forms.HiddenInput)
    name = forms.CharField(label="What it is called there", max_length=200, required=False)
    content = forms.CharField(
        label="Size", max_length=40, required=False, widget=forms.TextInput(attrs={"placeholder": "500 g"})
    )
    price = PlainDecimalField(min_value=Decimal("0.01"), max_digits=12, decimal_places=4)
    is_promotion = forms.BooleanField(label="On promotion", required=False)
    seen_on = forms.DateField(label="Seen on", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, data: Any = None, *, today: dt.date, **initial: Any) -> None:
        super().__init__(data, initial={"seen_on": today} | initial)
        choices: Any = self.fields
        choices["product"].queryset = Product.objects.all()
        choices["price"].widget.attrs.update({"autocomplete": "off", "inputmode": "decimal"})
        choices["seen_on"].widget.attrs["max"] = today.isoformat()
