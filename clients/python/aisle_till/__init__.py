"""A till for Aisle with an outbox on disk: nothing but Python's own library."""

from .outbox import Alarm
from .sender import Sent
from .shelf import Scanned
from .till import Sold, Till, TillError

__all__ = ["Alarm", "Scanned", "Sent", "Sold", "Till", "TillError"]
