"""The inventory: cover, what expires, dead stock, counts; and what is missing."""

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from insights import stock_reports as reports
from insights.models import ForecastSeries, Run
from insights.screens import inventory_expiring
from inventory import deliveries, orders, services
from inventory.models import Product, StockMovement, Supplier
from inventory.reports_losses import shrinkage
from shop.models import Branch
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import Cast, make_member, make_product
from tests.insights.conftest import client_of
from tests.insights.test_stock_pages import follow, here, text
from tests.insights.tills import NOW, TODAY, YESTERDAY, sell, sell_days

BASE = "/s/green/inventory/"
BY = "alice@shops.example"


@pytest.fixture
def green(morning: Cast) -> Any:
    with use_shop(morning.green):
        yield morning.green


@pytest.fixture
def alice(morning: Cast) -> Client:
    return morning.client()


@pytest.fixture
def clerk(morning: Cast) -> Client:
    return client_of(make_member(shop=morning.green, role=Role.CLERK))


def product(sku: str = "MILK") -> Product:
    return Product.objects.get(sku=sku)


def receive(sku: str, much: str, when: dt.datetime = NOW, **more: Any) -> None:
    branch = more.pop("branch", here())
    services.receive(branch=branch, product=product(sku), quantity=Decimal(much), by=BY, at=when, **more)


def days_ago(days: int) -> dt.datetime:
    return NOW - dt.timedelta(days=days)


def test_cover_is_stock_over_the_mean_of_28_days_where_nothing_is_forecast(green: Any) -> None:
    sell_days(green, YESTERDAY, 28, each=2)
    receive("MILK", "7")
    row = reports.cover(TODAY)[0]
    assert (row.sku, row.quantity, row.daily, row.is_forecast) == ("MILK", 7, 2, False)
    assert row.days == Decimal("3.5")
    assert row.value == Decimal("7.70")


def test_cover_uses_the_latest_forecast(green: Any) -> None:
    sell_days(green, YESTERDAY, 28, each=2)
    receive("MILK", "7")
    receive("CHOC", "5")
    band = {name: [1.0] * 14 for name in ("low50", "high50", "low80", "high80")}
    for ended, mean in ((1, 99.0), (2, 0.5)):
        run = Run.objects.create(
            analysis="forecast", status="done", as_of_date=YESTERDAY, ended_at=NOW + dt.timedelta(minutes=ended)
        )
        values = [1000.0, *[mean] * 13]
        common = {"run": run, "branch": here(), "first_date": YESTERDAY, "model": "x", "mean": values} | band
        ForecastSeries.objects.create(product=product(), **common)
        ForecastSeries.objects.create(product=None, **common)
    milk, chocolate = reports.cover(TODAY)
    assert (milk.days, milk.is_forecast, milk.daily) == (14, True, Decimal("0.5")), "from today on, not yesterday"
    assert chocolate.days is None, "nothing is expected to sell"
    assert reports.cover_totals(TODAY).rows == 2


def test_negative_stock_is_first_and_says_count(green: Any, alice: Client, clerk: Client) -> None:
    sell_days(green, YESTERDAY, 28)
    receive("CHOC", "1")
    receive("MILK", "2", days_ago(3))
    sell(green, TODAY, quantity="5", hour=7)
    page = alice.get(BASE).content.decode()
    assert page.index("milk 2 L") < page.index("chocolate")
    assert f"/stock/count/?branch={here().pk}&amp;product={product().pk}" in page
    assert "1 shows less than nothing: count first" in text(clerk.get(BASE))
    assert "at cost" in text(alice.get(BASE)) and "at cost" not in text(clerk.get(BASE))


def test_what_is_on_order_and_when_it_comes(green: Any) -> None:
    receive("MILK", "7")
    supplier = Supplier.objects.get()
    supplier.lead_time_days, supplier.delivery_weekdays = 2, "14"
    supplier.save()
    line = orders.add_line(branch=here(), supplier=supplier, product=product(), quantity=Decimal(24), by=BY)
    assert reports.cover(TODAY)[0].on_order == 0, "a draft is not ordered yet"
    order = orders.approve(order=line.order, by=BY)
    deliveries.receive_line(line=line, quantity=Decimal(6), by=BY)
    row = reports.cover(TODAY)[0]
    assert (row.on_order, row.next_delivery, row.target) == (18, order.expected_on, 6)


