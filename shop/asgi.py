"""ASGI entry point: gunicorn shop.asgi:application -k asgi. Tills are answered beside Django's handler of pages."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
site = get_asgi_application()

from shop.api.server import ApiServer  # noqa: E402  needs the apps loaded

application = ApiServer(site)
