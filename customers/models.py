"""Who buys. Names and contact details are personal data: shown only to roles that may see customers."""

from django.db import models
from django.db.models import Q

from shop.tenancy import ShopOwned


class Customer(ShopOwned):
    """A customer the shop knows by a code (its loyalty number or the till's customer id)."""

    code = models.CharField("customer number", max_length=64)
    name = models.CharField(max_length=200, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    joined_on = models.DateField(null=True, blank=True)
    needs_review = models.BooleanField(default=False, help_text="Made by an import; check it.")

    class Meta(ShopOwned.Meta):
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "code"], name="customer_code_once"),
            models.CheckConstraint(condition=~Q(code=""), name="customer_has_code"),
        ]

    def __str__(self) -> str:
        return self.name or self.code
