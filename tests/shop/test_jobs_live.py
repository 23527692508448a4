"""Progress as it happens: events of one job, for members who may see it, whether Valkey is there or not."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from celery import current_app
from django.db import connections
from django.test import AsyncClient

from shop import jobs, live
from shop.models import Job, User
from shop.roles import Can
from shop.scope import use_shop
from shop.views import jobs as views
from tests.factories import Cast
from tests.spikes.test_mount import in_a_loop_of_its_own

pytestmark = pytest.mark.django_db(transaction=True)
KIND = "test_live"
Event = tuple[str, dict[str, Any]]


def _and_close(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    finally:
        connections.close_all()


@pytest.fixture
def job(committed_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A job of Green Grocer that says three numbers, half a second apart."""

    def count(job: Job, report: jobs.Report) -> dict[str, Any]:
        for done in (20, 40, 60):
            report.progress(done, 100)
            time.sleep(0.35)
        return {}

    monkeypatch.setitem(jobs._kinds, KIND, jobs.Kind(count, Can.IMPORT))
    with use_shop(committed_cast.green):
        return jobs.ask(kind=KIND, payload={}, title="Test", by="alice@shops.example", hint=False)


def client_of(user: User) -> AsyncClient:
    client = AsyncClient()
    client.force_login(user)
    return client


def in_a_loop(work: Coroutine[Any, Any, Any]) -> Any:
    """Run it in a loop whose thread gives its connection back, as a server does after each request."""

    async def tidied() -> Any:
        try:
            return await work
        finally:
            await sync_to_async(connections.close_all)()

    return in_a_loop_of_its_own(tidied())


async def events(answer: Any) -> AsyncIterator[Event]:
    async for chunk in answer.streaming_content:
        name, data = chunk.decode().strip().split("\n")
        yield name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def watched(cast: Cast, job: Job, meanwhile: Callable[[], Any]) -> list[Event]:
    """Every event of the job while something happens to it."""
    client = client_of(cast.alice)

    def happen() -> None:
        try:
            with use_shop(cast.green):
                meanwhile()
        finally:
            connections.close_all()

    async def read() -> list[Event]:
        answer = await client.get(f"/s/green/jobs/{job.pk}/events/")
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/event-stream")
        assert answer["Content-Encoding"] == "identity"
        stream = events(answer)
        heard = [await anext(stream)]
        work = asyncio.create_task(sync_to_async(happen, thread_sensitive=False)())
        heard += [event async for event in stream]
        await work
        return heard

    return in_a_loop(asyncio.wait_for(read(), 20))  # type: ignore[no-any-return]


def test_events_tell_of_the_job_until_it_ends(committed_cast: Cast, job: Job) -> None:
    began = time.monotonic()
    heard = watched(committed_cast, job, lambda: jobs.run(job.pk))
    assert heard[0] == ("progress", {"status": "queued", "ended": False, "done": 0, "total": 0, "left": ""})
    assert [state["done"] for name, state in heard if name == "progress" and state["total"]] == [20, 40, 60]
    assert "running" in {state["status"] for _, state in heard}
    assert (heard[-1][0], heard[-1][1]["status"]) == ("end", "done")
    assert time.monotonic() - began < views.LOOK, "it was heard, not looked up"


def test_without_valkey_the_row_is_looked_at(committed_cast: Cast, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job is not slowed either: the broker that is away is left alone after one try."""
    monkeypatch.setattr(current_app.conf, "broker_url", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(live, "_voice", live._Voice())
    monkeypatch.setattr(views, "LOOK", 0.2)
    heard = watched(committed_cast, job, lambda: jobs.run(job.pk))
    assert (heard[-1][0], heard[-1][1]["status"]) == ("end", "done")
    assert {20, 40, 60} & {state["done"] for _, state in heard}


def test_the_same_is_said_again_so_that_the_line_is_not_silent(
    committed_cast: Cast, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "LOOK", 0.1)
    monkeypatch.setattr(views, "BEAT", 0.1)
    monkeypatch.setattr(views, "LONGEST", 1.0)
    heard = watched(committed_cast, job, lambda: None)
    assert len(heard) > 3 and {name for name, _ in heard} == {"progress"}, "and it ends by itself, to connect anew"


def test_a_job_that_has_ended_says_so_at_once(committed_cast: Cast, job: Job) -> None:
    with use_shop(committed_cast.green):
        jobs.cancel(job_id=job.pk)
    client = client_of(committed_cast.alice)

    async def read() -> list[Event]:
        answer = await client.get(f"/s/green/jobs/{job.pk}/events/")
        return [event async for event in events(answer)]

    assert [name for name, _ in in_a_loop(read())] == ["end"]


def test_only_who_may_see_the_kind_watches_it(committed_cast: Cast, job: Job) -> None:
    async def status(client: AsyncClient, address: str) -> int:
        return int((await client.get(address)).status_code)

    mine, through_theirs = f"/s/green/jobs/{job.pk}/events/", f"/s/rival/jobs/{job.pk}/events/"
    for user, address, wanted in (
        (committed_cast.bob, mine, 403),  # a cashier
        (committed_cast.charlie, mine, 404),
        (committed_cast.charlie, through_theirs, 404),
        (committed_cast.alice, f"/s/green/jobs/{job.pk + 1}/events/", 404),
    ):
        assert in_a_loop(status(client_of(user), address)) == wanted, f"{user} {address}"


def test_a_server_without_an_event_loop_streams_nothing(committed_cast: Cast, job: Job) -> None:
    client = committed_cast.client()
    with ThreadPoolExecutor(1) as elsewhere:  # a browser of an earlier test leaves its loop running in this thread
        answer = elsewhere.submit(_and_close, lambda: client.get(f"/s/green/jobs/{job.pk}/events/")).result()
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_word_is_said_a_few_times_a_second_at_most(committed_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[dict[str, Any]] = []
    voice = live._Voice()
    monkeypatch.setattr(live, "_voice", voice)
    monkeypatch.setattr(voice, "_open", lambda: type("V", (), {"publish": lambda self, to, what: said.append(what)})())
    for done in range(1000):
        live.tell_progress(1, 1, done, 1000)
    live.tell_status(1, 1, "done")
    assert len(said) < 6
