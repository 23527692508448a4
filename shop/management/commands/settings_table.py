"""Prints docs/settings.md: every environment variable the settings read."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.html import escape

from shop.env import known

HEAD = """# Settings

Everything that differs between machines is an environment variable. On a machine with nothing set, Aisle runs its own
PostgreSQL and Valkey and needs none of these. A wrong value stops the start with a sentence that names the variable,
says what is wrong with it and what would do. In place of NAME, NAME_FILE may name a file that holds the value.

This page is printed by `manage.py settings_table`.

| Variable | Kind | Default | What it is for |
|---|---|---|---|
"""

# Read by the commands before Django is there.
BEFORE_DJANGO = """
## Of the commands

| Variable | Default | What it is for |
|---|---|---|
| `AISLE_HOME` | `.aisle` beside the code | Folder of all data: databases, uploads, static files, mail not sent. |
| `AISLE_VENV` | `.venv` beside the code | The virtual environment `bin/setup` makes and the others use. |
| `AISLE_EMBEDDED_FSYNC` | on | off: the embedded PostgreSQL does not wait for the disk. For tests only. |
| `AISLE_TEST_PROCESSES` | 3 | How many processes `bin/test` runs side by side. |
| `AISLE_REQUIRE_BROWSER` | (empty) | 1: tests that need Chromium fail without it; otherwise they are skipped. |
| `AISLE_SHOTS` | (empty) | A folder: the browser tests put a picture of every page there, in every size and theme. |
| `AISLE_PICTURES` | (empty) | A folder where tests in the browser leave pictures of the pages they open. |
"""


def table() -> str:
    """The page, from the settings this process has read."""
    rows = [
        f"| `{setting.name}` | {setting.kind} | {escape(setting.default)} | {setting.meaning} |"
        for setting in sorted(known.values(), key=lambda setting: setting.name)
    ]
    return HEAD + "\n".join(rows) + "\n" + BEFORE_DJANGO


class Command(BaseCommand):
    help = "Print docs/settings.md"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(table(), ending="")
