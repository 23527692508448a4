"""What the search looks through: a row a product or review, made from it and replaced when its words change."""

from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from pgvector.django import BitField, HalfVectorField

from customers.models import Review
from inventory.models import Product
from shop.tenancy import ShopForeignKey, ShopOwned

DIMENSION, GRAMS = 512, 1024


class SearchEntry(ShopOwned):
    """`text` is folded (small letters, no accents). `vector` is its meaning as `model` has it, empty until made:
    vectors of two models are never compared. `grams` marks its groups of three letters, to find what is mistyped."""

    keeps_history = False

    product = ShopForeignKey(Product, models.CASCADE, null=True, related_name="search_entries", db_index=False)
    review = ShopForeignKey(Review, models.CASCADE, null=True, related_name="search_entries", db_index=False)
    text = models.TextField()
    text_hash = models.CharField(max_length=64)
    words = models.GeneratedField(
        expression=SearchVector("text", config="simple"), output_field=SearchVectorField(), db_persist=True
    )
    grams = BitField(length=GRAMS)
    vector = HalfVectorField(dimensions=DIMENSION, null=True)
    model = models.CharField(max_length=80, blank=True, default="")

    class Meta(ShopOwned.Meta):
        verbose_name_plural = "search entries"
        constraints = [
            models.UniqueConstraint(fields=["shop", "product"], name="search_product_once"),
            models.UniqueConstraint(fields=["shop", "review"], name="search_review_once"),
            models.CheckConstraint(
                condition=Q(product=None, review__isnull=False) | Q(product__isnull=False, review=None),
                name="search_of_one",
            ),
            models.CheckConstraint(
                condition=Q(vector=None, model="") | (Q(vector__isnull=False) & ~Q(model="")),
                name="search_vector_has_model",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:40]
