"""Promotions: what is sold cheaper, where and when. Past ones explain sales, coming ones change what is expected."""

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from inventory.models import Product
from shop.models import Branch
from shop.periods import Period
from shop.tenancy import ShopForeignKey, ShopManager, ShopOwned, ShopQuerySet


class PromotionQuerySet(ShopQuerySet):
    def touching(self, period: Period) -> "PromotionQuerySet":
        """Those with a day in the period."""
        return self.filter(first_date__lte=period.last, last_date__gte=period.first)


class Promotion(ShopOwned):
    """One product's promotion from `first_date` to `last_date`, both included, at one branch or (empty) at all.

    `price` is the promotion's price, `share_off` the part off the shelf price (0.2: a fifth); both may be unknown.
    """

    name = models.CharField(max_length=120, blank=True, default="")
    product = ShopForeignKey(Product, related_name="promotions")
    branch = ShopForeignKey(Branch, null=True, blank=True, related_name="+", help_text="Empty: every branch.")
    first_date = models.DateField("first day")
    last_date = models.DateField("last day")
    price = models.DecimalField(
        max_digits=12, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    share_off = models.DecimalField(
        "part off the price",
        max_digits=5,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
    )

    objects: ClassVar[Any] = ShopManager.from_queryset(PromotionQuerySet)()

    class Meta(ShopOwned.Meta):
        ordering = ["-first_date", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "product", "branch", "first_date", "last_date"],
                name="promotion_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(last_date__gte=F("first_date")), name="promotion_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(price=None) | Q(price__gte=0), name="promotion_price_not_negative"),
            models.CheckConstraint(
                condition=Q(share_off=None) | Q(share_off__range=(0, 1)), name="promotion_share_off_is_share"
            ),
        ]
        indexes = [models.Index(fields=["shop", "first_date", "last_date"], name="promotion_by_day")]

    def __str__(self) -> str:
        return self.name or f"{self.product_id} {self.first_date}"
