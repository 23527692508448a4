"""Who is asking, for which shop; settings, change history and jobs. No other business lives here."""

from shop.models.devices import Device, DeviceKey, Enrolment
from shop.models.history import Change
from shop.models.imports import Download, Feed, FeedFile, Import, ImportedRow, RawFile, SavedMapping
from shop.models.jobs import Job
from shop.models.people import Invitation, Membership, User
from shop.models.schedules import Schedule
from shop.models.shops import Branch, Register, Shop

__all__ = [
    "SavedMapping",
    "RawFile",
    "ImportedRow",
    "Import",
    "FeedFile",
    "Feed",
    "Download",
    "Branch",
    "Change",
    "Device",
    "DeviceKey",
    "Enrolment",
    "Invitation",
    "Job",
    "Membership",
    "Register",
    "Schedule",
    "Shop",
    "User",
]
