"""What prices do, and what to charge: one row a product and run."""

from typing import Any

from django.db import models
from django.db.models import Q

from insights.models.analyses import MONEY, Run
from inventory.models import Product
from shop.tenancy import ShopForeignKey, ShopOwned

PRICE: dict[str, Any] = {"max_digits": 12, "decimal_places": 4}


class Elasticity(ShopOwned):
    """By how many per cent the quantity of a product changes when its own price changes by one, with an 80 % range."""

    keeps_history = False

    run = ShopForeignKey(Run, models.CASCADE, related_name="elasticities", db_index=False)
    product = ShopForeignKey(Product, related_name="+")
    value = models.FloatField()
    low80 = models.FloatField()
    high80 = models.FloatField()
    observations = models.PositiveIntegerField()

    class Meta(ShopOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["shop", "run", "product"], name="elasticity_once")]

    def __str__(self) -> str:
        return f"{self.value:.2f}"


class CrossEffect(ShopOwned):
    """By how many per cent `product` sells more when the price of its substitute `other` goes up by one."""

    keeps_history = False

    run = ShopForeignKey(Run, models.CASCADE, related_name="cross_effects", db_index=False)
    product = ShopForeignKey(Product, related_name="+")
    other = ShopForeignKey(Product, related_name="+")
    value = models.FloatField()
    low80 = models.FloatField()
    high80 = models.FloatField()

    class Meta(ShopOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["shop", "run", "product", "other"], name="cross_effect_once")]

    def __str__(self) -> str:
        return f"{self.value:.2f}"


class PriceAdvice(ShopOwned):
    """What to charge for a product, for the whole shop. Units and margins are a week's, in the shop's currency.

    `price` is advised and may equal `price_now`; `change` is what the move is expected to earn a week, with its 80 %
    range, substitutes included. `key_score` 0 to 1 tells how much customers judge the shop by the product. `rules`
    are the bounds that held, the first counting most: {rule, text, least, most}; `lowest` and `highest` what they
    leave. `units_error` is the standard deviation of the log of `units_now`. `reason` says why a
    move is advised, `why_not` why none is.
    """

    keeps_history = False

    run = ShopForeignKey(Run, models.CASCADE, related_name="price_advice", db_index=False)
    product = ShopForeignKey(Product, related_name="+")
    price_now = models.DecimalField(**PRICE, null=True)
    price = models.DecimalField(**PRICE, null=True)
    unit_cost = models.DecimalField(**PRICE, null=True)
    tax_rate = models.DecimalField(max_digits=6, decimal_places=4, default=0)
    units_now = models.FloatField(default=0)
    units_error = models.FloatField(default=0, db_default=0)
    units = models.FloatField(default=0)
    margin_now = models.DecimalField(**MONEY, null=True)
    margin = models.DecimalField(**MONEY, null=True)
    change = models.DecimalField(**MONEY, null=True)
    change_low = models.DecimalField(**MONEY, null=True)
    change_high = models.DecimalField(**MONEY, null=True)
    key_score = models.FloatField(default=0)
    is_key = models.BooleanField(default=False)
    lowest = models.DecimalField(**PRICE, null=True)
    highest = models.DecimalField(**PRICE, null=True)
    rules = models.JSONField(default=list)
    reason = models.CharField(max_length=600, blank=True, default="", db_default="")
    why_not = models.CharField(max_length=200, blank=True, default="")

    class Meta(ShopOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["shop", "run", "product"], name="price_advice_once"),
            models.CheckConstraint(condition=Q(price=None) | Q(price__gt=0), name="price_advice_above_0"),
        ]
        indexes = [models.Index(fields=["shop", "product", "run"], name="price_advice_by_product")]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.price}"
