"""What is sold: products, their barcodes, categories, tax rates, suppliers and price history."""

from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from shop.tenancy import ShopForeignKey, ShopManager, ShopOwned, ShopQuerySet


class Category(ShopOwned):
    """A shelf of the shop's range; categories form a tree."""

    name = models.CharField(max_length=120)
    parent = ShopForeignKey("self", null=True, blank=True, related_name="children")

    class Meta(ShopOwned.Meta):
        verbose_name_plural = "categories"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "parent", "name"], name="category_name_once", nulls_distinct=False),
            models.CheckConstraint(condition=~Q(name=""), name="category_has_name"),
            models.CheckConstraint(condition=Q(parent=None) | ~Q(parent=F("id")), name="category_not_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name


class TaxRate(ShopOwned):
    """A sales tax (VAT) rate as a share: 0.2 is 20 %."""

    name = models.CharField(max_length=40)
    rate = models.DecimalField(max_digits=6, decimal_places=4, validators=[MinValueValidator(Decimal(0))])

    class Meta(ShopOwned.Meta):
        ordering = ["rate"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "name"], name="tax_rate_name_once"),
            models.CheckConstraint(condition=Q(rate__gte=0) & Q(rate__lt=1), name="tax_rate_is_share"),
        ]

    def __str__(self) -> str:
        return self.name


