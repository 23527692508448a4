"""Pages that enter something by hand through a service: a heading, some lines, one transaction, no row edited."""

from decimal import Decimal

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import DataError, transaction
from django.forms.widgets import NumberInput
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from shop.admin.base import SearchedSelect
from shop.admin_sites import shop_admin
from shop.errors import Refused

LINES = 8
MOST_LINES = 200
MONEY_PLACES = 4  # prices and amounts are kept with four decimals, quantities with three


class PlainDecimalField(forms.DecimalField):
    """A decimal shown as a person writes it: 1.45 and not 1.4500, 6 and not 6.000, but 2.00 where it is money."""

    def prepare_value(self, value):
        if not isinstance(value, Decimal):
            return value
        whole, _, decimals = f"{value:f}".partition(".")
        decimals = decimals.rstrip("0")
        if self.decimal_places == MONEY_PLACES or len(decimals) == 1:
            decimals = decimals.ljust(2, "0")
        return f"{whole}.{decimals}" if decimals else whole

    def widget_attrs(self, widget):
        step = {"step": "any"} if isinstance(widget, NumberInput) else {}
        return super().widget_attrs(widget) | step | {"inputmode": "decimal"}


def day_input():
    """The browser's own day picker."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def pick(model_field, **options):
    """A choice among the shop's rows that `model_field` may point to; long lists are searched, not listed."""
    model = model_field.related_model
    model_admin = shop_admin.get_model_admin(model)
    if options.pop("search", False) and model_admin.search_fields:
        options["widget"] = SearchedSelect(model_field, shop_admin)
    return forms.ModelChoiceField(model._default_manager.all(), **options)


class EntryForm(forms.Form):
    """A form whose choices are the shop's: `picks` maps a field's name to how to build it, at request time."""

    def picks(self):
        return {}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields = {**self.picks(), **self.fields}


class LineSet(forms.BaseFormSet):
    """The lines that were filled in; at least one."""

    def add_fields(self, form, index):
        """The column heads are the labels for the eye; a screen reader hears the line as well."""
        super().add_fields(form, index)
        for name, field in form.fields.items():
            line = "" if index is None else f", line {index + 1}"
            field.widget.attrs.setdefault("aria-label", f"{form[name].label}{line}")

    def clean(self):
        if not any(self.errors) and not self.filled():
            raise forms.ValidationError("Fill in at least one line.")

    def filled(self):
        return [form.cleaned_data for form in self.forms if form.has_changed()]


class EntryPage:
    """What a page needs: its title, its two forms, and `save(request, heading, lines)`, which returns what to say."""

    title = ""
    intro = ""
    button = "Save"
    heading_form = EntryForm
    line_form = EntryForm

    def __init__(self, model_admin):
        self.model_admin = model_admin

    def save(self, request, heading, lines):
        raise NotImplementedError

    def __call__(self, request):
        """Show the forms, or enter what they say: all of it or, with the reason shown, nothing."""
        if not self.model_admin.has_change_rights(request):
            raise PermissionDenied
        data = request.POST if request.method == "POST" else None
        line_set = forms.formset_factory(
            self.line_form, formset=LineSet, extra=LINES, max_num=MOST_LINES, absolute_max=MOST_LINES
        )
        heading, lines = self.heading_form(data, initial=self.initial(request)), line_set(data, prefix="lines")
        if data is not None and heading.is_valid() and lines.is_valid():
            try:
                with transaction.atomic():
                    said = self.save(request, heading.cleaned_data, lines.filled())
            except Refused as refused:
                heading.add_error(None, refused.sentence)
            except DataError:
                heading.add_error(None, "A number is too large to be true. Look at the quantities and prices.")
            else:
                messages.success(request, said)
                return HttpResponseRedirect(self.done_url())
        return self._show(request, heading, lines)

    def initial(self, request):
        return {}

    def done_url(self):
        opts = self.model_admin.opts
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")

    def _show(self, request, heading, lines):
        opts = self.model_admin.opts
        context = {
            **self.model_admin.admin_site.each_context(request),
            "title": self.title,
            "intro": self.intro,
            "button": self.button,
            "opts": opts,
            "heading": heading,
            "lines": lines,
            "media": self.model_admin.media + heading.media + lines.media,
            "back": self.done_url(),
        }
        status = 422 if heading.is_bound else 200
        return TemplateResponse(request, "admin/entry.html", context, status=status)
