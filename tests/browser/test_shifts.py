"""A cashier's day at a till in a real browser, on a phone; every size and theme, accessible."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import expect

from sales.models import Shift, ZReport
from shop.models import Register
from shop.tenancy import use_shop
from tests.browser.conftest import Live
from tests.browser.looks import Looks, each_look, is_well, on_phone_and_desk, shoot
from tests.insights.test_shift_pages import begin, end
from tests.sales.till_day import at, sell

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Any]


@pytest.fixture
def till(live: Live) -> Iterator[Register]:
    with use_shop(live.cast.green):
        yield Register.objects.select_related("branch__shop").get()


@pytest.fixture
def weeks(till: Register) -> Shift:
    """Some counted shifts, one with missing and late sales, one not counted, one open. Returns the odd one."""
    for number, (cashier, off) in enumerate((("Priya", "-2.40"), ("Tom", "0"), ("Agnieszka", "5"), ("Tom", "-0.60"))):
        hours = 190 - number * 24
        shift = begin(till, cashier, hours)
        for seq in range(6):
            sell(till, gross=f"{12 + seq}.40", tender=("cash", "card")[seq % 2], shift_key=shift.uuid, epoch=1,
                 seq=number * 10 + seq, receipt=f"1-{number}{seq}", cashier=cashier, when=at(hours - seq))  # fmt: skip
        cash = Decimal("143.20") + Decimal(off)
        last = number * 10 + (8 if number == 2 else 5)
        end(shift, str(cash), hours - 9, by=cashier, sales=6, first_seq=number * 10, last_seq=last, epoch=1)
        if number == 2:
            odd = shift
            sell(till, shift_key=shift.uuid, epoch=1, seq=27, receipt="1-27", when=at(hours - 8))
    begin(till, "Malcolm", 40)
    begin(till, "Bob", 8)
    return odd


def test_a_cashier_opens_lends_counts_and_is_told(live: Live, till: Register, open_page: Open) -> None:
    page = open_page(live.cast.bob, "/s/green/", width=390)
    page.get_by_role("link", name="Open a shift").click()
    page.get_by_label("Change in the drawer").fill("100.00")
    is_well(page)
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_text("Till 1 is open.")).to_be_visible()
    with use_shop(live.cast.green):
        sell(till, gross="31.41", shift_key=Shift.objects.get().uuid, when=at(0))
    page.get_by_text("Cash in or out", exact=True).click()
    page.get_by_label("What", exact=True).select_option("drop")
    page.get_by_label("How much").fill("20")
    page.get_by_role("button", name="Note it").click()
    expect(page.get_by_text("1 sale so far")).to_be_visible()
    is_well(page)
    page.get_by_role("link", name="Count and close").click()
    is_well(page)
    assert "111.41" not in page.content() and "31.41" not in page.content()
    page.get_by_label("Cash in the drawer").fill("110.00")
    page.get_by_role("button", name="Close the shift").click()
    expect(page.get_by_text("−€1.41").first).to_be_visible()
    expect(page.get_by_role("heading", name="Till 1, Z 1")).to_be_visible()
    is_well(page)
    page.go_back()
    expect(page.get_by_role("heading", name="Till 1, Z 1")).to_be_visible()
    with use_shop(live.cast.green):
        assert ZReport.objects.get().body["over_short"] == "-1.41"


@on_phone_and_desk
def test_the_pages_fit_and_axe_finds_nothing(live: Live, weeks: Shift, open_page: Open, looks: Looks) -> None:
    with use_shop(live.cast.green):
        now = Shift.objects.open().get()
        waits = Shift.objects.uncounted().get()
    paths = {"shift_list": "", "shift_z": f"{weeks.pk}/", "shift_x": f"{now.pk}/", "shift_waits": f"{waits.pk}/"}
    for name, path in (paths | {"shift_close": f"{now.pk}/close/", "shift_open": "open/"}).items():
        for page, width, dark in each_look(open_page, live.cast.alice, f"/s/green/shifts/{path}", looks):
            for more in page.locator("details.more:not([open]) > summary").all():
                more.click()
            shoot(page, name, width, dark)
            is_well(page, name)
    for page, width, dark in each_look(open_page, live.cast.bob, "/s/green/shifts/", looks):
        shoot(page, "shift_cashier", width, dark)
        is_well(page)


def test_the_list_narrows_without_leaving_the_page(live: Live, weeks: Shift, open_page: Open) -> None:
    page = open_page(live.cast.alice, "/s/green/shifts/")
    expect(page.get_by_role("link", name="Till 1, Z 4")).to_be_visible()
    page.get_by_label("From", exact=True).fill("2020-01-01")
    page.wait_for_url(re.compile("from=2020-01-01"))
    expect(page.locator("#z-title + .sub")).to_contain_text("1 Jan 2020")
    page.get_by_label("To", exact=True).fill("2020-01-31")
    page.wait_for_url(re.compile("to=2020-01-31"))
    expect(page.get_by_text("No shift was closed")).to_be_visible()


def test_on_paper_there_is_a_z_and_no_buttons(live: Live, weeks: Shift, open_page: Open) -> None:
    page = open_page(live.cast.alice, f"/s/green/shifts/{weeks.pk}/")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Till 1, Z 3")).to_be_visible()
    expect(page.get_by_text("Change at the start")).to_be_visible()
    assert page.locator("button:visible").count() == 0
