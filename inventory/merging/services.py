"""One product under two codes: taking the one into the other, and back.

The product that is gone stays as a row, off sale, and names the one it became; whoever still tells its SKU, its id or
one of its barcodes is understood to mean that one. What has happened stays true: sold lines go to the product that is
kept, so that reports show the two as one, while the ledger and the prices each has had are never changed. Which rows
went is noted, and exactly those go back.

Locks are taken in the order of selling: levels by branch and product, then products, then everything else. A row that
somebody wrote under the old product at that very moment is found afterwards by `catch_up`.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from inventory.merging import filling, links
from inventory.merging.links import Link, Work
from inventory.merging.planning import refusals
from inventory.models import Product, ProductMerge, ProductPair
from shop.errors import Refused
from shop.tenancy import acting, current_shop_id

Merged = ProductPair.State.MERGED


class MergeRefused(Refused):
    code = "merge_refused"


@transaction.atomic
def merge(*, kept: Product, gone: Product, by: str) -> ProductMerge:
    """Make `gone` one with `kept`; again changes nothing. Raises MergeRefused for what cannot be one product."""
    _one_at_a_time()
    kept, gone = (Product.objects.get(pk=product.pk) for product in (kept, gone))
    if kept.pk != gone.pk and gone.merged_into_id == kept.pk:
        return ProductMerge.objects.get(gone=gone, kept=kept, undone_at=None)  # type: ignore[no-any-return]
    if against := refusals(kept, gone):
        raise MergeRefused(" ".join(against))
    made: ProductMerge = ProductMerge.objects.create(kept=kept, gone=gone, merged_by=by)
    work = Work(made, kept, gone, by, made.merged_at)
    with acting(by, f"One product: {gone.name} ({gone.sku}) is {kept.name} ({kept.sku})"[:200]):
        parts = {one.name: one.merge(work) for one in links.every_part() if one.first}
        _hold(kept, gone)
        was = {"is_active": gone.is_active, "needs_review": gone.needs_review}
        pair = _pair_merged(kept, gone, by)
        parts |= {one.name: one.merge(work) for one in links.every_part() if not one.first}
        rows = {link.key: moved for link in links.moving() if (moved := _move(work, link))}
        filled = filling.fill(kept, gone)
        Product.objects.filter(pk=gone.pk).update(is_active=False, needs_review=False, merged_into=kept)
    made.moved = {"rows": rows, "many": _many(rows), "parts": parts, "filled": filled, "was": was, "pair": pair}
    made.save(update_fields=["moved"])
    return made


@transaction.atomic
def undo(*, merge: ProductMerge, by: str) -> ProductMerge:
    """Make two products of them again: exactly what was moved goes back, what came since stays. Again changes nothing.

    Raises MergeRefused where the kept product has itself been merged since.
    """
    _one_at_a_time()
    merge = ProductMerge.objects.select_related("kept", "gone").get(pk=merge.pk)
    kept, gone = merge.kept, merge.gone
    if merge.undone_at is not None:
        return merge
    if kept.merged_into_id:
        raise MergeRefused(f"{kept.name} was merged with another product later. Undo that first.")
    work, noted = Work(merge, kept, gone, by, timezone.now()), merge.moved
    with acting(by, f"Two products: {gone.name} ({gone.sku}) and {kept.name} ({kept.sku})"[:200]):
        for one in links.every_part():
            if one.first and one.name in noted.get("parts", {}):
                one.undo(work, noted["parts"][one.name])
        _hold(kept, gone)
        was = noted.get("was", {})
        Product.objects.filter(pk=gone.pk).update(merged_into=None, **was)
        for link in reversed(links.moving()):
            _move_back(work, link, noted.get("rows", {}).get(link.key, []))
        for one in reversed(links.every_part()):
            if not one.first and one.name in noted.get("parts", {}):
                one.undo(work, noted["parts"][one.name])
        filling.give_up(kept, noted.get("filled", {}))
        _pair_as_before(noted.get("pair"))
    merge.undone_by, merge.undone_at = by, work.at
    merge.save(update_fields=["undone_by", "undone_at"])
    return merge


@transaction.atomic
def catch_up() -> int:
    """Move what came under a merged product after it was merged; returns how many rows. Harmless to repeat.

    A till or an import that looked its goods up just before the merging names the old one just after it.
    """
    merges = ProductMerge.objects.filter(undone_at=None).select_related("kept", "gone").order_by("pk")
    if not merges.exists():
        return 0
    _one_at_a_time()
    late = _still_named()
    return sum(_move_late(merge) for merge in merges if merge.gone_id in late)


def _move_late(merge: ProductMerge) -> int:
    kept = Product.objects.get(pk=merge.gone.merged_into_id)
    work = Work(merge, kept, merge.gone, merge.merged_by, timezone.now(), late=True)
    moved, noted = 0, dict(merge.moved)
    rows, parts = dict(noted.get("rows", {})), dict(noted.get("parts", {}))
    with acting(merge.merged_by, f"One product: {merge.gone.name} is {kept.name}"[:200]):
        for one in links.every_part():
            if one.again:
                parts[one.name] = one.again(work, parts.get(one.name, []))
        for link in links.moving():
            more = _move(work, link)
            moved += len(more)
            if more:
                rows[link.key] = sorted({*rows.get(link.key, []), *more})
    if moved or parts != noted.get("parts", {}):
        merge.moved = {**noted, "rows": rows, "many": _many(rows), "parts": parts}
        merge.save(update_fields=["moved"])
    return moved


def _many(rows: dict[str, list[int]]) -> dict[str, int]:
    """How many rows of each link: a list of merges need not read them all."""
    return {key: len(ids) for key, ids in rows.items()}


def _still_named() -> set[int]:
    """Merged products that rows name which should have moved, or that have stock."""
    found: set[int] = set()
    gone = Product.objects.filter(merged_into__isnull=False)
    ids = list(gone.values_list("pk", flat=True))
    for link in links.moving():
        rows = link.model.objects.order_by().filter(**{f"{link.field}__in": ids})
        found.update(rows.values_list(link.field, flat=True).distinct())
    found.update(gone.filter(levels__quantity__lt=0).values_list("pk", flat=True))
    found.update(gone.filter(levels__quantity__gt=0).values_list("pk", flat=True))
    return found


def _move(work: Work, link: Link) -> list[int]:
    moved = links.repoint(link, work.gone.pk, work.kept.pk)
    if moved and link.then:
        link.then(work, moved)
    return moved


def _move_back(work: Work, link: Link, ids: list[int]) -> None:
    if not ids:
        return
    moved = links.repoint(link, work.kept.pk, work.gone.pk, only=ids)
    if moved and link.then:
        link.then(work, moved)


def _one_at_a_time() -> None:
    """Merges of a shop are one after the other; a row seen now is as the last one left it."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended('merging', %s))", [current_shop_id()])


