"""How files with the same columns were read before: remembered by kind, header and supplier, and found again."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from shop.imports.kinds import Kind
from shop.imports.mapping import Mapping, check
from shop.imports.reading import Layout
from shop.models import SavedMapping


def find(kind: str, fingerprint: str, supplier: str = "") -> SavedMapping | None:
    """How files of this kind with these columns are read: as this supplier's were, else as files of nobody's."""
    known = SavedMapping.objects.filter(kind=kind, fingerprint=fingerprint, supplier__in=["", supplier])
    found: SavedMapping | None = known.order_by("-supplier").first()
    return found


def find_any(fingerprint: str, supplier: str = "") -> SavedMapping | None:
    """As `find`, of whatever kind; the one used last."""
    known = SavedMapping.objects.filter(fingerprint=fingerprint, supplier__in=["", supplier])
    found: SavedMapping | None = known.order_by("-supplier", "-used_at", "-pk").first()
    return found


@transaction.atomic
def remember(
    *, kind: Kind, layout: Layout, mapping: Mapping, supplier: str = "", name: str = "", proposed_by: str = "a person"
) -> SavedMapping:
    """Keep how files with these columns are read, in place of what was kept. Corrections of single rows are not kept.

    Raises ImportRefused for a mapping that makes no sense.
    """
    check(kind, mapping)
    said = {"mapping": mapping.without_rows().as_json(), "layout": layout.as_json(), "proposed_by": proposed_by[:80]}
    if name:
        said["name"] = name[:120]
    known: SavedMapping = SavedMapping.objects.update_or_create(
        kind=kind.name, fingerprint=layout.fingerprint, supplier=supplier[:120], defaults=said
    )[0]
    return known


def use(known: SavedMapping) -> Mapping:
    """The mapping, counted as used once more."""
    SavedMapping.objects.filter(pk=known.pk).update(used_count=F("used_count") + 1, used_at=timezone.now())
    return Mapping.from_json(known.mapping)
