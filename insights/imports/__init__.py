"""What a grocer's files say of days to come, each kind declared in its own."""

from insights.imports import undoing  # noqa: F401  declares what goes along
from insights.imports.calendar_events import CALENDAR_EVENTS

__all__ = ["CALENDAR_EVENTS"]
