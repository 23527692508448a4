"""Who is asking, for which shop; settings, change history and jobs. No other business lives here."""

from shop.models.history import Change
from shop.models.jobs import Job
from shop.models.people import Invitation, Membership, User
from shop.models.schedules import Schedule
from shop.models.shops import Branch, Register, Shop

__all__ = ["Branch", "Change", "Invitation", "Job", "Membership", "Register", "Schedule", "Shop", "User"]
