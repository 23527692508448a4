"""The shelf's rows about prices, reviews and what decisions earned."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from customers.models import Review
from insights.models import (
    CrossEffect,
    Outcome,
    PriceAdvice,
    ReviewAspect,
    ReviewCorrection,
    ReviewReading,
    ReviewReply,
    ReviewTheme,
    Run,
    SearchEntry,
    Suggestion,
)
from inventory.models import (
    Competitor,
    CompetitorItem,
    CompetitorPrice,
    Lot,
    LotPrice,
    PriceBatch,
    PriceBatchLine,
    PricePolicy,
    PriceTie,
    Product,
)
from shop.models import Job

BY = "alice@shops.example"
DAY = dt.date(2026, 11, 1)


@dataclass
class Advised:
    """Rows that pages about prices and reviews name."""

    price_batch: PriceBatch
    price_line: PriceBatchLine
    competitor: Competitor
    competitor_item: CompetitorItem
    competitor_price: CompetitorPrice
    match_job: Job
    lot_price: LotPrice
    review: Review
    reply: ReviewReply
    outcome: Outcome


def advise(product: Product, suggestion: Suggestion) -> Advised:
    """A price advised, prepared and compared; a lot marked down; a review read, corrected and answered."""
    other: Product = Product.objects.create(sku="MILK-1L", name="Milk 1 L", price=Decimal("0.95"))
    prices = Run.objects.get(analysis="pricing")
    PriceAdvice.objects.create(
        run=prices, product=product, price_now=Decimal("1.45"), price=Decimal("1.55"), unit_cost=Decimal("1.10"),
        units_now=40, units=36, margin_now=Decimal(14), margin=Decimal(16), change=Decimal(2), change_low=Decimal(1),
        change_high=Decimal(3),
    )  # fmt: skip
    CrossEffect.objects.create(run=prices, product=product, other=other, value=0.4, low80=0.1, high80=0.7)
    PricePolicy.objects.create(margin_floor=Decimal("0.1"))
    PriceTie.objects.create(kind="size", first=product, second=other)
    batch = PriceBatch.objects.create(name="Monday's prices", made_by=BY)
    line = PriceBatchLine.objects.create(batch=batch, product=product, price=Decimal("1.55"))
    competitor = Competitor.objects.create(name="Big Store")
    item = CompetitorItem.objects.create(competitor=competitor, name="Whole milk 2L", state="proposed")
    seen = CompetitorPrice.objects.create(item=item, price=Decimal("1.39"), seen_on=DAY)
    lot = Lot.objects.filter(product=product).order_by("pk").first()
    lot_price = LotPrice.objects.create(
        lot=lot, branch=lot.branch, product=product, code="2900001001455", price=Decimal("1.00"), quantity=Decimal(3),
        made_by=BY,
    )  # fmt: skip
    review, reply = _read()
    return Advised(
        batch, line, competitor, item, seen,
        Job.objects.create(kind="match_competitors", title="Items", payload={}, asked_by=BY),
        lot_price, review, reply,
        outcome=Outcome.objects.create(
            suggestion=suggestion, days=7, first_date=DAY, last_date=DAY + dt.timedelta(days=6), act="followed",
            predicted=Decimal(9), effect=Decimal(7), effect_low=Decimal(2), effect_high=Decimal(12), verdict="earned",
        ),
    )  # fmt: skip


def _read() -> tuple[Review, ReviewReply]:
    reading = ReviewReading.objects.select_related("review").order_by("pk").first()
    ReviewAspect.objects.create(review=reading.review, aspect="freshness", score=Decimal("0.9"))
    reading.theme = ReviewTheme.objects.create(run=reading.run, name="fresh, always", reviews=1, mean_score=0.8)
    reading.save()
    ReviewCorrection.objects.create(review=reading.review, label="positive", by=BY)
    reply = ReviewReply.objects.create(review=reading.review, drafted="Thank you.", text="Thank you.")
    SearchEntry.objects.create(
        review=reading.review,
        text="always fresh",
        text_hash="0",
        grams="0" * 1024,
        vector=[0.0, 1.0] * 256,
        model="any",
    )
    return reading.review, reply
