"""A setting is read whole or refused with words that say what to set."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from shop import env


@pytest.fixture(autouse=True)
def no_trace(monkeypatch):
    """The documented settings are those of settings.py, not the ones read here."""
    monkeypatch.setattr(env, "known", {})


def test_a_value_wins_over_the_default(monkeypatch):
    monkeypatch.setenv("AISLE_TRY", " blue ")
    assert env.text("AISLE_TRY", "red", meaning="colour") == "blue"


def test_an_empty_value_counts_as_not_set(monkeypatch):
    monkeypatch.setenv("AISLE_TRY", "")
    assert env.text("AISLE_TRY", "red", meaning="colour") == "red"


def test_a_missing_required_one_says_what_to_set():
    with pytest.raises(ImproperlyConfigured, match=r"AISLE_TRY is not set \(colour\).*AISLE_TRY=green"):
        env.text("AISLE_TRY", meaning="colour", example="green")


@pytest.mark.parametrize(("given", "value"), [("1", True), ("Yes", True), ("off", False), ("FALSE", False)])
def test_flag(monkeypatch, given, value):
    monkeypatch.setenv("AISLE_TRY", given)
    assert env.flag("AISLE_TRY", not value, meaning="on or off") is value


@pytest.mark.parametrize(
    ("read", "given", "complaint"),
    [
        (lambda: env.flag("AISLE_TRY", False, meaning="m"), "maybe", "neither on nor off"),
        (lambda: env.whole("AISLE_TRY", 3, meaning="m"), "three", "not a whole number"),
        (lambda: env.whole("AISLE_TRY", 3, meaning="m"), "3.5", "not a whole number"),
        (lambda: env.whole("AISLE_TRY", 3, least=1, meaning="m"), "0", "below 1"),
        (lambda: env.whole("AISLE_TRY", 3, most=9, meaning="m"), "10", "above 9"),
        (lambda: env.choice("AISLE_TRY", "a", options=["a", "b"], meaning="m"), "c", "none of a, b"),
        (
            lambda: env.url("AISLE_TRY", "", schemes=["redis"], meaning="m", example="redis://h/0"),
            "http://h",
            "begin with redis://",
        ),
        (
            lambda: env.url("AISLE_TRY", "", schemes=["redis"], meaning="m", example="redis://h/0"),
            "redis://[",
            "not an address",
        ),
    ],
)
def test_a_malformed_one_says_what_is_wrong_and_what_to_set(monkeypatch, read, given, complaint):
    monkeypatch.setenv("AISLE_TRY", given)
    with pytest.raises(ImproperlyConfigured, match=rf"AISLE_TRY cannot be used: .*{complaint}.*AISLE_TRY="):
        read()


def test_numbers_lists_and_addresses(monkeypatch):
    monkeypatch.setenv("AISLE_N", "8")
    monkeypatch.setenv("AISLE_L", "a, b ,,c")
    monkeypatch.setenv("AISLE_U", "rediss://host:1/0")
    assert env.whole("AISLE_N", 1, least=1, most=9, meaning="m") == 8
    assert env.words("AISLE_L", [], meaning="m") == ["a", "b", "c"]
    assert env.url("AISLE_U", schemes=["redis", "rediss"], meaning="m", example="redis://h") == "rediss://host:1/0"


def test_a_file_may_hold_the_value(monkeypatch, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n", encoding="utf-8")
    monkeypatch.setenv("AISLE_TRY_FILE", str(secret))
    assert env.text("AISLE_TRY", meaning="secret") == "s3cret"
    monkeypatch.setenv("AISLE_TRY", "other")
    with pytest.raises(ImproperlyConfigured, match="Both AISLE_TRY and AISLE_TRY_FILE"):
        env.text("AISLE_TRY", meaning="secret")


def test_a_file_that_cannot_be_read_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("AISLE_TRY_FILE", str(tmp_path / "none"))
    with pytest.raises(ImproperlyConfigured, match="AISLE_TRY_FILE names the file .*none"):
        env.text("AISLE_TRY", meaning="secret")


def test_every_read_is_remembered_for_the_documents():
    env.text("AISLE_A", "", meaning="a thing")
    env.whole("AISLE_B", 4, meaning="a number")
    env.text("AISLE_C", "/x/y", meaning="a place", shown="a folder of its own")
    assert [(s.name, s.default, s.meaning) for s in env.known.values()] == [
        ("AISLE_A", "(empty)", "a thing"),
        ("AISLE_B", "4", "a number"),
        ("AISLE_C", "a folder of its own", "a place"),
    ]
