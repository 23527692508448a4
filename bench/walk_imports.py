"""`python -m bench walk_imports --url http://localhost:8000 --shots FOLDER`: a newcomer brings five real files in.

It is done in a browser and through the pages alone, against a running server with a worker: sign up, make a shop, drop
the file, look at the columns, have it checked, import it, see what came of it, and look at taking it back. Each step
leaves a picture at a desk and one on a phone, to be looked at. A file that ends otherwise than written here fails.
"""

import argparse
import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

SHARED = Path(settings.BASE_DIR).parent / "shared" / "data"
LOOKS = ((1440, "light"), (390, "dark"))
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"
PASSWORD = "a-newcomer-of-today-7"


@dataclass(frozen=True)
class File:
    """A file and how many of its rows must come in at least; the kinds it is read as once more; the columns whose
    guess a person corrects, and what they give."""

    path: str
    rows: int
    then: tuple[str, ...] = ()
    gives: tuple[tuple[str, tuple[str, ...]], ...] = ()


FILES = (
    File("supermarket_sales/supermarket_sales.csv", 1000),
    File("groceries_member/Groceries_dataset.csv", 38765),
    File("grocery_inventory/Grocery_Inventory_and_Sales_Dataset.csv", 990, then=("stock",)),
    # A spreadsheet spoiled its own codes; the column beside them holds them whole.
    File(
        "open_food_facts/openfoodfacts_products.csv",
        1460,
        gives=(("code", ()), ("barcode_from_url", ("sku", "barcode"))),
    ),
    File("online_retail/online_retail.csv.gz", 541909),
)


class Walk:
    """One browser of one newcomer."""

    def __init__(self, page: Any, url: str, shots: Path) -> None:
        self.page, self.url, self.shots, self.number = page, url, shots, 0
        self.problems: list[str] = []
        page.on("console", self.note)

    def note(self, said: Any) -> None:
        """What the browser complains of; a preview given up for a later one is none of it."""
        if said.type == "error" and not said.text.startswith(("htmx:sendAbort", "htmx:afterRequest")):
            self.problems.append(said.text)

    def shoot(self, name: str) -> None:
        self.number += 1
        for width, scheme in LOOKS:
            self.page.set_viewport_size({"width": width, "height": 900 if width > 700 else 844})
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.page.wait_for_timeout(150)
            if self.page.evaluate(OVERFLOW) > 0:
                self.problems.append(f"{name} scrolls sideways at {width}")
            self.page.screenshot(path=str(self.shots / f"{self.number:02}-{name}-{width}-{scheme}.png"), full_page=True)
        self.page.set_viewport_size({"width": 1440, "height": 900})

    def shoot_while(self, name: str, heading: str) -> None:
        """A picture of work under way, where it takes long enough for one."""
        self.page.wait_for_timeout(4000)
        if self.page.locator("h1").inner_text() == heading:
            self.shoot(name)

    def sign_up(self, mail: str) -> None:
        self.page.goto(f"{self.url}/accounts/signup/")
        self.page.fill("[name=email]", mail)
        self.page.fill("[name=name]", "Nia Newcomer")
        self.page.fill("[name=password1]", PASSWORD)
        with self.page.expect_navigation():
            self.page.press("[name=password1]", "Enter")

    def make_shop(self, name: str) -> str:
        self.page.goto(f"{self.url}/start/")
        self.page.fill("[name=name]", name)
        with self.page.expect_navigation(url="**/s/**"):
            self.page.press("[name=name]", "Enter")
        return "/".join(self.page.url.split("/")[:5])

    def heading(self, *words: str, seconds: int = 600) -> str:
        """Wait until the page's heading is one of these."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            text = str(self.page.locator("h1").inner_text())
            if text in words:
                return text
            self.page.wait_for_timeout(300)
        raise AssertionError(f"“{text}” is still on the page after {seconds} s, not one of {words}")


def walk_through(walk: Walk, shop: str, file: File) -> dict[str, Any]:
    """One file from the drop to the undo's plan; returns what it took."""
    name, page = Path(file.path).name.split(".")[0], walk.page
    page.goto(f"{shop}/imports/new/")
    page.set_input_files("#id_file", str(SHARED / file.path))
    walk.shoot(f"{name}-new")
    started = time.monotonic()
    page.click("text=Go on to the columns")
    told = {"file": name} | _from_columns_on(walk, name, started, file.gives)
    for kind in file.then:
        page.select_option("form[action$='again/'] select", kind)
        page.click("form[action$='again/'] button")
        told[kind] = _from_columns_on(walk, f"{name}-{kind}", time.monotonic())
    page.click("text=Undo this import")
    walk.heading("Undo this import")
    walk.shoot(f"{name}-undo")
    return told


def _correct(page: Any, gives: tuple[tuple[str, tuple[str, ...]], ...]) -> None:
    """Say by hand what columns give; the page without script would do."""
    for column, fields in gives:
        page.get_by_label(f"{column} gives", exact=True).select_option(fields[0] if fields else "")
        for field in fields[1:]:
            page.wait_for_load_state("networkidle")
            page.locator("li", has=page.get_by_text(column, exact=True)).locator("summary").click()
            page.get_by_label(f"{column} also gives", exact=True).select_option(field)
    page.wait_for_load_state("networkidle")


def _from_columns_on(
    walk: Walk, name: str, started: float, gives: tuple[tuple[str, tuple[str, ...]], ...] = ()
) -> dict[str, Any]:
    page = walk.page
    walk.heading("Match columns")
    matched = time.monotonic()
    _correct(page, gives)
    walk.shoot(f"{name}-match")
    page.click("text=Check the whole file")
    walk.heading("Check", "Checking the file")
    walk.shoot_while(f"{name}-checking", "Checking the file")
    walk.heading("Check")
    checked = time.monotonic()
    walk.shoot(f"{name}-check")
    page.click("form[action$='go/'] button.btn-primary")
    walk.heading("Importing", "Done")
    walk.shoot_while(f"{name}-importing", "Importing")
    walk.heading("Done")
    done = time.monotonic()
    walk.shoot(f"{name}-done")
    facts = dict(
        zip(page.locator(".facts dt").all_inner_texts(), page.locator(".facts dd").all_inner_texts(), strict=True)
    )
    return {
        "read": round(matched - started, 1),
        "check": round(checked - matched, 1),
        "import": round(done - checked, 1),
        **facts,
    }


def main(arguments: list[str]) -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(prog="python -m bench walk_imports")
    parser.add_argument("--url", default="http://localhost:8000")
    parser.add_argument("--shots", type=Path, required=True)
    parser.add_argument("--only", default="", help="part of a file's name")
    options = parser.parse_args(arguments)
    options.shots.mkdir(parents=True, exist_ok=True)
    browser_path = next(
        path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        walk = Walk(browser.new_page(viewport={"width": 1440, "height": 900}), options.url, options.shots)
        walk.sign_up(f"newcomer-{int(time.time())}@shops.example")
        for file in FILES:
            if options.only in file.path:
                shop = walk.make_shop(f"{Path(file.path).parent.name.replace('_', ' ')} {int(time.time()) % 100000}")
                told = walk_through(walk, shop, file)
                print(json.dumps(told), flush=True)
                if int(told["New"].replace(",", "")) < file.rows:
                    walk.problems.append(f"of {file.path} only {told['New']} rows came in")
        browser.close()
    if walk.problems:
        raise SystemExit(f"Went wrong on the way: {walk.problems}")
