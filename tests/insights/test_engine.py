"""A run of an analysis: whole or not at all, resumed after a kill, compared with the one before."""

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from insights.analyses import engine, protocol
from insights.analyses.protocol import Analysis, AnalysisRefused, Asked, Figure, Tick
from insights.decisions.drafts import Draft
from insights.models import Run, Suggestion
from shop import jobs
from shop.errors import Refused
from shop.models import Job, Shop
from shop.tenancy import use_shop
from tests.factories import Cast

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.date(2026, 3, 1)


class Killed(BaseException):
    """What a worker killed in the middle looks like from inside."""


class Counting(Analysis):
    """Counts days; fails where it is told to."""

    name, title, version, horizon, suggests = "counting", "The counting", "1", 7, ("count_days",)

    def __init__(self) -> None:
        self.breaks: dict[str, BaseException] = {}
        self.stored = 0

    def _maybe(self, where: str) -> None:
        if where in self.breaks:
            raise self.breaks.pop(where)

    def inputs(self, asked: Asked) -> Any:
        self._maybe("inputs")
        return asked.as_of, asked.horizon

    def inputs_hash(self, inputs: Any) -> str:
        return f"{inputs}".rjust(64, "0")[:64]

    def compute(self, inputs: Any, tick: Tick) -> Any:
        tick(1, 2)
        self._maybe("compute")
        return inputs

    def findings(self, result: Any) -> dict[str, Any]:
        return {"days": result[1]}

    def words(self, findings: dict[str, Any], said: Any) -> list[str]:
        return [f"It looked {findings['days']} days ahead."]

    def scores(self, result: Any) -> dict[str, Any]:
        return {"wape": 0.25}

    def series(self, result: Any) -> int:
        return 3

    def figures(self, findings: dict[str, Any]) -> list[Figure]:
        return [Figure("Days", findings["days"])]

    def store(self, run: Run, result: Any) -> None:
        self.stored += 1

    def suggest(self, run: Run, result: Any) -> list[Draft]:
        self._maybe("suggest")
        return [Draft(kind="count_days", key="days", title="Count the days", quantity=Decimal(result[1]))]


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    analysis = Counting()
    monkeypatch.setitem(protocol.every_analysis(), "counting", analysis)
    return analysis


@pytest.fixture
def shop(committed_cast: Cast) -> Iterator[Shop]:
    with use_shop(committed_cast.green):
        yield committed_cast.green


def ask(**fields: Any) -> Job:
    return engine.ask_run(name="counting", by="alice@shops.example", hint=False, **fields)


def again(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)  # type: ignore[no-any-return]


def test_a_run_stores_speaks_and_suggests(shop: Shop, counting: Counting) -> None:
    job = ask(as_of=DAY, horizon=14)
    jobs.run(job.pk)
    run = Run.objects.get()
    assert (run.status, run.as_of_date, run.horizon, run.series) == ("done", DAY, 14, 3)
    assert (run.sentences, run.provider, run.scores) == (["It looked 14 days ahead."], "local", {"wape": 0.25})
    assert Suggestion.objects.get().run == run
    result = again(job).result
    assert (result["run"], result["status"], result["wape"]) == (run.pk, "done", 0.25)


def test_without_a_day_it_reads_up_to_the_last_whole_day(shop: Shop, counting: Counting) -> None:
    jobs.run(ask().pk)
    assert Run.objects.get().as_of_date == shop.today() - dt.timedelta(days=1)


@pytest.mark.parametrize("where", ["inputs", "compute", "suggest"])
def test_a_killed_worker_leaves_nothing_and_the_next_finishes_the_same_run(
    shop: Shop, counting: Counting, where: str
) -> None:
    job = ask(as_of=DAY)
    counting.breaks[where] = Killed()
    with pytest.raises(Killed):
        jobs.run(job.pk)
    assert not Suggestion.objects.exists()
    Job.objects.update(lease_until=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    jobs.run(job.pk)
    assert again(job).status == "done"
    assert Run.objects.get().status == "done"
    assert Suggestion.objects.count() == 1


def test_a_worker_that_died_after_the_run_was_whole_does_not_store_it_twice(shop: Shop, counting: Counting) -> None:
    job = ask(as_of=DAY)
    jobs.run(job.pk)
    Job.objects.update(status="running", lease_until=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), result={})
    jobs.run(job.pk)
    assert counting.stored == 1
    assert again(job).result["run"] == Run.objects.get().pk


