"""Every kind: its template is a file that can be imported as it is, and again without effect."""

import csv
import io

import pytest

from sales.models import Sale
from shop.imports.kinds import Kind, every_kind, template
from shop.models import Change, ImportedRow
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in, counts, reasons
from tests.kept_imports import kept, take_back

pytestmark = pytest.mark.django_db


def written(kind: Kind) -> str:
    out = io.StringIO()
    header, rows = template(kind)
    csv.writer(out).writerows([header, *rows] if header else rows)
    return out.getvalue()


def maps(kind: Kind) -> list[str]:
    """A file without column names says no day: one is said for all of it."""
    return [] if template(kind)[0] else ["time:=2026-11-20"]


@pytest.mark.parametrize("kind", every_kind(), ids=lambda kind: kind.name)
def test_a_kinds_template_can_be_imported_as_it_is_and_again_without_effect(cast: Cast, kind: Kind) -> None:
    rows = len(template(kind)[1])
    assert rows, "a template without rows shows nobody how to write one"
    with use_shop(cast.green):
        first = bring_in(kind.name, written(kind), maps=maps(kind))
        assert counts(first)[3] == 0, reasons(first)
        assert first.created + first.updated, "the rows say nothing new"
        changes = Change.objects.count()
        again = bring_in(kind.name, written(kind), maps=maps(kind))
        assert counts(again) == (0, 0, rows, 0), reasons(again)
        assert Change.objects.count() == changes


@pytest.mark.parametrize("kind", every_kind(), ids=lambda kind: kind.name)
def test_what_a_kind_wrote_knows_its_line_and_can_be_taken_back_and_come_again(cast: Cast, kind: Kind) -> None:
    with use_shop(cast.green):
        first = kept(kind.name, written(kind), maps=maps(kind))
        lines = set(ImportedRow.objects.filter(imported=first).values_list("line", flat=True))
        assert lines - {0} or Sale.objects.filter(imported=first).exists()
        plan = take_back(first)
        if not kind.undo:  # papers of a ledger stay, countered, and so does what they name
            assert plan.kept_count == 0, plan.kept
        again = kept(kind.name, written(kind), maps=maps(kind))
        assert again.result["created"] + again.result["updated"] == first.result["created"] + first.result["updated"]
    with use_shop(cast.rival):
        assert not Change.objects.exclude(import_id=None).exists()
