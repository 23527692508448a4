"""Forms about shops and people. They check shapes; what is allowed is for shop.services to say."""

import zoneinfo
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest

from shop import countries
from shop.models import Branch, Shop, User
from shop.models.shops import SLUG
from shop.roles import Role


class SignUpName(forms.Form):
    """The name asked for when signing up, beside allauth's email and password."""

    name = forms.CharField(label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))

    field_order = ["name", "email", "password1"]

    def signup(self, request: HttpRequest, user: User) -> None:
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])

    def clean_name(self) -> Any:
        return self.cleaned_data["name"].strip()


def _country_choices() -> list[tuple[str, str]]:
    return [(country.code, country.name) for country in countries.countries().values()]


def _currency_choices() -> list[tuple[str, str]]:
    return [(code, code) for code in countries.currencies()]


def _zone_choices() -> list[tuple[str, str]]:
    return [(zone, zone.replace("_", " ")) for zone in sorted(zoneinfo.available_timezones()) if "/" in zone]


class ShopStart(forms.Form):
    """What a new shop is called and where it is. Currency and zone left empty are those of the country."""

    name = forms.CharField(
        label="Name of the shop", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )
    slug = forms.RegexField(
        rf"^{SLUG}$",
        label="Its address",
        max_length=50,
        required=False,
        help_text="The last part of its link: small letters, digits and hyphens. Left empty, we make it from the name.",
        error_messages={"invalid": "Use small letters, digits and hyphens only, such as corner-shop."},
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    country = forms.ChoiceField(choices=_country_choices)
    currency = forms.ChoiceField(choices=_currency_choices)
    zone = forms.ChoiceField(label="Time zone", choices=_zone_choices)
    branches = forms.CharField(
        max_length=400,
        required=False,
        help_text="Where you sell, with commas between: High Street, Station. One place needs no name here.",
    )

    def clean_branches(self) -> list[str]:
        names = [name.strip() for name in self.cleaned_data["branches"].split(",") if name.strip()]
        if any(len(name) > 80 for name in names):
            raise forms.ValidationError("A branch's name has at most 80 letters.")
        return list(dict.fromkeys(names))


class ShopSettings(forms.Form):
    """A shop's settings. Each choice also holds what the shop has now, whatever it is."""

    name = forms.CharField(label="Name of the shop", max_length=120)
    country = forms.ChoiceField(choices=_country_choices)
    region = forms.ChoiceField(label="Region, for its holidays", required=False)
    currency = forms.ChoiceField(choices=_currency_choices)
    zone = forms.ChoiceField(label="Time zone", choices=_zone_choices)
    day_starts_at_hour = forms.TypedChoiceField(
        label="A new day starts at",
        coerce=int,
        choices=[(hour, f"{hour:02}:00") for hour in range(13)],
        help_text="Sales before this hour count for the day before. Keep 00:00 unless you sell at night.",
    )
    prices_include_tax = forms.BooleanField(label="Prices on the shelf include tax", required=False)
    weekly_cash = forms.DecimalField(
        label="Most to spend on orders in a week",
        min_value=0,
        max_digits=12,
        decimal_places=2,
        required=False,
        help_text="Suggested orders keep within it. Left empty, there is no limit.",
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.01"}),
    )
    analyse_after_import = forms.BooleanField(
        label="Analyse again after an import that added sales",
        required=False,
        help_text="Otherwise the night does it, or a button on the import's page.",
    )

    def __init__(self, data: Any = None, *, shop: Shop, country: str = "") -> None:
        now = {name: getattr(shop, name) for name in self.base_fields}
        super().__init__(data, initial=now | {"country": country or shop.country})
        regions = countries.regions(self.data.get("country") or self.initial["country"])
        self._choice("region").choices = [("", "None"), *regions.items()]
        for name in ("country", "currency", "zone"):
            field = self._choice(name)
            if now[name] not in dict(field.choices):
                field.choices = [*field.choices, (now[name], now[name])]

    def _choice(self, name: str) -> Any:
        return self.fields[name]


COINS = ["0.05", "0.10", "0.20", "0.50", "1.00"]


class TillRules(forms.Form):
    """What holds at every till of a shop."""

    cash_rounding = forms.TypedChoiceField(
        label="Cash is rounded to",
        required=False,
        coerce=Decimal,
        empty_value=None,
        help_text="The smallest coin people pay with. Card payments are never rounded.",
    )
    blind_counts = forms.BooleanField(
        label="Count the drawer without seeing what it should hold",
        required=False,
        help_text="Cashiers are told what was expected only after they have counted.",
    )
    api_origins = forms.CharField(
        label="Web addresses that may call the till API",
        required=False,
        max_length=2000,
        help_text="One a line, such as https://till.example. Only for tills that run in a browser.",
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "autocapitalize": "none"}),
    )

    def __init__(self, data: Any = None, *, shop: Shop) -> None:
        super().__init__(data, initial={name: getattr(shop, name) for name in self.base_fields})
        now = "" if shop.cash_rounding is None else f"{shop.cash_rounding:.2f}"
        self.initial["cash_rounding"] = now
        coins = COINS if now in ("", *COINS) else [*COINS, now]
        rounding: Any = self.fields["cash_rounding"]
        rounding.choices = [("", "Not rounded"), *((coin, coin) for coin in coins)]


class TillAdd(forms.Form):
    """A new till: where it stands and what it is called."""

    branch = forms.TypedChoiceField(coerce=int)
    name = forms.CharField(max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, data: Any = None, *, branches: Iterable[Branch]) -> None:
        super().__init__(data)
        places: Any = self.fields["branch"]
        places.choices = [(branch.pk, branch.name) for branch in branches]


class Invite(forms.Form):
    """Whom to invite, to do what."""

    email = forms.EmailField(label="Email", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(choices=Role.choices, initial=Role.CASHIER, widget=forms.RadioSelect)
