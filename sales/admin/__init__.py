"""The shop's admin of what was sold: documents to read, enter and void; shifts to edit."""

from sales.admin import documents, shifts

__all__ = ["documents", "shifts"]
