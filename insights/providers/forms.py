"""Forms about models. They check shapes; what is allowed is for `services` to say."""

from decimal import Decimal
from typing import Any

from django import forms

from insights.models import ModelAccess

_PLAIN = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}
_PRICE: dict[str, Any] = {"required": False, "min_value": Decimal(0), "max_digits": 11, "decimal_places": 6}


class ModelForm(forms.Form):
    """How to reach a model, and what it costs. The key is taken and never given back."""

    kind = forms.ChoiceField(label="Vendor", choices=ModelAccess.Kind.choices)
    key = forms.CharField(
        label="Key",
        max_length=500,
        required=False,
        widget=forms.PasswordInput(attrs={**_PLAIN, "autocomplete": "new-password"}),
        help_text="As the vendor gave it to you. It is stored encrypted and never shown again.",
    )
    model = forms.CharField(
        label="Model",
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs=_PLAIN),
        help_text="Left empty: gemini-2.5-flash for Gemini, gpt-4o-mini for OpenAI.",
    )
    base_url = forms.CharField(
        label="Address",
        max_length=200,
        required=False,
        widget=forms.URLInput(attrs=_PLAIN),
        help_text="Left empty: Google's for Gemini, OpenAI's own for OpenAI. Groq: https://api.groq.com/openai/v1, "
        "Perplexity: https://api.perplexity.ai, Ollama: the address of your machine, ending in /v1.",
    )
    name = forms.CharField(
        label="Name here", max_length=60, required=False, help_text="What these pages call it, such as Groq."
    )
    price_in = forms.DecimalField(
        label="Price of what is sent", help_text="Dollars for a million tokens. Known for common models.", **_PRICE
    )
    price_out = forms.DecimalField(
        label="Price of the answer", help_text="Dollars for a million tokens. Free of charge is 0.", **_PRICE
    )

    def __init__(self, data: Any = None, *, access: ModelAccess | None = None) -> None:
        names = ("kind", "model", "base_url", "name", "price_in", "price_out")
        super().__init__(data, initial={name: getattr(access, name) for name in names} if access else None)
        if access is not None:
            del self.fields["kind"]
            if access.secret:
                hint = f"ending in {access.key_hint}" if access.key_hint else "stored"
                self.fields["key"].help_text = f"The one {hint} is kept where you leave this empty."


class LimitForm(forms.Form):
    """What models may cost in a month."""

    monthly_limit = forms.DecimalField(
        label="Limit for a month, in US dollars",
        min_value=Decimal(0),
        max_digits=9,
        decimal_places=2,
        help_text="Nothing is asked that could pass it. With 0 nothing is spent.",
    )
