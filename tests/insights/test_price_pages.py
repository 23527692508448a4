"""The pages about prices: what is advised, a price tried, and a batch from draft to label and back."""

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from insights.decisions import deciding
from insights.models import PriceAdvice, Run, Suggestion
from insights.screens.price_labels import unit_price
from inventory import price_batches
from inventory.models import PriceBatch, Product
from inventory.services import PriceRefused
from shop.exports import export
from shop.models import Branch, Shop
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import Cast, make_member, make_product, make_till, till_client
from tests.insights.conftest import client_of
from tests.insights.pricing_facts import advise

D = Decimal
PRICES = "/s/green/prices/"
BY = "alice@shops.example"
# Prices are tried forwards from now: the database's clock ends what an own new price takes the place of.
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)


@pytest.fixture
def priced(cast: Cast) -> Any:
    with time_machine.travel(NOW, tick=False), use_shop(cast.green):
        advise()
        yield cast


def milk() -> Product:
    found: Product = Product.objects.get(sku="MILK")
    return found


def body(cast: Cast, path: str, **headers: str) -> str:
    response = cast.client().get(path, headers=headers)
    assert response.status_code == 200, path
    return str(response.content.decode())


def post(cast: Cast, path: str, status: int = 302, **data: Any) -> str:
    response = cast.client().post(path, data)
    assert response.status_code == status, (path, response.status_code)
    return str(response.content.decode() or response.headers["Location"])


def draft(price: str = "1.55", **plan: Any) -> PriceBatch:
    batch = price_batches.draft_batch(name="Monday prices", by=BY, **plan)
    price_batches.put(batch=batch.pk, prices={milk().pk: D(price)}, by=BY)
    return batch


# Advised prices -----------------------------------------------------------------------------------------------


def test_the_list_says_what_to_change_and_what_it_brings(priced: Cast) -> None:
    html = body(priced, PRICES)
    for words in ("<b>1 price</b>", "€1.45", "<b>€1.55</b>", "+6.9%", "+€7.00", "+€2.00 to +€11.00", "Key item"):
        assert words in html, words
    assert "chocolate" not in html
    everything = body(priced, f"{PRICES}?show=all&sort=name")
    assert everything.index("chocolate") < everything.index("Green Grocer milk")
    assert "No other price within your rules" in body(priced, f"{PRICES}?show=stay")
    assert "No products match" in body(priced, f"{PRICES}?q=nothing&sort=move&category=x")


def test_the_list_as_a_file_and_by_the_command(priced: Cast) -> None:
    lines = body(priced, f"{PRICES}?export=csv").split()
    assert lines[0].startswith("product,name,price_now,advised") and len(lines) > 1 and "1.55" in lines[-1]
    assert "MILK" in "".join(export("price_advice"))
    till = body(priced, f"{PRICES}?export=till")
    assert till == "".join(export("prices")) and "MILK,Green Grocer milk 2 L,High Street,1.45,," in till


def test_chosen_prices_go_into_a_draft_and_change_nothing(priced: Cast) -> None:
    with use_shop(priced.green):
        chocolate = Product.objects.get(sku="CHOC")
    where = post(priced, f"{PRICES}put/", product=[milk().pk, chocolate.pk, 9999999])
    batch = PriceBatch.objects.get()
    assert where == f"{PRICES}batches/{batch.pk}/" and batch.state == "draft" and batch.made_by == BY
    assert [(line.product.sku, line.price) for line in batch.lines.all()] == [("MILK", D("1.55"))]
    assert milk().price == D("1.45")
    assert "In “New prices”" in body(priced, PRICES)
    assert "Choose at least one product" in post(priced, f"{PRICES}put/", status=422, product=[chocolate.pk])
    assert PriceBatch.objects.count() == 1


def test_without_a_run_it_says_what_is_needed(cast: Cast) -> None:
    assert "eight weeks of sales" in body(cast, PRICES)


