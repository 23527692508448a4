"""Lots that are cheaper because their date comes near."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from inventory.models.catalogue import Product
from inventory.models.stock import Lot
from shop.models import Branch
from shop.tenancy import ShopForeignKey, ShopOwned


class LotPrice(ShopOwned):
    """The price on the stickers of a lot, from `starts_at` to `ends_at`; `code` is the sticker's own barcode.

    A later one of the same lot takes the place of the earlier, whose stickers still sell at what they say.
    """

    lot = ShopForeignKey(Lot, related_name="prices")
    branch = ShopForeignKey(Branch, related_name="+")
    product = ShopForeignKey(Product, related_name="lot_prices")
    code = models.CharField("sticker's barcode", max_length=48)
    price = models.DecimalField(max_digits=12, decimal_places=4)
    price_before = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    quantity = models.DecimalField("packs to mark", max_digits=14, decimal_places=3)
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField("taken back", null=True, blank=True)
    made_by = models.CharField(max_length=200, blank=True, default="")

    class Meta(ShopOwned.Meta):
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "code"], name="lot_price_code_once"),
            models.CheckConstraint(condition=Q(price__gt=0), name="lot_price_above_0"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="lot_price_of_something"),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="lot_price_ends_after_start"
            ),
        ]
        indexes = [models.Index(fields=["shop", "product", "branch"], name="lot_price_by_product")]

    def __str__(self) -> str:
        return self.code
