"""The reference client's README is true: its commands and its program do what it says they do."""

import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from sales.models import Sale, ZReport
from shop.doors import shop_by_slug
from shop.embedded import REPOSITORY
from shop.tenancy import use_shop

CLIENT = REPOSITORY / "clients" / "python"


def blocks(language: str) -> list[str]:
    text = (CLIENT / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def run(command: list[str], folder: Path) -> str:
    env = {**os.environ, "PYTHONPATH": str(CLIENT)}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def test_its_commands_take_a_person_through_a_shift(hollins: dict[str, str], tmp_path: Path) -> None:
    (commands,) = blocks("")
    said = ""
    for line in commands.strip().splitlines():
        words = line.partition("#")[0].split()
        assert words[:3] == ["python", "-m", "aisle_till"]
        known = {"http://localhost:8000": hollins["AISLE"], "THE-CODE": hollins["CODE"]}
        said += run([sys.executable, *(known.get(word, word) for word in words[1:])], tmp_path)
    assert "4 products changed" in said and "1 waiting" not in said and "2 waiting, safe on this till" in said
    with use_shop(shop_by_slug("hollins")):
        assert Sale.objects.get().total == Decimal("5.80")
        assert ZReport.objects.get().body["over_short"] == "0.00"


def test_its_program_runs(hollins: dict[str, str], tmp_path: Path) -> None:
    (program,) = blocks("python")
    program = program.replace("https://aisle.example", hollins["AISLE"]).replace(
        'code="..."', f'code="{hollins["CODE"]}"'
    )
    run([sys.executable, "-c", program.replace("/var/lib/till", str(tmp_path))], tmp_path)
    with use_shop(shop_by_slug("hollins")):
        assert list(Sale.objects.order_by("id").values_list("kind", flat=True)) == ["sale", "refund"]
        assert ZReport.objects.get().body["over_short"] == "0.00"
