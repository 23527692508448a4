"""The devices that sell: what a shop sees of them, and the keys that open its door."""

from django.db import models
from django.utils import timezone

from shop.models.shops import Register, Shop
from shop.tenancy import ShopForeignKey, ShopOwned


class Device(ShopOwned):
    """A program on a till that sells for one register. What opens the door for it is in `DeviceKey`."""

    register = ShopForeignKey(Register, related_name="devices")
    name = models.CharField(max_length=80)
    enrolled_at = models.DateTimeField(default=timezone.now)
    enrolled_by = models.CharField(max_length=200, blank=True, default="")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=200, blank=True, default="")

    class Meta(ShopOwned.Meta):
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class DeviceKey(models.Model):
    """A device's key: a door table, read before any shop is chosen. Only its prefix and a hash are kept.

    It names shop, branch, register and device for good: none of them is ever taken from what a till sends.
    While a key is being changed two are good for a time: the old one until `ends_at`.
    """

    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="+")
    branch_id = models.BigIntegerField()
    register_id = models.BigIntegerField()
    device_id = models.BigIntegerField(db_index=True)
    name = models.CharField(max_length=80, default="")  # the device's own, which is behind the wall
    prefix = models.CharField(max_length=16, unique=True)
    secret_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.prefix


class Enrolment(models.Model):
    """A one-time code that turns a program into a shop's device: a door table. Only the code's hash is kept."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    branch_id = models.BigIntegerField()
    register_id = models.BigIntegerField()
    code_hash = models.CharField(max_length=64, unique=True)
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"till {self.register_id}, until {self.expires_at:%Y-%m-%d %H:%M}"
