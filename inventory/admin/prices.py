"""The bulk price change: work out new prices by a rule, look at each, say why, save all or none."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from inventory import prices as prices_of
from inventory import pricing, services
from inventory.models import Product
from shop.admin.entries import PlainDecimalField
from shop.errors import Refused
from shop.roles import Can

MOST_AT_ONCE = 1000


class RuleForm(forms.Form):
    """How to work out the new prices."""

    how = forms.ChoiceField(label="What to do", choices=pricing.HOW.items(), initial="percent")
    value = PlainDecimalField(label="By or to", max_digits=10, decimal_places=3)
    ending = forms.ChoiceField(label="Ending", choices=pricing.ENDINGS.items(), required=False)

    def rule(self):
        return pricing.Rule(**self.cleaned_data)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why", max_length=200, help_text="Kept in the price history, such as: supplier raised cost."
    )


class LineForm(forms.Form):
    """One product: its price as it was shown (`was`), and the new one; empty leaves it as it is."""

    product = forms.IntegerField(widget=forms.HiddenInput)
    was = forms.DecimalField(widget=forms.HiddenInput, required=False)
    price = PlainDecimalField(label="New price", min_value=0, max_digits=12, decimal_places=4, required=False)


LineSet = forms.formset_factory(LineForm, extra=0, max_num=MOST_AT_ONCE, absolute_max=MOST_AT_ONCE)


class PricesPage:
    """Opened by the action on the product list; then posts to itself to work out, look again, or save."""

    def __init__(self, model_admin):
        self.model_admin = model_admin

    def opened(self, request, products):
        chosen = list(_with_tax(products)[: MOST_AT_ONCE + 1])
        if len(chosen) > MOST_AT_ONCE:
            messages.error(request, f"Choose at most {MOST_AT_ONCE:,} products at a time.")
            return None
        return self._show(request, RuleForm(), ReasonForm(), _lines(chosen), chosen)

    def __call__(self, request):
        if not self.model_admin.has_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseRedirect(_list_url())
        lines = LineSet(request.POST, prefix="lines")
        valid = lines.is_valid()
        products = _products(lines)
        if "work_out" in request.POST:
            return self._work_out(request, products)
        reason = ReasonForm(request.POST)
        if "save" in request.POST and valid and reason.is_valid() and _still_as_shown(lines, products):
            if saved := self._save(request, lines, reason):
                return saved
        elif "save" not in request.POST:
            reason = ReasonForm(initial={"reason": request.POST.get("reason", "")})
        return self._show(request, _rule_as_left(request), reason, lines, products)

    def _work_out(self, request, products):
        rule = RuleForm(request.POST)
        reason = ReasonForm(initial={"reason": request.POST.get("reason", "")})
        if not rule.is_valid():
            return self._show(request, rule, reason, LineSet(request.POST, prefix="lines"), products)
        worked_out = rule.rule()
        return self._show(request, rule, reason, _lines(products, worked_out.applied), products)

    def _save(self, request, lines, reason):
        new = {form.cleaned_data["product"]: form.cleaned_data["price"] for form in lines}
        prices = {product: price for product, price in new.items() if price is not None}
        try:
            changed = services.change_prices(prices=prices, by=request.user.email, reason=reason.cleaned_data["reason"])
        except Refused as refused:
            reason.add_error(None, refused.sentence)
            return None
        messages.success(request, "1 price changed." if changed == 1 else f"{changed} prices changed.")
        tell_of_others(request, list(prices))
        return HttpResponseRedirect(_list_url())

    def _show(self, request, rule, reason, lines, products):
        sees_cost = self.model_admin.may(request, Can.SEE_COST)
        by_id = {product.pk: product for product in products}
        rows = [_row(form, by_id[_product_id(form)], request.shop, sees_cost=sees_cost) for form in lines]
        context = {
            **self.model_admin.admin_site.each_context(request),
            "title": "Change prices",
            "opts": self.model_admin.opts,
            "rule": rule,
            "reason": reason,
            "lines": lines,
            "rows": rows,
            "sees_cost": sees_cost,
            "media": self.model_admin.media,
        }
        wrong = any(form.is_bound and not form.is_valid() for form in (rule, reason, lines))
        return TemplateResponse(request, "admin/inventory/prices.html", context, status=422 if wrong else 200)


def tell_of_others(request, products):
    """Whoever sets an own price is told where it is not what buyers pay."""
    if others := prices_of.with_others(products, timezone.now()):
        many = "1 product has" if others == 1 else f"{others} products have"
        messages.warning(request, f"{many} another price for a branch or a time, now or later. That one goes first.")


def _list_url():
    return reverse("admin:inventory_product_changelist")


def _with_tax(products):
    return products.select_related("tax_rate").order_by("name", "id")


def _lines(products, new_price=lambda old: old):
    return LineSet(
        prefix="lines",
        initial=[{"product": p.pk, "was": _plain(p.price), "price": new_price(p.price)} for p in products],
    )


def _plain(price):
    return "" if price is None else f"{price:f}"


def _product_id(form):
    return int(form["product"].value() or 0)


def _products(lines):
    """The products posted, in their order. One that is not the shop's is one that is not: 404."""
    try:
        wanted = [_product_id(form) for form in lines.forms]
    except (TypeError, ValueError) as error:
        raise Http404 from error
    found = {product.pk: product for product in _with_tax(Product.objects.filter(pk__in=wanted))}
    if not wanted or set(wanted) != set(found):
        raise Http404
    return [found[pk] for pk in wanted]


def _still_as_shown(lines, products):
    """Marks the lines whose price somebody changed meanwhile, and shows the price as it is now."""
    fresh = True
    for form, product in zip(lines, products, strict=True):
        if form.cleaned_data["was"] != product.price:
            form.add_error("price", "Somebody has changed this price since you opened the page. Look again.")
            form.data = {**form.data.dict(), form.add_prefix("was"): _plain(product.price)}
            fresh = False
    return fresh


def _rule_as_left(request):
    return RuleForm(initial={name: request.POST.get(name, "") for name in ("how", "value", "ending")})


def _row(form, product, shop, *, sees_cost):
    """A line as shown: old price, new price, what it changes, and the margin before and after."""
    new = _new_price(form, product)
    rate = product.tax_rate.rate if product.tax_rate else None
    tax = {"prices_include_tax": shop.prices_include_tax}
    return {
        "form": form,
        "product": product,
        "change": new - product.price if new is not None and product.price is not None else None,
        "margin_now": pricing.margin(product.price, product.cost, rate, **tax) if sees_cost else None,
        "margin_new": pricing.margin(new, product.cost, rate, **tax) if sees_cost else None,
    }


def _new_price(form, product):
    """What the line says, the old price where it says nothing; None for what can be no price."""
    try:
        new = form.fields["price"].clean(form["price"].value())
    except forms.ValidationError:
        return None
    return product.price if new is None else new
