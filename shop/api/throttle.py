"""How often one till may ask: a bucket of requests a device, kept in each process."""

import threading
import time
from http import HTTPStatus

from django.conf import settings

from shop.errors import Refused


class TooOften(Refused):
    code = "too_often"
    status = HTTPStatus.TOO_MANY_REQUESTS
    wait_seconds = 1
    sentence = "This till asks too often. Wait a second, then go on."

    def __init__(self) -> None:
        super().__init__(self.sentence)


_lock = threading.Lock()
_buckets: dict[int, tuple[float, float]] = {}  # device: (left, at)


def take(device_id: int) -> None:
    """Take one request out of a device's bucket. Raises TooOften where it is empty."""
    now, most = time.monotonic(), float(settings.API_BURST)
    with _lock:
        left, at = _buckets.get(device_id, (most, now))
        left = min(most, left + (now - at) * settings.API_RATE)
        if left < 1:
            raise TooOften
        _buckets[device_id] = left - 1, now
