"""Stock on the phone in a real browser: by scanner and by thumb, every size and theme, accessible in every state."""

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.db.models import Sum
from playwright.sync_api import expect

from inventory import orders, services
from inventory.models import Barcode, Product, PurchaseOrder, StockLevel, StockMovement, Supplier
from shop.models import Branch
from shop.roles import Role
from shop.tenancy import use_shop
from tests.browser.conftest import Live
from tests.browser.looks import Looks, each_look, is_well, on_phone_and_desk, shoot
from tests.factories import make_member, make_product
from tests.insights.tills import sell_days

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Any]
MILK, BOX, CHOC = "5000000000012", "5000000000029", "5000000000036"
SMALL_FOR_A_THUMB = """[...document.querySelectorAll(
    '.work :is(button, select, input:not([type=hidden])), .desk, .picks a')]
    .filter(e => e.offsetParent && !e.closest('label') && e.getBoundingClientRect().height < 43.5)
    .map(e => e.outerHTML.slice(0, 100))"""
BY = "alice@shops.example"


@pytest.fixture
def shelves(live: Live) -> Iterator[Live]:
    """Green Grocer with codes on its packs, stock, lots, an order on its way and six weeks of trade."""
    yesterday = dt.date.today() - dt.timedelta(days=1)
    sell_days(live.cast.green, yesterday, 30, each=2)
    with use_shop(live.cast.green):
        here, there = Branch.objects.order_by("pk")[:2]
        milk, choc = Product.objects.get(sku="MILK"), Product.objects.get(sku="CHOC")
        for product, code, times in ((milk, MILK, 1), (milk, BOX, 6), (choc, CHOC, 1)):
            Barcode.objects.create(product=product, code=code, pack_quantity=times)
        _stock(here, there, milk, choc)
        _order(here, milk, choc)
        yield live


def _stock(here: Branch, there: Branch, milk: Product, choc: Product) -> None:
    now = dt.datetime.now(dt.UTC)
    old, today = now - dt.timedelta(days=50), dt.date.today()
    for days, much in ((-1, 2), (1, 6), (4, 12), (12, 30)):
        services.receive(
            branch=here, product=milk, quantity=Decimal(much), by=BY, at=old, cost=Decimal("1.10"), lot=f"L{days}",
            use_by=today + dt.timedelta(days=days),
        )  # fmt: skip
    services.receive(branch=here, product=choc, quantity=Decimal(20), by=BY, at=old)
    services.receive(branch=there, product=choc, quantity=Decimal(3), by=BY, at=old)
    apples = Product.objects.get(sku="APPLE")
    services.count_stock(branch=here, counted={apples.pk: Decimal(1)}, by=BY, at=old)
    services.waste(branch=here, product=apples, quantity=Decimal(4), by=BY, at=old + dt.timedelta(days=1))
    for number in range(12):
        made = make_product(name=f"Tinned tomatoes with basil and oregano {number}", category=milk.category)
        services.receive(branch=here, product=made, quantity=Decimal(number + 1), by=BY, at=old)


def _order(here: Branch, milk: Product, choc: Product) -> None:
    farm = Supplier.objects.get()
    Product.objects.filter(pk=milk.pk).update(pack_size=6)
    for product in (milk, choc):
        line = orders.add_line(branch=here, supplier=farm, product=product, quantity=Decimal(24), by=BY)
    orders.approve(order=line.order, by=BY)
    PurchaseOrder.objects.update(expected_on=dt.date.today())


