"""Loyalty points from a file."""

from decimal import Decimal

import pytest

from customers.models import Customer
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in, counts, reasons

pytestmark = pytest.mark.django_db


def test_points_and_levels_reach_known_customers_and_make_the_others(cast: Cast) -> None:
    file = 'Card number,Points balance,Level\nC1,"1,240.50",Gold\nC9,7,\nC9,7,\nC8,1,\nC8,2,\n'
    with use_shop(cast.green):
        result = bring_in("loyalty", file)
        assert counts(result) == (2, 1, 1, 1), reasons(result)
        known, new = Customer.objects.get(code="C1"), Customer.objects.get(code="C9")
        assert (known.points, known.tier, known.needs_review) == (Decimal("1240.50"), "Gold", False)
        assert known.name == "Green Grocer regular"
        assert (new.points, new.needs_review) == (Decimal(7), True)
        assert counts(bring_in("loyalty", "card number,tier\nC1,Silver\n")) == (0, 1, 0, 0)
        known.refresh_from_db()
        assert (known.points, known.tier) == (Decimal("1240.50"), "Silver")
    with use_shop(cast.rival):
        assert Customer.objects.get(code="C1").points is None
