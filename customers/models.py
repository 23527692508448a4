"""Who buys, and what they say. Names and contact details are personal: only for roles that may see customers."""

from django.db import models
from django.db.models import Q

from inventory.models import Product
from shop.models import Branch
from shop.tenancy import ShopForeignKey, ShopOwned


class Customer(ShopOwned):
    """A customer the shop knows by a code (its loyalty number or the till's customer id)."""

    code = models.CharField("customer number", max_length=64)
    name = models.CharField(max_length=200, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    joined_on = models.DateField(null=True, blank=True)
    points = models.DecimalField(
        "loyalty points", max_digits=12, decimal_places=2, null=True, blank=True, help_text="As last told."
    )
    tier = models.CharField("loyalty level", max_length=40, blank=True, default="")
    needs_review = models.BooleanField(default=False, help_text="Made by an import; check it.")

    class Meta(ShopOwned.Meta):
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "code"], name="customer_code_once"),
            models.CheckConstraint(condition=~Q(code=""), name="customer_has_code"),
        ]

    def __str__(self) -> str:
        return self.name or self.code


class Review(ShopOwned):
    """What a customer wrote about a product or the shop. The writer's name is personal and never leaves the house."""

    source = models.CharField("where it was written", max_length=40, blank=True, default="")
    code = models.CharField("review number", max_length=80, help_text="Its number at the source; one review a number.")
    product = ShopForeignKey(Product, null=True, blank=True, related_name="reviews")
    branch = ShopForeignKey(Branch, null=True, blank=True, related_name="+")
    author = models.CharField(max_length=120, blank=True, default="")
    rating = models.DecimalField(
        "stars", max_digits=3, decimal_places=1, null=True, blank=True, help_text="1 to 5; empty where none was given."
    )
    title = models.CharField(max_length=200, blank=True, default="")
    text = models.TextField()
    written_on = models.DateField(null=True, blank=True)

    class Meta(ShopOwned.Meta):
        ordering = [models.F("written_on").desc(nulls_last=True), "-id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "source", "code"], name="review_once"),
            models.CheckConstraint(condition=~Q(code=""), name="review_has_number"),
            models.CheckConstraint(condition=Q(rating=None) | Q(rating__range=(1, 5)), name="review_stars_1_to_5"),
        ]
        indexes = [models.Index(fields=["shop", "product"], name="review_by_product")]

    def __str__(self) -> str:
        return self.title or self.text[:40]
