"""What tills sent that a person should look at, and costs that were settled later."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.models import Product
from sales.models.selling import Sale, SaleLine
from shop.models import Branch, Register
from shop.tenancy import ShopForeignKey, ShopManager, ShopOwned, ShopQuerySet


class InboxQuerySet(ShopQuerySet):
    def open(self) -> "InboxQuerySet":
        return self.filter(resolved_at=None)


class InboxItem(ShopOwned):
    """Something a till sent that a person should look at. Repeating it makes no second item.

    Conflicts and parked sales are not in the books: `payload` keeps them as they were sent, until somebody books them
    or sets them aside. Refused ones were never understood: only their hash and the reason are kept, the till has the
    rest. All other kinds are about a `sale` that is in the books. An unknown product's item names the `product` its
    line was matched with, and how many times it was `matched` so far: each time moves stock under a source of its own.
    """

    class Kind(models.TextChoices):
        CONFLICT = "conflict", "Same number, other content"
        PARKED = "parked", "Set aside"
        REFUSED = "refused", "Could not be read"
        UNMATCHED = "unmatched", "Unknown product"
        OVER_REFUND = "over_refund", "More given back than sold"
        MISMATCH = "mismatch", "Amounts do not add up"
        CLOCK = "clock", "The till's clock is wrong"
        SEQ_REUSED = "seq_reused", "Receipt number used twice"

    keeps_history = False

    kind = models.CharField(max_length=12, choices=Kind.choices)
    told_id = models.CharField(max_length=80, blank=True, default="")
    fingerprint = models.CharField(max_length=64, blank=True, default="")
    line_number = models.PositiveSmallIntegerField(null=True, blank=True)
    branch = ShopForeignKey(Branch, null=True, blank=True, related_name="+")
    register = ShopForeignKey(Register, null=True, blank=True, related_name="+")
    sale = ShopForeignKey(Sale, null=True, blank=True, related_name="inbox_items")
    code = models.CharField(max_length=80, blank=True, default="")
    name = models.CharField(max_length=200, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")
    product = ShopForeignKey(Product, null=True, blank=True, related_name="+")
    matched = models.PositiveSmallIntegerField(default=0, db_default=0)
    payload = models.JSONField(null=True, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=200, blank=True, default="")
    resolution = models.CharField(max_length=200, blank=True, default="")

    objects: ClassVar[Any] = ShopManager.from_queryset(InboxQuerySet)()

    class Meta(ShopOwned.Meta):
        ordering = ["-received_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "kind", "told_id", "fingerprint", "line_number"],
                name="inbox_item_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "conflict",
                        "parked",
                        "refused",
                        "unmatched",
                        "over_refund",
                        "mismatch",
                        "clock",
                        "seq_reused",
                    ]
                ),
                name="inbox_kind_known",
            ),
        ]
        indexes = [
            models.Index(fields=["shop", "kind", "code"], condition=Q(resolved_at=None), name="inbox_open"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.told_id}"


class CostSettlement(ShopOwned):
    """The cost of goods sold before they were there, put right by the receipt that brought them.

    `quantity` of the line came out of that receipt; `was` and `now` are the whole line's cost before and after. A
    receipt taken back writes a second row, with a minus, for the receipt `undo:<source>`.
    """

    append_only = True
    keeps_history = False

    line = ShopForeignKey(SaleLine, related_name="+")
    branch = ShopForeignKey(Branch, related_name="+")
    product = ShopForeignKey(Product, related_name="+")
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    was = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    now = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    receipt = models.CharField(max_length=80)
    settled_at = models.DateTimeField(default=timezone.now)

    class Meta(ShopOwned.Meta):
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["shop", "line", "receipt"], name="cost_settled_once")]
        indexes = [models.Index(fields=["shop", "product", "branch"], name="settlement_by_product")]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.was} to {self.now}"
