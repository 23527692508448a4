"""A vendor of models on this machine: speaks Gemini and OpenAI, remembers what it was told, fails on demand."""

from tests.vendors.faults import FAULTS, Fault
from tests.vendors.server import Seen, Vendor

__all__ = ["FAULTS", "Fault", "Seen", "Vendor"]
