"""What is read out of reviews, what a person says of that, and what is answered."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from customers.models import Review
from insights.models.analyses import Run
from inventory.models import Product, Supplier
from shop.tenancy import ShopForeignKey, ShopOwned


class ReviewTheme(ShopOwned):
    """What many reviews are about, found by their likeness; `terms` are its words, `review` speaks for it."""

    keeps_history = False

    run = ShopForeignKey(Run, models.CASCADE, related_name="themes", db_index=False)
    name = models.CharField(max_length=120)
    terms = ArrayField(models.CharField(max_length=60), default=list)
    review = ShopForeignKey(Review, models.SET_NULL, null=True, related_name="+")
    reviews = models.PositiveIntegerField()
    mean_score = models.FloatField()
    lately = models.PositiveIntegerField(default=0, help_text="Reviews of it in the last four weeks.")
    before = models.PositiveIntegerField(default=0, help_text="In the four weeks before.")
    is_change = models.BooleanField(default=False, help_text="More than chance explains.")

    class Meta(ShopOwned.Meta):
        ordering = ["-reviews", "id"]
        constraints = [models.UniqueConstraint(fields=["shop", "run", "name"], name="review_theme_once")]

    def __str__(self) -> str:
        return self.name


class ReviewReading(ShopOwned):
    """How a review sounds, replaced by each run that reads it.

    `score` is -1 (bad) to 1 (good); `text_hash` tells whether the text changed since.
    """

    class Label(models.TextChoices):
        POSITIVE = "positive", "Positive"
        NEUTRAL = "neutral", "Neutral"
        NEGATIVE = "negative", "Negative"

    keeps_history = False

    review = ShopForeignKey(Review, models.CASCADE, related_name="readings")
    run = ShopForeignKey(Run, null=True, related_name="+", on_delete=models.SET_NULL)
    label = models.CharField(max_length=8, choices=Label.choices)
    score = models.DecimalField(max_digits=4, decimal_places=3)
    confidence = models.DecimalField(max_digits=4, decimal_places=3, null=True)
    language = models.CharField(max_length=8, blank=True, default="")
    spam = models.CharField("why it is taken for spam", max_length=200, blank=True, default="")
    product = ShopForeignKey(Product, null=True, related_name="+", help_text="Named in the text.")
    supplier = ShopForeignKey(Supplier, null=True, related_name="+", help_text="Named in the text.")
    theme = ShopForeignKey("insights.ReviewTheme", models.SET_NULL, null=True, related_name="readings")
    provider = models.CharField(max_length=20)
    model = models.CharField(max_length=80, blank=True, default="")
    text_hash = models.CharField(max_length=64)
    read_at = models.DateTimeField(default=timezone.now)

    class Meta(ShopOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["shop", "review"], name="review_read_once"),
            models.CheckConstraint(condition=Q(score__gte=-1) & Q(score__lte=1), name="review_score_in_range"),
            models.CheckConstraint(
                condition=Q(label__in=["positive", "neutral", "negative"]), name="review_label_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.score}"


class Aspect(models.TextChoices):
    """What a review of a grocery may speak of."""

    FRESHNESS = "freshness", "Freshness"
    PRICE = "price", "Price"
    STAFF = "staff", "Staff"
    QUEUE = "queue", "Queues"
    RANGE = "range", "Range and availability"
    CLEANLINESS = "cleanliness", "Cleanliness"
    DELIVERY = "delivery", "App and delivery"
    PARKING = "parking", "Parking"


class ReviewAspect(ShopOwned):
    """How a review speaks of one aspect: -1 (bad) to 1 (good). Replaced with its reading."""

    keeps_history = False

    review = ShopForeignKey(Review, models.CASCADE, related_name="aspects", db_index=False)
    aspect = models.CharField(max_length=12, choices=Aspect.choices)
    score = models.DecimalField(max_digits=4, decimal_places=3)

    class Meta(ShopOwned.Meta):
        ordering = ["review_id", "aspect"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "review", "aspect"], name="review_aspect_once"),
            models.CheckConstraint(condition=Q(score__gte=-1) & Q(score__lte=1), name="review_aspect_in_range"),
        ]

    def __str__(self) -> str:
        return f"{self.aspect} {self.score}"


class ReviewCorrection(ShopOwned):
    """What a person says a review is. It stands over every reading, and later readings learn from it."""

    review = ShopForeignKey(Review, models.CASCADE, related_name="corrections", db_index=False)
    label = models.CharField(max_length=8, choices=ReviewReading.Label.choices, blank=True, default="")
    is_spam = models.BooleanField(null=True, help_text="Empty: nothing is said about it.")
    by = models.CharField(max_length=200)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta(ShopOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["shop", "review"], name="review_correction_once"),
            models.CheckConstraint(
                condition=Q(label__in=["", "positive", "neutral", "negative"]), name="review_correction_known"
            ),
        ]

    def __str__(self) -> str:
        return self.label or "spam"


class ReviewReply(ShopOwned):
    """An answer to a review: drafted by the house or a model, worded and approved by a person, sent by hand."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        APPROVED = "approved", "Approved"
        REPLIED = "replied", "Replied"
        DROPPED = "dropped", "No reply"

    review = ShopForeignKey(Review, models.CASCADE, related_name="replies", db_index=False)
    drafted = models.TextField("as it was drafted")
    text = models.TextField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    provider = models.CharField(max_length=20, blank=True, default="")
    model = models.CharField(max_length=80, blank=True, default="")
    prompt_version = models.CharField(max_length=20, blank=True, default="")
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_by = models.CharField(max_length=200, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)
    replied_at = models.DateTimeField(null=True, blank=True)

    class Meta(ShopOwned.Meta):
        ordering = ["-id"]
        verbose_name_plural = "review replies"
        constraints = [
            models.UniqueConstraint(fields=["shop", "review"], name="review_reply_once"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "approved", "replied", "dropped"]), name="review_reply_state_known"
            ),
        ]

    def __str__(self) -> str:
        return self.text[:40]