def _hold(*products: Product) -> None:
    """Hold both rows against other changes, never against the links that a sale makes to them."""
    rows = Product.objects.filter(pk__in=[product.pk for product in products]).order_by("pk")
    held = {row.pk: row for row in rows.select_for_update(of=("self",), no_key=True)}
    for product in products:
        product.__dict__.update({field.attname: getattr(held[product.pk], field.attname) for field in _FIELDS})


_FIELDS: Any = Product._meta.concrete_fields


def _pair_merged(kept: Product, gone: Product, by: str) -> dict[str, Any] | None:
    """Say of their pair, if anybody asked about them, that they are one; returns what was said before."""
    first, second = sorted((kept.pk, gone.pk))
    pair = ProductPair.objects.filter(first=first, second=second).first()
    if pair is None:
        return None
    before = {"id": pair.pk, "state": pair.state, "decided_by": pair.decided_by, "decided_at": pair.decided_at}
    ProductPair.objects.filter(pk=pair.pk).update(state=Merged, decided_by=by, decided_at=timezone.now())
    return {**before, "decided_at": pair.decided_at and pair.decided_at.isoformat()}


def _pair_as_before(noted: dict[str, Any] | None) -> None:
    if noted:
        said = {name: noted[name] for name in ("state", "decided_by", "decided_at")}
        ProductPair.objects.filter(pk=noted["id"], state=Merged).update(**said)
