"""Forecasts, and the days that are unlike the others."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from insights.models.analyses import Run
from inventory.models import Category, Product
from shop.models import Branch
from shop.tenancy import ShopForeignKey, ShopManager, ShopOwned, ShopQuerySet


class ForecastQuerySet(ShopQuerySet):
    def products(self) -> "ForecastQuerySet":
        return self.exclude(product=None)

    def totals(self) -> "ForecastQuerySet":
        """Categories, branches and the shop: they add up to the products."""
        return self.filter(product=None)


def _numbers() -> ArrayField:  # type: ignore[type-arg]
    return ArrayField(models.FloatField())


class ForecastSeries(ShopOwned):
    """What is expected of a product at a branch, day by day from `first_date` on, in its selling unit.

    `mean` adds up: to the category at the branch (category set, product empty), the branch (both empty) and the shop
    (branch empty too). `low80` to `high80` holds the day's demand 8 times in 10, `low50` to `high50` 5 in 10.
    The scores come from the backtest that chose the model; unknown is empty.
    """

    keeps_history = False
    wall_key = ("shop_id", "run_id", "id")

    run = ShopForeignKey(Run, models.CASCADE, related_name="forecasts", db_index=False)
    branch = ShopForeignKey(Branch, null=True, related_name="+", db_index=False)
    product = ShopForeignKey(Product, null=True, related_name="+", db_index=False)
    category = ShopForeignKey(Category, null=True, related_name="+", db_index=False)
    first_date = models.DateField()
    step = models.PositiveSmallIntegerField(default=1, help_text="Days its model works in: 1 or 7.")
    model = models.CharField(max_length=40)
    mean = _numbers()
    low50 = _numbers()
    high50 = _numbers()
    low80 = _numbers()
    high80 = _numbers()
    wape = models.FloatField(null=True)
    naive_wape = models.FloatField(null=True)
    bias = models.FloatField(null=True)
    coverage = models.FloatField(null=True)

    objects: ClassVar[Any] = ShopManager.from_queryset(ForecastQuerySet)()

    class Meta(ShopOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "run", "branch", "product", "category"], name="forecast_once", nulls_distinct=False
            )
        ]
        indexes = [models.Index(fields=["shop", "product", "run"], name="forecast_by_product")]

    def __str__(self) -> str:
        return f"{self.product_id or self.category_id or 'all'} from {self.first_date}"


class CalendarEvent(ShopOwned):
    """Days that will not be like others: a street fair, a closed school, road works.

    `effect` is what it does to sales as a share (0.2: a fifth more), with an 80 % range; empty: learn it.
    Only approved events reach a forecast.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "To approve"
        APPROVED = "approved", "In the forecast"
        DISMISSED = "dismissed", "Not used"

    name = models.CharField(max_length=120)
    first_date = models.DateField("first day")
    last_date = models.DateField("last day")
    branch = ShopForeignKey(Branch, null=True, blank=True, related_name="+", help_text="Empty: every branch.")
    category = ShopForeignKey(Category, null=True, blank=True, related_name="+", help_text="Empty: everything.")
    is_closed = models.BooleanField("shut on these days", default=False)
    effect = models.DecimalField(
        "change in sales", max_digits=6, decimal_places=3, null=True, blank=True, validators=[MinValueValidator(-1)]
    )
    effect_low = models.DecimalField(max_digits=6, decimal_places=3, null=True, blank=True)
    effect_high = models.DecimalField(max_digits=6, decimal_places=3, null=True, blank=True)
    said = models.CharField("as it was said", max_length=300, blank=True, default="")
    read_by = models.CharField(max_length=20, blank=True, default="")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    decided_by = models.CharField(max_length=200, blank=True, default="")
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(ShopOwned.Meta):
        ordering = ["first_date", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(last_date__gte=F("first_date")), name="event_ends_after_it_begins"),
            models.CheckConstraint(condition=~Q(name=""), name="event_has_name"),
            models.CheckConstraint(condition=Q(effect=None) | Q(effect__gte=-1), name="event_takes_at_most_all"),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "approved", "dismissed"]), name="event_state_known"
            ),
        ]
        indexes = [models.Index(fields=["shop", "first_date"], name="event_by_day")]

    def __str__(self) -> str:
        return self.name