def test_the_pages_take_as_many_queries_for_more_rows(priced: Cast, queries: Any) -> None:
    batch = draft(ends_at=NOW + dt.timedelta(days=2))
    paths = [PRICES, f"{PRICES}batches/{batch.pk}/", f"{PRICES}batches/{batch.pk}/labels/", f"{PRICES}batches/"]
    few = [queries(priced.client(), path) for path in paths]
    run = Run.objects.latest_done("pricing")
    for number in range(6):
        product = make_product(sku=f"P{number}", price="2.00")
        PriceAdvice.objects.create(
            run=run, product=product, price_now=D(2), price=D("2.20"), unit_cost=D(1), margin_now=D(9), change=D(1)
        )
        price_batches.put(batch=batch.pk, prices={product.pk: D("2.20")}, by=BY)
        price_batches.draft_batch(name=f"Batch {number}", by=BY)
    assert [queries(priced.client(), path) for path in paths] == few


# A price tried ------------------------------------------------------------------------------------------------


def test_the_price_tab_shows_the_curve_the_advice_and_its_rules(priced: Cast) -> None:
    html = body(priced, f"/s/green/products/{milk().pk}/?tab=price")
    for words in (
        "Weekly margin by price",
        "At today&#x27;s €1.45",
        "€1.30 to €1.60",
        "Key item",
        "A tenth at a time.",
    ):
        assert words in html, words
    assert 'value="1.55"' in html and 'type="range"' in html
    assert re.search(r"At <b>€1\.55</b>: <b>\d+</b> a week, <b>€[\d.]+</b> margin, likely", html)


def test_a_tried_price_is_a_part_of_its_own_and_works_without_a_script(priced: Cast) -> None:
    path = f"/s/green/products/{milk().pk}/?tab=price&price=1,70"
    part = body(priced, path, HX_Request="true", HX_Target="price-preview")
    assert part.lstrip().startswith('<div id="price-preview"') and "€1.70" in part and "A tenth at a time." in part
    assert "<b>€1.70</b>" in body(priced, path)
    for wrong in ("0", "-1", "x", "NaN", "1e99"):
        assert "Type a price above 0" in body(priced, f"/s/green/products/{milk().pk}/?tab=price&price={wrong}")
    assert "That is today" in body(priced, f"/s/green/products/{milk().pk}/?tab=price&price=1.45")


def test_the_curve_is_a_file(priced: Cast) -> None:
    lines = body(priced, f"/s/green/products/{milk().pk}/?tab=price&export=curve").split()
    assert lines[0].startswith("price,units,units_low") and len(lines) > 20
    assert any(line.startswith("1.45,106.00") for line in lines)


def test_too_little_data_is_a_sentence(cast: Cast) -> None:
    with use_shop(cast.green):
        pk = milk().pk
    assert "Advice needs 8 weeks and two prices" in body(cast, f"/s/green/products/{pk}/?tab=price")


def test_a_cashier_sees_no_advice_and_a_clerk_no_margin(priced: Cast) -> None:
    tab, batch = f"/s/green/products/{milk().pk}/?tab=price", draft()
    clerk = client_of(make_member(shop=priced.green, role=Role.CLERK))
    for client in (priced.client(priced.bob), clerk):
        assert "Weekly margin" not in client.get(tab).content.decode()
        assert client.get(PRICES).status_code == 403
        assert client.post(f"{PRICES}batches/{batch.pk}/approve/").status_code == 403
        assert client.post(f"{PRICES}put/", {"product": milk().pk, "price": "9"}).status_code == 403
    assert priced.client(priced.bob).get(f"{PRICES}batches/{batch.pk}/").status_code == 403
    seen = clerk.get(f"{PRICES}batches/{batch.pk}/").content.decode()
    assert "€1.55" in seen and "A week more" not in seen and "Approve" not in seen
    assert clerk.get(f"{PRICES}batches/{batch.pk}/labels/").status_code == 200


# A batch ------------------------------------------------------------------------------------------------------