def test_expiring_sells_first_what_expires_first(green: Any, alice: Client, clerk: Client) -> None:
    sell_days(green, YESTERDAY, 28, each=2)
    for ahead, much in ((-1, "1"), (1, "3"), (2, "10"), (200, "4")):
        receive("MILK", much, use_by=TODAY + dt.timedelta(days=ahead), cost=Decimal("1.10"))
    rows = inventory_expiring.rows(TODAY)
    assert [(row.in_days, row.lot.quantity, row.sells, row.risk) for row in rows] == [
        (-1, 1, 0, 1),
        (1, 3, 3, 0),
        (2, 10, 3, 7),
    ]
    page = text(alice.get(f"{BASE}?view=expiring"))
    assert "1 lot is past the date" in page and "£14.30 at cost expires" in page.replace("€", "£")
    assert "€" not in text(clerk.get(f"{BASE}?view=expiring"))


def test_dead_stock_is_what_was_there_and_did_not_sell(green: Any, alice: Client) -> None:
    for sku in ("MILK", "CHOC", "APPLE"):
        receive(sku, "10", days_ago(100))
    sell(green, TODAY - dt.timedelta(days=40))
    sell(green, YESTERDAY, "CHOC")
    make_product(sku="NEW")
    receive("NEW", "5", days_ago(3))
    dead = reports.dead_stock(TODAY, days=28)
    assert [(row.sku, row.quantity, row.value) for row in dead] == [("MILK", 9, Decimal("9.90")), ("APPLE", 10, None)]
    assert [row.sku for row in reports.dead_stock(TODAY, days=60)] == ["APPLE"]
    station = Branch.objects.get(name="Station")
    receive("APPLE", "9", days_ago(9), branch=station)
    sell(green, YESTERDAY, "APPLE", branch=station)
    assert "Move it to Station, where it sells" in text(alice.get(f"{BASE}?view=dead"))


def test_what_to_count_next(green: Any, clerk: Client) -> None:
    sell_days(green, TODAY - dt.timedelta(days=2), 10)
    sell_days(green, TODAY - dt.timedelta(days=2), 10, sku="CHOC")
    for sku in ("MILK", "CHOC", "APPLE"):
        receive(sku, "10", days_ago(30))
    services.count_stock(branch=here(), counted={product("CHOC").pk: Decimal(50)}, by=BY, at=days_ago(20))
    sell(green, YESTERDAY, "APPLE", quantity="30")
    assert [(row.sku, row.reason) for row in reports.to_count(TODAY)] == [
        ("APPLE", "negative"),
        ("MILK", "never"),
        ("CHOC", "old"),
    ]
    services.count_stock(branch=here(), counted={product("CHOC").pk: Decimal(50)}, by=BY, at=days_ago(2))
    assert "CHOC" not in [row.sku for row in reports.to_count(TODAY)]
    page = text(clerk.get(f"{BASE}?view=counts"))
    assert "Below nothing" in page and "sells" not in page.split("Count next")[1]


def test_shrinkage_is_what_counts_found_missing(green: Any) -> None:
    receive("MILK", "10", days_ago(5))

    def count(much: int, days: int, source: str) -> None:
        counted = {product().pk: Decimal(much)}
        services.count_stock(branch=here(), counted=counted, by=BY, at=days_ago(days), source=source)

    services.count_stock(branch=here(), counted={product("CHOC").pk: Decimal(4)}, by=BY, at=days_ago(4))
    assert not shrinkage(days_ago(28)), "a first count finds nothing missing"
    count(8, 3, "one")
    assert shrinkage(days_ago(28)) == Decimal("2.20")
    count(1, 2, "two")
    services.take_back(sources=[f"two:{product().pk}"], by=BY, note="Undone")
    assert shrinkage(days_ago(28)) == Decimal("2.20")
    assert not shrinkage(days_ago(1))


@pytest.mark.parametrize("view", ["cover", "expiring", "dead", "counts"])
def test_every_view_has_its_file_and_its_empty_words(green: Any, alice: Client, clerk: Client, view: str) -> None:
    assert "h2" in alice.get(f"{BASE}?view={view}").content.decode()
    receive("MILK", "10", days_ago(60), use_by=TODAY, lot="=1+1", cost=Decimal("1.1"))
    file = alice.get(f"{BASE}?view={view}&export=csv")
    rows = list(csv.DictReader(io.StringIO(file.content.decode())))
    assert rows[0]["product"] == "MILK" and ("value" in rows[0]) == (view != "counts")
    assert "attachment" in file["Content-Disposition"]
    assert clerk.get(f"{BASE}?view={view}&export=csv").status_code == 403


