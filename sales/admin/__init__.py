"""The shop's admin of what was sold: documents to read, enter and void; promotions and shifts to edit."""

from sales.admin import documents, promotions, shifts

__all__ = ["documents", "promotions", "shifts"]
