"""The till guide is true: its commands are run as they stand, in their order, and the answers are those it shows.

Where the guide shows an answer, every field of it is in the real one with the same value. What differs from till to
till and run to run (ids, keys, times) is shown as an example and compared by its shape.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shop.embedded import REPOSITORY

GUIDE = REPOSITORY / "docs" / "till-guide.md"
_BLOCK = re.compile(r"^```(sh|json)\n(.*?)^```$|^Answers? `(\d{3})`", re.MULTILINE | re.DOTALL)
# KEY=aisle_...   # "key" in the answer
_FROM_ANSWER = re.compile(r'^(\w+)=\S+ +# "([\w.]+)" in the answer$')
_SHAPES = (
    re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"),
    re.compile(r"\d{4}-\d\d-\d\d"),
    re.compile(r"aisle_[a-z2-9]{8}_[A-Za-z0-9.]+"),
)
# The numbers and marks this installation made.
_OURS = {"id", "cursor", "request_id", "prefix", "product", "etag", "detail_id"}


@dataclass
class Step:
    """One block of commands, and what the guide says comes of it."""

    commands: str
    status: str = ""
    answer: Any = None


def steps() -> list[Step]:
    found: list[Step] = []
    for match in _BLOCK.finditer(GUIDE.read_text(encoding="utf-8")):
        kind, content, status = match.groups()
        if kind == "sh":
            found.append(Step(content))
        elif status:
            found[-1].status = status
        else:
            found[-1].answer = json.loads(content)
    return found


def test_the_guide_takes_a_stranger_from_a_code_to_a_closed_shift(hollins: dict[str, str], tmp_path: Path) -> None:
    for tool in ("curl", "bash"):
        if shutil.which(tool) is None:
            pytest.skip(f"NOT TESTED: docs/till-guide.md needs {tool}, which this machine has not")
    guide = steps()
    assert len(guide) > 12 and sum(step.answer is not None for step in guide) > 10
    script = "\n".join(_commands(step, number, hollins) for number, step in enumerate(guide))
    ran = subprocess.run(["bash", "-eu", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    for number, step in enumerate(guide):
        out = tmp_path / f"{number}.out"
        said = out.read_text(encoding="utf-8") if out.exists() else ""
        if step.status:
            assert said, f"nothing came of:\n{step.commands}\n{ran.stderr}"
            status, answer = _read(said)
            assert status == step.status, f"{step.commands}\n{said}"
            if step.answer is not None:
                differences = list(_differences(step.answer, answer, ""))
                assert differences == [], f"{step.commands}\n{json.dumps(answer, indent=1)}"
    assert ran.returncode == 0, ran.stderr


def _commands(step: Step, number: int, known: dict[str, str]) -> str:
    """The block as it stands, but for what a reader fills in: the address, the code, and what the last answer gave."""
    lines = []
    for line in step.commands.splitlines():
        name = line.partition("=")[0]
        taken = _FROM_ANSWER.match(line)
        if taken:
            line = f"{taken[1]}=$({sys.executable} -c '{_TAKE}' {number - 1}.out {taken[2]})"
        elif name in known:
            line = f"{name}={known[name]}"
        lines.append(line)
    return "{\n" + "\n".join(lines) + f"\n}} > {number}.out"


_TAKE = (
    "import json,sys\n"
    'found = json.loads(open(sys.argv[1]).read().rpartition("\\n")[0].rpartition("\\n")[0] or "{}")\n'
    'for step in sys.argv[2].split("."): found = found[int(step) if step.isdigit() else step]\n'
    "print(found)"
)


def _read(said: str) -> tuple[str, Any]:
    """The body, and the status that the guide lets curl write behind it."""
    body, _, status = said.rstrip("\n").rpartition("\n")
    return status, json.loads(body) if body.strip() else None


def _differences(shown: Any, real: Any, place: str) -> Iterator[str]:
    if isinstance(shown, dict):
        if not isinstance(real, dict):
            yield f"{place}: {real!r}"
            return
        for name, value in shown.items():
            if name not in real:
                yield f"{place}/{name} is not there"
            elif name not in _OURS or isinstance(value, dict | list):
                yield from _differences(value, real[name], f"{place}/{name}")
    elif isinstance(shown, list):
        if not isinstance(real, list) or len(shown) != len(real):
            yield f"{place}: {real!r}"
            return
        for number, pair in enumerate(zip(shown, real, strict=True)):
            yield from _differences(*pair, f"{place}/{number}")
    elif not _alike(shown, real):
        yield f"{place}: {real!r} is not {shown!r}"


def _alike(shown: Any, real: Any) -> bool:
    if shown == real:
        return type(shown) is type(real)
    shapes = [shape for shape in _SHAPES if isinstance(shown, str) and shape.fullmatch(shown)]
    return any(isinstance(real, str) and shape.fullmatch(real) for shape in shapes)
