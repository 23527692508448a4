"""A shop (the tenant), its branches and their registers."""

import datetime as dt
import re
import zoneinfo
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone

from shop.tenancy import ShopForeignKey, ShopOwned

SLUG = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"


def validate_zone(name: str) -> None:
    """Raises ValidationError unless `name` is an IANA time zone such as Europe/Lisbon."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"“{name}” is not a time zone. Write it like Europe/Lisbon.")


def validate_origins(text: str) -> None:
    """Raises ValidationError unless each line is an origin: scheme, host and perhaps a port, nothing more."""
    for line in text.split():
        if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", line):
            raise ValidationError(f"“{line}” is not a web address like https://till.example, without a path.")


class Shop(models.Model):
    """A grocery business: the tenant. A door table: outside the shop policy, read through `shop.doors`.

    Days are its own: a sale counts for the date it has in `zone`, `day_starts_at_hour` hours earlier.
    """

    slug = models.CharField(max_length=50, unique=True, validators=[RegexValidator(rf"^{SLUG}$")])
    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3, default="EUR", validators=[RegexValidator(r"^[A-Z]{3}$")])
    zone = models.CharField("time zone", max_length=64, default="Europe/Lisbon", validators=[validate_zone])
    country = models.CharField(max_length=2, default="PT", validators=[RegexValidator(r"^[A-Z]{2}$")])
    region = models.CharField(
        max_length=10, blank=True, default="", help_text="Region code for local holidays, such as BY or SCT."
    )
    day_starts_at_hour = models.PositiveSmallIntegerField(
        "a new day starts at",
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(12)],
        help_text="Hour of the night when yesterday ends: 4 means a sale at 03:59 counts for the day before.",
    )
    prices_include_tax = models.BooleanField(default=True)
    weekly_cash = models.DecimalField(
        "most to spend on orders in a week",
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="Empty: no limit. Reorder suggestions keep within it.",
    )
    analyse_after_import = models.BooleanField("analyse again after an import that added sales", default=False)
    cash_rounding = models.DecimalField(
        "cash is rounded to",
        max_digits=4,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text="The smallest coin, such as 0.05. Empty: cash is paid to the cent.",
    )
    blind_counts = models.BooleanField(
        "count the drawer without seeing what it should hold",
        default=True,
        help_text="Cashiers are told what was expected only after they have counted.",
    )
    api_origins = models.TextField(
        "web addresses that may call the till API",
        blank=True,
        default="",
        validators=[validate_origins],
        help_text="One a line, such as https://till.example. Only for tills that run in a browser.",
    )
    is_demo = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(cash_rounding=None) | models.Q(cash_rounding__gt=0),
                name="shop_cash_rounding_above_zero",
            ),
            models.CheckConstraint(condition=models.Q(slug__regex=rf"^{SLUG}$"), name="shop_slug_is_url_safe"),
            models.CheckConstraint(condition=models.Q(day_starts_at_hour__lte=12), name="shop_day_starts_by_noon"),
        ]

    def __str__(self) -> str:
        return self.name

    def today(self, now: dt.datetime | None = None) -> dt.date:
        """The shop's business date at `now` (aware; default: this moment)."""
        return self.business_date(now or timezone.now())

    def business_date(self, at: dt.datetime) -> dt.date:
        """The date an aware moment counts for: local wall time less the cut-off hours."""
        local = at.astimezone(zoneinfo.ZoneInfo(self.zone)).replace(tzinfo=None)
        return (local - dt.timedelta(hours=self.day_starts_at_hour)).date()


class Branch(ShopOwned):
    """One physical place of a shop. Stock and sales happen at a branch."""

    name = models.CharField(max_length=80)
    needs_review = models.BooleanField(default=False, help_text="Made by an import; check the name.")

    class Meta(ShopOwned.Meta):
        verbose_name_plural = "branches"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "name"], name="branch_name_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="branch_has_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Register(ShopOwned):
    """A till at a branch ("till" on screen). It stays at its branch: its documents and its key name both."""

    branch = ShopForeignKey(Branch, related_name="registers")
    name = models.CharField(max_length=80)
    needs_review = models.BooleanField(default=False, help_text="Made by an import; check the name.")

    class Meta(ShopOwned.Meta):
        verbose_name = "till"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "branch", "name"], name="register_name_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="register_has_name"),
        ]

    def __str__(self) -> str:
        return self.name