def test_filters_and_strange_addresses(morning: Cast, green: Any, alice: Client) -> None:
    receive("MILK", "10")
    with use_shop(morning.rival):
        theirs = Supplier.objects.get().pk
    station = Branch.objects.get(name="Station")
    assert "milk 2 L" not in text(alice.get(BASE, {"branch": station.pk}))
    assert "milk 2 L" in text(alice.get(BASE, {"supplier": Supplier.objects.get().pk}))
    for given in ({"supplier": theirs}, {"branch": "x"}, {"view": "x"}, {"page": "99"}, {"days": "9"}, {"show": "x"}):
        answer = alice.get(BASE, given)
        assert answer.status_code == 200 and "Rival" not in answer.content.decode()
    assert "Nothing here is running out" in text(alice.get(BASE, {"show": "low"}))


def test_roles_and_the_other_shop(morning: Cast, green: Any) -> None:
    assert client_of(morning.bob).get(BASE).status_code == 403
    assert client_of(morning.charlie).get(BASE).status_code == 404
    with use_shop(morning.rival):
        services.receive(branch=Branch.objects.get(), product=product(), quantity=Decimal(5), by=BY, at=NOW)
    assert "Rival" not in morning.client().get(BASE).content.decode()


def test_views_take_a_fixed_number_of_queries(green: Any, alice: Client, queries: Any) -> None:
    def more(number: int) -> None:
        for _ in range(number):
            made = make_product(supplier=Supplier.objects.get())
            receive(made.sku, "5", days_ago(90), use_by=TODAY + dt.timedelta(days=3))
            receive(made.sku, "2", days_ago(90), branch=here(1))
            sell(green, YESTERDAY, made.sku)

    paths = [f"{BASE}?view={view}" for view in ("cover", "expiring", "dead", "counts")] + ["/s/green/stock/missing/"]
    more(2)
    before = [queries(alice, path) for path in paths]
    more(4)
    assert [queries(alice, path) for path in paths] == before


# --- Missing data ---------------------------------------------------------------------------------------------------

MISSING = "/s/green/stock/missing/"


def fill(client: Client, row: Any, field: str, value: Any, of: str = "products", **more: Any) -> Any:
    return client.post(MISSING, {"of": of, "pk": row.pk, "field": field, "value": value}, **more)


def test_the_most_valuable_gap_is_first(green: Any, alice: Client) -> None:
    sell_days(green, YESTERDAY, 5, sku="CHOC", quantity="9")
    sell_days(green, YESTERDAY, 5)
    sell(green, YESTERDAY, "APPLE")
    page = alice.get(MISSING).content.decode()
    rows = page[page.index("grid-tbl") :]
    assert rows.index("chocolate") < rows.index("milk 2 L") < rows.index("apples")
    assert "known for" in text(alice.get(MISSING)) and "1 missing" in text(alice.get(MISSING))
    only = text(alice.get(f"{MISSING}?what=cost"))
    assert "apples" in only and "chocolate" not in only


def test_filling_in_is_kept_with_who_did_it(green: Any, alice: Client) -> None:
    apples = product("APPLE")
    assert fill(alice, apples, "cost", "0,95").status_code == 302
    fill(alice, apples, "pack_size", "12")
    fill(alice, apples, "shelf_life_days", "9")
    fill(alice, Supplier.objects.get(), "delivery_weekdays", ["4", "1"], of="suppliers")
    fill(alice, Supplier.objects.get(), "email", "orders@farm.example", of="suppliers")
    apples.refresh_from_db()
    assert (apples.cost, apples.pack_size, apples.shelf_life_days) == (Decimal("0.95"), 12, 9)
    assert apples.price_changes.first().actor == BY
    farm = Supplier.objects.get()
    assert (farm.delivery_weekdays, farm.email) == ("14", "orders@farm.example")
    swapped = fill(alice, apples, "cost", "1.05", headers={"HX-Request": "true"})
    assert "Saved" in text(swapped) and "hx-swap-oob" in swapped.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [("cost", "-1"), ("cost", "1.00001"), ("cost", "x"), ("pack_size", "0"), ("pack_size", "2.5"), ("supplier", "999")],
)
def test_what_cannot_be_is_said_in_the_cell(green: Any, alice: Client, field: str, value: str) -> None:
    before = Product.objects.values_list("cost", "pack_size", "supplier").get(sku="MILK")
    answer = fill(alice, product(), field, value, headers={"HX-Request": "true"})
    assert answer.status_code == 422 and 'class="wrong"' in answer.content.decode()
    assert fill(alice, product(), field, value).status_code == 422
    assert Product.objects.values_list("cost", "pack_size", "supplier").get(sku="MILK") == before


