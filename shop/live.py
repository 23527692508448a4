"""Progress said aloud over Valkey, for the pages that watch a job. Nothing relies on it: what is true is the row.

Saying it never fails and hardly slows whoever says it: a Valkey that is away is left alone for a while.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import redis
import redis.asyncio
from celery import current_app
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger("aisle.live")
SELDOM = 0.3  # seconds between two messages about the progress of this process
PATIENCE = 0.2  # seconds that a message may take
SILENCE = 10.0  # seconds without a try after one that failed

Hear = Callable[[float], Awaitable[dict[str, Any] | None]]


def tell_progress(shop_id: int, job_id: int, done: int, total: int) -> None:
    """Say how far a job is, a few times a second at most."""
    if time.monotonic() - _voice.counted_at >= SELDOM:
        _voice.counted_at = time.monotonic()
        _voice.tell(shop_id, job_id, {"done": done, "total": total})


def tell_status(shop_id: int, job_id: int, status: str) -> None:
    """Say that a job began or ended; who hears it looks at the row."""
    _voice.tell(shop_id, job_id, {"status": status})


@asynccontextmanager
async def ears(shop_id: int, job_id: int) -> AsyncIterator[Hear]:
    """Listen to one job: `await hear(seconds)` is the next message, or None after that time.

    Where Valkey is away it is None each time, so whoever listens looks at the row instead.
    """
    client = redis.asyncio.Redis.from_url(_address(), socket_connect_timeout=1, retry=None)
    pubsub = client.pubsub(ignore_subscribe_messages=True)

    async def hear(seconds: float) -> dict[str, Any] | None:
        began = time.monotonic()
        try:
            if not pubsub.subscribed:
                await pubsub.subscribe(_channel(shop_id, job_id))
            message = await pubsub.get_message(timeout=seconds)
        except (redis.RedisError, OSError):
            await asyncio.sleep(max(seconds - (time.monotonic() - began), 0.1))
            return None
        return json.loads(message["data"]) if message else None

    try:
        yield hear
    finally:
        with suppress(redis.RedisError, OSError):
            await pubsub.aclose()  # type: ignore[no-untyped-call]
            await client.aclose()


class _Voice:
    """This process's way to Valkey. It opens on the first word, so that a forked worker has its own."""

    def __init__(self) -> None:
        self.counted_at = -SELDOM
        self._silent_until = 0.0
        self._client: Any = None

    def tell(self, shop_id: int, job_id: int, state: dict[str, Any]) -> None:
        now = time.monotonic()
        if now < self._silent_until:
            return
        try:
            self._open().publish(_channel(shop_id, job_id), json.dumps(state))
        except Exception as error:
            self._silent_until = now + SILENCE
            self._client = None
            log.warning("progress not said", extra={"job": job_id, "why": str(error)})

    def _open(self) -> Any:
        if self._client is None:
            self._client = redis.Redis.from_url(
                _address(),
                socket_timeout=PATIENCE,
                socket_connect_timeout=PATIENCE,
                retry=Retry(NoBackoff(), 0),
            )
        return self._client


_voice = _Voice()


def _address() -> str:
    """The broker's address as the redis package writes it: Celery names a socket otherwise."""
    url = str(current_app.conf.broker_url)
    if not url.startswith("redis+socket:"):
        return url
    parts = urlsplit(url)
    return f"unix://{parts.path}?db={parse_qs(parts.query).get('virtual_host', ['0'])[0]}"


def _channel(shop_id: int, job_id: int) -> str:
    """Channels know no database number, so the name carries it: two installations may share one Valkey."""
    parts = urlsplit(_address())
    number = parse_qs(parts.query).get("db", [parts.path.rpartition("/")[2] or "0"])[0]
    return f"aisle:{number}:job:{shop_id}:{job_id}"
