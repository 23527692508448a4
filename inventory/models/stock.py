"""The stock ledger, its cache, and the lots that were received."""

from django.db import models
from django.db.models import Q

from inventory.models.catalogue import Product, Supplier
from shop.models import Branch
from shop.tenancy import ShopForeignKey, ShopOwned


class Lot(ShopOwned):
    """A received quantity of a product with its dates and cost. Sold first-expired-first-out (FEFO)."""

    branch = ShopForeignKey(Branch, related_name="+")
    product = ShopForeignKey(Product, related_name="lots")
    supplier = ShopForeignKey(Supplier, null=True, blank=True, related_name="+")
    code = models.CharField("lot", max_length=64, blank=True, default="")
    quantity = models.DecimalField("quantity received", max_digits=14, decimal_places=3)
    cost = models.DecimalField("cost per unit", max_digits=12, decimal_places=4, null=True, blank=True)
    received_on = models.DateField()
    best_before = models.DateField(null=True, blank=True)
    use_by = models.DateField(null=True, blank=True)

    class Meta(ShopOwned.Meta):
        ordering = ["use_by", "best_before", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "branch", "product", "code", "best_before", "use_by"],
                name="lot_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="lot_quantity_not_negative"),
        ]

    def __str__(self) -> str:
        return self.code or f"received {self.received_on}"


class StockMovement(ShopOwned):
    """One line of the append-only stock ledger. `quantity` is signed: what it added to the level.

    A count's quantity is the correction it made. `source` names what caused it and makes repeating harmless.
    """

    class Kind(models.TextChoices):
        SALE = "sale", "Sale"
        REFUND = "refund", "Refund"
        RECEIPT = "receipt", "Receipt"
        WASTE = "waste", "Waste"
        COUNT = "count", "Count"
        TRANSFER = "transfer", "Transfer"
        CORRECTION = "correction", "Correction"

    append_only = True
    keeps_history = False

    branch = ShopForeignKey(Branch, related_name="+")
    product = ShopForeignKey(Product, related_name="movements")
    lot = ShopForeignKey(Lot, null=True, blank=True, related_name="movements")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    unit_cost = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    occurred_at = models.DateTimeField()
    source = models.CharField(max_length=80)
    note = models.CharField(max_length=200, blank=True, default="")
    actor = models.CharField(max_length=200, blank=True, default="")

    class Meta(ShopOwned.Meta):
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "source"], name="movement_source_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["sale", "refund", "receipt", "waste", "count", "transfer", "correction"]),
                name="movement_kind_known",
            ),
        ]
        indexes = [models.Index(fields=["shop", "product", "branch", "occurred_at"], name="movement_by_product")]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity}"


class StockLevel(ShopOwned):
    """How much of a product a branch has: the ledger's cache. No row: never counted nor received there.

    `tracked_from` is the first count or receipt; sales before it are history and move no stock.
    """

    wall_key = ("shop_id", "branch_id", "product_id")
    keeps_history = False

    branch = ShopForeignKey(Branch, related_name="+")
    product = ShopForeignKey(Product, related_name="levels")
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    tracked_from = models.DateTimeField()
    counted_at = models.DateTimeField(null=True, blank=True)

    class Meta(ShopOwned.Meta):
        indexes = [models.Index(fields=["shop", "product"], name="level_by_product")]

    def __str__(self) -> str:
        return f"{self.quantity}"


class MinimumStock(ShopOwned):
    """The least of a product a branch wants on its shelf, whatever the forecast says."""

    branch = ShopForeignKey(Branch, related_name="+")
    product = ShopForeignKey(Product, related_name="minimums")
    quantity = models.DecimalField(max_digits=14, decimal_places=3)

    class Meta(ShopOwned.Meta):
        verbose_name_plural = "minimum stock"
        constraints = [
            models.UniqueConstraint(fields=["shop", "branch", "product"], name="minimum_stock_once"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="minimum_stock_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity}"
