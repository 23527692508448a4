"""What became of decisions: results, and whether what was promised came."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from insights.downloads import File
from insights.models import Outcome
from insights.screens import calibration, outcomes
from insights.views.downloads import download
from shop.access import needs
from shop.page import page
from shop.roles import Can


@needs(Can.SEE_COST)
@require_safe
def outcome_list(request: Any) -> HttpResponse:
    """What each decision came to, added up by kind, by who worked it out and by what was done; or all as a file."""
    if request.GET.get("export") == "csv":
        kind = request.GET.get("kind", "").replace("\x00", "")[:20]
        found = Outcome.objects.filter(suggestion__kind=kind) if kind else Outcome.objects.all()
        return download(request, File("outcomes", outcomes.COLUMNS, outcomes.rows(found)))
    screen = outcomes.build(request.GET, request.shop, timezone.now())
    return page(request, "insights/insight_outcomes.html", {"screen": screen})


@needs(Can.SEE_COST)
@require_safe
def outcome_calibration(request: Any) -> HttpResponse:
    """How often results lay in the range that was said."""
    return page(request, "insights/insight_calibration.html", {"screen": calibration.build()})


@needs(Can.SEE_SALES)
@require_safe
def decisions_moved(request: Any) -> HttpResponse:
    """Where decisions used to be listed: on to where they are, with the same filters."""
    given = request.GET.dict()
    url = reverse("insights:decision_list")
    return redirect(f"{url}?{urlencode(given)}" if given else url)
