"""What the analyses found, what they cost, and what a person is asked to decide."""

from insights.models.analyses import Run, Suggestion
from insights.models.briefs import Brief, DecisionLink
from insights.models.forecasts import CalendarEvent, ForecastSeries
from insights.models.outcomes import Outcome
from insights.models.prices import CrossEffect, Elasticity, PriceAdvice
from insights.models.providers import LLMCall, ModelAccess, ModelPolicy
from insights.models.readings import (
    Aspect,
    ReviewAspect,
    ReviewCorrection,
    ReviewReading,
    ReviewReply,
    ReviewTheme,
)
from insights.models.search import SearchEntry

__all__ = [
    "Aspect",
    "Brief",
    "CalendarEvent",
    "CrossEffect",
    "DecisionLink",
    "Elasticity",
    "ForecastSeries",
    "LLMCall",
    "ModelAccess",
    "ModelPolicy",
    "Outcome",
    "PriceAdvice",
    "ReviewAspect",
    "ReviewCorrection",
    "ReviewReading",
    "ReviewReply",
    "ReviewTheme",
    "Run",
    "SearchEntry",
    "Suggestion",
]
