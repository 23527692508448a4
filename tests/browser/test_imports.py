"""A till's file goes in through the pages, in a real browser, and stands in the sales."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from shop import jobs
from shop.models import Job
from shop.tenancy import use_shop
from tests.browser.conftest import Live
from tests.importing import paid, shared

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Any]


@pytest.fixture(autouse=True)
def uploads_of_this_test(tmp_path: Any, settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }


def look(page: Any, name: str) -> None:
    """A picture for who asks for it by AISLE_PICTURES; the page may not scroll sideways at any time."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways"
    if folder := os.environ.get("AISLE_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_supermarket_sales_go_in(live: Live, open_page: Open, width: int, dark: bool) -> None:
    file, size = shared("supermarket_sales/supermarket_sales.csv"), f"{width}{'-dark' if dark else ''}"
    page = open_page(live.cast.alice, "/s/green/imports/", width, dark)
    look(page, f"import_list-empty-{size}")
    page.click("main >> text=New import >> nth=0")
    expect(page.locator("h1")).to_have_text("New import")
    look(page, f"import_new-{size}")
    page.set_input_files("#id_file", str(file))
    expect(page.locator("[data-file-name]")).to_have_text("supermarket_sales.csv")
    page.select_option("#id_kind", "sales_lines")
    page.click("text=Go on to the columns")
    expect(page.locator("#column-time")).to_have_value("Date")
    expect(page.locator("#second-time")).to_have_value("Time")
    look(page, f"import_match-{size}")
    page.click("main form button:has-text('Import')")
    expect(page.locator("#state")).to_contain_text("Waiting for a free worker")
    look(page, f"import_detail-waiting-{size}")
    with use_shop(live.cast.green):
        jobs.run(Job.objects.get(kind="import").pk)
        assert str(paid()) == "322966.7490"
    # The page learns of it by itself.
    expect(page.locator("#state")).to_contain_text("The file is in.", timeout=8000)
    expect(page.locator("#state")).to_contain_text("1,000")
    look(page, f"import_detail-done-{size}")
    page.click("text=See the sales")
    expect(page.locator("h1")).to_have_text("Sales")
    look(page, f"import-sales-{size}")


def test_a_wrong_file_is_explained_where_it_was_chosen(live: Live, open_page: Open, tmp_path: Path) -> None:
    wrong = tmp_path / "till.xlsx"
    wrong.write_bytes(b"PK\x03\x04")
    page = open_page(live.cast.alice, "/s/green/imports/new/")
    page.set_input_files("#id_file", str(wrong))
    page.click("text=Go on to the columns")
    expect(page.locator(".problem")).to_contain_text("till.xlsx is not a CSV file")
    expect(page.locator(".problem")).to_be_focused()
    look(page, "import_new-wrong")
