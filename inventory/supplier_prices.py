"""What is made of a supplier's new prices: the cost taken over, put aside, looked at again. Each may be repeated."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from inventory.models import Product, SupplierItem, SupplierPrice
from inventory.price_rules import habit, policies
from inventory.pricing import Rule, margin
from shop.errors import Refused
from shop.models import Shop
from shop.tenancy import acting

State = SupplierPrice.State


class SupplierPriceRefused(Refused):
    code = "supplier_price_invalid"


@transaction.atomic
def take(*, prices: Collection[int], by: str) -> int:
    """Make these prices (ids) the products' costs from now on; returns how many were waiting or put aside.

    Of several for one product the one with the latest day stands. An article that is no product of ours is left.
    """
    found = _locked(prices).filter(item__product__isnull=False).exclude(state=State.TAKEN)
    rows = list(found.select_related("item__supplier").order_by("from_date", "pk"))
    now = timezone.now()
    costs = {row.item.product_id: row for row in rows}
    products = {product.pk: product for product in Product.objects.select_for_update(of=("self",)).filter(pk__in=costs)}
    for row in rows:
        row.cost_before = products[row.item.product_id].cost
        row.state, row.decided_by, row.decided_at = State.TAKEN, by, now
    for pk, row in sorted(costs.items()):
        if products[pk].cost != row.cost:
            with acting(by, f"Price list of {row.item.supplier}"):
                Product.objects.filter(pk=pk).update(cost=row.cost)
    with acting(by, "Supplier's price taken over"):
        SupplierPrice.objects.bulk_update(rows, ["state", "decided_by", "decided_at", "cost_before"])
    return len(rows)


@transaction.atomic
def put_aside(*, prices: Collection[int], by: str) -> int:
    """Say of waiting prices (ids) that nothing is to be made of them; returns how many."""
    return _decide(_locked(prices).filter(state=State.WAITING), State.LEFT, by)


@transaction.atomic
def look_again(*, prices: Collection[int], by: str) -> int:
    """Let prices (ids) that were put aside wait again; returns how many."""
    return _decide(_locked(prices).filter(state=State.LEFT), State.WAITING, by)


@transaction.atomic
def match(*, item: int, product: Product, by: str) -> SupplierItem:
    """Say which product of ours an article is. Raises SupplierPriceRefused where it is another one's already."""
    found: SupplierItem | None = SupplierItem.objects.select_for_update(of=("self",)).filter(pk=item).first()
    if found is None:
        raise SupplierPriceRefused("There is no such article.")
    if found.product_id not in (None, product.pk):
        raise SupplierPriceRefused(f"{found} is {found.product} already.")
    if found.product_id is None:
        found.product = product
        with acting(by, "Article matched"):
            found.save(update_fields=["product"])
            found.prices.filter(state=State.WAITING).update(cost_before=product.cost)
    return found


def keeping_prices(shop: Shop, wanted: Iterable[tuple[Product, Decimal | None, Decimal]]) -> dict[int, Decimal]:
    """The shelf price of each product (with its price now, and the new cost) that earns the margin it earns now.

    It ends as the shop's prices end, by rule or by habit. A product without a price, a cost or a margin is left out.
    Products come with their tax rate.
    """
    rules, found = policies(), {}
    usual = habit(Product.objects.active().exclude(price=None).values_list("price", flat=True))
    for product, price, cost in wanted:
        rate = product.tax_rate.rate if product.tax_rate else Decimal(0)
        earned = margin(price, product.cost, rate, prices_include_tax=shop.prices_include_tax)
        if earned is None or earned >= 1:
            continue
        exact = cost / (1 - earned) * (1 + rate if shop.prices_include_tax else Decimal(1))
        ending = rules[product.category_id or 0].ending
        new = Rule("set", exact, usual if ending is None else ending).applied(None)
        if new:
            found[product.pk] = new
    return found


def _locked(prices: Collection[int]) -> Any:
    return SupplierPrice.objects.select_for_update(of=("self",)).filter(pk__in=prices)


def _decide(found: Any, state: str, by: str) -> int:
    rows = list(found)
    for row in rows:
        row.state, row.decided_by, row.decided_at = state, by, timezone.now()
    with acting(by, "Supplier's price"):
        SupplierPrice.objects.bulk_update(rows, ["state", "decided_by", "decided_at"])
    return len(rows)