def test_a_batch_from_a_tried_price_to_the_till_and_back(priced: Cast) -> None:
    till = till_client(make_till(priced.green)[1])

    def at_the_till() -> Any:
        products = till.get("/api/v1/catalogue").json()["products"]
        return [(s["price"], s["starts_at"]) for p in products if p["sku"] == "MILK" for s in p["prices"]]

    before = at_the_till()
    where = post(priced, f"{PRICES}put/", product=milk().pk, price="1.60")
    html = body(priced, where)
    assert "1 price, at every branch, at once" in html and "€1.60" in html and "Approve 1 price?" in html
    assert post(priced, f"{where}approve/") == where
    assert milk().price == D("1.60") and at_the_till() != before
    assert at_the_till()[0][0] == "1.60" and len(at_the_till()) == 1
    assert "Undo this batch" in body(priced, where)
    post(priced, f"{where}undo/")
    post(priced, f"{where}undo/")
    assert milk().price == D("1.45") and at_the_till() == before
    said = body(priced, where)
    assert "The prices before are back" in said and said.count(BY) >= 3
    assert "€1.45" in body(priced, f"{where}labels/")


def test_a_coming_batch_is_at_the_till_ahead_and_settles_unseen(priced: Cast) -> None:
    till = till_client(make_till(priced.green)[1])
    start = NOW + dt.timedelta(hours=2)
    batch = draft(starts_at=start)
    post(priced, f"{PRICES}batches/{batch.pk}/approve/")

    def at_the_till() -> list[str]:
        products = till.get("/api/v1/catalogue").json()["products"]
        return [s["price"] for p in products if p["sku"] == "MILK" for s in p["prices"]]

    assert at_the_till() == ["1.45", "1.55"] and milk().price == D("1.45")
    assert "Coming" in body(priced, f"{PRICES}batches/{batch.pk}/")
    with time_machine.travel(start, tick=False):
        assert at_the_till() == ["1.55"]
        price_batches.settle()
        assert at_the_till() == ["1.55"] and milk().price == D("1.55")


def test_a_draft_is_changed_planned_and_put_away(priced: Cast) -> None:
    where = post(priced, f"{PRICES}batches/new/", name="Spring")
    line = f"{where}line/"
    post(priced, line, product=milk().pk, price="1,50")
    assert PriceBatch.objects.get().lines.get().price == D("1.50")
    assert "above 0" in post(priced, line, status=422, product=milk().pk, price="free")
    assert "no such product" in post(priced, line, status=422, product="0", price="1")
    station = Branch.objects.get(name="Station")
    post(priced, f"{where}plan/", name="Spring", branch=station.pk, starts_at="2031-03-01T08:00")
    html = body(priced, where)
    assert "at Station" in html and "08:00" in html
    wrong = {"name": "", "starts_at": "2031-03-02T08:00", "ends_at": "2031-03-01T08:00"}
    assert "Name" in post(priced, f"{where}plan/", status=422, **wrong)
    assert "must end after" in post(priced, f"{where}plan/", status=422, **(wrong | {"name": "x"}))
    post(priced, line, product=milk().pk, do="out")
    assert "nothing in it" in post(priced, f"{where}approve/", status=422)
    post(priced, f"{where}discard/")
    assert "Discarded" in body(priced, f"{PRICES}batches/?show=discarded")


def test_what_else_sets_the_price_and_what_is_wrong_is_said(priced: Cast) -> None:
    station = Branch.objects.get(name="Station")
    milk().shelf_prices.create(branch=station, price=D("1.80"), shop=priced.green)
    Product.objects.filter(sku="MILK").update(price_by_hand=True)
    batch = draft("1.00")
    html = body(priced, f"{PRICES}batches/{batch.pk}/")
    for words in ("Below what it costs.", "€1.80 at Station stays", "set by hand only", "A tenth at a time."):
        assert words in html, words


def test_a_later_price_is_left_and_named(priced: Cast) -> None:
    batch = draft()
    price_batches.put(batch=batch.pk, prices={Product.objects.get(sku="CHOC").pk: D("2.60")}, by=BY)
    price_batches.approve(batch=batch.pk, by=BY)
    Product.objects.filter(sku="CHOC").update(price=D("2.75"))
    response = priced.client().post(f"{PRICES}batches/{batch.pk}/undo/", follow=True)
    assert "a later price stands: Green Grocer chocolate" in response.content.decode()
    assert Product.objects.get(sku="CHOC").price == D("2.75")
    assert "A later price had taken its place" in body(priced, f"{PRICES}batches/{batch.pk}/")


