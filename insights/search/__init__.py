"""Searching a shop: typed words find products, reviews, suppliers and categories by code, letters and meaning."""
