"""Every kind: its template can be imported as it is, again without effect, taken back, and brought in anew."""

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
def test_a_template_comes_in_as_it_is_changes_nothing_again_and_can_be_taken_back(cast: Cast, kind: Kind) -> None:
    rows = len(template(kind)[1])
    assert rows, "a template without rows shows nobody how to write one"
    with use_shop(cast.green):
        first = kept(kind.name, written(kind), maps=maps(kind))
        made = first.result["created"] + first.result["updated"]
        assert first.result["refused"] == 0, first.result["reasons"]
        assert made, "the rows say nothing new"
        lines = set(ImportedRow.objects.filter(imported=first).values_list("line", flat=True))
        assert lines - {0} or Sale.objects.filter(imported=first).exists()
        changes = Change.objects.count()
        again = bring_in(kind.name, written(kind), maps=maps(kind))
        assert counts(again) == (0, 0, rows, 0), reasons(again)
        assert Change.objects.count() == changes
        plan = take_back(first)
        if not kind.undo:  # papers of a ledger stay, countered, and so does what they name
            assert plan.kept_count == 0, plan.kept
        anew = kept(kind.name, written(kind), maps=maps(kind)).result
        assert anew["created"] + anew["updated"] == made
    with use_shop(cast.rival):
        assert not Change.objects.exclude(import_id=None).exists()
