"""The product's own doors, as benches use them: a file in, a run, an export out; and what is not here to measure."""

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

DATA = Path(settings.BASE_DIR).parent / "shared" / "data"


def is_there(path: Path) -> bool:
    """Whether the file is here; says so where it is not."""
    if not path.exists():
        print(json.dumps({"figure": f"not measured: {path.name} is not here"}))
    return path.exists()


def import_file(slug: str, kind: str, folder: Path, header: list[str], rows: Iterable[tuple[object, ...]]) -> None:
    path = folder / f"{kind}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    call_command("import_csv", slug, kind, str(path), stdout=io.StringIO())


def run(slug: str, name: str, as_of: dt.date) -> None:
    """Runs an analysis and prints its own JSON line."""
    said = io.StringIO()
    call_command("run_analysis", slug, name, as_of=as_of, stdout=said)
    print(json.dumps({"shop": slug, **json.loads(said.getvalue().splitlines()[-1])}))


def export(slug: str, kind: str) -> list[dict[str, str]]:
    out = io.StringIO()
    call_command("export", slug, kind, stdout=out)
    return list(csv.DictReader(io.StringIO(out.getvalue().lstrip("\ufeff"))))
