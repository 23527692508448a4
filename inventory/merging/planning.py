"""What merging two products, or undoing it, would do: said before anybody does it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models.fields.json import KeyTransform

from inventory.competitors import sizes
from inventory.competitors.sizes import Compared
from inventory.merging import filling, links, lots
from inventory.merging.filling import Filled
from inventory.models import Barcode, Product, ProductMerge, StockLevel
from shop.models import Branch

SOLD_BY = {Product.Unit.PIECE: "the piece", Product.Unit.KILOGRAM: "the kilogram"}
FAR_APART = Decimal("0.25")  # prices that differ by more than this share of the higher one


@dataclass(frozen=True, slots=True)
class Said:
    """So many rows of one sort, and why, where they stay."""

    words: str
    many: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Together:
    """What a branch has of each, and of both; None where the kept one was not followed."""

    branch: str
    kept: Decimal | None
    gone: Decimal
    both: Decimal


@dataclass(frozen=True, slots=True)
class Plan:
    """What merging does. With `refusals` it is not done; `warnings` are for the person to weigh."""

    kept: Product
    gone: Product
    refusals: list[str]
    warnings: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    filled: list[Filled] = field(default_factory=list)
    stock: list[Together] = field(default_factory=list)
    moves: list[Said] = field(default_factory=list)
    stays: list[Said] = field(default_factory=list)
    clashes: list[Said] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """What undoing does: `back` goes back, `stays` came since and stays with the product that was kept."""

    merge: ProductMerge
    refusals: list[str]
    back: list[Said]
    stays: list[Said]


def plan(kept: Product, gone: Product) -> Plan:
    """What would become of everything, in words and numbers. Changes nothing."""
    if against := refusals(kept, gone):
        return Plan(kept, gone, against)
    moving, staying = links.moving(), [link for link in links.every_link() if not link.moves]
    clashes = {link.key: links.would_stay(link, gone.pk, kept.pk) for link in moving}
    return Plan(
        kept=kept,
        gone=gone,
        refusals=[],
        warnings=list(_warnings(kept, gone)),
        codes=[gone.sku, *Barcode.objects.filter(product=gone).values_list("code", flat=True)],
        filled=filling.in_words(kept, gone),
        stock=_stock(kept, gone),
        moves=_said([Said(one.words, links.count(one, gone.pk) - clashes[one.key]) for one in moving]),
        stays=_said([Said(one.words, links.count(one, gone.pk), one.why) for one in staying]),
        clashes=_clashes(kept, gone, [Said(one.words, clashes[one.key]) for one in moving]),
    )


def listed() -> Any:
    """All merges, latest first, without the rows they moved, which may be very many."""
    rows = ProductMerge.objects.select_related("kept", "gone").defer("moved").order_by("-pk")
    return rows.annotate(many=KeyTransform("many", "moved"))


def undo_plan(merge: ProductMerge) -> UndoPlan:
    """What undoing a merge would do. A merge read by `listed` is told without its rows."""
    told = merge.__dict__
    many: dict[str, int] = (told["many"] if "many" in told else merge.moved.get("many")) or {}
    against = []
    if merge.undone_at:
        against.append("This was undone before.")
    elif merge.kept.merged_into_id:
        against.append(f"{merge.kept.name} was merged with another product later. Undo that first.")
    since = [Said(one.words, one.since(merge.kept_id, merge.merged_at)) for one in links.moving() if one.since]
    back = [Said(one.words, many.get(one.key, 0)) for one in links.moving()]
    return UndoPlan(merge, against, _said(back), _said(since))


def refusals(kept: Product, gone: Product) -> list[str]:
    """Why the two cannot be one product; none: they can."""
    if kept.pk == gone.pk:
        return ["Choose two different products."]
    if gone.merged_into_id:
        return [f"{gone.name} ({gone.sku}) is one with another product already."]
    if kept.merged_into_id:
        return [f"{kept.name} ({kept.sku}) is one with another product now. Choose that one."]
    if kept.unit != gone.unit:
        by = SOLD_BY[Product.Unit(kept.unit)], SOLD_BY[Product.Unit(gone.unit)]
        return [
            f"{kept.name} is sold by {by[0]}, {gone.name} by {by[1]}: their amounts cannot be added up. "
            "Change one of them first."
        ]
    if kept.deposit_id == gone.pk or gone.deposit_id == kept.pk:
        return ["One is the other's deposit. They cannot be one product."]
    return []


def _warnings(kept: Product, gone: Product) -> list[str]:
    said = []
    if sizes.compare(sizes.of_product(gone), sizes.of_product(kept)) == Compared.OTHER:
        said.append("Their sizes are different. One product has one size.")
    if kept.price and gone.price and abs(kept.price - gone.price) > FAR_APART * max(kept.price, gone.price):
        said.append("Their prices are far apart. The price of the one you keep holds.")
    if kept.tax_rate_id and gone.tax_rate_id and kept.tax_rate_id != gone.tax_rate_id:
        said.append("Their tax rates are different. The one you keep holds from now on; what was sold stays as it was.")
    if kept.deposit_id != gone.deposit_id:
        said.append("Only one of them has this deposit. The one you keep stays as it is.")
    return said


def _stock(kept: Product, gone: Product) -> list[Together]:
    """By branch, where the one that goes is followed."""
    mine = dict(StockLevel.objects.filter(product=kept).values_list("branch_id", "quantity"))
    names = dict(Branch.objects.values_list("pk", "name"))
    rows = StockLevel.objects.filter(product=gone).order_by("branch__name").values_list("branch_id", "quantity")
    return [Together(names[pk], mine.get(pk), there, mine.get(pk, Decimal(0)) + there) for pk, there in rows]


def _clashes(kept: Product, gone: Product, said: list[Said]) -> list[Said]:
    joined = len(lots.twins(gone.pk, kept.pk))
    why = "The one you keep has its own; this one stays with the other."
    return [
        Said(one.words, one.many, "The same lot is there: its quantity is added." if one.words == "lots" else why)
        for one in _said(said)
        if one.words != "lots" or joined
    ]


def _said(rows: list[Said]) -> list[Said]:
    """Rows of one name added up; empty ones left out."""
    added: dict[str, Said] = {}
    for row in rows:
        before = added.get(row.words)
        added[row.words] = Said(row.words, row.many + (before.many if before else 0), row.why)
    return [row for row in added.values() if row.many]
