"""A till's file goes in through the pages, in a real browser, and stands in the sales; then it is taken back."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from sales.models import Sale
from shop.models import Import
from shop.tenancy import use_shop
from tests.browser.conftest import Live
from tests.browser.looks import is_well, shoot
from tests.importing import keep_uploads_in, paid, shared, work

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Any]


@pytest.fixture(autouse=True)
def uploads_of_this_test(tmp_path: Any, settings: Any) -> None:
    keep_uploads_in(tmp_path, settings)


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)], ids=["desk", "phone"])
def test_supermarket_sales_go_in(live: Live, open_page: Open, width: int, dark: bool) -> None:
    page = open_page(live.cast.alice, "/s/green/imports/new/", width, dark)

    def next_step(name: str, heading: str) -> None:
        """A worker does what was asked for, and the page learns of it by itself."""
        with use_shop(live.cast.green):
            work(Import.objects.get())
        expect(page.locator("h1")).to_have_text(heading, timeout=15000)
        if name in examined:
            is_well(page, name)
        shoot(page, name, width, dark)

    # Each page is examined in one of the two looks.
    examined = {"import_match", "import_done"} if dark else {"import_check", "import_undone"}
    page.set_input_files("#id_file", str(shared("supermarket_sales/supermarket_sales.csv")))
    expect(page.locator("[data-file-name]")).to_have_text("supermarket_sales.csv")
    page.click("text=Go on to the columns")
    expect(page.locator("h1")).to_have_text("Reading the file")
    next_step("import_match", "Match columns")
    expect(page.locator("#preview")).to_contain_text("2019-01-05 13:08")
    page.get_by_label("Payment gives").select_option("")
    expect(page.locator("#preview")).not_to_contain_text("Ewallet")
    page.click("text=Check the whole file")
    expect(page.locator("h1")).to_have_text("Checking the file")
    next_step("import_check", "Check")
    expect(page.locator("main")).to_contain_text("1,000 lines ready")
    page.click("text=Import 1,000 lines")
    expect(page.locator("h1")).to_have_text("Importing")
    next_step("import_done", "Done")
    expect(page.locator("main")).to_contain_text("€322,966.75")
    with use_shop(live.cast.green):
        assert str(paid()) == "322966.7490"
    page.click("text=Undo this import")
    if not dark:
        is_well(page, "import_undo")
    page.click("button:has-text('Undo this import')")
    next_step("import_undone", "Taken back")
    with use_shop(live.cast.green):
        assert not Sale.objects.filter(voided_at=None).exists()


def test_a_wrong_file_is_explained_where_it_was_chosen(live: Live, open_page: Open, tmp_path: Any) -> None:
    wrong = tmp_path / "till.pdf.csv"
    wrong.write_bytes(b"%PDF-1.7")
    page = open_page(live.cast.alice, "/s/green/imports/new/")
    is_well(page, "import_new")
    page.examined = False
    page.set_input_files("#id_file", str(wrong))
    page.click("text=Go on to the columns")
    expect(page.locator(".problem")).to_contain_text("is a PDF")
    expect(page.locator(".problem")).to_be_focused()
