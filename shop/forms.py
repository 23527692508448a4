"""Forms about shops and people."""

from typing import Any

from django import forms
from django.http import HttpRequest

from shop.models import User


class SignUpName(forms.Form):
    """The name asked for when signing up, beside allauth's email and password."""

    name = forms.CharField(label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))

    field_order = ["name", "email", "password1"]

    def signup(self, request: HttpRequest, user: User) -> None:
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])

    def clean_name(self) -> Any:
        return self.cleaned_data["name"].strip()
