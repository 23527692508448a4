"""Models a shop may ask: its keys, its limit, and every call that was made."""

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from shop.tenancy import ShopForeignKey, ShopOwned

COST: dict[str, Any] = {"max_digits": 12, "decimal_places": 6}


class ModelAccess(ShopOwned):
    """One model the shop may ask, by order of `position`. The key is encrypted and is never shown again.

    Prices are in US dollars for a million tokens, as vendors state them.
    """

    class Kind(models.TextChoices):
        GEMINI = "gemini", "Gemini"
        OPENAI = "openai", "OpenAI or one that speaks its language (Groq, Perplexity, Ollama)"

    keeps_history = False  # the row holds a secret; acts on it are in the call log and the models' own log

    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=60)
    base_url = models.URLField("address", blank=True, default="", help_text="Empty: the vendor's own.")
    model = models.CharField(max_length=80)
    secret = models.TextField(blank=True, default="", editable=False)
    key_hint = models.CharField(max_length=8, blank=True, default="", editable=False)
    position = models.PositiveSmallIntegerField("asked in order", default=1)
    is_active = models.BooleanField("in use", default=True)
    price_in = models.DecimalField(**COST, null=True, blank=True, validators=[MinValueValidator(0)])
    price_out = models.DecimalField(**COST, null=True, blank=True, validators=[MinValueValidator(0)])
    last_checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_check = models.CharField(max_length=200, blank=True, default="", editable=False)

    class Meta(ShopOwned.Meta):
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "name"], name="model_access_name_once"),
            models.CheckConstraint(condition=Q(kind__in=["gemini", "openai"]), name="model_access_kind_known"),
        ]

    def __str__(self) -> str:
        return self.name


class ModelPolicy(ShopOwned):
    """What models may cost in a calendar month of the shop's zone, in US dollars. No row: the settings' default."""

    monthly_limit = models.DecimalField(max_digits=9, decimal_places=2, validators=[MinValueValidator(0)])

    class Meta(ShopOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["shop"], name="model_policy_once"),
            models.CheckConstraint(condition=Q(monthly_limit__gte=0), name="model_policy_limit_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.monthly_limit} a month"


class LLMCall(ShopOwned):
    """One call of a model, written before it is made. `reserved` is the most it can cost; it counts until
    `cost` is known.

    `sent` is what left the house, word for word, already masked.
    """

    class Outcome(models.TextChoices):
        STARTED = "started", "No answer yet"
        OK = "ok", "Answered"
        CACHED = "cached", "Answered before"
        FAILED = "failed", "Failed"

    keeps_history = False

    purpose = models.CharField(max_length=40)
    access = ShopForeignKey(ModelAccess, null=True, blank=True, on_delete=models.SET_NULL, related_name="calls")
    provider = models.CharField(max_length=20)
    model = models.CharField(max_length=80)
    prompt_version = models.CharField(max_length=20, blank=True, default="")
    input_hash = models.CharField(max_length=64)
    run_key = models.CharField(max_length=80, blank=True, default="")
    sent = models.JSONField(default=dict)
    answer = models.TextField(blank=True, default="")
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    reserved = models.DecimalField(**COST, default=0)
    cost = models.DecimalField(**COST, null=True, blank=True)
    latency_ms = models.PositiveIntegerField(null=True, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.STARTED)
    error = models.CharField(max_length=300, blank=True, default="")
    called_at = models.DateTimeField(default=timezone.now)

    class Meta(ShopOwned.Meta):
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["started", "ok", "cached", "failed"]), name="llm_call_outcome_known"
            ),
        ]
        indexes = [
            models.Index(fields=["shop", "input_hash"], name="llm_call_by_input"),
            models.Index(fields=["shop", "called_at"], name="llm_call_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.called_at:%Y-%m-%d %H:%M}"
