"""The locks install what was chosen and nothing else, on every machine we name."""

import re

import pytest

from shop.embedded import REPOSITORY

LOCKS = ("requirements.txt", "requirements-dev.txt")
PINNED = re.compile(r"^([a-z0-9-]+)(?:\[[a-z, -]+\])?==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)


def text(name):
    return (REPOSITORY / name).read_text(encoding="utf-8")


def pins(name):
    return {(package, marker): version for package, version, marker in PINNED.findall(text(name))}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_held_by_version_and_hash(lock):
    lines = [line for line in text(lock).splitlines() if not line.strip().startswith("#")]
    assert all(PINNED.match(line) or re.match(r"    --hash=sha256:[0-9a-f]{64}( \\)?$", line) for line in lines)
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        assert not PINNED.match(line) or after.startswith("    --hash="), line


@pytest.mark.parametrize("lock", LOCKS)
def test_no_place_is_named_that_another_machine_has_not(lock):
    assert not re.search(r"://|--index|--extra|--find-links|^-e|/", re.sub(r"#.*", "", text(lock)), re.MULTILINE)


def test_what_is_checked_is_what_runs():
    runs, checked = (pins(lock) for lock in LOCKS)
    assert runs.items() <= checked.items()


def test_every_wish_is_in_the_lock_and_says_why():
    for name, lock in (("requirements.in", LOCKS[0]), ("requirements-dev.in", LOCKS[1])):
        locked = {package for package, _ in pins(lock)}
        for line in text(name).splitlines():
            if not line or line.startswith(("#", "-r")):
                continue
            wish, _, reason = line.partition("#")
            assert reason.strip(), f"{name}: {line}"
            assert re.match(r"[A-Za-z0-9-]+", wish)[0].lower() in locked, line
