"""Prices that change together, and the rules no advised price may break."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from inventory.models.catalogue import Category, Product
from shop.models import Branch
from shop.tenancy import ShopForeignKey, ShopOwned

SHARE: dict[str, Any] = {"max_digits": 6, "decimal_places": 4, "null": True, "blank": True}


class PriceBatch(ShopOwned):
    """Prices prepared together, which hold for a branch (empty: all) from `starts_at` on once somebody approves them.

    With `ends_at` the prices before come back by themselves. Undoing puts them back at once.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        APPROVED = "approved", "Approved"
        UNDONE = "undone", "Undone"
        DISCARDED = "discarded", "Discarded"

    name = models.CharField(max_length=120)
    branch = ShopForeignKey(Branch, null=True, blank=True, related_name="+", help_text="Empty: every branch.")
    starts_at = models.DateTimeField(null=True, blank=True, help_text="Empty: when it is approved.")
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Empty: until further notice.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    made_by = models.CharField(max_length=200, blank=True, default="")
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_by = models.CharField(max_length=200, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=200, blank=True, default="", db_default="")
    undone_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When its prices became the products' own."
    )

    class Meta(ShopOwned.Meta):
        ordering = ["-id"]
        verbose_name_plural = "price batches"
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="price_batch_ends_after_start",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="price_batch_has_name"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "approved", "undone", "discarded"]), name="price_batch_state_known"
            ),
        ]
        indexes = [models.Index(fields=["shop", "state"], name="price_batch_by_state")]

    def __str__(self) -> str:
        return self.name


class PriceBatchLine(ShopOwned):
    """One product's new price in a batch; `price_before` is what it cost until further notice when the batch was
    approved, and for what becomes the product's own price: when it did. `was_left`: undoing left a later price."""

    batch = ShopForeignKey(PriceBatch, models.CASCADE, related_name="lines", db_index=False)
    product = ShopForeignKey(Product, models.CASCADE, related_name="+")
    price = models.DecimalField(max_digits=12, decimal_places=4)
    price_before = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    note = models.CharField(max_length=200, blank=True, default="")
    was_left = models.BooleanField(default=False, db_default=False)

    class Meta(ShopOwned.Meta):
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "batch", "product"], name="price_batch_line_once"),
            models.CheckConstraint(condition=Q(price__gt=0), name="price_batch_line_above_0"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.price}"


class PricePolicy(ShopOwned):
    """What an advised price must keep to, for a category (empty: the whole shop); an empty field says nothing.

    Shares are of one: a margin floor of 0.15 is 15 % of the net price, a largest move of 0.1 is 10 % of the price.
    The weights say how much the soft wishes count against the margin a price earns.
    """

    category = ShopForeignKey(Category, models.CASCADE, null=True, blank=True, related_name="+")
    margin_floor = models.DecimalField("least margin", **SHARE)
    largest_move = models.DecimalField("largest change at once", **SHARE)
    rest_days = models.PositiveSmallIntegerField("days between two changes", null=True, blank=True)
    ending = models.CharField("prices end", max_length=12, blank=True, default="")
    target_margin = models.DecimalField("wished margin", **SHARE)
    target_index = models.DecimalField(
        "wished price against competitors", **SHARE, help_text="1 is the same, 0.95 is 5 % below."
    )
    weight_margin = models.DecimalField("weight of the wished margin", **SHARE)
    weight_index = models.DecimalField("weight of the competitors' prices", **SHARE)

    class Meta(ShopOwned.Meta):
        ordering = ["category_id"]
        verbose_name_plural = "price policies"
        constraints = [
            models.UniqueConstraint(fields=["shop", "category"], name="price_policy_once", nulls_distinct=False),
            models.CheckConstraint(
                condition=Q(margin_floor=None) | Q(margin_floor__range=(-1, 1)), name="price_policy_floor"
            ),
            models.CheckConstraint(
                condition=Q(largest_move=None) | Q(largest_move__range=(0, 1)), name="price_policy_move"
            ),
        ]

    def __str__(self) -> str:
        return str(self.category) if self.category_id else "Whole shop"


class PriceTie(ShopOwned):
    """Two products whose prices belong together: the same price, or a fair one by size, or one below the other.

    `size`: the larger pack never costs more per 100 g or ml. `gap`: the first stays at least the share `gap` below
    the second (an own brand below the branded one).
    """

    class Kind(models.TextChoices):
        SAME = "same", "The same price"
        SIZE = "size", "Larger is not dearer for its size"
        GAP = "gap", "Stays below the other"

    kind = models.CharField(max_length=4, choices=Kind.choices)
    first = ShopForeignKey(Product, models.CASCADE, related_name="+")
    second = ShopForeignKey(Product, models.CASCADE, related_name="+")
    gap = models.DecimalField("at least so far below", **SHARE)

    class Meta(ShopOwned.Meta):
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "kind", "first", "second"], name="price_tie_once"),
            models.CheckConstraint(condition=~Q(first=F("second")), name="price_tie_of_two"),
            models.CheckConstraint(condition=Q(kind__in=["same", "size", "gap"]), name="price_tie_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.first} and {self.second}"
