"""A run of the price analysis in a shop: what it stores, offers and says of each product; and what pages read of it."""

import datetime as dt
from decimal import Decimal

import pytest

from insights import pricing_advice
from insights.analyses.pricing import ANALYSIS, reading
from insights.analyses.pricing.baskets import Basket, Baskets
from insights.analyses.pricing.key_items import keys
from insights.analyses.pricing.outcome import Result
from insights.analyses.pricing.substitutes import close
from insights.analyses.protocol import Asked
from insights.decisions.offering import offer
from insights.models import CrossEffect, PriceAdvice, Run, Suggestion
from inventory.models import PriceChange, PricePolicy, Product
from sales.models import Promotion
from shop.models import Shop
from shop.tenancy import use_shop
from tests.factories import Cast, make_product
from tests.importing import bring_in
from tests.vendors import Fault, Vendor
from tests.vendors.connecting import connect

AS_OF = dt.date(2026, 2, 28)
D = Decimal


def bring_in_a_year() -> None:
    """Weekly sales at two prices that take turns; pears sold on two days only."""
    monday, rows = dt.date(2025, 1, 6), ["date,product,quantity,price,branch"]
    for week in range(60):
        day = monday + dt.timedelta(days=7 * week)
        for place, (sku, price) in enumerate((("MILK", 1.45), ("CHOC", 2.4), ("APPLE", 3.0))):
            dear = (week // 4 + place) % 2
            rows.append(f"{day},{sku},{(20, 19)[dear]},{price * (1, 1.1)[dear]:.2f},High Street")
    rows += [f"2026-02-{day},PEAR,4,2.00,High Street" for day in ("10", "11")]
    bring_in("sales_daily", "\n".join(rows))


def run(shop: Shop) -> tuple[Run, Result]:
    result = ANALYSIS.compute(inputs := reading.read(shop, AS_OF), lambda done, total: None)
    assert reading.digest(inputs) == reading.digest(reading.read(shop, AS_OF))
    now = dt.datetime.now(dt.UTC)
    made = Run.objects.create(analysis="pricing", status="done", as_of_date=AS_OF, ended_at=now)
    made.findings = ANALYSIS.findings(result)
    made.sentences = ANALYSIS.words(made.findings, None)
    made.save()
    ANALYSIS.store(made, result)
    offer(made, ANALYSIS.suggests, ANALYSIS.suggest(made, result))
    return made, result


@pytest.fixture
def green(cast: Cast) -> Shop:
    return fill(cast.green)


def fill(shop: Shop) -> Shop:
    with use_shop(shop):
        for sku, price, cost in (("MILK", "1.45", "1.10"), ("CHOC", "2.40", "1.20"), ("APPLE", "3.00", "2.20")):
            Product.objects.update_or_create(
                sku=sku,
                defaults={"price": D(price), "cost": D(cost), "category": None, "tax_rate": None, "unit": "piece"},
            )
        make_product(sku="PEAR", name="Pears", price="2.00", cost="1.00")
        Product.objects.create(sku="FREE", name="No price", price=None, cost=D(1))
        make_product(sku="DARK", name="No cost", price="2.00", cost=None)
        bring_in_a_year()
    return shop


@pytest.mark.django_db
def test_a_run_leaves_advice_for_every_product_and_offers_the_moves(green: Shop) -> None:
    with use_shop(green):
        Product.objects.filter(sku="CHOC").update(price_by_hand=True)
        made, _ = run(green)
        rows = {row.product.sku: row for row in PriceAdvice.objects.filter(run=made).select_related("product")}
        assert set(rows) == set(Product.objects.active().values_list("sku", flat=True))
        assert rows["PEAR"].why_not == "Sold on 2 days. Price advice needs 8 weeks and two prices."
        assert rows["FREE"].why_not == "It has no price." and rows["DARK"].why_not == "Its cost is not known."
        assert rows["PEAR"].price is None and rows["PEAR"].margin is None
        assert rows["CHOC"].why_not == "Only a person changes its price." and rows["CHOC"].price == D("2.40")
        milk = rows["MILK"]
        assert milk.price > D("1.45") and milk.change_low <= milk.change <= milk.change_high and not milk.why_not
        offered = Suggestion.objects.get(product=milk.product)
        assert (offered.kind, offered.key, offered.value_days) == ("price", f"price:{milk.product_id}", 28)
        assert offered.advised_price == milk.price and offered.value_low <= offered.value <= offered.value_high
        assert {"facts", "rules", "terms"} <= set(offered.evidence)
        assert "instead of" in offered.title and not Suggestion.objects.filter(product__sku="CHOC").exists()
        assert f"{len(rows)}" and "should move" in " ".join(made.sentences)
        run(green)
        assert Suggestion.objects.filter(product=milk.product, state="open").count() == 1


@pytest.mark.django_db
def test_pages_read_the_latest_advice_and_try_any_price(green: Shop) -> None:
    with use_shop(green):
        milk, pear = Product.objects.get(sku="MILK"), Product.objects.get(sku="PEAR")
        assert pricing_advice.of_product(milk) is None and pricing_advice.latest() is None
        made, _ = run(green)
        CrossEffect.objects.create(
            run=made, product=Product.objects.get(sku="APPLE"), other=milk, value=0.3, low80=0.1, high80=0.5
        )
        advice = pricing_advice.of_product(milk)
        assert advice is not None and advice.run == made and advice.moves and advice.can_try
        assert "instead of" in advice.reason and not advice.why_not
        assert [one.product.sku for one in advice.substitutes] == ["APPLE"]
        assert [row.product.sku for row in pricing_advice.moves()][0] in {"MILK", "APPLE", "CHOC"}
        same = pricing_advice.what_if(advice, D("1.45"))
        assert same is not None and same.change == 0 and same.breaks == () and same.margin == advice.margin_now
        tried = pricing_advice.what_if(advice, D("1.90"))
        assert tried is not None and "At most 10% at once." in [one.text for one in tried.breaks]
        assert tried.units < same.units and pricing_advice.what_if(advice, D(0)) is None
        drawn = pricing_advice.curve(advice)
        assert {advice.price_now, advice.price} <= {point.price for point in drawn}
        assert [point.price for point in drawn] == sorted({point.price for point in drawn})
        unknown = pricing_advice.of_product(pear)
        assert unknown is not None and not unknown.can_try and not unknown.moves
        assert pricing_advice.curve(unknown) == [] and pricing_advice.what_if(unknown, D(2)) is None
        low, high = pricing_advice.span(advice)
        assert low < D("1.45") < high


@pytest.mark.django_db
def test_the_same_figures_come_from_the_run_and_from_the_slider(green: Shop) -> None:
    with use_shop(green):
        run(green)
        for advice in pricing_advice.all_of(list(Product.objects.values_list("pk", flat=True))):
            if advice.moves and advice.price is not None:
                tried = pricing_advice.what_if(advice, advice.price)
                assert tried is not None and advice.change is not None
                assert tried.change == pytest.approx(advice.change, abs=D("0.03"))
                assert float(tried.units) == pytest.approx(advice.units, rel=1e-3)


@pytest.mark.django_db
def test_a_rest_a_promotion_and_the_shops_own_limits_hold(green: Shop) -> None:
    with use_shop(green):
        PricePolicy.objects.create(largest_move=D("0.03"))
        milk, chocolate = Product.objects.get(sku="MILK"), Product.objects.get(sku="CHOC")
        before = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        for price, moment in ((D("1.40"), before), (D("1.45"), dt.datetime(2026, 2, 20, tzinfo=dt.UTC))):
            PriceChange.objects.create(product=milk, price=price, cost=D("1.10"), effective_at=moment)
        Promotion.objects.create(product=chocolate, first_date=dt.date(2026, 3, 2), last_date=dt.date(2026, 3, 8))
        _, result = run(green)
        whys = {result.shelf.goods[id].name: one.why_not for id, one in result.advised.items()}
        assert "Its price changed 9 days ago; prices rest for 28 days." in whys[milk.name]
        assert "on promotion until" in whys[chocolate.name]
        apple = result.advised[Product.objects.get(sku="APPLE").pk]
        assert D(3) < apple.price <= D("3.09")


def test_a_models_words_stand_with_our_figures_and_move_no_price(committed_cast: Cast, vendor: Vendor) -> None:
    shop = fill(committed_cast.green)
    connect(shop, vendor)
    with use_shop(shop):
        result = ANALYSIS.compute(reading.read(shop, AS_OF), lambda done, total: None)
        prices = [(one.known.good.id, one.price) for one in result.moves()]
        vendor.script(Fault.KEY_REFUSED)
        ANALYSIS.enrich(result, Asked(shop, AS_OF, 0, "run:1"), lambda done, total: None)
        assert result.reasons == {}
        good, bad = "It earns more at {{p1.price}}.", "At {{p2.price}} it earns 999 more."
        vendor.data = {"reasons": [{"fact": "p1", "text": good}, {"fact": "p2", "text": bad}]}
        said = ANALYSIS.enrich(result, Asked(shop, AS_OF, 0, "run:2"), lambda done, total: None)
        assert said is not None and said.provider == "gemini"
        assert list(result.reasons) == [prices[0][0]] and "{" not in result.reasons[prices[0][0]]
        assert [(one.known.good.id, one.price) for one in result.moves()] == prices
        sent = vendor.asked[-1].raw
        assert not any(told in sent for told in ("Green Grocer", "1.45", "2.40"))


def test_close_substitutes_share_the_rare_words_of_their_category() -> None:
    names = {1: "Hollins salted butter 250 g", 2: "Oakhanger salted butter 250 g", 3: "Brie 200 g", 4: "Salted butter"}
    near = close(names, {1: 7, 2: 7, 3: 7, 4: 8})
    assert [id for id, _ in near[1]] == [2] and near[1][0][1] == pytest.approx(1.0)
    assert 3 not in near and 4 not in near
    assert close(names, dict.fromkeys(names, 0)) == {}


def test_key_items_are_in_many_baskets_and_bought_again() -> None:
    rows = {id: Basket(20 + id, 12.0, id % 5) for id in range(1, 51)}
    rows[7] = Basket(400, 15.0, 60)
    rows[8] = Basket(300, 15.0, 40)
    found = keys(Baskets(1000, 14.0, rows), {7: -2.0, 8: -1.8}, {})
    assert {id for id, key in found.items() if key.is_key} == {7, 8} and found[7].score > found[8].score
    assert all(type(key.is_key) is bool for key in found.values())  # findings are JSON
    assert found[7].reach == 0.4 and all(0 <= key.score <= 1 for key in found.values())
    assert keys(Baskets(50, 14.0, rows), {}, {}) == {} == keys(Baskets(), {}, {})
