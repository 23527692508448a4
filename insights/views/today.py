"""The page one opens in the morning."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from insights.models import Suggestion
from insights.screens import today as screens
from shop.access import needs
from shop.page import page
from shop.roles import Can


@needs(Can.SEE_SALES)
@require_safe
def today(request: Any) -> HttpResponse:
    """What to decide first, the last complete day beside a usual one, and what is expected."""
    name = request.user.get_short_name()
    screen = screens.build(request.shop, request.membership.role, name, timezone.localtime())
    return page(request, "insights/today.html", {"screen": screen, "reasons": Suggestion.Reason.choices})
