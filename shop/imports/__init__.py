"""The import engine: files in, rows of one kind merged, counts out. It knows no kind; each app declares its own."""

from shop.imports import uploads  # noqa: F401  registers the job kind
