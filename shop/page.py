"""Answers a page view: the whole page, or the one part htmx asked to replace."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.utils.cache import patch_vary_headers


def page(request: HttpRequest, template: str, context: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
    """Render `template`, or its partial named like the htmx target (partial name = DOM id = hx-target).

    An unknown target gets the whole page. Permissions are decided before, in the view: a partial can be asked alone.
    """
    name = template
    htmx = request.htmx  # type: ignore[attr-defined]
    if htmx and not htmx.boosted and htmx.target:
        try:
            get_template(f"{template}#{htmx.target}")
            name = f"{template}#{htmx.target}"
        except TemplateDoesNotExist:
            pass
    response = render(request, name, context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    response["Cache-Control"] = "private, no-store"
    return response