class Supplier(ShopOwned):
    """Who we buy from."""

    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    lead_time_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Days from order to delivery. Empty: not known."
    )
    delivery_weekdays = models.CharField(
        max_length=7,
        blank=True,
        default="",
        validators=[RegexValidator(r"^[0-6]*$")],
        help_text="Days the lorry comes, Monday 0 to Sunday 6, such as 135. Empty: any day.",
    )
    order_by = models.TimeField(
        "orders in by", null=True, blank=True, help_text="The shop's time on the order day. Empty: end of day."
    )
    minimum_order = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    needs_review = models.BooleanField(default=False, help_text="Made by an import; check the name.")

    class Meta(ShopOwned.Meta):
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "name"], name="supplier_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="supplier_has_name"),
            models.CheckConstraint(condition=Q(delivery_weekdays__regex=r"^[0-6]*$"), name="supplier_weekdays_known"),
            models.CheckConstraint(
                condition=Q(minimum_order=None) | Q(minimum_order__gte=0), name="supplier_minimum_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProductQuerySet(ShopQuerySet):
    def active(self) -> "ProductQuerySet":
        return self.filter(is_active=True)

    def standing(self) -> "ProductQuerySet":
        """All but those that turned out to be another product."""
        return self.filter(merged_into=None)

    def of_sku(self, sku: str) -> "Product | None":
        """The product with this SKU; of a merged one the product that it became."""
        found = self.filter(sku=sku).select_related("merged_into").first()
        return found.standing if found else None

    def to_review(self) -> "ProductQuerySet":
        """Products that an import made and nobody has looked at yet."""
        return self.filter(needs_review=True)

    def matching(self, words: str) -> "ProductQuerySet":
        """Every word is in the name or SKU, or is a barcode, or the SKU of one that was merged into it."""
        found = self
        for word in words.split():
            found = found.filter(
                Q(name__icontains=word)
                | Q(sku__icontains=word)
                | Q(pk__in=Barcode.objects.filter(code=word).values("product_id"))
                | Q(pk__in=Product.objects.filter(sku=word).exclude(merged_into=None).values("merged_into_id"))
            )
        return found


class Product(ShopOwned):
    """Something the shop sells, by piece or by weight. `price` and `cost` are per piece or per kilogram."""

    class Unit(models.TextChoices):
        PIECE = "piece", "Piece"
        KILOGRAM = "kg", "Kilogram"

    class ContentUnit(models.TextChoices):
        GRAM = "g", "g"
        MILLILITRE = "ml", "ml"
        PIECE = "piece", "pieces"

    sku = models.CharField("SKU", max_length=64)
    name = models.CharField(max_length=200)
    category = ShopForeignKey(Category, null=True, blank=True, related_name="products")
    supplier = ShopForeignKey(Supplier, null=True, blank=True, related_name="products")
    tax_rate = ShopForeignKey(TaxRate, null=True, blank=True, related_name="products")
    unit = models.CharField("sold by", max_length=5, choices=Unit.choices, default=Unit.PIECE)
    content_size = models.DecimalField(
        max_digits=10, decimal_places=3, null=True, blank=True, help_text="For the price per 100 g, ml or piece."
    )
    content_unit = models.CharField(max_length=5, choices=ContentUnit.choices, blank=True, default="")
    price = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    cost = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    deposit = ShopForeignKey(
        "self",
        null=True,
        blank=True,
        related_name="+",
        help_text="The deposit sold with it, itself a product with the deposit's price.",
    )
    minimum_age = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Years a buyer must have, such as 18. Empty: anybody."
    )
    eligible_tenders = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        db_default=RawSQL("'{}'", []),
        verbose_name="vouchers that may pay for it",
        help_text="Names of tenders for certain goods only, by comma, such as meal_voucher. Cash and cards always may.",
    )
    plu = models.CharField("PLU", max_length=12, blank=True, default="")
    pack_size = models.PositiveIntegerField("pieces in a case", null=True, blank=True)
    shelf_life_days = models.PositiveIntegerField(null=True, blank=True)
    is_active = models.BooleanField("on sale", default=True)
    price_by_hand = models.BooleanField(
        "only a person changes its price", default=False, db_default=False, help_text="No price is advised for it."
    )
    needs_review = models.BooleanField(default=False, help_text="Made by an import; check it.")
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    merged_into = ShopForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        help_text="The product this one turned out to be. It is off sale, and its codes are the other's.",
    )

    objects: ClassVar[Any] = ShopManager.from_queryset(ProductQuerySet)()

    class Meta(ShopOwned.Meta):
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "sku"], name="product_sku_once"),
            models.CheckConstraint(condition=~Q(sku=""), name="product_has_sku"),
            models.CheckConstraint(condition=Q(price=None) | Q(price__gte=0), name="product_price_not_negative"),
            models.CheckConstraint(condition=Q(cost=None) | Q(cost__gte=0), name="product_cost_not_negative"),
            models.CheckConstraint(
                condition=Q(content_size=None, content_unit="") | (Q(content_size__gt=0) & ~Q(content_unit="")),
                name="product_content_size_with_unit",
            ),
            models.CheckConstraint(condition=Q(unit__in=["piece", "kg"]), name="product_unit_known"),
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(is_active=False), name="product_merged_is_off_sale"
            ),
        ]
        indexes = [
            models.Index(fields=["shop", "name"], name="product_by_name"),
            models.Index(fields=["shop", "category"], name="product_by_category"),
            models.Index(fields=["shop", "plu"], name="product_by_plu", condition=~Q(plu="")),
            models.Index(fields=["shop", "deposit"], name="product_by_deposit", condition=Q(deposit__isnull=False)),
            models.Index(
                fields=["shop", "merged_into"], name="product_by_merge", condition=Q(merged_into__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def standing(self) -> "Product":
        """The product itself, or the one that it turned out to be."""
        return self.merged_into or self


class Barcode(ShopOwned):
    """A code on a pack; `pack_quantity` pieces are sold by one scan of it."""

    product = ShopForeignKey(Product, models.CASCADE, related_name="barcodes")
    code = models.CharField(max_length=48)
    pack_quantity = models.DecimalField(
        max_digits=10, decimal_places=3, default=Decimal(1), validators=[MinValueValidator(Decimal("0.001"))]
    )

    class Meta(ShopOwned.Meta):
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "code"], name="barcode_code_once"),
            models.CheckConstraint(condition=~Q(code=""), name="barcode_has_code"),
            models.CheckConstraint(condition=Q(pack_quantity__gt=0), name="barcode_pack_positive"),
        ]
        indexes = [models.Index(fields=["shop", "product"], name="barcode_by_product")]

    def __str__(self) -> str:
        return self.code


class PriceChange(ShopOwned):
    """A price or cost a product has had since `effective_at`. Written by a trigger whenever a product's
    price or cost changes (admin, bulk, CSV alike); imports of history add earlier ones."""

    append_only = True
    keeps_history = False

    product = ShopForeignKey(Product, related_name="price_changes")
    price = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    cost = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    effective_at = models.DateTimeField()
    actor = models.CharField(max_length=200, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True, default="")

    class Meta(ShopOwned.Meta):
        ordering = ["-effective_at", "-id"]
        indexes = [models.Index(fields=["shop", "product", "effective_at"], name="price_change_by_product")]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.price}"
