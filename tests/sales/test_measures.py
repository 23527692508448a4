"""The registry: one definition a measure, the same in words, in code, in SQL and in the documentation."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command

from sales.measures import MEASURES, Sums, measure
from shop.roles import Can

SUMS = Sums(
    net=Decimal(100),
    tax=Decimal(20),
    discount=Decimal(5),
    units=Decimal("30.5"),
    costed_net=Decimal(80),
    cost=Decimal(60),
    costed_lines=8,
    lines=10,
    baskets=4,
    basket_net=Decimal(90),
)


def test_each_measure_from_sums() -> None:
    assert {key: found.of(SUMS) for key, found in MEASURES.items()} == {
        "net_sales": 100,
        "tax": 20,
        "discounts": 5,
        "gross_margin": 20,
        "gross_margin_share": Decimal("0.25"),
        "baskets": 4,
        "basket_value": Decimal("22.5"),
        "units": Decimal("30.5"),
    }


def test_sums_add_up_and_unknown_stays_unknown() -> None:
    assert sum([SUMS, SUMS], Sums.zero()) == SUMS + SUMS
    assert (SUMS + SUMS).over(2) == SUMS
    by_product = Sums(
        **{field: getattr(SUMS, field) for field in Sums.__slots__} | {"baskets": None, "basket_net": None}
    )
    assert (SUMS + by_product).baskets is None
    assert measure("baskets").of(by_product) is None
    assert measure("basket_value").of(by_product) is None


@pytest.mark.parametrize("key", ["gross_margin", "gross_margin_share", "basket_value"])
def test_nothing_to_work_it_out_from_is_unknown_not_zero(key: str) -> None:
    assert measure(key).of(Sums.zero()) is None


@pytest.mark.parametrize("key", MEASURES)
def test_a_definition_is_one_plain_sentence(key: str) -> None:
    found = measure(key)
    assert found.key == key
    assert found.definition.endswith(".")
    assert found.definition.count(".") == 1
    assert found.definition[0].isupper()
    assert found.needs == (Can.SEE_COST if "margin" in key else Can.SEE_SALES)


def test_the_documentation_is_printed_from_the_registry() -> None:
    page = Path(__file__).parents[2] / "docs" / "measures.md"
    from io import StringIO

    printed = StringIO()
    call_command("measures_table", stdout=printed)
    assert page.read_text() == printed.getvalue(), "Run manage.py measures_table > docs/measures.md"
