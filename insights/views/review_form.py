"""The form to type a review in by hand."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms

from customers.reviews import LONGEST, LONGEST_TEXT, Words
from inventory.models import Product
from shop.models import Branch

_STARS = [("", "None given"), *((str(stars), "★" * stars) for stars in (5, 4, 3, 2, 1))]


class ReviewForm(forms.Form):
    """Checks shapes; what is possible is for `customers.reviews` to say."""

    number = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        label="What the customer wrote", max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 5})
    )
    title = forms.CharField(label="Heading", max_length=LONGEST["title"], required=False)
    rating = forms.TypedChoiceField(label="Stars", choices=_STARS, coerce=Decimal, empty_value=None, required=False)
    written_on = forms.DateField(
        label="Written on", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    branch = forms.ModelChoiceField(Branch.objects.none(), required=False, empty_label="None in particular")
    product = forms.CharField(
        label="Product",
        max_length=64,
        required=False,
        help_text="Its SKU or barcode, where the review is about one product.",
    )
    source = forms.CharField(label="Where it was written", max_length=LONGEST["source"], required=False)
    author = forms.CharField(
        label="Who wrote it",
        max_length=LONGEST["author"],
        required=False,
        help_text="Shown only to those who may see customers by name, and never sent to a model.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, today: dt.date) -> None:
        super().__init__(data, initial={"written_on": today, "source": "Card in the shop"})
        choices: Any = self.fields
        choices["branch"].queryset = Branch.objects.order_by("name")

    def clean_product(self) -> int | None:
        code = self.cleaned_data["product"].strip()
        if not code:
            return None
        found = Product.objects.of_sku(code) or Product.objects.filter(barcodes__code=code).first()
        if found is None:
            raise forms.ValidationError("No product has this SKU or barcode.")
        return int(found.pk)

    def as_words(self) -> Words:
        given = self.cleaned_data
        branch = given["branch"]
        fields = {
            name: given[name] for name in ("text", "title", "rating", "author", "source", "written_on", "product")
        }
        return Words(branch=branch.pk if branch else None, **fields)
