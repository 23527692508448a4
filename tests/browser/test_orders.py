"""From a suggestion to the supplier's letterbox in a real browser, on a phone; every size and theme, accessible."""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from insights.decisions import offering
from insights.models import ForecastSeries, Run
from insights.ordering.suggest import KINDS, reorder_drafts
from inventory import orders, services
from inventory.models import Product, PurchaseOrder, Supplier
from shop import jobs
from shop.models import Branch, Job
from shop.tenancy import use_shop
from tests.browser.conftest import Live
from tests.browser.looks import Looks, each_look, is_well, on_phone_and_desk
from tests.factories import make_product
from tests.inventory.test_order_mail import letterbox

__all__ = ["letterbox"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Any]
BY = "alice@shops.example"


@pytest.fixture
def advised(live: Live) -> Iterator[Live]:
    """Green Grocer with little milk, a forecast of it, a suggestion to order, and a small draft besides."""
    with use_shop(live.cast.green):
        Supplier.objects.update(email="orders@farm.example", lead_time_days=1, minimum_order=Decimal(90))
        Product.objects.filter(sku="MILK").update(pack_size=6, shelf_life_days=9)
        branch = Branch.objects.order_by("pk").first()
        dairy = Supplier.objects.create(name="Hill Dairy", lead_time_days=2, delivery_weekdays="135")
        butter = make_product(sku="BUTTER", name="Salted butter 250 g", price="2.40", cost="1.75", supplier=dairy)
        rows = {"MILK": (5, 12.0), "CHOC": (9, 3.0)}
        for sku, (there, _) in rows.items():
            product = Product.objects.get(sku=sku)
            services.count_stock(branch=branch, counted={product.pk: Decimal(there)}, by=BY)
        orders.add_line(branch=branch, supplier=dairy, product=butter, quantity=Decimal(10), by=BY)
        run = _forecast(live, branch, {sku: a_day for sku, (_, a_day) in rows.items()})
        with transaction.atomic():
            offering.offer(run, KINDS, [draft for draft in reorder_drafts(run) if "milk" in draft.title])
        yield live


def _forecast(live: Live, branch: Branch, a_day: dict[str, float]) -> Run:
    today = live.cast.green.today()
    run = Run.objects.create(
        analysis="forecast", status="done", as_of_date=today - dt.timedelta(days=1), ended_at=timezone.now()
    )
    for sku, mean in a_day.items():
        shares = {"mean": 1, "low50": 0.8, "high50": 1.2, "low80": 0.6, "high80": 1.4}
        ForecastSeries.objects.create(
            run=run, branch=branch, product=Product.objects.get(sku=sku), first_date=today, model="test",
            **{name: [mean * share] * 28 for name, share in shares.items()},
        )  # fmt: skip
    return run  # type: ignore[no-any-return]


def test_a_suggestion_becomes_an_order_in_the_suppliers_letterbox(
    advised: Live, open_page: Open, letterbox: Any
) -> None:
    page = open_page(advised.cast.alice, "/s/green/decisions/", width=390)
    page.get_by_label("Quantity in pieces").first.fill("48")
    page.get_by_role("button", name="Add to order").first.click()
    page.get_by_role("link", name="Order 2").click()
    expect(page.get_by_text("8 cases of 6, 48 in all")).to_be_visible()
    is_well(page)
    page.get_by_label("send it all the same").check()
    page.get_by_role("button", name="Approve and mail").click()
    expect(page.get_by_text("Being mailed to orders@farm.example")).to_be_visible()
    with use_shop(advised.cast.green):
        jobs.run(Job.objects.get(kind="order_mail").pk)
    expect(page.get_by_text("Mailed to orders@farm.example")).to_be_visible(timeout=8000)
    is_well(page)
    [mail] = letterbox.mails
    assert mail["To"] == "orders@farm.example"
    [file] = mail.iter_attachments()
    content = file.get_content()
    text = content if isinstance(content, str) else content.decode()
    [row] = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    assert (row["sku"], row["cases"], row["quantity"]) == ("MILK", "8", "48")


def test_a_small_order_is_filled_with_what_is_needed_next(advised: Live, open_page: Open) -> None:
    with use_shop(advised.cast.green):
        milk = Product.objects.get(sku="MILK")
        branch = Branch.objects.order_by("pk").first()
        order = orders.add_line(branch=branch, supplier=milk.supplier, product=milk, quantity=Decimal(12), by=BY).order
    page = open_page(advised.cast.alice, f"/s/green/orders/{order.pk}/", width=390)
    page.get_by_role("button", name="Add 1 Green Grocer chocolate").click()
    expect(page.get_by_role("link", name="Green Grocer chocolate")).to_be_visible()
    line = page.locator("li", has_text="Green Grocer milk")
    line.get_by_role("button", name="More: Green Grocer milk").click()
    line.get_by_role("button", name=re.compile("^Set")).click()
    expect(page.get_by_text("3 cases of 6, 18 in all")).to_be_visible()


@on_phone_and_desk
def test_the_pages_fit_and_axe_finds_nothing(advised: Live, open_page: Open, looks: Looks) -> None:
    with use_shop(advised.cast.green):
        order = PurchaseOrder.objects.get()
    for path in ("?q=milk", f"{order.pk}/"):
        for page, _, _ in each_look(open_page, advised.cast.alice, f"/s/green/orders/{path}", looks):
            is_well(page, path)


def test_on_paper_there_are_lines_and_no_buttons(advised: Live, open_page: Open) -> None:
    with use_shop(advised.cast.green):
        order = PurchaseOrder.objects.get()
    page = open_page(advised.cast.alice, f"/s/green/orders/{order.pk}/")
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="Salted butter 250 g")).to_be_visible()
    expect(page.get_by_text(", BUTTER")).to_be_visible()
    assert page.locator("button:visible").count() == 0
    expect(page.get_by_text("17.50").first).to_be_hidden()
