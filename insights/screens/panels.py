"""Parts of a page that may fail alone: the rest of the page stays."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import transaction

from shop import logs

Content = TypeVar("Content")
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Panel(Generic[Content]):
    """What a part shows, or the reference under which its failure is in the logs."""

    content: Content | None
    failed: bool = False
    reference: str = ""


def panel(build: Callable[[], Content]) -> Panel[Content]:
    """The part, or its failure told and logged. For parts a page can do without, never for the page's own numbers."""
    try:
        # A savepoint: where the database refused, the page's other parts still read.
        with transaction.atomic():
            return Panel(build())
    except Exception:
        logger.exception("A panel failed")
        return Panel(None, failed=True, reference=logs.request_id.get()[:8])
