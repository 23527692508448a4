"""The markdown page and its stickers: what roles see, do and take back."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from insights.charts import ean13
from insights.models import Suggestion
from inventory import lot_prices
from inventory.models import LotPrice, Product
from shop.models import Shop
from shop.tenancy import use_shop
from tests.factories import Cast, make_member, make_product
from tests.insights.test_markdown import BY, NOW, D, expect, green, receive, run
from tests.sales.tilling import document, send, till_of

__all__ = ["green"]
HERE = "/s/green/prices/markdown/"


@pytest.fixture
def advised(green: Shop) -> Suggestion:
    """Twelve bars of chocolate, of which half will sell by tomorrow."""
    choc = Product.objects.get(sku="CHOC")
    receive(choc)
    expect(choc)
    run(green)
    found: Suggestion = Suggestion.objects.get(kind="markdown")
    return found


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer
    return " ".join(answer.content.decode().split())


def test_a_manager_marks_down_prints_and_takes_back(cast: Cast, advised: Suggestion) -> None:
    client = cast.client()
    shown = text(client.get(HERE))
    assert "1 should be marked down now" in shown
    assert "Mark down all 1" in shown
    given = {"lot": advised.evidence["lot"], "price": "1,50", "quantity": "5"}
    for _ in range(2):
        assert client.post(HERE + "mark/", given).status_code == 302
    made = LotPrice.objects.get()
    assert (made.price, made.quantity) == (D("1.50"), 5)
    shown = text(client.get(HERE))
    assert "Marked down" in shown
    assert f"?sticker={made.pk}" in shown
    sheet = text(client.get(HERE + "stickers/", {"sticker": made.pk}))
    assert sheet.count('class="sticker"') == 5
    for part in ("2.40", "1.50", "Lot L1", "Use by", made.code, "38 % off"):
        assert part in sheet
    for _ in range(2):
        client.post(f"{HERE}{made.pk}/back/")
    made.refresh_from_db()
    advised.refresh_from_db()
    assert (made.ended_at is not None, advised.state) == (True, "open")
    assert "There is nothing to print" in text(client.get(HERE + "stickers/", {"sticker": made.pk}))


def test_all_that_is_advised_is_marked_at_once(cast: Cast, advised: Suggestion) -> None:
    for _ in range(2):
        cast.client().post(HERE + "mark/all/")
    assert LotPrice.objects.get().price == advised.advised_price


def test_by_hand_without_advice(cast: Cast, green: Shop) -> None:
    lot = receive(Product.objects.get(sku="CHOC"), 3, 4)
    client = cast.client()
    for price in ("9.99", "abc", "", "1e9", "NaN"):
        client.post(HERE + "mark/", {"lot": lot.pk, "price": price, "quantity": "1"})
    assert not LotPrice.objects.exists()
    client.post(HERE + "mark/", {"lot": lot.pk, "price": "2.00", "quantity": "3"})
    assert LotPrice.objects.get().lot == lot


def test_what_was_sold_with_the_sticker_is_told_and_its_decision_stands(cast: Cast, advised: Suggestion) -> None:
    client = cast.client()
    client.post(HERE + "mark/all/")
    made = LotPrice.objects.get()
    send(till_of(cast.green), document({"barcode": made.code, "quantity": "2"}, sold_at=NOW.isoformat()), at=NOW)
    assert "2 sold with the sticker" in text(client.get(HERE))
    client.post(f"{HERE}{made.pk}/back/")
    made.refresh_from_db()
    advised.refresh_from_db()
    assert (made.ended_at is not None, advised.state) == (True, "accepted")


def test_past_lots_are_told_by_the_kind_of_their_date(cast: Cast, green: Shop) -> None:
    receive(Product.objects.get(sku="CHOC"), 3, -1, code="U1")
    receive(Product.objects.get(sku="MILK"), 3, -1, use_by=False, code="B1")
    shown = text(cast.client().get(HERE))
    assert "take it off the shelf and write it off" in shown
    assert "give it away" in shown
    assert "Mark down at this price" not in shown


def test_roles(cast: Cast, advised: Suggestion) -> None:
    clerk = cast.client(make_member(shop=cast.green, role="clerk"))
    shown = text(clerk.get(HERE))
    assert "worth about" not in shown
    assert "Mark down all" not in shown
    assert clerk.post(HERE + "mark/all/").status_code == 403
    assert cast.client(cast.bob).get(HERE).status_code == 403
    assert cast.client(cast.charlie).get(HERE).status_code == 404
    assert not LotPrice.objects.exists()


def test_another_shop_s_stickers_are_not_printed(cast: Cast) -> None:
    with use_shop(cast.rival):
        made = lot_prices.mark_down(
            lot=receive(Product.objects.get(sku="CHOC"), days=900).pk, price=D(1), quantity=D(3), by=BY
        )
    client = cast.client()
    assert "nothing to print" in text(client.get(HERE + "stickers/", {"sticker": made.pk}))
    client.post(f"{HERE}{made.pk}/back/")
    with use_shop(cast.rival):
        assert LotPrice.objects.get().ended_at is None


@pytest.mark.parametrize(
    ("asked", "count"), [({}, 12), ({"copies": "3"}, 3), ({"copies": "x"}, 12), ({"sheet": "no"}, 12)]
)
def test_the_sheet_takes_what_it_is_given(cast: Cast, advised: Suggestion, asked: Any, count: int) -> None:
    client = cast.client()
    client.post(HERE + "mark/all/")
    shown = text(
        client.get(HERE + "stickers/", {"sticker": [LotPrice.objects.get().pk, "0", "\x00", "9" * 30]} | asked)
    )
    assert shown.count('class="sticker"') == count


def test_the_file_says_what_the_page_says(cast: Cast, advised: Suggestion) -> None:
    answer = cast.client().get(HERE, {"export": "csv"})
    header, line = answer.content.decode().split()[0], answer.content.decode().splitlines()[1]
    assert header == "branch,sku,name,lot,date,left,state,price,sticker,sold"
    assert line.startswith("High Street,CHOC,Green Grocer chocolate,L1,2026-03-11,12.00,mark,")


def test_three_times_the_lots_take_no_more_queries(cast: Cast, green: Shop) -> None:
    client = cast.client()

    def asked(numbers: range) -> int:
        for number in numbers:
            lot = receive(make_product(sku=f"N{number}", price="2.00"), 9, 2, code=f"N{number}")
            lot_prices.mark_down(lot=lot.pk, price=D("1.50"), quantity=D(9), by=BY)
        client.get(HERE)
        with CaptureQueriesContext(connection) as found:
            client.get(HERE)
        return len(found)

    assert asked(range(3)) == asked(range(3, 9))


def test_a_barcode_is_drawn_as_scanners_read_it() -> None:
    """The modules of a code whose drawing is known, and back again by a reader of our own."""
    assert ean13.modules("5901234123457") == (
        "10100010110100111011001100100110111101001110101010110011011011001000010101110010011101000100101"
    )
    for code in ("2900000012342", "4006381333931", "0012345678905"):
        assert _read(ean13.modules(code)) == code
    drawn = str(ean13.draw("5901234123457"))
    assert "Barcode 5901234123457" in drawn
    assert sum(int(one) for one in re.findall(r' y="0" width="(\d+)"', drawn)) == (
        ean13.modules("5901234123457").count("1")
    )


def _read(modules: str) -> str:
    odd = {ean13._left(digit, "O"): (digit, "O") for digit in range(10)}
    even = {ean13._left(digit, "E"): (digit, "E") for digit in range(10)}
    first = [(odd | even)[modules[place : place + 7]] for place in range(3, 45, 7)]
    lead = ean13._PARITY.index("".join(way for _, way in first))
    right = {ean13._right(digit): digit for digit in range(10)}
    last = [right[modules[place : place + 7]] for place in range(50, 92, 7)]
    return "".join(str(digit) for digit in [lead, *(digit for digit, _ in first), *last])
