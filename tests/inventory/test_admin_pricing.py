"""New prices by a rule, to the ending asked for."""

from decimal import Decimal

import pytest

from inventory.pricing import Rule, margin


@pytest.mark.parametrize(
    ("how", "value", "ending", "old", "new"),
    [
        ("set", "2.50", "", "9", "2.50"),
        ("set", "2.50", "", None, "2.50"),
        ("percent", "10", "", "1.45", "1.60"),
        ("percent", "10", "", None, None),
        ("amount", "-0.20", "", "1.45", "1.25"),
        ("amount", "-5", "", "1.45", "0.00"),
        ("percent", "10", "whole", "2.00", "2.00"),
        ("percent", "10", "five", "1.45", "1.60"),
        ("percent", "3", "five", "1.45", "1.50"),
        ("percent", "10", "nine", "2.00", "2.19"),
        ("percent", "7", "nine", "2.00", "2.19"),
        ("percent", "10", "x09", "2.00", "2.09"),
        ("percent", "10", "ninety_nine", "2.00", "1.99"),
        ("amount", "-5", "nine", "1.45", "0.09"),
        ("amount", "-5", "whole", "1.45", "1.00"),
    ],
)
def test_rules(how: str, value: str, ending: str, old: str | None, new: str | None) -> None:
    applied = Rule(how, Decimal(value), ending).applied(Decimal(old) if old else None)
    assert applied == (Decimal(new) if new else None)


def test_the_margin_is_a_share_of_the_price_without_tax() -> None:
    twenty = Decimal("0.2")
    assert margin(Decimal("2.40"), Decimal("1.20"), twenty, prices_include_tax=True) == Decimal("0.4")
    assert margin(Decimal("2.40"), Decimal("1.20"), twenty, prices_include_tax=False) == Decimal("0.5")
    assert margin(Decimal("2.40"), None, None, prices_include_tax=True) is None
    assert margin(Decimal(0), Decimal(1), None, prices_include_tax=True) is None
    assert margin(None, Decimal(1), None, prices_include_tax=True) is None
