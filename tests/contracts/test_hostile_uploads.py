"""Files nobody should upload, with names nobody should give them: a clear refusal, never a broken page."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from shop import mount
from tests.factories import Cast

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
    {"column-receipt": "zzz", "column-time": "time", "column-product": "\0"},
    {"constant-time": "\0", "constant-receipt": "x" * 100_000, "column-product": "product"},
    {
        "column-receipt": "receipt",
        "column-time": ["time", "time"],
        "column-product": "product",
        "column-price": "price",
    },
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_hostile_uploads_are_refused_in_words(cast: Cast, name: str) -> None:
    client = cast.client()
    for title, body in BODIES.items():
        upload = {"file": SimpleUploadedFile(name, body), "kind": "sales_lines", "branch": ""}
        answer = client.post(mount.shop_url("green", "shop:import_new"), upload)
        assert answer.status_code in (302, 422), title
        if answer.status_code == 302:
            _go_on(client, answer.headers["Location"], title)


def _go_on(client: Client, address: str, title: str) -> None:
    assert client.get(address).status_code < 500, title
    for form in FORMS:
        answer = client.post(address, form)
        assert answer.status_code in (302, 422), title
        if answer.status_code == 302:
            assert client.get(answer.headers["Location"]).status_code == 200, title
