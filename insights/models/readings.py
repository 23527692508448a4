"""What the analyses read out of reviews and prices: one row a review or product, replaced by each run."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from customers.models import Review
from insights.models.analyses import Run
from inventory.models import Product
from shop.tenancy import ShopForeignKey, ShopOwned


class ReviewReading(ShopOwned):
    """How a review sounds. `score` is -1 (bad) to 1 (good); `text_hash` tells whether the text changed since."""

    class Label(models.TextChoices):
        POSITIVE = "positive", "Positive"
        NEUTRAL = "neutral", "Neutral"
        NEGATIVE = "negative", "Negative"

    keeps_history = False

    review = ShopForeignKey(Review, models.CASCADE, related_name="readings")
    run = ShopForeignKey(Run, null=True, related_name="+", on_delete=models.SET_NULL)
    label = models.CharField(max_length=8, choices=Label.choices)
    score = models.DecimalField(max_digits=4, decimal_places=3)
    language = models.CharField(max_length=8, blank=True, default="")
    provider = models.CharField(max_length=20)
    model = models.CharField(max_length=80, blank=True, default="")
    text_hash = models.CharField(max_length=64)
    read_at = models.DateTimeField(default=timezone.now)

    class Meta(ShopOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["shop", "review"], name="review_read_once"),
            models.CheckConstraint(condition=Q(score__gte=-1) & Q(score__lte=1), name="review_score_in_range"),
            models.CheckConstraint(
                condition=Q(label__in=["positive", "neutral", "negative"]), name="review_label_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.score}"


class Elasticity(ShopOwned):
    """By how many per cent the quantity of a product changes when its own price changes by one, with an 80 % range."""

    keeps_history = False

    run = ShopForeignKey(Run, models.CASCADE, related_name="elasticities", db_index=False)
    product = ShopForeignKey(Product, related_name="+")
    value = models.FloatField()
    low80 = models.FloatField()
    high80 = models.FloatField()
    observations = models.PositiveIntegerField()

    class Meta(ShopOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["shop", "run", "product"], name="elasticity_once")]

    def __str__(self) -> str:
        return f"{self.value:.2f}"
