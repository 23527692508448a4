"""Sales from files, by lines, receipts, baskets or days; and promotions. Each declares its kind."""

from sales.imports.baskets import BASKETS
from sales.imports.daily import SALES_DAILY
from sales.imports.lines import SALES_LINES
from sales.imports.promotions import PROMOTIONS
from sales.imports.purchases import PURCHASES
from sales.imports.receipts import RECEIPTS

__all__ = ["BASKETS", "PROMOTIONS", "PURCHASES", "RECEIPTS", "SALES_DAILY", "SALES_LINES"]
