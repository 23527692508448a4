"""One product under two codes: pairs to look at, and merges that can be taken back."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from inventory.models.catalogue import Product
from shop.tenancy import ShopForeignKey, ShopOwned


class ProductPair(ShopOwned):
    """Two products that may be one. `first` has the lower id. `reasons` says why, for people; `score` is 0 to 1.

    A person's word (`different`) is kept, so that the pair is never shown again. One put off waits until `again_at`.
    """

    class State(models.TextChoices):
        OPEN = "open", "To look at"
        MERGED = "merged", "One product"
        DIFFERENT = "different", "Two products"

    keeps_history = False

    first = ShopForeignKey(Product, models.CASCADE, related_name="+")
    second = ShopForeignKey(Product, models.CASCADE, related_name="+")
    score = models.DecimalField(max_digits=5, decimal_places=4)
    reasons = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField(default=timezone.now)
    decided_by = models.CharField(max_length=200, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)
    again_at = models.DateTimeField(null=True, blank=True, help_text="When it is shown again. Empty: now.")

    class Meta(ShopOwned.Meta):
        ordering = ["-score", "id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "first", "second"], name="product_pair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="product_pair_in_order"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "merged", "different"]), name="product_pair_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}"


class ProductMerge(ShopOwned):
    """One product taken into another: `gone` stays as a row, off sale, its codes and its history are `kept`'s now.

    `moved` says which rows of which table were moved, so that exactly those go back when it is undone.
    """

    keeps_history = False

    kept = ShopForeignKey(Product, related_name="+")
    gone = ShopForeignKey(Product, related_name="+")
    moved = models.JSONField(default=dict)
    merged_by = models.CharField(max_length=200, blank=True, default="")
    merged_at = models.DateTimeField(default=timezone.now)
    undone_by = models.CharField(max_length=200, blank=True, default="")
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta(ShopOwned.Meta):
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "gone"], condition=Q(undone_at=None), name="product_gone_into_one"),
            models.CheckConstraint(condition=~Q(kept=F("gone")), name="product_merge_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.gone_id} into {self.kept_id}"
