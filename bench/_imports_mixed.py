"""100,000 products, half of them known, against django-import-export with its bulk options; and taking them back."""

import csv
import io
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import _retail, scratch
from bench.figures import NotMeasured
from inventory.models import Product
from shop.imports import running, undo
from shop.imports.kinds import find_kind
from shop.tenancy import use_shop

ROWS, KNOWN, UNCHANGED = 100_000, 50_000, 10_000
LEAST = 10
FIELDS = ("sku", "name", "unit", "price", "cost", "pack_size", "shelf_life_days")


def run() -> Iterator[dict[str, Any]]:
    """Seconds of each with the same 50,000 products there: 40,000 change, 10,000 do not, 50,000 are new."""
    try:
        import import_export  # type: ignore[import-untyped]  # noqa: F401
    except ImportError as error:
        raise NotMeasured("django-import-export is not installed; it is in requirements-dev.txt.") from error
    with tempfile.TemporaryDirectory() as folder, scratch.database():
        path = Path(folder) / "products.csv"
        path.write_text(_file())
        ours, imported = _ours(path)
        undone = _take_back(imported)
        theirs = _theirs(path.read_text())
    yield {"figure": "100,000 products, half of them known, seconds", "value": ours}
    yield {"figure": "the same by django-import-export in bulk, seconds", "value": theirs}
    yield {"figure": "times as fast", "value": theirs / ours, "least": LEAST}
    yield {"figure": "undo of the 100,000, seconds", "value": undone, "floor": ours}


def _shop(slug: str) -> Any:
    shop = _retail.shop(slug)
    with use_shop(shop):
        Product.objects.bulk_create(
            [
                Product(sku=sku, name=name, unit=unit, price=price, cost=cost, pack_size=pack, shelf_life_days=days)
                for sku, name, unit, price, cost, pack, days in map(_product, range(KNOWN))
            ],
            batch_size=5000,
        )
    return shop


def _product(number: int) -> tuple[str, str, str, str, str, str, str]:
    return f"P{number:06}", f"Product {number}", "piece", f"{1 + number % 400 / 100:.2f}", "0.50", "6", "30"


def _file() -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(FIELDS)
    for number in range(ROWS):
        row = list(_product(number))
        if UNCHANGED <= number < KNOWN:
            row[3] = "9.99"
        writer.writerow(row)
    return text.getvalue()


def _ours(path: Path) -> tuple[float, Any]:
    with use_shop(_shop("ours")):
        seconds, result, imported = _retail.bring_in("products", path)
        assert (result.created, result.updated, result.unchanged) == (ROWS - KNOWN, KNOWN - UNCHANGED, UNCHANGED)
    return seconds, imported


def _take_back(imported: Any) -> float:
    with use_shop(imported.shop_id):
        started = time.perf_counter()
        undo.take_back(imported, by="bench")
        running.finish(find_kind("products"), 0)
        assert Product.objects.count() == KNOWN and not Product.objects.filter(price="9.99").exists()
        return time.perf_counter() - started


def _theirs(text: str) -> float:
    """With all it offers to be fast: bulk statements, cached look-ups, no diffs, no report of what was skipped."""
    from import_export import instance_loaders, resources
    from tablib import Dataset  # type: ignore[import-untyped]

    class Products(resources.ModelResource):
        class Meta:
            model = Product
            fields = FIELDS
            import_id_fields = ("sku",)
            instance_loader_class = instance_loaders.CachedInstanceLoader
            use_bulk, batch_size = True, 5000
            skip_unchanged, report_skipped, skip_diff = True, False, True
            use_transactions = True

        def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
            """It would set the ids' sequence, which only the owner of a table may, and which nobody needs."""

    with use_shop(_shop("theirs")):
        started = time.perf_counter()
        result = Products().import_data(Dataset().load(text, format="csv"), raise_errors=True)
        seconds = time.perf_counter() - started
        assert not result.has_errors() and Product.objects.count() == ROWS
        assert Product.objects.filter(price="9.99").count() >= KNOWN - UNCHANGED
    return seconds