@pytest.mark.parametrize(
    ("breaks", "sentence"), [(Refused("Too little."), "Too little."), (ValueError("x"), "Something broke on our side.")]
)
def test_a_run_that_fails_says_so_and_the_one_before_stands(
    shop: Shop, counting: Counting, breaks: Exception, sentence: str
) -> None:
    jobs.run(ask(as_of=DAY).pk)
    counting.breaks["suggest"] = breaks
    failed = ask(as_of=DAY)
    jobs.run(failed.pk)
    assert again(failed).status == "failed"
    last = Run.objects.order_by("pk").last()
    assert (last.status, last.error.startswith(sentence)) == ("failed", True)
    assert Run.objects.all().latest_done("counting").pk != last.pk
    assert Suggestion.objects.filter(state="open").count() == 1


def test_a_cancelled_run_keeps_nothing(shop: Shop, counting: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    job = ask(as_of=DAY)
    monkeypatch.setattr(counting, "findings", lambda result: jobs.cancel(job_id=job.pk) and {"days": 0})
    jobs.run(job.pk)
    assert again(job).status == "cancelled"
    assert Run.objects.get().status == "cancelled"
    assert not Suggestion.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"name": "nothing"}, {"name": "counting", "horizon": 0}, {"name": "counting", "horizon": 999}]
)
def test_what_cannot_run_is_refused_with_a_sentence(shop: Shop, counting: Counting, fields: dict[str, Any]) -> None:
    with pytest.raises(AnalysisRefused):
        engine.ask_run(by="alice", **fields)
    assert not Job.objects.filter(kind="analysis").exists()


def test_the_command_prints_one_json_line_last(shop: Shop, counting: Counting) -> None:
    said = StringIO()
    call_command("run_analysis", "green", "counting", "--as-of", "2026-03-01", "--horizon", "9", stdout=said)
    outcome = json.loads(said.getvalue().strip().splitlines()[-1])
    assert {"run", "status", "series", "seconds", "wape"} <= set(outcome)
    assert Run.objects.get(pk=outcome["run"]).horizon == 9


@pytest.mark.parametrize("asked", [("nowhere", "counting"), ("green", "nothing")])
def test_the_command_names_what_it_does_not_know(shop: Shop, counting: Counting, asked: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match="There is no shop|is not an analysis"):
        call_command("run_analysis", *asked)


def test_the_page_sets_a_run_beside_the_one_before(committed_cast: Cast, shop: Shop, counting: Counting) -> None:
    for horizon in (7, 10):
        jobs.run(ask(as_of=DAY, horizon=horizon).pk)
    client = committed_cast.client()
    newest = Run.objects.order_by("-pk").first().pk
    page = client.get(f"/s/green/insights/runs/{newest}/").content.decode()
    assert "It looked 10 days ahead." in page
    assert all(f'<td class="n">{written}</td>' in page for written in ("10", "7"))
    listed = client.get("/s/green/insights/runs/").content.decode()
    assert listed.count('<span class="chip ok">Done</span>') == 2
    assert client.get("/s/green/insights/runs/?export=csv").content.decode().count("counting") == 2


def test_a_person_starts_watches_and_cancels_a_run(committed_cast: Cast, shop: Shop, counting: Counting) -> None:
    client = committed_cast.client()
    waiting = client.post("/s/green/insights/runs/start/", {"analysis": "counting"})
    assert b"Waiting for a free worker" in client.get(waiting.url).content
    client.post(f"{waiting.url}cancel/")
    assert b"Cancelled before it began" in client.get(waiting.url).content
    job = Job.objects.get(kind="analysis")
    assert job.asked_by == "alice@shops.example"
    rival = committed_cast.client(committed_cast.charlie)
    assert rival.get(f"/s/rival/insights/runs/asked/{job.pk}/").status_code == 404
    cashier = committed_cast.client(committed_cast.bob)
    assert cashier.post("/s/green/insights/runs/start/", {"analysis": "counting"}).status_code == 403
