"""The whole shop to take away: a zip of documented CSV files, made by a worker, fetched by a link that ends."""

from shop.takeout import leaving_out, making  # noqa: F401  registers its kind of job, and what it does without
