"""The import pages: upload, match columns, progress, result, refused rows, and who may."""

import gzip
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from sales.models import Sale
from shop import jobs
from shop.models import Job
from shop.roles import Role
from shop.tenancy import use_shop
from tests import factories
from tests.factories import Cast
from tests.importing import paid, shared

FILE = b"Receipt,Date,Time,SKU,Qty,Price\nR1,2026-03-02,10:00,MILK,2,1.45\nR2,2026-03-02,10:05,MILK,x,1.45\n"


@pytest.fixture(autouse=True)
def uploads_of_this_test(tmp_path: Any, settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }


def upload(client: Any, content: bytes = FILE, name: str = "till.csv", kind: str = "sales_lines") -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post("/s/green/imports/new/", {"file": file, "kind": kind, "branch": "High Street"})


def chosen(**columns: Any) -> dict[str, Any]:
    return {f"column-{name}": column for name, column in columns.items()}


COLUMNS = chosen(receipt="Receipt", time=["Date", "Time"], product="SKU", quantity="Qty", price="Price")


def test_a_file_goes_in_through_the_pages(committed_cast: Cast) -> None:
    client = committed_cast.client()
    assert b"Nothing has been imported yet" in client.get("/s/green/imports/").content
    matching = upload(client)
    assert matching.status_code == 302
    shown = client.get(matching.url).content.decode()
    assert '<option value="Qty" selected>Qty: 2, x</option>' in shown
    assert '<option value="Date" selected>' in shown and '<option value="Time" selected>' in shown
    started = client.post(matching.url, COLUMNS)
    with use_shop(committed_cast.green):
        job = Job.objects.get(kind="import")
        assert started.url == f"/s/green/imports/{job.pk}/"
        waiting = client.get(started.url).content.decode()
        assert "Waiting for a free worker" in waiting and 'hx-trigger="look, every 30s"' in waiting
        assert f'data-events="/s/green/jobs/{job.pk}/events/" data-status="queued"' in waiting
        jobs.run(job.pk)
        assert Sale.objects.get().receipt == "R1"
    done = client.get(started.url).content.decode()
    assert "The file is in." in done and 'hx-trigger="look' not in done
    assert "1 receipt worth <b>€2.90</b>" in done
    assert "quantity: “x” is not a number" in done.lower().replace("quantity: “x”", "quantity: “x”")
    refused = b"".join(client.get(f"{started.url}refused/").streaming_content).decode()
    assert refused.splitlines()[0] == "Receipt,Date,Time,SKU,Qty,Price,line,reason"
    assert refused.splitlines()[1].startswith("R2,2026-03-02,10:05,MILK,x,1.45,3,quantity: “x” is not a number")
    assert "Sales, line by line from till.csv" in client.get("/s/green/imports/").content.decode()


def test_pressing_import_twice_is_one_import(committed_cast: Cast) -> None:
    client = committed_cast.client()
    matching = upload(client)
    assert client.post(matching.url, COLUMNS).url == client.post(matching.url, COLUMNS).url
    with use_shop(committed_cast.green):
        assert Job.objects.filter(kind="import").count() == 1


def test_progress_is_asked_for_as_a_part_of_the_page(committed_cast: Cast) -> None:
    client = committed_cast.client()
    job_url = client.post(upload(client).url, COLUMNS).url
    with use_shop(committed_cast.green):
        Job.objects.update(status="running", progress=42, total=100)
    part = client.get(job_url, headers={"HX-Request": "true", "HX-Target": "state"}).content.decode()
    assert part.strip().startswith('<div id="state"')
    assert 'max="100" value="42"' in part and "<html" not in part


