"""How the web server runs, on a developer's machine and in a container: gunicorn -c deploy/gunicorn.py."""

wsgi_app = "shop.asgi:application"
worker_class = "asgi"
asgi_lifespan = "off"  # Django has no lifespan
timeout = 60
graceful_timeout = 10
keepalive = 15
max_requests = 20_000  # a worker that grows is replaced
max_requests_jitter = 2_000
control_socket_disable = True  # it would lie in a folder of the user's, not of this installation