def test_a_rival_finds_nothing(priced: Cast) -> None:
    batch = draft()
    charlie = priced.client(priced.charlie)
    for path in (f"batches/{batch.pk}/", f"batches/{batch.pk}/labels/"):
        assert charlie.get(f"{PRICES}{path}").status_code == 404
        assert charlie.get(f"/s/rival/prices/{path}").status_code == 404
    for what in ("approve", "undo", "discard", "plan", "line"):
        assert charlie.post(f"/s/rival/prices/batches/{batch.pk}/{what}/", {"name": "x"}).status_code == 404
    assert PriceBatch.objects.get().state == "draft"


# Labels -------------------------------------------------------------------------------------------------------


def test_labels_say_price_unit_price_code_and_from_when(priced: Cast) -> None:
    Product.objects.filter(sku="MILK").update(content_size=2000, content_unit="ml")
    html = body(priced, f"{PRICES}batches/{draft().pk}/labels/?sheet=a4-14")
    for words in ("Green Grocer milk", "€1.55", "per litre", "from ", "Not approved yet", 'class="sheet a4-14"'):
        assert words in html, words
    assert "Lowest price" not in html and "style=" not in html.split("<main")[1]


def test_labels_of_an_offer_carry_the_lowest_price_before_and_its_end(priced: Cast) -> None:
    times = {"starts_at": NOW + dt.timedelta(hours=1), "ends_at": NOW + dt.timedelta(days=3)}
    html = body(priced, f"{PRICES}batches/{draft('1.20', **times).pk}/labels/")
    assert "Lowest price of the last 30 days: €1.45" in html and "until " in html


def test_sheets_hold_what_they_hold(priced: Cast) -> None:
    batch = draft()
    price_batches.put(batch=batch.pk, prices={make_product().pk: D(1) for _ in range(24)}, by=BY)
    assert body(priced, f"{PRICES}batches/{batch.pk}/labels/").count('class="sheet a4-24"') == 2
    assert body(priced, f"{PRICES}batches/{batch.pk}/labels/?sheet=roll").count('class="sheet roll"') == 25


@pytest.mark.parametrize(
    ("size", "unit", "price", "expected"),
    [
        (200, "g", "2.00", (D("1.00"), "100 g")),
        (800, "g", "2.00", (D("2.50"), "kg")),
        (750, "ml", "6.00", (D("8.00"), "litre")),
        (12, "piece", "3.00", (D("0.25"), "piece")),
        (1, "piece", "3.00", None),
        (None, "", "3.00", None),
    ],
)
def test_the_unit_price_goes_by_the_size_of_the_pack(size: Any, unit: str, price: str, expected: Any) -> None:
    found = unit_price(Product(content_size=size and D(size), content_unit=unit), D(price))
    assert (found and (found.price, found.per)) == expected


# Accepting a suggestion ---------------------------------------------------------------------------------------


def suggestion(shop: Shop) -> Suggestion:
    run = Run.objects.latest_done("pricing")
    made: Suggestion = Suggestion.objects.create(
        run=run, kind="price", key=f"price:{milk().pk}", title="Milk €1.55", product=milk(), advised_price=D("1.55"),
        value=D(28), value_days=28,
    )  # fmt: skip
    return made


def test_accepting_puts_it_into_the_draft_and_undo_takes_it_out(priced: Cast) -> None:
    found = suggestion(priced.green)
    taken = deciding.accept(pk=found.pk, by=BY, price=D("1.50"))
    batch = PriceBatch.objects.get(name=price_batches.ADVISED)
    assert batch.lines.get().price == D("1.50") and milk().price == D("1.45")
    assert taken.effect["url"] == f"/s/green/prices/batches/{batch.pk}/"
    deciding.undo(pk=found.pk, by=BY)
    assert not batch.lines.exists()


def test_an_approved_batch_is_undone_as_a_whole(priced: Cast) -> None:
    found = suggestion(priced.green)
    deciding.accept(pk=found.pk, by=BY)
    batch = PriceBatch.objects.get(name=price_batches.ADVISED)
    price_batches.approve(batch=batch.pk, by=BY)
    with pytest.raises(PriceRefused, match="Undo that batch"):
        deciding.undo(pk=found.pk, by=BY)
    price_batches.undo(batch=batch.pk, by=BY)
    deciding.undo(pk=found.pk, by=BY)
    assert Suggestion.objects.get(pk=found.pk).state == "open"
