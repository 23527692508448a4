"""Sales from files: lines of receipts, a day's totals by product; and promotions. Each declares its kind."""

from sales.imports.daily import SALES_DAILY
from sales.imports.lines import SALES_LINES
from sales.imports.promotions import PROMOTIONS

__all__ = ["PROMOTIONS", "SALES_DAILY", "SALES_LINES"]
