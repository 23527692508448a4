"""What other shops ask for the same goods."""

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.models.catalogue import Product
from shop.tenancy import ShopForeignKey, ShopOwned


class Competitor(ShopOwned):
    """Another shop whose prices are watched."""

    name = models.CharField(max_length=120)
    is_active = models.BooleanField("watched", default=True)

    class Meta(ShopOwned.Meta):
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "name"], name="competitor_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="competitor_has_name"),
        ]

    def __str__(self) -> str:
        return self.name


class CompetitorItem(ShopOwned):
    """Something a competitor sells, as it is written there, and which of our products it is, if any.

    `candidates` are products it may be, best first: {product, confidence, why}. A person's word is never overwritten.
    """

    class State(models.TextChoices):
        NEW = "new", "To be matched"
        PROPOSED = "proposed", "To be confirmed"
        MATCHED = "matched", "Matched"
        NONE = "none", "We do not sell it"

    competitor = ShopForeignKey(Competitor, models.CASCADE, related_name="items")
    name = models.CharField(max_length=200)
    barcode = models.CharField(max_length=48, blank=True, default="")
    content = models.CharField("size", max_length=40, blank=True, default="", help_text="As written, such as 500 g.")
    product = ShopForeignKey(Product, models.CASCADE, null=True, blank=True, related_name="competitor_items")
    state = models.CharField(max_length=8, choices=State.choices, default=State.NEW)
    matched_by = models.CharField(
        max_length=200, blank=True, default="", help_text="barcode, or the person who confirmed it."
    )
    matched_at = models.DateTimeField(null=True, blank=True)
    of_ours = models.DecimalField(
        "of ours in one",
        max_digits=12,
        decimal_places=6,
        default=Decimal(1),
        null=True,
        blank=True,
        help_text="How much of what our price buys is in one of theirs: 2 where theirs is 500 g and ours 250 g. "
        "Empty: it cannot be told, and the prices are not compared.",
    )
    candidates = models.JSONField(default=list, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True, help_text="When candidates were last looked for.")

    class Meta(ShopOwned.Meta):
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "competitor", "name", "barcode", "content"], name="competitor_item_once"
            ),
            models.CheckConstraint(condition=~Q(name="") | ~Q(barcode=""), name="competitor_item_has_name"),
            models.CheckConstraint(
                condition=Q(state__in=["new", "proposed", "matched", "none"]), name="competitor_item_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="matched", product__isnull=False) | (~Q(state="matched") & Q(product=None)),
                name="competitor_item_matched_to_one",
            ),
            models.CheckConstraint(condition=Q(of_ours=None) | Q(of_ours__gt=0), name="competitor_item_of_ours"),
        ]
        indexes = [models.Index(fields=["shop", "product"], name="competitor_item_by_product")]

    def __str__(self) -> str:
        return self.name or self.barcode


class CompetitorPrice(ShopOwned):
    """What a competitor asked for an item on a day: one regular and one promotional price a day."""

    item = ShopForeignKey(CompetitorItem, models.CASCADE, related_name="prices", db_index=False)
    price = models.DecimalField(max_digits=12, decimal_places=4)
    is_promotion = models.BooleanField("on promotion", default=False)
    seen_on = models.DateField()
    source = models.CharField("where it was seen", max_length=80, blank=True, default="")
    entered_by = models.CharField(max_length=200, blank=True, default="")
    entered_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(ShopOwned.Meta):
        ordering = ["-seen_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "item", "seen_on", "is_promotion"], name="competitor_price_once"),
            models.CheckConstraint(condition=Q(price__gt=0), name="competitor_price_above_0"),
        ]

    def __str__(self) -> str:
        return f"{self.price} on {self.seen_on}"
