"""Entering stock: receive, count, waste and transfer share one page, which finds a product and asks how much."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from insights.screens.stock_find import Found, find
from insights.screens.stock_forms import Count, Entry, Receive, Transfer, Waste
from insights.screens.stock_latest import Line, Outcome, amount, is_far, latest, outcome
from insights.screens.stock_shelf import Shelf, shelf
from inventory import services
from inventory.models import Barcode, Product, StockMovement
from inventory.reports_lots import lots_left
from shop.models import Branch, Shop
from shop.roles import Can, may


@dataclass(frozen=True, slots=True)
class Asked:
    """Who enters what where, and what the address says."""

    shop: Shop
    role: str
    by: str
    branch: Branch
    branches: tuple[Branch, ...]
    given: Mapping[str, str]

    @property
    def sees_cost(self) -> bool:
        return may(self.role, Can.SEE_COST)


@dataclass(frozen=True, slots=True)
class Desk:
    """One thing to enter: its words, its form, and the one call that saves it and answers the entry's source."""

    key: str
    title: str
    button: str
    icon: str
    lead: str
    form: Callable[[Asked, Product, Any, Any], Any]
    save: Callable[[Asked, Any], str]

    @property
    def url(self) -> str:
        return reverse(f"insights:stock_{self.key}")


@dataclass(frozen=True, slots=True)
class EntryScreen:
    desk: Desk
    asked: Asked
    found: Found
    form: Any
    codes: dict[str, str]
    said: Outcome | None
    latest: list[Line]
    shelf: Shelf | None


def build(desk: Desk, asked: Asked, found: Found, form: Any) -> EntryScreen:
    """The page as the address asks for it."""
    product = form.product if form else None
    return EntryScreen(
        desk=desk,
        asked=asked,
        found=found,
        form=form,
        codes=codes_of(product) if product else {},
        said=said(asked),
        latest=latest(asked.branch),
        shelf=shelf(asked.branch, asked.shop, asked.given.get("category", "")) if desk.key == "count" else None,
    )


def look_for(asked: Asked) -> Found:
    """The product the address names, or what was scanned or typed."""
    if asked.given.get("product", "").isdecimal():
        product = Product.objects.filter(pk=int(asked.given["product"][:18])).first()
        return Found(product=product) if product else Found(words=asked.given["product"])
    return find(asked.given.get("q", ""))


def blank(desk: Desk, asked: Asked, found: Found) -> Any:
    """The empty form for what was found; a scanned pack says how many."""
    if found.product is None:
        return None
    initial: dict[str, Any] = {"quantity": found.times} if found.words else {}
    if desk.key == "count":
        initial |= {"again": asked.given.get("again"), "category": asked.given.get("category")}
    return desk.form(asked, found.product, None, initial)


def said(asked: Asked) -> Outcome | None:
    """What was saved a moment ago, told from the ledger."""
    pk = asked.given.get("saved", "")
    saved = StockMovement.objects.filter(pk=int(pk[:18]) if pk.isdecimal() else None).select_related("product").first()
    if saved is None:
        return None
    return outcome(saved, asked.shop, sees_cost=asked.sees_cost, again=bool(asked.given.get("again")))


def codes_of(product: Product) -> dict[str, str]:
    """What one scan of each of its codes adds, for the page to count up."""
    rows = Barcode.objects.filter(product=product).values_list("code", "pack_quantity")
    return {code: f"{times.normalize():f}" for code, times in rows}


def after(desk: Desk, asked: Asked, form: Any, source: str) -> str:
    """Where to go once it is saved: the next scan, the next on the shelf, or the same product once more."""
    saved = StockMovement.objects.get(source=source)
    to: dict[str, Any] = {"branch": asked.branch.pk, "saved": saved.pk}
    category, scanned = form.cleaned_data.get("category"), asked.given.get("next", "")[:100]
    if category:
        to["category"] = category.pk
    if desk.key == "count" and not form.cleaned_data["again"] and is_far(saved, form.amount):
        to |= {"product": saved.product_id, "again": saved.pk} | ({"next": scanned} if scanned else {})
    elif scanned:
        to["q"] = scanned
    elif category and (following := shelf(asked.branch, asked.shop, str(category.pk)).next_after(form.product)):
        to["product"] = following.pk
    return f"{desk.url}?{urlencode(to)}"


def _source(kind: str, form: Entry) -> str:
    return f"{kind}:{form.cleaned_data['entry']}"


def _receive(asked: Asked, form: Receive) -> str:
    source = _source("receipt", form)
    supplier = form.product.supplier
    services.receive(
        branch=asked.branch, product=form.product, quantity=form.amount, by=asked.by, source=source, supplier=supplier,
        **form.said(),
    )  # fmt: skip
    return source


def _count(asked: Asked, form: Count) -> str:
    source, again = _source("count", form), form.cleaned_data["again"]
    services.count_stock(
        branch=asked.branch,
        counted={form.product.pk: form.amount},
        by=asked.by,
        source=source,
        note=f"Counted {amount(form.amount, form.product)}",
        instead_of=again.source if again else "",
    )
    return f"{source}:{form.product.pk}"


def _waste(asked: Asked, form: Waste) -> str:
    source = _source("waste", form)
    services.waste(
        branch=asked.branch,
        product=form.product,
        quantity=form.amount,
        by=asked.by,
        reason=form.reason(),
        lot=_lot(form),
        source=source,
    )
    return source


def _transfer(asked: Asked, form: Transfer) -> str:
    source = _source("transfer", form)
    services.transfer(
        product=form.product,
        quantity=form.amount,
        from_branch=asked.branch,
        to_branch=form.cleaned_data["to"],
        by=asked.by,
        lot=_lot(form),
        source=source,
        note=form.cleaned_data["note"],
    )
    return f"{source}:out"


def _lot(form: Any) -> Any:
    chosen = form.cleaned_data.get("lot")
    return form.product.lots.get(pk=chosen) if chosen else None


def _of_lot(form: type[Any]) -> Callable[[Asked, Product, Any, Any], Any]:
    def make(asked: Asked, product: Product, data: Any, initial: Any) -> Any:
        lots = lots_left(branch=asked.branch.pk, product=product.pk)
        return form(data, product=product, branch=asked.branch, initial=initial, lots=lots)

    return make


DESKS = {
    desk.key: desk
    for desk in (
        Desk(
            "receive",
            "Receive goods",
            "Take in",
            "package-plus",
            "What came in, against an order or without one.",
            lambda asked, product, data, initial: Receive(
                data, product=product, branch=asked.branch, initial=initial, sees_cost=asked.sees_cost
            ),
            _receive,
        ),
        Desk(
            "count",
            "Count stock",
            "Save the count",
            "clipboard-check",
            "Say what is there. Each count is saved as you make it.",
            lambda asked, product, data, initial: Count(data, product=product, branch=asked.branch, initial=initial),
            _count,
        ),
        Desk(
            "waste",
            "Write off waste",
            "Write off",
            "trash-2",
            "Goods that nobody will buy, and why.",
            _of_lot(Waste),
            _waste,
        ),
        Desk(
            "transfer",
            "Transfer stock",
            "Move",
            "arrow-left-right",
            "Goods that go to another branch.",
            _of_lot(Transfer),
            _transfer,
        ),
    )
}
