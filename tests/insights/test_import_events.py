"""Calendar events from a file."""

from decimal import Decimal

import pytest

from insights.models import CalendarEvent
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in, counts, reasons

pytestmark = pytest.mark.django_db


def test_events_reach_the_forecasts_calendar_and_a_second_file_changes_what_it_says(cast: Cast) -> None:
    file = (
        "event,start,end,store,category,effect,shut\n"
        "Street fair,2026-12-05,2026-12-06,Station,dairy,+20 %,\nStocktaking,2027-01-04,,,,,yes\n"
        "Fair,2026-12-05,2026-12-01,,,,\nNonsense,2026-12-05,,,Toys,,\nBoom,2026-12-05,,,,900 %,\n"
    )
    with use_shop(cast.green):
        result = bring_in("calendar_events", file)
        assert counts(result) == (2, 0, 0, 3)
        assert "there is no “Toys” here" in reasons(result)
        fair, closed = CalendarEvent.objects.order_by("first_date")
        assert (fair.effect, fair.category.name, fair.branch.name, fair.state) == (
            Decimal("0.2"), "Dairy", "Station", "approved",
        )  # fmt: skip
        assert (closed.is_closed, closed.effect, closed.last_date) == (True, Decimal(-1), closed.first_date)
        dismissed = CalendarEvent.objects.filter(pk=fair.pk)
        dismissed.update(state="dismissed")
        again = bring_in("calendar_events", "name,first_date,branch,change\nstreet fair,2026-12-05,station,0.3\n")
        assert counts(again) == (0, 1, 0, 0)
        assert dismissed.get().state == "dismissed"  # what a person left out stays out
        assert dismissed.get().effect == Decimal("0.3")
