"""Promotions from files."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest

from inventory.models import Product
from sales.models import Promotion
from shop.imports.errors import ImportRefused
from shop.models import Branch
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in, counts, reasons

FILE = """product,first day,last day,branch,price,share off,name
MILK,13/11/2026,26/11/2026,,,20 %,Milk week
CHOC,01/12/2026,24/12/2026,station,1.99,,Advent
"""


@pytest.fixture
def green(cast: Cast) -> Iterator[Cast]:
    with use_shop(cast.green):
        yield cast


def share(words: str) -> Decimal | None:
    bring_in("promotions", f'product,start,end,discount\nMILK,2026-01-01,2026-01-07,"{words}"\n')
    found: Promotion = Promotion.objects.get(first_date=dt.date(2026, 1, 1))
    return found.share_off


def test_promotions_hold_at_a_branch_or_everywhere(green: Cast) -> None:
    assert counts(bring_in("promotions", FILE)) == (2, 0, 0, 0)
    milk, choc = Promotion.objects.get(name="Milk week"), Promotion.objects.get(name="Advent")
    assert (milk.product, milk.branch) == (Product.objects.get(sku="MILK"), None)
    assert (milk.first_date, milk.last_date) == (dt.date(2026, 11, 13), dt.date(2026, 11, 26))
    assert (milk.share_off, milk.price) == (Decimal("0.2"), None)
    assert choc.branch == Branch.objects.get(name="Station")
    assert (choc.share_off, choc.price) == (None, Decimal("1.99"))


def test_the_same_file_again_changes_nothing(green: Cast) -> None:
    bring_in("promotions", FILE)
    assert counts(bring_in("promotions", FILE)) == (0, 0, 2, 0)
    assert Promotion.objects.count() == 2


def test_other_terms_change_it_and_empty_cells_leave_the_rest(green: Cast) -> None:
    bring_in("promotions", FILE)
    again = FILE.replace("20 %,Milk week", "25%,")
    assert counts(bring_in("promotions", again)) == (0, 1, 1, 0)
    milk = Promotion.objects.get(product__sku="MILK")
    assert (milk.share_off, milk.name) == (Decimal("0.25"), "Milk week")


@pytest.mark.parametrize("words", ["20 %", "20%", "20", "0.2", "0,2", ".2", "-20%", "20.00 %"])
def test_a_fifth_off_is_written_in_many_ways(green: Cast, words: str) -> None:
    assert share(words) == Decimal("0.2")


def test_a_price_without_a_share_and_a_share_of_all(green: Cast) -> None:
    assert share("") is None
    assert share("100 %") == 1


def test_bad_rows_and_contradictions_are_refused(green: Cast) -> None:
    rows = (
        "product,from,to,price,share_off\n"
        "MILK,2026-02-02,2026-02-01,,\n"
        "MILK,2026-02-02,2026-02-09,-1,\n"
        "MILK,2026-02-02,2026-02-09,,a fifth\n"
        "MILK,2026-02-02,2026-02-09,,120 %\n"
        "MILK,2026-02-02,,,\n"
        "CHOC,2026-02-02,2026-02-09,1.50,\n"
        "CHOC,2026-02-02,2026-02-09,1.60,\n"
    )
    result = bring_in("promotions", rows)
    assert counts(result) == (1, 0, 0, 6)
    for said in (
        "the last day is before the first",
        "price is negative",
        "share_off: “120 %” is not a part up to 100 %",
        "last_date is empty",
        "the promotion of CHOC from 2026-02-02 is in the file twice, with other terms",
    ):
        assert said in reasons(result)


def test_dates_in_both_orders_are_no_import(green: Cast) -> None:
    with pytest.raises(ImportRefused, match="day first"):
        bring_in("promotions", "product,from,to\nMILK,13/02/2026,02/14/2026\n")


def test_a_rival_shop_keeps_its_own(green: Cast) -> None:
    bring_in("promotions", FILE)
    with use_shop(green.rival):
        assert not Promotion.objects.exists()
        assert bring_in("promotions", FILE.replace("station", "Market Square")).created == 2


def test_the_admin_says_in_words_why_a_promotion_cannot_be(cast: Cast) -> None:
    with use_shop(cast.green):
        milk = Product.objects.get(sku="MILK")
        Promotion.objects.create(product=milk, first_date=dt.date(2026, 3, 1), last_date=dt.date(2026, 3, 7))
    form = {"product": milk.pk, "first_date": "2026-03-01", "last_date": "2026-03-07", "name": ""}
    for changed, sentence in (
        ({}, "There is already a promotion with"),
        ({"last_date": "2026-02-01"}, "The last day cannot be before the first."),
        ({"share_off": "1.5"}, "less than or equal to 1"),
    ):
        answer = cast.client().post("/s/green/admin/sales/promotion/add/", form | changed)
        assert (answer.status_code, sentence in answer.content.decode()) == (200, True), sentence
    answer = cast.client().post("/s/green/admin/sales/promotion/add/", form | {"first_date": "2026-03-02"})
    assert answer.status_code == 302
