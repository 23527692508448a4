"""The desk: a file is kept, read, matched, checked and brought in, each step once; what stops goes back a step."""

import datetime as dt
import hashlib
import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.storage import default_storage

from sales.models import Sale
from shop import jobs
from shop.imports import desk, keeping
from shop.imports.errors import ImportRefused
from shop.models import Import, Job, RawFile, SavedMapping
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import BY, keep_uploads_in, work

pytestmark = pytest.mark.django_db(transaction=True)
GOOD = "".join(f"R{number},2026-03-02 10:0{number},MILK,2,1.45\n" for number in range(9))
FILE = f"receipt,time,product,quantity,price\n{GOOD}R9,2026-03-02 10:30,MILK,x,1.45\n".encode()


@pytest.fixture
def green(committed_cast: Cast, tmp_path: Any, settings: Any) -> Iterator[Cast]:
    keep_uploads_in(tmp_path, settings)
    with use_shop(committed_cast.green):
        yield committed_cast


def begun(content: bytes = FILE, name: str = "till.csv", **more: Any) -> Import:
    file = desk.keep(io.BytesIO(content), name=name, by=BY)
    return desk.begin(file=file, by=BY, **more)


def test_a_file_goes_from_the_upload_into_the_books(green: Cast) -> None:
    imported = work(begun(kind="sales_lines"))
    assert (imported.state, imported.sample["rows"][0][0]) == ("matching", "R0")
    assert imported.mapping["columns"]["quantity"] == ["quantity"]
    imported = work(desk.check(import_id=imported.pk, by=BY))
    assert (imported.state, imported.checked["created"], imported.checked["refused"]) == ("ready", 9, 1)
    assert not Sale.objects.exists(), "a check changes nothing"
    imported = work(desk.go(import_id=imported.pk, by=BY))
    assert (imported.state, imported.result["created"], imported.problem) == ("done", 9, "")
    assert Sale.objects.count() == 9


def test_each_step_is_one_job_however_often_it_is_asked_for(green: Cast) -> None:
    imported = work(begun(kind="sales_lines"))
    first, second = (desk.check(import_id=imported.pk, by=BY).job_id for _ in range(2))
    assert first == second
    imported = work(desk.check(import_id=imported.pk, by=BY))
    first, second = (desk.go(import_id=imported.pk, by=BY).job_id for _ in range(2))
    assert first == second
    work(desk.go(import_id=imported.pk, by=BY))
    assert desk.go(import_id=imported.pk, by=BY).job_id == first, "and what is in is not brought in again"
    assert Job.objects.filter(kind__endswith="import").count() == 3
    with pytest.raises(ImportRefused, match="already further"):
        desk.check(import_id=imported.pk, by=BY)


def test_what_is_changed_after_the_check_is_checked_again(green: Cast) -> None:
    imported = work(begun(kind="sales_lines"))
    first = work(desk.check(import_id=imported.pk, by=BY)).job_id
    desk.change(import_id=imported.pk, branch="Station")
    with pytest.raises(ImportRefused):
        desk.go(import_id=imported.pk, by=BY)
    again = work(desk.check(import_id=imported.pk, by=BY))
    assert (again.state, again.branch) == ("ready", "Station") and again.job_id != first


def test_a_saved_mapping_imports_by_itself(green: Cast) -> None:
    columns = {name: [name] for name in ("receipt", "time", "product", "quantity", "price")}
    saved = SavedMapping.objects.create(
        kind="sales_lines", fingerprint="f" * 64, mapping={"columns": columns, "constants": {}}
    )
    file = desk.keep(io.BytesIO(FILE), name="night.csv", origin="folder", by="feed")
    imported = work(desk.run_saved(file=file, saved_mapping=saved, branch="Station", by="feed", feed=None))
    assert (imported.state, imported.result["created"]) == ("done", 9)
    assert set(Sale.objects.values_list("branch__name", flat=True)) == {"Station"}


def test_columns_once_matched_are_matched_the_next_time(green: Cast) -> None:
    first = work(begun(kind="sales_lines", supplier="Mill"))
    work(desk.go(import_id=work(desk.check(import_id=first.pk, by=BY)).pk, by=BY))
    again = work(begun(FILE.replace(b"\nR", b"\nT"), "tuesday.csv", supplier="Mill"))
    assert (again.state, again.kind, again.mapping) == ("checking", "sales_lines", first.mapping)
    assert work(again).checked["created"] == 9
    assert work(begun(FILE, "other.csv", supplier="Dairy")).state == "matching", "another supplier's are another matter"


def test_a_file_that_cannot_be_read_says_why(green: Cast) -> None:
    imported = work(begun(b"receipt,time,product,quantity,price\n", kind="sales_lines"))
    imported = work(desk.check(import_id=imported.pk, by=BY))
    assert imported.state == "matching" and "no rows below" in imported.problem


@pytest.mark.parametrize(("step", "state"), [("read", "dropped"), ("check", "matching"), ("go", "ready")])
def test_a_cancelled_step_goes_back(green: Cast, step: str, state: str) -> None:
    imported = begun(kind="sales_lines")
    if step != "read":
        imported = desk.check(import_id=work(imported).pk, by=BY)
    if step == "go":
        imported = desk.go(import_id=work(imported).pk, by=BY)
    assert desk.cancel(import_id=imported.pk).state == state
    jobs.run(imported.job_id)
    assert not Sale.objects.exists()
    if step != "read":
        again = {"check": desk.check, "go": desk.go}[step](import_id=imported.pk, by=BY)
        assert work(again).state == {"check": "ready", "go": "done"}[step]


def test_the_file_is_kept_byte_for_byte_and_known_again(green: Cast) -> None:
    first = begun(kind="sales_lines")
    file = first.file
    assert (file.sha256, file.size) == (hashlib.sha256(FILE).hexdigest(), len(FILE))
    with default_storage.open(file.path) as kept:
        assert kept.read() == FILE
    work(desk.go(import_id=work(desk.check(import_id=work(first).pk, by=BY)).pk, by=BY))
    second = begun(kind="sales_lines")
    assert keeping.same_before(second.file, other_than=second.pk) == first


def test_old_files_lose_their_bytes_and_keep_their_rows(green: Cast, settings: Any) -> None:
    draft, done = begun(kind="sales_lines"), begun(kind="sales_lines")
    work(desk.go(import_id=work(desk.check(import_id=work(done).pk, by=BY)).pk, by=BY))
    today = dt.datetime.now(dt.UTC).date()
    assert keeping.remove_old(today + dt.timedelta(days=7)) == 0
    assert keeping.remove_old(today + dt.timedelta(days=8)) == 1
    draft.file.refresh_from_db()
    assert draft.file.removed_at is not None and draft.file.path == ""
    with pytest.raises(ImportRefused, match="no longer kept"):
        keeping.source_of(draft.file)
    assert keeping.remove_old(today + dt.timedelta(days=settings.KEEP_FILES_DAYS + 1)) == 1
    assert RawFile.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [(b"", "till.csv", "is empty"), (b"a,b\n1,2\n", "till.exe", "must end in"), (b"%PDF-1.7", "till.csv", "a PDF")],
)
def test_a_file_that_is_none_leaves_nothing(green: Cast, tmp_path: Any, content: bytes, name: str, words: str) -> None:
    with pytest.raises(ImportRefused, match=words):
        begun(content, name)
    assert not RawFile.objects.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
