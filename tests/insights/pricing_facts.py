"""A run of the price analysis as its pages read it, without having computed it."""

from decimal import Decimal
from typing import Any

from django.utils import timezone

from insights.models import Elasticity, PriceAdvice, Run
from inventory.models import Product

D = Decimal


def advise(**more: Any) -> Run:
    """Green Grocer's milk, €1.45, could cost €1.55; its rules leave €1.30 to €1.60. The chocolate is to stay."""
    run: Run = Run.objects.create(
        analysis="pricing", status="done", as_of_date=timezone.localdate(), ended_at=timezone.now(), findings={}
    )
    milk, chocolate = Product.objects.get(sku="MILK"), Product.objects.get(sku="CHOC")
    for product, value in ((milk, -1.2), (chocolate, -2.0)):
        Elasticity.objects.create(
            run=run, product=product, value=value, low80=value - 0.4, high80=value + 0.4, observations=60
        )
    PriceAdvice.objects.create(
        run=run, product=milk, price_now=D("1.45"), price=D("1.55"), unit_cost=D("1.10"), units_now=106, units=98,
        units_error=0.05, margin_now=D("37.10"), margin=D("44.10"), change=D(7), change_low=D(2), change_high=D(11),
        key_score=0.9, is_key=True, lowest=D("1.30"), highest=D("1.60"),
        rules=[{"rule": "largest_move", "text": "A tenth at a time.", "least": "1.30", "most": "1.60"}],
        **more,
    )  # fmt: skip
    PriceAdvice.objects.create(
        run=run, product=chocolate, price_now=D("2.40"), price=D("2.40"), unit_cost=D("1.20"), units_now=30, units=30,
        margin_now=D(24), margin=D(24), change=D(0), change_low=D(0), change_high=D(0),
        why_not="No other price within your rules brings more.",
    )  # fmt: skip
    return run
