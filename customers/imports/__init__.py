"""Customers, their points and reviews from files, each declared in its own; and customers that other files name."""

from customers.imports.customers import CUSTOMERS, resolve_customers
from customers.imports.loyalty import LOYALTY
from customers.imports.reviews import REVIEWS

__all__ = ["CUSTOMERS", "LOYALTY", "REVIEWS", "resolve_customers"]
