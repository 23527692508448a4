"""The import engine: files in, rows of one kind merged, counts out. It knows no kind; each app declares its own."""

from shop.imports import working  # noqa: F401  registers its kinds of jobs
