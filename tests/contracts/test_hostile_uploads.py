"""Files nobody should upload, with names nobody should give them: a clear refusal, never a broken page."""

from contextlib import suppress
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from shop import mount
from shop.imports import working
from shop.imports.errors import ImportRefused
from shop.models import Import, RawFile
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import keep_uploads_in
from tests.shop.test_imports_hostile import ARCHIVES, OTHER_FILES, WORKBOOKS

pytestmark = pytest.mark.django_db
GOOD = b"receipt,time,product,quantity,price\n1,2026-01-01 10:00,MILK,1,1\n"
NAMES = ["a.csv", "a\r\nX: y.csv", "../../x.csv", "\u202evsc.csv", "a" * 300 + ".csv", "a\0.csv", ".csv", "a.csv.gz"]
BODIES = {
    "good": GOOD,
    "empty": b"",
    "nul": b"\0\0",
    "only a mark": b"\xff\xfe",
    "one letter": b"a",
    "no gzip": b"\x1f\x8b",
    "header only": b"a,b\n",
    "open quote": b'"',
    "commas": b"," * 2000,
    "one column": b"x\n" * 10,
    "windows": "é;ü\n1;2\n".encode("cp1252"),
}
FORMS: list[dict[str, Any]] = [
    {},
    {"do": "check"},
    {"c0": "zzz", "c1": "time", "c2": "\0", "c999999": "price", "cx": "time"},
    {"constant-time": "\0", "constant-receipt": "x" * 100_000, "c0": ["product", "receipt", "time"], "do": "check"},
    {"c0": "receipt", "c1": "time", "c2": ["product", "product"], "branch": "\0" * 9, "supplier": "s" * 999},
]
READ = [
    {"encoding": "zip"},
    {"encoding": "utf-16", "delimiter": "x", "skip": "99999999999"},
    {"member": "../../etc/passwd"},
    {"kind": "nothing"},
]


class Silent:
    """A report that nobody hears: a real one speaks over a connection that sees nothing of this transaction."""

    def progress(self, done: int, total: int) -> None:
        return None


@pytest.fixture(autouse=True)
def uploads_of_this_test(tmp_path: Any, settings: Any) -> None:
    keep_uploads_in(tmp_path, settings)


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_hostile_uploads_are_refused_in_words(cast: Cast, name: str) -> None:
    client = cast.client()
    for title, body in BODIES.items():
        upload = {"file": SimpleUploadedFile(name, body), "kind": "sales_lines", "branch": ""}
        answer = client.post(mount.shop_url("green", "shop:import_new"), upload)
        assert answer.status_code in (302, 422), title
        if answer.status_code == 302:
            _go_on(cast, client, answer.headers["Location"], title)


def _go_on(cast: Cast, client: Client, address: str, title: str) -> None:
    """Whatever a form says next, it is done or refused; and what was kept is read or refused with a sentence."""
    with use_shop(cast.green):
        with suppress(ImportRefused):
            working.read_import(Import.objects.latest("pk").job, Silent())  # type: ignore[arg-type]
        imported = Import.objects.latest("pk")
        assert imported.state in ("matching", "refused") and bool(imported.problem) == (imported.state == "refused")
    assert client.get(address).status_code == 200, title
    said = {"map": FORMS, "read": READ, "field": [{"do": "part", "by": "\0"}], "fix": [{"group": "9"}]}
    for part, forms in said.items():
        for form in forms:
            answer = client.post(f"{address}{part}/", form)
            assert answer.status_code in (302, 422), f"{title}: {part}"
    assert client.get(address).status_code == 200, title


def test_what_the_first_look_can_tell_is_told_by_the_page(cast: Cast) -> None:
    """Bombs, sealed workbooks and other kinds of file never get as far as the worker, and nothing of them is kept."""
    client = cast.client()
    told = [bad for bad in (*ARCHIVES.values(), *OTHER_FILES.values(), *WORKBOOKS.values()) if bad.at_once][::4]
    assert len(told) >= 9
    for bad in told:
        upload = {"file": SimpleUploadedFile(bad.name, bad.make()), "kind": "products", "branch": ""}
        answer = client.post(mount.shop_url("green", "shop:import_new"), upload)
        assert answer.status_code == 422, bad.words
        assert bad.words.split("“")[0] in unescape(answer.content.decode()), bad.words
    with use_shop(cast.green):
        assert not RawFile.objects.exists()
