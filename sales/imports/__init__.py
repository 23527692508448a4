"""Sales from files: lines of receipts, and a day's totals by product. Each declares its kind."""

from sales.imports.daily import SALES_DAILY
from sales.imports.lines import SALES_LINES

__all__ = ["SALES_DAILY", "SALES_LINES"]
