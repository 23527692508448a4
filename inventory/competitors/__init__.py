"""What other shops ask for the same goods: prices by file and by form, matched to our products.

`market` reads, `entering` and `matching` write. A match that is not by barcode is always a person's.
"""

from inventory.competitors.market import FRESH_DAYS, Market, Offer, market_price, market_prices

__all__ = ["FRESH_DAYS", "Market", "Offer", "market_price", "market_prices"]
