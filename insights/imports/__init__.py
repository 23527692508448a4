"""What a grocer's files say of days to come, each kind declared in its own."""

from insights.imports.calendar_events import CALENDAR_EVENTS

__all__ = ["CALENDAR_EVENTS"]
