"""What the till recorded: documents that are never edited, only refunded or corrected by a new one."""

import datetime as dt
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from customers.models import Customer
from inventory.models import Product
from shop.models import Branch, Register
from shop.tenancy import ShopForeignKey, ShopManager, ShopOwned, ShopQuerySet

MONEY: dict[str, Any] = {"max_digits": 14, "decimal_places": 4}


class Shift(ShopOwned):
    """A register's working period, opened with a float and closed with a count."""

    register = ShopForeignKey(Register, related_name="shifts")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    cashier = models.CharField(max_length=120, blank=True, default="")
    opening_float = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    counted_cash = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)

    class Meta(ShopOwned.Meta):
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "register"], condition=Q(closed_at=None), name="shift_open_once_per_register"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=models.F("opened_at")), name="shift_closes_after_opening"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cashier} {self.opened_at:%Y-%m-%d %H:%M}"


class SaleQuerySet(ShopQuerySet):
    def counted(self) -> "SaleQuerySet":
        """Documents that count in the figures: all but the voided."""
        return self.filter(voided_at=None)

    def between(self, first: dt.date, last: dt.date) -> "SaleQuerySet":
        """Documents of the business dates from `first` to `last`, both included."""
        return self.filter(business_date__range=(first, last))


class Sale(ShopOwned):
    """One document of a till: a sale, a refund, or a day's summary from a till that only reports totals.

    `uuid` is its identity for ever; `fingerprint` tells a repeat from a conflict. `business_date` is the shop's
    date for `sold_at`, computed once. Amounts are in the shop's currency; `total` is what was paid, tax included.
    """

    class Kind(models.TextChoices):
        SALE = "sale", "Sale"
        REFUND = "refund", "Refund"
        SUMMARY = "summary", "Day summary"

    append_only = True
    wall_updates = ("voided_at", "customer_id", "shift_id")
    keeps_history = False

    uuid = models.UUIDField()
    kind = models.CharField(max_length=7, choices=Kind.choices, default=Kind.SALE)
    source = models.CharField(max_length=10)
    branch = ShopForeignKey(Branch, related_name="+", db_index=False)
    register = ShopForeignKey(Register, null=True, blank=True, related_name="+", db_index=False)
    shift = ShopForeignKey(Shift, null=True, blank=True, related_name="sales")
    customer = ShopForeignKey(Customer, null=True, blank=True, related_name="sales")
    refund_of = ShopForeignKey("self", null=True, blank=True, related_name="refunds")
    receipt = models.CharField(max_length=80, blank=True, default="")
    epoch = models.IntegerField(null=True, blank=True)
    seq = models.BigIntegerField(null=True, blank=True)
    sold_at = models.DateTimeField()
    business_date = models.DateField()
    cashier = models.CharField(max_length=120, blank=True, default="")
    total = models.DecimalField(max_digits=14, decimal_places=2)
    line_count = models.IntegerField()
    fingerprint = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = ShopManager.from_queryset(SaleQuerySet)()

    class Meta(ShopOwned.Meta):
        ordering = ["-business_date", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "uuid"], name="sale_uuid_once"),
            models.CheckConstraint(condition=Q(kind__in=["sale", "refund", "summary"]), name="sale_kind_known"),
        ]
        indexes = [models.Index(fields=["shop", "business_date", "id"], name="sale_by_day")]

    def __str__(self) -> str:
        return self.receipt or str(self.uuid)


class SaleLine(ShopOwned):
    """One line of a sale, with everything snapshot as it was: later edits of the product never touch it.

    `quantity` is negative for a return. `net` + `tax` is what was paid for the line; `cost` is the whole
    line's cost, empty where it was unknown. Four decimals each.
    """

    wall_key = ("shop_id", "sale_id", "id")
    append_only = True
    wall_updates = ("product_id",)
    keeps_history = False

    sale = ShopForeignKey(Sale, related_name="lines", db_index=False)
    product = ShopForeignKey(Product, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=200, blank=True, default="")
    barcode = models.CharField(max_length=48, blank=True, default="")
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    unit_price = models.DecimalField(**MONEY)
    discount = models.DecimalField(**MONEY, default=0)
    net = models.DecimalField(**MONEY)
    tax = models.DecimalField(**MONEY, default=0)
    tax_rate = models.DecimalField(max_digits=6, decimal_places=4, null=True, blank=True)
    cost = models.DecimalField(**MONEY, null=True, blank=True)

    class Meta(ShopOwned.Meta):
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.quantity} {self.name}"


class Payment(ShopOwned):
    """Part of a sale paid by one tender (cash, card, voucher ...)."""

    wall_key = ("shop_id", "sale_id", "id")
    append_only = True
    keeps_history = False

    sale = ShopForeignKey(Sale, related_name="payments", db_index=False)
    tender = models.CharField(max_length=40)
    amount = models.DecimalField(max_digits=14, decimal_places=2)

    class Meta(ShopOwned.Meta):
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.tender} {self.amount}"
