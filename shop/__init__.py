"""The ground floor: who is asking, and for which shop. Also the site package (settings, URLs, Celery)."""

from shop.celery import app as celery_app

__all__ = ["celery_app"]
