"""The real files beside the project, whole, against the totals their makers state. Skips where they are absent."""

import csv
import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

from sales.models import BranchHour, ProductDay, Sale, SaleLine
from shop.imports.reading import Source
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in, counts, paid, reasons, shared

ONLINE_RETAIL = [
    "receipt=InvoiceNo", "time=InvoiceDate", "product=StockCode", "quantity=Quantity", "price=UnitPrice",
    "customer=CustomerID",
]  # fmt: skip
SUPERMARKET = [
    "receipt=Invoice ID", "time=Date", "time=Time", "product=Product line", "quantity=Quantity", "price=Unit price",
    "total=Total", "tax=Tax 5%", "branch=Branch", "tender=Payment",
]  # fmt: skip
JOURNEY = [
    "receipt=basket_id", "time=transaction_timestamp", "product=product_id", "quantity=quantity", "total=sales_value",
    "discount=retail_disc", "customer=household_id", "branch=store_id",
]  # fmt: skip


def real(name: str) -> Source:
    path: Path = shared(name)
    return Source(path.name, path.stat().st_size, lambda: path.open("rb"))


def rolled_up(model: Any) -> Decimal:
    return sum((net + tax for net, tax in model.objects.values_list("net", "tax")), Decimal(0))


def test_online_retail(cast: Cast) -> None:
    file = real("online_retail/online_retail.csv.gz")
    with use_shop(cast.green):
        result = bring_in("sales_lines", file, maps=ONLINE_RETAIL)
        assert counts(result) == (541_909, 0, 0, 0)
        assert round(paid(), 2) == Decimal("9747747.93")
        assert result.facts["new_customers"] == 4372
        assert SaleLine.objects.filter(quantity__lt=0).count() == 10_624
        assert rolled_up(ProductDay) == rolled_up(BranchHour) == paid()
        before = Sale.objects.count()
        assert counts(bring_in("sales_lines", file, maps=ONLINE_RETAIL)) == (0, 0, 541_909, 0)
        assert Sale.objects.count() == before


def test_supermarket_sales_and_the_file_somebody_added_to(cast: Cast) -> None:
    file = real("supermarket_sales/supermarket_sales.csv")
    with use_shop(cast.green):
        assert counts(bring_in("sales_lines", file, maps=SUPERMARKET)) == (1000, 0, 0, 0)
        assert paid() == Decimal("322966.749")
        assert counts(bring_in("sales_lines", file, maps=SUPERMARKET)) == (0, 0, 1000, 0)
        as_found = bring_in("sales_lines", real("supermarket_sales/supermarket_sales_as_found.csv"), maps=SUPERMARKET)
        assert as_found.created == 0 and as_found.unchanged + as_found.refused == 1006
        assert "already here with other content" in reasons(as_found)
        assert paid() == Decimal("322966.749")


def test_complete_journey(cast: Cast) -> None:
    path = shared("complete_journey_dev/transactions.csv.gz")
    with gzip.open(path, "rt") as text:
        stated = sum((Decimal(row["sales_value"]) for row in csv.DictReader(text)), Decimal(0))
    with use_shop(cast.green):
        result = bring_in("sales_lines", real("complete_journey_dev/transactions.csv.gz"), maps=JOURNEY)
        assert counts(result) == (742_567, 0, 0, 0)
        assert round(paid(), 2) == round(stated, 2)
        assert rolled_up(BranchHour) == paid()
        assert Sale.objects.count() == 78_536
        assert (
            bring_in("sales_lines", real("complete_journey_dev/transactions.csv.gz"), maps=JOURNEY).unchanged == 742_567
        )
