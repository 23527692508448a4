"""How the web server runs, on a developer's machine and in a container: gunicorn -c deploy/gunicorn.py.

The program is loaded once, before the workers are made: a worker that ends is replaced within milliseconds, and all
share its memory. So SIGHUP renews the workers but not the program; a new version is a new start.
"""

import gc
from typing import Any

wsgi_app = "shop.asgi:application"
worker_class = "asgi"
asgi_lifespan = "off"  # Django has no lifespan
preload_app = True
timeout = 60
graceful_timeout = 10
keepalive = 15
max_requests = 20_000  # a worker that grows is replaced
max_requests_jitter = 2_000
control_socket_disable = True  # it would lie in a folder of the user's, not of this installation


def on_starting(server: Any) -> None:
    """Load what the first request would: the views. What is alive now is alive for good and needs no looking at."""
    from importlib import import_module

    from django.urls import get_resolver

    from shop.mount import SHOP_URLCONF

    get_resolver().url_patterns  # noqa: B018
    import_module(SHOP_URLCONF)
    gc.freeze()


def pre_fork(server: Any, worker: Any) -> None:
    """No worker inherits a connection: each opens a pool of its own at its first query."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()
        connection.close_pool()
