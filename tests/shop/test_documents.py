"""The documents name what the code has: measures, reports, door tables, apps and decisions."""

import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings
from django.db import connection

from inventory import reports as inventory_reports
from sales import below_zero, shift_reports, takings
from sales import reports as sales_reports
from sales.measures import MEASURES
from shop import reports as shop_reports
from shop.imports.kinds import every_kind
from shop.roles import Role
from shop.walls import DOOR_TABLES

DOCS = Path(settings.BASE_DIR) / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text()


def test_glossary_names_every_measure() -> None:
    assert [m.name for m in MEASURES.values() if f"| {m.name} |" not in page("glossary.md")] == []


REPORTS = [sales_reports, shift_reports, takings, below_zero, inventory_reports, shop_reports]


@pytest.mark.parametrize("module", REPORTS, ids=lambda module: module.__name__)
def test_glossary_names_every_report(module: ModuleType) -> None:
    public = [
        name
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    ]
    assert public and [name for name in public if f"`{name}`" not in page("glossary.md")] == [], (
        "name it in docs/glossary.md"
    )


def test_glossary_names_roles_and_kinds() -> None:
    text = page("glossary.md").lower()
    assert [role.label for role in Role if role.label.lower() not in text] == []
    assert [kind.name for kind in every_kind() if kind.name.split("_")[0] not in text] == []


def test_tenancy_page_says_why_each_door_table_is_outside() -> None:
    text = page("tenancy.md")
    beat = [table for table in DOOR_TABLES if table.startswith("django_celery_beat_")]
    assert len(beat) == 6 and "`django_celery_beat_*` (six tables)" in text
    assert [table for table in DOOR_TABLES if table not in beat and f"`{table}`" not in text] == []


def test_tenancy_page_names_every_function_with_its_owners_rights(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
            " where n.nspname = 'public' and prosecdef"
        )
        names = [name for (name,) in cursor.fetchall()]
    assert names and [name for name in names if f"`{name}`" not in page("tenancy.md")] == []


def test_map_names_every_app() -> None:
    apps = [app for app in settings.INSTALLED_APPS if (Path(settings.BASE_DIR) / app.split(".")[0]).is_dir()]
    assert [app for app in apps if f"\n{app}/" not in page("architecture.md")] == []


def test_every_decision_is_listed_and_fits_a_page() -> None:
    decisions = sorted((DOCS / "adr").glob("0*.md"))
    for number, decision in enumerate(decisions, 1):
        text = decision.read_text()
        assert decision.name.startswith(f"{number:04}-") and decision.name in page("adr/README.md")
        assert re.findall(r"^## (.*)$", text, re.M) == ["Context", "Decision", "Consequences", "What we did not do"]
        assert len(text.split()) < 600


def test_links_between_documents_lead_somewhere() -> None:
    for document in [*DOCS.rglob("*.md")]:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
            assert (document.parent / link).exists(), f"{document.name}: {link}"
