"""The API's description for programs (openapi.json) and for people (two pages), open to anybody."""

import hashlib

from csp.constants import NONE, SELF
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import View

from shop.access import PUBLIC
from shop.api import schema
from shop.api.problems import problem

# Everything comes from here. The two programs write their styles by script into elements that begin empty; Redoc has
# one with a text of its own, known by its hash.
STYLES = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' 'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='"
POLICY = "; ".join(
    (
        f"default-src {NONE}",
        f"script-src {SELF}",
        f"style-src {SELF} {STYLES}",
        f"img-src {SELF} data:",
        f"connect-src {SELF}",
        f"base-uri {NONE}",
        f"form-action {NONE}",
        f"frame-ancestors {NONE}",
    )
)


class Open(View):
    """A view of the API that needs no key, and is only looked at."""

    access = PUBLIC
    http_method_names = ["get", "head"]

    def http_method_not_allowed(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        return problem(request, 405, "method_not_allowed", "This is only to be read.", headers={"Allow": "GET, HEAD"})


class OpenApi(Open):
    """The OpenAPI document."""

    def get(self, request: HttpRequest) -> HttpResponse:
        document = schema.document()
        tag = f'"{hashlib.sha256(document).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == tag:
            return HttpResponse(status=304, headers={"ETag": tag})
        headers = {"ETag": tag, "Cache-Control": "no-cache"}
        return HttpResponse(document, content_type="application/vnd.oai.openapi+json", headers=headers)


class _Page(Open):
    template = ""

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(render_to_string(self.template), headers={"Content-Security-Policy": POLICY})


class Swagger(_Page):
    """The description to try out."""

    template = "shop/api_swagger.html"


class Redoc(_Page):
    """The description to read."""

    template = "shop/api_redoc.html"
