"""Orders to suppliers, and what came of them."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.models.catalogue import Product, Supplier
from inventory.models.stock import Lot
from shop.models import Branch
from shop.tenancy import ShopForeignKey, ShopManager, ShopOwned, ShopQuerySet


class OrderQuerySet(ShopQuerySet):
    def on_the_way(self) -> "OrderQuerySet":
        """Orders whose goods still count as coming: drafts too, so that nothing is suggested twice."""
        return self.filter(state__in=PurchaseOrder.ON_THE_WAY)


class PurchaseOrder(ShopOwned):
    """An order of one branch to one supplier: filled while a draft, approved once, then mailed and received.

    `number` counts within the shop; `reference` is the number another system gave an order that came from its file.
    `cutoff_at` is the supplier's cut-off for it, `expected_on` the delivery day.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        APPROVED = "approved", "Approved"
        PART = "part", "Partly received"
        RECEIVED = "received", "Received"
        CANCELLED = "cancelled", "Cancelled"

    class Mail(models.TextChoices):
        NONE = "", "Not mailed"
        WAITING = "waiting", "Being mailed"
        SENT = "sent", "Mailed"
        FAILED = "failed", "The mail failed"

    ON_THE_WAY = ("draft", "approved", "part")

    number = models.PositiveIntegerField()
    reference = models.CharField("number elsewhere", max_length=64, blank=True, default="", db_default="")
    branch = ShopForeignKey(Branch, related_name="+")
    supplier = ShopForeignKey(Supplier, related_name="orders")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    cutoff_at = models.DateTimeField(null=True, blank=True)
    expected_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True, default="")
    made_by = models.CharField(max_length=200, blank=True, default="")
    made_at = models.DateTimeField(default=timezone.now)
    approved_by = models.CharField(max_length=200, blank=True, default="")
    approved_at = models.DateTimeField(null=True, blank=True)
    mail = models.CharField(max_length=8, choices=Mail.choices, blank=True, default=Mail.NONE)
    mailed_to = models.EmailField(blank=True, default="")
    mailed_at = models.DateTimeField(null=True, blank=True)
    mail_error = models.CharField(max_length=200, blank=True, default="")

    objects: ClassVar[Any] = ShopManager.from_queryset(OrderQuerySet)()

    class Meta(ShopOwned.Meta):
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "number"], name="order_number_once"),
            models.UniqueConstraint(
                fields=["shop", "branch", "supplier"], condition=Q(state="draft"), name="order_one_draft_a_supplier"
            ),
            models.UniqueConstraint(
                fields=["shop", "supplier", "branch", "reference"],
                condition=~Q(reference=""),
                name="order_reference_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "approved", "part", "received", "cancelled"]), name="order_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"Order {self.number}"


class PurchaseOrderLine(ShopOwned):
    """One product of an order. `quantity` is in its selling unit (pieces or kilograms), `received` what came so far.

    `sources` says who asked for how much: adding the same source twice adds once, and each can be taken off again.
    """

    order = ShopForeignKey(PurchaseOrder, models.CASCADE, related_name="lines")
    product = ShopForeignKey(Product, related_name="order_lines")
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    pack_size = models.PositiveIntegerField(null=True, blank=True)
    unit_cost = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    received = models.DecimalField(max_digits=14, decimal_places=3, default=0)
    is_closed = models.BooleanField("nothing more will come", default=False)
    sources = models.JSONField(default=dict, blank=True)

    class Meta(ShopOwned.Meta):
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "order", "product"], name="order_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_quantity_above_zero"),
            models.CheckConstraint(condition=Q(received__gte=0), name="order_line_received_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.product_id}"


class DeliveryLine(ShopOwned):
    """Goods that came for an order's line: perhaps in parts, perhaps another product in its place.

    Its stock is one movement of the ledger, named by `source`; undoing it takes that movement back.
    """

    order_line = ShopForeignKey(PurchaseOrderLine, related_name="deliveries")
    product = ShopForeignKey(Product, related_name="+")
    lot = ShopForeignKey(Lot, null=True, blank=True, related_name="+")
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    unit_cost = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    source = models.CharField(max_length=80)
    received_at = models.DateTimeField(default=timezone.now)
    received_by = models.CharField(max_length=200, blank=True, default="")
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta(ShopOwned.Meta):
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "source"], name="delivery_source_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="delivery_quantity_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.product_id}"
