"""The shelf's rows about files that came in: an import, a feed, two products that are one, a supplier's price."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from inventory.models import Product, ProductMerge, ProductPair, Supplier, SupplierItem, SupplierPrice
from shop.models import Download, Feed, FeedFile, Import, ImportedRow, Job, RawFile, SavedMapping

BY = "alice@shops.example"
DAY = dt.date(2026, 11, 1)
COLUMNS = {"columns": {"sku": ["sku"], "name": ["name"]}, "constants": {}}
COUNTS = {"created": 1, "updated": 0, "unchanged": 0, "refused": 0, "facts": {}, "notes": [], "reasons": []}


@dataclass
class Imported:
    """Rows that pages about imports name."""

    file: RawFile
    mapping: SavedMapping
    feed: Feed
    feed_file: FeedFile
    imported: Import
    matching: Import
    pair: ProductPair
    merge: ProductMerge
    pairs_job: Job
    supplier: Supplier
    supplier_price: SupplierPrice
    download: Download


def bring_in(product: Product, job: Job) -> Imported:
    file = RawFile.objects.create(name="products.csv", size=30, sha256="0" * 64, received_by=BY)
    mapping = SavedMapping.objects.create(kind="products", fingerprint="f" * 64, name="Wholesaler", mapping=COLUMNS)
    feed = Feed.objects.create(name="Till 1", source="folder", kind="products", saved_mapping=mapping, is_active=False)
    done = Import.objects.create(
        file=file, feed=feed, job=job, kind="products", state="done", mapping=COLUMNS, result=COUNTS, asked_by=BY,
        imported_at=timezone.now(),
    )  # fmt: skip
    ImportedRow.objects.create(imported=done, table="inventory_product", row_id=product.pk, line=2)
    sample = {"header": ["sku", "name"], "rows": [["MILK", "Milk"]]}
    matching = Import.objects.create(file=file, kind="products", state="matching", sample=sample, asked_by=BY)
    twin, old = (Product.objects.create(sku=sku, name="Milk 2 L", is_active=False) for sku in ("MILK-B", "MILK-OLD"))
    supplier = Supplier.objects.order_by("pk").first() or Supplier.objects.create(name="Dairy")
    item = SupplierItem.objects.create(supplier=supplier, code="D-1", name="Milk 2 L", product=product)
    return Imported(
        file=file,
        mapping=mapping,
        feed=feed,
        feed_file=FeedFile.objects.create(feed=feed, identity="products.csv", file=file, imported=done, state="done"),
        imported=done,
        matching=matching,
        pair=ProductPair.objects.create(first=product, second=twin, score=Decimal("0.9"), reasons=["Same barcode."]),
        merge=ProductMerge.objects.create(kept=product, gone=old, merged_by=BY),
        pairs_job=Job.objects.create(kind="find_pairs", title="Products that may be one", asked_by=BY),
        supplier=supplier,
        supplier_price=SupplierPrice.objects.create(
            item=item, cost=Decimal("1.17"), cost_before=Decimal("1.10"), from_date=DAY
        ),
        download=Download.objects.create(
            what="shop",
            name="shop.zip",
            needs="CHANGE_SETTINGS",
            asked_by=BY,
            expires_at=timezone.now() + dt.timedelta(days=1),
        ),  # fmt: skip
    )