def scan(page: Any, code: str) -> None:
    """A keyboard wedge: a burst of keys and Enter, wherever the focus is."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def settled(page: Any) -> None:
    """The swap is whole."""
    page.wait_for_load_state("networkidle")
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)


def level(branch: Branch, sku: str = "MILK") -> Decimal:
    found = StockLevel.objects.filter(branch=branch, product__sku=sku).first()
    return found.quantity if found else Decimal(0)


def stock_is_the_ledger() -> None:
    for row in StockLevel.objects.all():
        moved = StockMovement.objects.filter(branch=row.branch_id, product=row.product_id)
        assert row.quantity == moved.aggregate(all=Sum("quantity"))["all"]


@on_phone_and_desk
def test_every_page_in_every_size_and_theme(shelves: Live, open_page: Open, looks: Looks) -> None:
    milk, order = Product.objects.get(sku="MILK"), PurchaseOrder.objects.get()
    saved = StockMovement.objects.order_by("-pk").first().pk
    pages = {
        "stock_home": "stock/",
        "stock_receive": "stock/receive/",
        "stock_receive_form": f"stock/receive/?q={BOX}",
        "stock_order": f"stock/receive/{order.pk}/",
        "stock_order_line": f"stock/receive/{order.pk}/?line={order.lines.first().pk}",
        "stock_count": "stock/count/",
        "stock_count_shelf": f"stock/count/?category={milk.category_id}&product={milk.pk}&saved={saved}",
        "stock_unknown": "stock/count/?q=5099999999999",
        "stock_several": "stock/waste/?q=tomatoes",
        "stock_waste": f"stock/waste/?product={milk.pk}",
        "stock_transfer": f"stock/transfer/?product={milk.pk}",
        "missing_data": "stock/missing/",
        "missing_suppliers": "stock/missing/?of=suppliers",
        "inventory": "inventory/",
        "inventory_expiring": "inventory/?view=expiring",
        "inventory_dead": "inventory/?view=dead",
        "inventory_counts": "inventory/?view=counts",
    }
    for name, path in pages.items():
        for page, width, dark in each_look(open_page, shelves.cast.alice, f"/s/green/{path}", looks):
            shoot(page, name, width, dark)
            is_well(page, name)
            if width <= 390:
                assert page.evaluate(SMALL_FOR_A_THUMB) == [], name


def test_a_morning_with_the_scanner(shelves: Live, open_page: Open) -> None:
    """Receive half an order, count a shelf, write off, move, and undo each, at 390 px with one hand."""
    here, there = Branch.objects.order_by("pk")[:2]
    clerk = make_member(shop=shelves.cast.green, role=Role.CLERK)
    before = level(here)
    page = open_page(clerk, "/s/green/stock/", 390)
    page.click(".desk >> text=Receive")
    page.click("a >> text=Order 1")
    page.wait_for_url("**/receive/*/")
    scan(page, MILK)
    expect(page.locator("#product")).to_contain_text("milk")
    page.fill("[data-quantity]", "2")
    page.click("text=Take in >> nth=0")
    expect(page.locator(".said")).to_contain_text("12 taken in")
    assert level(here) == before + 12
    page.click(".said >> text=Undo")
    expect(page.locator(".said")).to_contain_text("Undone")
    assert level(here) == before

    page.goto(f"{shelves.url}/s/green/stock/count/")
    scan(page, MILK)
    expect(page.locator("#product")).to_contain_text("milk")
    settled(page)
    for _ in range(3):
        scan(page, MILK)
    expect(page.locator("[data-quantity]")).to_have_value("4")
    scan(page, BOX)
    expect(page.locator("[data-quantity]")).to_have_value("10")
    scan(page, CHOC)  # another product: what was counted is saved, but it is far off
    expect(page.locator(".said")).to_contain_text("count it once more")
    expect(page.locator("#product")).to_contain_text("milk")
    assert level(here) == 10
    settled(page)
    page.fill("[data-quantity]", "11")
    page.click("text=Save the count")
    expect(page.locator("#product")).to_contain_text("chocolate")  # no scan is lost
    expect(page.locator(".said")).to_contain_text("Counted 11")
    assert level(here) == 11
    stock_is_the_ledger()


def test_a_far_count_is_asked_once_more(shelves: Live, open_page: Open) -> None:
    here = Branch.objects.order_by("pk").first()
    page = open_page(shelves.cast.alice, f"/s/green/stock/count/?q={CHOC}", 390)
    page.fill("[data-quantity]", "200")
    page.click("text=Save the count")
    expect(page.locator(".said")).to_contain_text("Please count it once more")
    shoot(page, "stock_count_again", 390, False)
    assert level(here, "CHOC") == 200
    page.fill("[data-quantity]", "19")
    page.click("text=Save the count")
    expect(page.locator(".said")).to_contain_text("1 fewer than expected")
    assert level(here, "CHOC") == 19
    is_well(page, "counted")
    page = open_page(shelves.cast.alice, "/s/green/stock/", 390)
    page.click(".entries li:has-text('Counted 19') >> text=Undo")
    expect(page.locator(".entries li:has-text('Counted 19') .chip")).to_have_text("Undone")
    assert level(here, "CHOC") == 20
    stock_is_the_ledger()


def test_waste_and_transfer_by_thumb(shelves: Live, open_page: Open) -> None:
    here, there = Branch.objects.order_by("pk")[:2]
    before = level(here)
    page = open_page(shelves.cast.alice, f"/s/green/stock/waste/?q={MILK}", 390)
    assert "Use by" in page.locator("select[name=lot] option:checked").inner_text(), "first to expire is offered"
    page.click("[data-step='1']")
    page.click("label:has-text('Past its date')")
    page.click("form[data-entry] button.go")
    expect(page.locator(".said")).to_contain_text("2 written off, past its date")
    assert level(here) == before - 2
    is_well(page, "written off")

    page.goto(f"{shelves.url}/s/green/stock/transfer/?q={BOX}")
    page.click("form[data-entry] button.go")
    expect(page.locator(".said")).to_contain_text("6 moved to Station")
    assert (level(here), level(there)) == (before - 8, 6)
    for undone in (1, 2):
        page.locator(".entries form.undo button").first.click()
        expect(page.locator(".entries .chip")).to_have_count(undone)
        settled(page)
    assert (level(here), level(there)) == (before, 0)
    stock_is_the_ledger()


def test_a_scan_into_another_box_leaves_the_box_alone(shelves: Live, open_page: Open) -> None:
    page = open_page(shelves.cast.alice, f"/s/green/stock/waste/?q={MILK}", 390)
    page.fill("[name=note]", "by the door")
    page.focus("[name=note]")
    scan(page, MILK)
    assert page.input_value("[name=note]") == "by the door"
    expect(page.locator("[data-quantity]")).to_have_value("2")
    scan(page, CHOC)  # no cause is chosen: this product first
    assert page.locator("#product").inner_text() == Product.objects.get(sku="MILK").name
    page.goto(f"{shelves.url}/s/green/stock/")
    scan(page, "5099999999999")
    expect(page.locator(".unknown")).to_contain_text("We do not know the code 5099999999999")


def test_missing_data_is_saved_as_it_is_left(shelves: Live, open_page: Open) -> None:
    page = open_page(shelves.cast.alice, "/s/green/stock/missing/", 390)
    box = page.locator("form.cell:has(input[name=field][value=shelf_life_days]) .input").first
    box.fill("9")
    box.blur()
    expect(page.locator(".saved").first).to_have_text("Saved")
    assert Product.objects.filter(shelf_life_days=9).count() == 1
    box = page.locator("form.cell:has(input[name=field][value=cost]) .input").first
    box.fill("lots")
    box.blur()
    expect(page.locator(".cell .wrong").first).to_contain_text("Write an amount")
    is_well(page, "missing data, filled in")


def test_without_scripts(shelves: Live, chromium: Any) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    session = shelves.cast.client().cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": shelves.url}])
    page = context.new_page()
    page.goto(f"{shelves.url}/s/green/stock/count/")
    page.fill("#q", CHOC)
    page.click(".finder button")
    page.fill("[data-quantity]", "19")
    page.click("text=Save the count")
    assert "Counted 19" in page.locator(".said").inner_text()
    page.click(".said >> text=Undo")
    assert "Undone" in page.locator(".said").inner_text()
    page.goto(f"{shelves.url}/s/green/inventory/?view=expiring")
    assert page.locator("svg.draw.days rect.risk").count() == 14
    context.close()
