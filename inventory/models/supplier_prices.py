"""What suppliers offer, by their own codes, and what they ask for it."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.models.catalogue import Product, Supplier
from shop.tenancy import ShopForeignKey, ShopOwned


class SupplierItem(ShopOwned):
    """An article of a supplier, known by the supplier's code; `product` is what it is of ours, empty: not known yet."""

    supplier = ShopForeignKey(Supplier, models.CASCADE, related_name="items")
    code = models.CharField("supplier's code", max_length=64)
    name = models.CharField(max_length=200, blank=True, default="")
    barcode = models.CharField(max_length=48, blank=True, default="")
    product = ShopForeignKey(Product, models.SET_NULL, null=True, blank=True, related_name="supplier_items")
    pack_size = models.DecimalField(
        "pieces or kilograms in a case", max_digits=10, decimal_places=3, null=True, blank=True
    )
    is_listed = models.BooleanField("still in the price list", default=True)

    class Meta(ShopOwned.Meta):
        ordering = ["supplier", "code"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "supplier", "code"], name="supplier_item_once"),
            models.CheckConstraint(condition=~Q(code=""), name="supplier_item_has_code"),
            models.CheckConstraint(
                condition=Q(pack_size=None) | Q(pack_size__gt=0), name="supplier_item_pack_positive"
            ),
        ]
        indexes = [models.Index(fields=["shop", "product"], name="supplier_item_by_product")]

    def __str__(self) -> str:
        return self.name or self.code


class SupplierPrice(ShopOwned):
    """What a supplier asks for an article from a day on, per our selling unit, without tax.

    `cost_before` is the product's cost when the price came. `state` is what was made of it: `taken` changed the
    product's cost, `left` was put aside by a person, `waiting` is neither yet.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "To look at"
        TAKEN = "taken", "Cost changed"
        LEFT = "left", "Put aside"

    item = ShopForeignKey(SupplierItem, models.CASCADE, related_name="prices")
    cost = models.DecimalField(max_digits=12, decimal_places=4)
    cost_before = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    from_date = models.DateField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    seen_at = models.DateTimeField(default=timezone.now)
    decided_by = models.CharField(max_length=200, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta(ShopOwned.Meta):
        ordering = ["-from_date", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "item", "from_date"], name="supplier_price_once"),
            models.CheckConstraint(condition=Q(cost__gte=0), name="supplier_price_not_negative"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "taken", "left"]), name="supplier_price_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cost} from {self.from_date}"
