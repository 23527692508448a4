"""The pages docs/settings.md and docs/roles.md are what the code says."""

import re
from pathlib import Path

from django.conf import settings

from shop.management.commands import roles_table, settings_table

ROOT = Path(settings.BASE_DIR)
READS = re.compile(r"""environ(?:\.get\(|\.setdefault\(|\[)\s*["'](AISLE_[A-Z_]+)|\$\{(AISLE_[A-Z_]+)""")


def test_settings_page_is_the_code() -> None:
    assert (ROOT / "docs/settings.md").read_text() == settings_table.table(), "run manage.py settings_table"


def test_roles_page_is_the_code() -> None:
    assert (ROOT / "docs/roles.md").read_text() == roles_table.table(), "run manage.py roles_table"


def test_variables_read_before_django_are_on_the_page() -> None:
    sources = [*ROOT.glob("shop/**/*.py"), *ROOT.glob("bin/*"), *ROOT.glob("tests/**/*.py"), *ROOT.glob("deploy/*.py")]
    read = {name for path in sources if path.is_file() for pair in READS.findall(path.read_text()) for name in pair}
    page = settings_table.table()
    assert [name for name in sorted(read - {""}) if f"`{name}`" not in page] == []
