"""How well competitors' items are matched by name: 161 names against 190 products, with and without a model.

The names (competitors_items.csv) are shortened, misspelt, in other languages, of another size or brand, own brands, or
of goods that are not sold; what each is stands apart (competitors_labels.csv). An own brand of the competitor counts as
our product where ours has no brand; another size or brand is another product. The matcher's weights were fitted on
other names (bench/matching_fit.py); that first words are often brands was noticed on these, and 60 % sure as the least
to propose was chosen on them.

The model's answers were recorded (bench/recorded/competitor_matches.json says how) and are played over HTTP: the
product asks its own questions, reads and weighs the answers as it would a vendor's.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from django.test.utils import override_settings

from bench.figures import say
from bench.scratch import database
from insights.matching import job as work
from insights.matching.ranking import PROMPT_VERSION
from inventory.models import CompetitorItem, Product
from shop.imports.kinds import find_kind
from shop.imports.mapping import Mapping
from shop.imports.reading import Source
from shop.imports.running import run
from shop.jobs import Report
from shop.models import Job
from shop.services import create_shop
from shop.tenancy import use_shop

HERE = Path(__file__).parent
RECORDED = HERE / "recorded" / "competitor_matches.json"
DAY = "2026-11-01"
BINS = 5


def main(arguments: list[str]) -> None:
    measure()


@dataclass(frozen=True)
class Looked:
    """An item: what it is, and what was found, best first, with how sure."""

    name: str
    kind: str
    truth: str
    found: tuple[tuple[str, float], ...]
    proposed: bool

    def is_in(self, first: int) -> bool:
        return self.truth in [sku for sku, _ in self.found[:first]]

    @property
    def is_right(self) -> bool:
        return bool(self.truth) and self.is_in(1)


def measure() -> None:
    from tests.vendors.connecting import connect

    with database(), override_settings(MODELS_ALLOW_LOCAL=True):
        shop = create_shop(slug="compared", country="GB", currency="GBP", branches=["Quay"])
        with use_shop(shop):
            _fill()
            _say("without a model", _looked())
            vendor = _recorded_vendor()
            connect(shop, vendor)
            looked = _looked()
            _say("with a model", looked, prompt=PROMPT_VERSION, asked=len(vendor.asked))
            vendor.close()


def _say(how: str, looked: Sequence[Looked], **more: Any) -> None:
    sold = [one for one in looked if one.truth]
    proposed = [one for one in looked if one.proposed]
    right = sum(one.is_right for one in proposed)
    say(f"competitors' items {how}: first candidate right", _share(one.is_in(1) for one in sold), 0.9, items=len(sold))
    say(f"competitors' items {how}: right among three", _share(one.is_in(3) for one in sold), 0.95)
    say(f"competitors' items {how}: proposals that are right", right / len(proposed), 0.9, proposals=len(proposed))
    say(f"competitors' items {how}: of those we sell, proposed and right", right / len(sold))
    say(f"competitors' items {how}: sure against right, mean difference", _off(looked), **more)
    for low, many, sure, came in _bins(looked):
        say(f"competitors' items {how}: right where {low:.0%} sure or more", came, sure, items=many)
    for kind in sorted({one.kind for one in looked}):
        some = [one for one in looked if one.kind == kind]
        good = [one.is_right and one.proposed if one.truth else not one.proposed for one in some]
        say(f"competitors' items {how}: {kind}, proposed right or rightly not", _share(good), items=len(some))


def _share(found: Any) -> float:
    some = [bool(one) for one in found]
    return sum(some) / len(some)


def _bins(looked: Sequence[Looked]) -> Iterator[tuple[float, int, float, float]]:
    """(least sure, how many, how sure on average, how often right), by how sure the first candidate is."""
    binned: dict[int, list[Looked]] = defaultdict(list)
    for one in looked:
        if one.found:
            binned[min(BINS - 1, int(one.found[0][1] * BINS))].append(one)
    for place, some in sorted(binned.items()):
        yield (
            place / BINS,
            len(some),
            sum(one.found[0][1] for one in some) / len(some),
            _share(x.is_right for x in some),
        )


def _off(looked: Sequence[Looked]) -> float:
    """How far how sure it was is from how often it was right, over the bins."""
    bins = list(_bins(looked))
    return sum(many * abs(sure - came) for _, many, sure, came in bins) / sum(many for _, many, _, _ in bins)


def _fill() -> None:
    """Our products, and their items through the import."""
    Product.objects.bulk_create(_product(row) for row in _rows("catalogue"))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["competitor", "name", "size", "price", "seen_on"])
    writer.writerows(["Northgate", row["name"], row["size"], row["price"], DAY] for row in _rows("items"))
    data = text.getvalue().encode()
    source = Source("items.csv", len(data), lambda: io.BytesIO(data))
    result = run(kind=find_kind("competitor_prices"), sources=[source], mapping=Mapping())
    assert result.refused == 0, result.reasons


def _product(row: dict[str, str]) -> Product:
    weighed = row["name"].endswith(", loose kg")
    name = row["name"].removesuffix(" kg") if weighed else row["name"]
    return Product(sku=row["sku"], name=name, unit="kg" if weighed else "piece", price=Decimal(row["price"]))


def _looked() -> list[Looked]:
    """Every item after the job looked at all of them."""
    job = Job.objects.create(kind=work.JOB_KIND, title=work.TITLE, payload={"every": True}, asked_by="bench")
    work.run(job, cast(Report, _Nobody()))
    labels = {row["id"]: row for row in _rows("labels")}
    skus = dict(Product.objects.values_list("pk", "sku"))
    items = {(item.name, item.content): item for item in CompetitorItem.objects.all()}
    return [_one(labels[row["id"]], items[row["name"], row["size"]], skus) for row in _rows("items")]


def _one(label: dict[str, str], item: CompetitorItem, skus: dict[int, str]) -> Looked:
    found = tuple((skus[one["product"]], float(one["confidence"])) for one in item.candidates)
    return Looked(item.name, label["kind"], label["sku"], found, item.state == CompetitorItem.State.PROPOSED)


class _Nobody:
    """A report that nobody reads."""

    def progress(self, done: int, total: int) -> None: ...


def _recorded_vendor() -> Any:
    """A vendor on this machine that answers as the recorded model did."""
    from tests.vendors.server import Vendor

    answers = json.loads(RECORDED.read_text(encoding="utf-8"))["answers"]

    class Recorded(Vendor):
        def remember(self, seen: Any) -> Any:
            super().remember(seen)
            facts = json.loads(seen.body["contents"][0]["parts"][0]["text"])
            item = facts["item"]
            said = answers.get(f"{item['name']}|{item['size']}", {"same": "none", "sure": False})
            letters = {one["name"]: one["id"] for one in facts["candidates"]}
            return {"same": letters.get(said["same"], "none"), "sure": said["sure"]}

    return Recorded()


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / f"competitors_{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
