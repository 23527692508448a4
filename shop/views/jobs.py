"""A job's progress as a stream of events, for a page that watches it. Where it cannot stream, the page asks again."""

import json
import math
import time
from collections.abc import AsyncIterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from shop import jobs, live
from shop.access import checks_itself, require
from shop.models import Job
from shop.tenancy import use_shop

LOOK = 4.0  # seconds between two looks at the row, which is what counts
BEAT = 10.0  # seconds after which the same is said again, so that a silent line can be told from a dead one
LONGEST = 300.0  # seconds; then the page connects anew, and whether it may is asked again

State = dict[str, Any]


@checks_itself
@require_GET
async def job_events(request: Any, pk: int) -> HttpResponseBase:
    """`progress` events while the job waits or runs, then one `end`. For members who may see jobs of its kind.

    A server without an event loop would give a thread to each page that watches: there the answer is 204, and the
    page asks every other second.
    """
    await sync_to_async(_check)(request, pk)
    shop_id = request.shop.pk
    if not isinstance(request, ASGIRequest):
        return HttpResponse(status=204)
    answer = StreamingHttpResponse(_events(shop_id, pk), content_type="text/event-stream")
    answer["Cache-Control"] = "private, no-store"
    answer["Content-Encoding"] = "identity"  # compression would hold the events back
    answer["X-Accel-Buffering"] = "no"  # and so would a proxy
    return answer


def _check(request: Any, pk: int) -> None:
    job = get_object_or_404(Job, pk=pk)
    kind = jobs.kind_of(job)
    if kind is None:
        raise Http404("Nobody runs jobs of this kind.")
    require(request.membership, kind.sees)


async def _events(shop_id: int, pk: int) -> AsyncIterator[bytes]:
    """Looks at the row, listens, and looks again every few seconds: a message that is lost does no harm."""
    state: State | None = None
    said: State | None = None
    began = time.monotonic()
    looked = told = -math.inf
    async with live.ears(shop_id, pk) as hear:
        while (now := time.monotonic()) - began < LONGEST:
            if now - looked >= LOOK:
                looked, state = now, await sync_to_async(_look)(shop_id, pk)
                if state is None or state["ended"]:
                    yield _event("end", state or {})
                    return
            if state != said or now - told >= BEAT:
                told, said = now, state
                yield _event("progress", state or {})
            if heard := await hear(min(LOOK, BEAT)):
                looked = looked if "status" not in heard else -math.inf
                state = {**(state or {}), **{name: heard[name] for name in ("done", "total") if name in heard}}


def _look(shop_id: int, pk: int) -> State | None:
    """The row, read over a connection that is given back at once: streams are many and last."""
    try:
        with use_shop(shop_id):
            job = Job.objects.filter(pk=pk).first()
        if job is None:
            return None
        so_far = {"done": job.progress, "total": job.total, "left": jobs.time_left(job)}
        return {"status": job.status, "ended": job.has_ended, **so_far}
    finally:
        connection.close()


def _event(name: str, state: State) -> bytes:
    return f"event: {name}\ndata: {json.dumps(state)}\n\n".encode()