def test_a_waiting_import_is_cancelled_and_leaves_nothing(committed_cast: Cast) -> None:
    client = committed_cast.client()
    job_url = client.post(upload(client).url, COLUMNS).url
    client.post(f"{job_url}cancel/")
    with use_shop(committed_cast.green):
        jobs.run(Job.objects.get(kind="import").pk)
        assert not Sale.objects.exists()
    assert "The import was cancelled." in client.get(job_url).content.decode()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "till.csv", "till.csv is empty"),
        (b"PK\x03\x04rest", "till.csv", "is an Excel workbook or a zip"),
        (b"a,b\n1,2\n", "till.xlsx", "is not a CSV file"),
        (b"a,b\n1,\0\n", "till.csv", "binary zeros"),
        (gzip.compress(FILE, mtime=0)[:40], "till.csv.gz", "cut off or damaged"),
    ],
)
def test_a_file_that_is_none_is_told_so(cast: Cast, content: bytes, name: str, words: str) -> None:
    answer = upload(cast.client(), content, name)
    assert answer.status_code == 422
    assert words in answer.content.decode() and "There is a problem" in answer.content.decode()


def test_only_a_header_is_told_so(committed_cast: Cast) -> None:
    client = committed_cast.client()
    matching = upload(client, b"Receipt,Date,Time,SKU,Qty,Price\n")
    assert "There are no rows below" in client.get(matching.url).content.decode()
    job_url = client.post(matching.url, COLUMNS).url
    with use_shop(committed_cast.green):
        jobs.run(Job.objects.get(kind="import").pk)
    assert "has column names but no rows below them" in client.get(job_url).content.decode()


def test_a_needed_field_left_out_is_asked_for(cast: Cast) -> None:
    client = cast.client()
    matching = upload(client)
    answer = client.post(matching.url, chosen(receipt="Receipt", product="SKU"))
    assert answer.status_code == 422
    assert "Choose a column, or write one value, for time." in answer.content.decode()


def test_one_value_for_every_row(committed_cast: Cast) -> None:
    client = committed_cast.client()
    client.post(upload(client).url, {**COLUMNS, "constant-branch": "Station", "constant-quantity": "3"})
    with use_shop(committed_cast.green):
        jobs.run(Job.objects.get(kind="import").pk)
        assert set(Sale.objects.values_list("branch__name", flat=True)) == {"Station"}
        assert str(paid()) == "8.7000"


def test_cashiers_clerks_and_analysts_may_not(cast: Cast) -> None:
    for role in (Role.CASHIER, Role.CLERK, Role.ANALYST):
        client = cast.client(factories.make_member(shop=cast.green, role=role))
        assert client.get("/s/green/imports/").status_code == 403
        assert client.get("/s/green/imports/new/").status_code == 403
        assert upload(client).status_code == 403
    assert (
        cast.client(factories.make_member(shop=cast.green, role=Role.MANAGER)).get("/s/green/imports/").status_code
        == 200
    )


def test_another_shop_sees_neither_import_nor_upload(committed_cast: Cast) -> None:
    client = committed_cast.client()
    matching = upload(client)
    job_url = client.post(matching.url, COLUMNS).url
    charlie = committed_cast.client(committed_cast.charlie)
    for path in (job_url, f"{job_url}refused/"):
        assert charlie.get(path).status_code == 404
        assert charlie.get(path.replace("/green/", "/rival/")).status_code == 404
    foreign = charlie.get(matching.url.replace("/green/", "/rival/"))
    assert foreign.status_code == 422 and "no longer there" in foreign.content.decode()


def test_the_real_supermarket_file_goes_in_as_guessed(committed_cast: Cast) -> None:
    content = shared("supermarket_sales/supermarket_sales.csv").read_bytes()
    client = committed_cast.client()
    matching = upload(client, content, "supermarket_sales.csv")
    shown = client.get(matching.url).context["fields"]
    guessed = {row["field"].name: row["columns"] for row in shown}
    assert guessed["time"] == ("Date", "Time") and guessed["product"] == ("Product line",)
    client.post(matching.url, {f"column-{name}": list(columns) for name, columns in guessed.items()})
    with use_shop(committed_cast.green):
        job = Job.objects.get(kind="import")
        jobs.run(job.pk)
        job.refresh_from_db()
        assert (job.result["created"], job.result["refused"]) == (1000, 0)
        assert str(paid()) == "322966.7490"
