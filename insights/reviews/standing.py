"""What a review counts as: a person's word where there is one, else what was read out of it.

Pages, numbers, files and the analysis ask here, so they agree. A correction leaves the reading as it was read.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, Case, CharField, DecimalField, F, Q, Value, When
from django.db.models.functions import Coalesce, NullIf

from customers.models import Review

PLEASED, NEITHER, DISPLEASED = "positive", "neutral", "negative"
TONES = {DISPLEASED: "Displeased", PLEASED: "Pleased", NEITHER: "Neither"}
# A person says the tone alone; this is the score it then counts with, where the reading heard another tone.
MEANT = {PLEASED: Decimal("0.6"), NEITHER: Decimal(0), DISPLEASED: Decimal("-0.6")}

# The same in SQL, for a query that has the reading as `n` and the correction as `c`, each joined from the left.
TONE_SQL = "coalesce(nullif(c.label, ''), n.label, '')"
SCORE_SQL = (
    "case when coalesce(c.label, '') in ('', n.label) then n.score"
    " else case c.label when 'positive' then 0.6 when 'neutral' then 0.0 else -0.6 end end"
)
SPAM_SQL = "coalesce(c.is_spam, n.spam <> '', false)"

_SCORE = DecimalField(max_digits=4, decimal_places=3)
_heard = Q(corrections__label=None) | Q(corrections__label="") | Q(corrections__label=F("readings__label"))


def standing(found: Any = None) -> Any:
    """Reviews with what they count as: `tone` ("" where not read yet), `tone_score` and `is_spam`.

    Beside them what was read: `confidence`, `language`, `spam_reason`, `theme`, `about` (the product it is about or
    names) and `supplied_by` (the supplier it names, or its product's); and `answer`, the state of its reply.
    """
    rows = Review.objects.all() if found is None else found
    return rows.annotate(
        tone=Coalesce(NullIf("corrections__label", Value("")), "readings__label", Value("")),
        tone_score=Case(
            When(_heard, then=F("readings__score")),
            *(When(corrections__label=label, then=Value(score)) for label, score in MEANT.items()),
            output_field=_SCORE,
        ),
        is_spam=Coalesce(
            "corrections__is_spam",
            Case(When(readings__spam__gt="", then=Value(True)), default=Value(False), output_field=BooleanField()),
        ),
        confidence=F("readings__confidence"),
        language=Coalesce("readings__language", Value("")),
        spam_reason=Coalesce("readings__spam", Value("")),
        theme=F("readings__theme_id"),
        about=Coalesce("product_id", "readings__product_id"),
        supplied_by=Coalesce("readings__supplier_id", "product__supplier_id", "readings__product__supplier_id"),
        answer=Coalesce("replies__state", Value(""), output_field=CharField()),
    )


def counted(found: Any = None) -> Any:
    """Those that numbers are made of: what is taken for spam is left out."""
    return standing(found).filter(is_spam=False)
