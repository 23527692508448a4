"""What the analyses found, what they cost, and what a person is asked to decide."""

from insights.models.analyses import Run, Suggestion
from insights.models.briefs import Brief, DecisionLink
from insights.models.forecasts import CalendarEvent, ForecastSeries
from insights.models.providers import LLMCall, ModelAccess, ModelPolicy
from insights.models.readings import Elasticity, ReviewReading

__all__ = [
    "Brief",
    "CalendarEvent",
    "DecisionLink",
    "Elasticity",
    "ForecastSeries",
    "LLMCall",
    "ModelAccess",
    "ModelPolicy",
    "ReviewReading",
    "Run",
    "Suggestion",
]
