"""What the till recorded: documents that are never edited, only taken back or corrected by a new one."""

import datetime as dt
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL

from customers.models import Customer
from inventory.models import Product
from sales.models.shifts import Shift
from shop.models import Branch, Import, Register
from shop.tenancy import ShopForeignKey, ShopManager, ShopOwned, ShopQuerySet

MONEY: dict[str, Any] = {"max_digits": 14, "decimal_places": 4}


class SaleQuerySet(ShopQuerySet):
    def counted(self) -> "SaleQuerySet":
        """Documents that count in the figures: all but the voided."""
        return self.filter(voided_at=None)

    def between(self, first: dt.date, last: dt.date) -> "SaleQuerySet":
        """Documents of the business dates from `first` to `last`, both included."""
        return self.filter(business_date__range=(first, last))


class Sale(ShopOwned):
    """One document of a till: a sale, what takes one back, or a day's summary from a till that only reports totals.

    `uuid` is its identity for ever; `fingerprint` tells a repeat from a conflict. `business_date` is the shop's
    date for `sold_at`, computed once; `told_at` is the till's own time where its clock was wrong. Amounts are in the
    shop's currency; `total` is what the goods came to, tax included, `rounding` what cash rounding added to it.
    `epoch` and `seq` are the register's own count: a number missing in it is a sale that never came. `shift_key` is
    the shift as the till named it, which may come later than its sales. `flags` say what was odd when it came.
    `imported` is the import that brought it; taken back, its documents are voided and give up their uuid.
    """

    class Kind(models.TextChoices):
        SALE = "sale", "Sale"
        REFUND = "refund", "Refund"
        EXCHANGE = "exchange", "Exchange"
        VOID = "void", "Void"
        SUMMARY = "summary", "Day summary"

    class Channel(models.TextChoices):
        TILL = "till", "Till"
        WEB = "web", "Web"
        PHONE = "phone", "Phone"

    append_only = True
    wall_updates = ("voided_at", "customer_id", "shift_id", "refund_of_id", "imported_id", "uuid")
    keeps_history = False

    uuid = models.UUIDField()
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.SALE)
    channel = models.CharField(max_length=5, choices=Channel.choices, default=Channel.TILL, db_default=Channel.TILL)
    source = models.CharField(max_length=10)
    branch = ShopForeignKey(Branch, related_name="+", db_index=False)
    register = ShopForeignKey(Register, null=True, blank=True, related_name="+", db_index=False)
    shift = ShopForeignKey(Shift, null=True, blank=True, related_name="sales")
    customer = ShopForeignKey(Customer, null=True, blank=True, related_name="sales")
    refund_of = ShopForeignKey("self", null=True, blank=True, related_name="refunds")
    receipt = models.CharField(max_length=80, blank=True, default="")
    epoch = models.IntegerField(null=True, blank=True)
    seq = models.BigIntegerField(null=True, blank=True)
    shift_key = models.UUIDField(null=True, blank=True)
    sold_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    business_date = models.DateField()
    cashier = models.CharField(max_length=120, blank=True, default="")
    total = models.DecimalField(max_digits=14, decimal_places=2)
    rounding = models.DecimalField(max_digits=8, decimal_places=2, default=0, db_default=0)
    line_count = models.IntegerField()
    flags = ArrayField(models.CharField(max_length=24), default=list, blank=True, db_default=RawSQL("'{}'", []))
    fingerprint = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    imported = ShopForeignKey(Import, null=True, blank=True, related_name="+", db_index=False)

    objects: ClassVar[Any] = ShopManager.from_queryset(SaleQuerySet)()

    class Meta(ShopOwned.Meta):
        ordering = ["-business_date", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "uuid"], name="sale_uuid_once"),
            # A till that sends the same sale under a second id (two tabs, a restored copy) is caught by its own count.
            models.UniqueConstraint(
                fields=["shop", "register", "epoch", "seq", "fingerprint"],
                condition=Q(seq__isnull=False),
                name="sale_told_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["sale", "refund", "exchange", "void", "summary"]), name="sale_kind_known"
            ),
            models.CheckConstraint(condition=Q(channel__in=["till", "web", "phone"]), name="sale_channel_known"),
        ]
        indexes = [
            models.Index(fields=["shop", "business_date", "id"], name="sale_by_day"),
            models.Index(fields=["shop", "shift_key"], condition=Q(shift_key__isnull=False), name="sale_by_shift_key"),
            models.Index(fields=["shop", "imported"], condition=Q(imported__isnull=False), name="sale_by_import"),
        ]

    def __str__(self) -> str:
        return self.receipt or str(self.uuid)


class SaleLine(ShopOwned):
    """One line of a sale, with everything snapshot as it was: later edits of the product never touch it.

    `quantity` is negative for a return, always in the product's own unit. `net` + `tax` is what was paid for the
    line; `cost` is the whole line's cost, empty where it was unknown. Four decimals each. `number` counts from 1 in
    the document (empty in imported ones). A deposit names the line it came with. A returned line names what it takes
    back, the original's uuid and line number: the original may come later, or never. `import_line` is the line of the
    file it was imported from.
    """

    wall_key = ("shop_id", "sale_id", "id")
    append_only = True
    wall_updates = ("product_id", "cost")
    keeps_history = False

    sale = ShopForeignKey(Sale, related_name="lines", db_index=False)
    number = models.PositiveSmallIntegerField(null=True, blank=True)
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
    deposit_of = models.PositiveSmallIntegerField(null=True, blank=True)
    returns_sale = models.UUIDField(null=True, blank=True)
    returns_line = models.PositiveSmallIntegerField(null=True, blank=True)
    restock = models.BooleanField(default=True, db_default=True)
    import_line = models.IntegerField(null=True, blank=True)

    class Meta(ShopOwned.Meta):
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["shop", "returns_sale"], condition=Q(returns_sale__isnull=False), name="line_by_returned_sale"
            ),
            models.Index(fields=["shop", "barcode"], condition=Q(product=None), name="line_unmatched"),
        ]

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
