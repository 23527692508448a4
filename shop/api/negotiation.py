"""Which language an answer is in."""

from typing import Any

from rest_framework.negotiation import BaseContentNegotiation


class OnlyJson(BaseContentNegotiation):
    """We speak JSON, whatever is asked for."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        return None

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type
