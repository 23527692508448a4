"""Every kind: its template is a file that can be imported as it is, and again without effect."""

import csv
import io

import pytest

from shop.imports.kinds import Kind, every_kind, template
from shop.models import Change
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in, counts, reasons

pytestmark = pytest.mark.django_db


def written(kind: Kind) -> str:
    out = io.StringIO()
    header, rows = template(kind)
    csv.writer(out).writerows([header, *rows] if header else rows)
    return out.getvalue()


@pytest.mark.parametrize("kind", every_kind(), ids=lambda kind: kind.name)
def test_a_kinds_template_can_be_imported_as_it_is_and_again_without_effect(cast: Cast, kind: Kind) -> None:
    header, rows = template(kind)[0], len(template(kind)[1])
    # A file without column names says no day: one is said for all of it.
    maps = [] if header else ["time:=2026-11-20"]
    assert rows, "a template without rows shows nobody how to write one"
    with use_shop(cast.green):
        first = bring_in(kind.name, written(kind), maps=maps)
        assert counts(first)[3] == 0, reasons(first)
        assert first.created + first.updated, "the rows say nothing new"
        changes = Change.objects.count()
        again = bring_in(kind.name, written(kind), maps=maps)
        assert counts(again) == (0, 0, rows, 0), reasons(again)
        assert Change.objects.count() == changes
    with use_shop(cast.rival):
        assert not Change.objects.exclude(import_id=None).exists()