def test_only_what_may_be_missing_is_filled_in_here(morning: Cast, green: Any, alice: Client, clerk: Client) -> None:
    with use_shop(morning.rival):
        theirs, farm = product(), Supplier.objects.get()
    with use_shop(morning.green):
        assert fill(alice, theirs, "cost", "9").status_code == 404
        assert fill(alice, product(), "supplier", str(farm.pk)).status_code == 422
        assert fill(alice, product(), "price", "9").status_code == 404
        assert fill(alice, product(), "email", "a@b.example").status_code == 422
        assert fill(clerk, product(), "cost", "9").status_code == 403
    assert not StockMovement.objects.exists()


# --- Receiving an order ---------------------------------------------------------------------------------------------


def test_an_order_is_received_in_parts_with_a_substitute_and_undone(green: Any, clerk: Client, alice: Client) -> None:
    Product.objects.filter(sku="MILK").update(pack_size=6)
    supplier = Supplier.objects.get()
    line = orders.add_line(branch=here(), supplier=supplier, product=product(), quantity=Decimal(24), by=BY)
    order = orders.approve(order=line.order, by=BY)
    address = f"/s/green/stock/receive/{order.pk}/"
    assert supplier.name in text(clerk.get("/s/green/stock/receive/"))
    assert "24 (4 cases of 6) ordered" in text(clerk.get(address))
    page = clerk.get(address, {"line": line.pk}).content.decode()
    assert 'name="quantity" value="4"' in page and "Cost of one" not in page

    def take(client: Client, entry: str, **more: Any) -> Any:
        entry = f"00000000-0000-4000-8000-00000000000{entry}"
        return client.post(address, {"line": line.pk, "entry": entry} | more)

    for _ in range(2):
        said = follow(clerk, take(clerk, "1", quantity="2", per="6", use_by="2026-04-01"))
    assert "12 taken in" in said and "Partly received" in said
    said = follow(alice, take(alice, "2", quantity="3", per="1", instead="CHOC", cost="1.50"))
    assert "3 taken in" in said and "up from" in said and "Make it the product's cost" in said
    assert "We do not know this product" in text(take(clerk, "3", quantity="1", per="1", instead="zebra"))
    line.refresh_from_db()
    assert line.received == 15
    for movement in StockMovement.objects.filter(kind="receipt"):
        for _ in range(2):
            clerk.post(f"/s/green/stock/undo/{movement.pk}/")
    line.refresh_from_db()
    assert line.received == 0 and not any(row.quantity for row in product().levels.all())
    clerk.post(address, {"line": line.pk, "do": "close"})
    line.refresh_from_db()
    assert line.is_closed


def test_the_cost_of_a_delivery_is_taken_over_by_those_who_change_products(
    green: Any, clerk: Client, alice: Client
) -> None:
    line = orders.add_line(
        branch=here(), supplier=Supplier.objects.get(), product=product(), quantity=Decimal(2), by=BY
    )
    order = orders.approve(order=line.order, by=BY)
    got = deliveries.receive_line(line=line, quantity=Decimal(2), by=BY, cost=Decimal("1.30"))
    address = f"/s/green/stock/receive/{order.pk}/"
    said = {"do": "cost", "delivery": got.delivery.pk}
    assert clerk.post(address, said).status_code == 403
    assert product().cost == Decimal("1.10")
    assert alice.post(address, said).status_code == 302
    assert product().cost == Decimal("1.30")


def test_a_draft_is_not_received(green: Any, clerk: Client) -> None:
    line = orders.add_line(
        branch=here(), supplier=Supplier.objects.get(), product=product(), quantity=Decimal(2), by=BY
    )
    address = f"/s/green/stock/receive/{line.order_id}/"
    assert "received once it is approved" in text(clerk.get(address))
    entry = "00000000-0000-4000-8000-000000000001"
    answer = clerk.post(address, {"line": line.pk, "entry": entry, "quantity": "1"})
    assert answer.status_code == 422 and "not approved yet" in text(answer)
