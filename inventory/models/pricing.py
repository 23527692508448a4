"""What differs from the product's own price, and how the shop's own barcodes are read."""

import datetime as dt
from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from inventory.models.catalogue import Product
from inventory.models.price_batches import PriceBatch
from shop.models import Branch
from shop.tenancy import ShopForeignKey, ShopManager, ShopOwned, ShopQuerySet


class ShelfPriceQuerySet(ShopQuerySet):
    def at(self, moment: dt.datetime) -> "ShelfPriceQuerySet":
        """Prices that hold at this moment: from `starts_at`, to just before `ends_at`."""
        started = self.filter(Q(starts_at=None) | Q(starts_at__lte=moment))
        return started.filter(Q(ends_at=None) | Q(ends_at__gt=moment))

    def ahead(self, moment: dt.datetime) -> "ShelfPriceQuerySet":
        """Prices that hold now or later."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=moment))


class ShelfPrice(ShopOwned):
    """A price other than the product's own: at one branch, for a time, or both. Times are moments (UTC).

    Of several that hold at once, one with an end beats one until further notice, then a branch's beats one for all
    branches, then the later start, then the later entered (`inventory.prices` decides). Past its end the price before
    is back. A product's own new price ends what held at every branch until further notice (a trigger).
    """

    product = ShopForeignKey(Product, models.CASCADE, related_name="shelf_prices")
    branch = ShopForeignKey(Branch, null=True, blank=True, related_name="+", help_text="Empty: at every branch.")
    price = models.DecimalField(max_digits=12, decimal_places=4)
    starts_at = models.DateTimeField(null=True, blank=True, help_text="Empty: from now on.")
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Empty: until further notice.")
    reason = models.CharField(max_length=120, blank=True, default="")
    batch = ShopForeignKey(PriceBatch, null=True, blank=True, editable=False, related_name="shelf_prices")

    objects: ClassVar[Any] = ShopManager.from_queryset(ShelfPriceQuerySet)()

    class Meta(ShopOwned.Meta):
        ordering = ["product", "starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="shelf_price_not_negative"),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="shelf_price_ends_after_start",
            ),
        ]
        indexes = [models.Index(fields=["shop", "product", "branch"], name="shelf_price_by_product")]

    def __str__(self) -> str:
        return str(self.product)


class BarcodeRule(ShopOwned):
    """How a code printed in the shop is read: which digits say the goods, which their weight, price or number.

    `pattern` has one sign a digit: a digit stands for itself, I for the goods (a PLU or SKU), V for the value,
    C for the code's check digit, X for a digit that is not looked at. `decimals`: how many of V are behind the point.
    """

    class Holds(models.TextChoices):
        WEIGHT = "weight", "Weight in kg"
        PRICE = "price", "Price"
        QUANTITY = "quantity", "Number of pieces"

    name = models.CharField(max_length=80)
    pattern = models.CharField(
        max_length=24,
        validators=[RegexValidator(r"^[0-9]{1,4}[0-9IVCX]{3,20}$", "Begin with a digit; then digits, I, V, C and X.")],
        help_text="Such as 21IIIIIVVVVVC: goods in five digits, value in five, a check digit.",
    )
    holds = models.CharField("the value is", max_length=8, choices=Holds.choices)
    decimals = models.PositiveSmallIntegerField("digits behind the point", default=3)
    is_active = models.BooleanField("in use", default=True)

    class Meta(ShopOwned.Meta):
        ordering = ["pattern"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "pattern"], name="barcode_rule_pattern_once"),
            models.CheckConstraint(
                condition=Q(pattern__regex=r"^[0-9]{1,4}[0-9IVCX]{3,20}$"), name="barcode_rule_pattern"
            ),
            models.CheckConstraint(condition=Q(pattern__contains="I"), name="barcode_rule_says_the_goods"),
            models.CheckConstraint(condition=Q(decimals__lte=4), name="barcode_rule_decimals"),
            models.CheckConstraint(
                condition=Q(holds__in=["weight", "price", "quantity"]), name="barcode_rule_holds_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name
