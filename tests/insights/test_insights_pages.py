"""The pages that tell what decisions did: for whom, in which words, and whose."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from insights.models import Outcome, Run, Suggestion
from inventory.models import Product
from shop.models import Shop
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import Cast, make_member
from tests.insights.conftest import client_of
from tests.insights.ledger import decided

HUB, OUTCOMES, CALIBRATION = "/s/green/insights/", "/s/green/insights/outcomes/", "/s/green/insights/calibration/"


def measured(
    shop: Shop, key: str, verdict: str, *money: int, days: int = 28, act: str = "followed", **more: Any
) -> Suggestion:
    """A decided price with its result."""
    with use_shop(shop):
        milk = Product.objects.get(sku="MILK")
    made = decided(shop, milk, 40, key=key, **more)
    last = shop.today() - dt.timedelta(days=1)
    names = dict(zip(("effect", "effect_low", "effect_high"), money or (None,) * 3, strict=True))
    facts: dict[str, Any] = {
        "control": "sisters",
        "sisters": 7,
        "placebos": 90,
        "days": 28,
        "sold": 106,
        "expected": 112.4,
    }
    facts |= {"low": 98.2, "high": 127, "earned": [float(n) for n in range(days)]}
    with use_shop(shop):
        Outcome.objects.create(
            suggestion=made, days=days, first_date=last - dt.timedelta(days=days - 1), last_date=last, act=act,
            verdict=verdict, predicted=14, predicted_low=8, predicted_high=20,
            method=facts if money else {"why_not": "It sold too little before."}, **names,
        )  # fmt: skip
    return made


def page(cast: Cast, path: str) -> str:
    response = cast.client().get(path)
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_decision_says_what_it_came_to_even_when_that_is_bad(cast: Cast) -> None:
    lost = measured(cast.green, "price:1", "cost", -6, -9, -3)
    unsure = measured(cast.green, "price:2", "unclear", 2, -4, 8)
    measured(cast.green, "price:3", "unmeasured")
    html = page(cast, f"{HUB}?state=accepted")
    for words in ("Result −€6.00 (forecast +€14.00), 8 times in 10 −€9.00 to −€3.00.", "by alice@shops.example",
                  "+€2.00 (forecast +€14.00), but anything from −€4.00 to €8.00 fits.", "Could not tell",
                  "It sold too little before.", "106 sold; otherwise about 112 (98 to 127) would have.",
                  "7 other products of its category", "in 90 cases where nothing had been changed"):  # fmt: skip
        assert words in html, words
    html = page(cast, f"/s/green/decisions/{lost.pk}/")
    assert "Earned since the decision" in html and "−€6.00" in html and ">Undo" not in html
    assert "Could not tell" in page(cast, f"/s/green/decisions/{unsure.pk}/")


def test_before_it_is_measured_it_says_until_when(cast: Cast) -> None:
    with use_shop(cast.green):
        milk = Product.objects.get(sku="MILK")
    made = decided(cast.green, milk, 2)
    html = page(cast, f"/s/green/decisions/{made.pk}/")
    assert "Not begun: waiting for the price to be put up." in html
    with use_shop(cast.green):
        milk.price = made.decided_price
        milk.save()
    assert "Measuring until" in page(cast, f"{HUB}?state=accepted")


def test_the_board_tells_by_kind_by_maker_and_by_what_was_done(cast: Cast) -> None:
    with use_shop(cast.green):
        day = cast.green.today()
        run = Run.objects.create(
            analysis="pricing",
            as_of_date=day,
            provider="gemini",
            model="flash",
            prompt_version="prices 3",
            status="done",
        )
    measured(cast.green, "price:1", "earned", 100, 60, 140, run=run)
    measured(cast.green, "price:2", "cost", -30, -50, -10, act="changed", decided_price=Decimal("2.10"))
    measured(cast.green, "price:3", "cost", -20, -30, -10, act="refused", state="dismissed", decided_price=None)
    html = page(cast, OUTCOMES)
    for words in ("This month: +€70.00 (€24.", "2 measured", "gemini flash prices 3", "Changed by you", "Refused",
                  "Taking advice earned €70.00", "−€30.00", "<circle"):  # fmt: skip
        assert words in html or cast.green.today().day == 1, words
    assert "This month" in page(cast, "/s/green/insights/") or cast.green.today().day == 1
    assert 'value="price"' in page(cast, HUB) and "Nothing measured yet" in page(cast, f"{OUTCOMES}?kind=markdown")


def test_calibration_says_how_often_it_was_right(cast: Cast) -> None:
    assert "Nothing to compare yet" in page(cast, CALIBRATION)
    for number, effect in enumerate((10, 14, 30)):
        measured(cast.green, f"price:{number}", "earned", effect, effect - 3, effect + 3)
    html = page(cast, CALIBRATION)
    assert "Said 80%, was right 67%, of 3 pieces of advice followed. That is too few to judge by yet." in html
    assert "A perfect adviser" in html and "<polyline" in html


def test_results_are_a_file(cast: Cast) -> None:
    measured(cast.green, "price:1", "cost", -6, -9, -3)
    text = cast.client().get(f"{OUTCOMES}?export=csv").content.decode()
    assert text.splitlines()[0].endswith("verdict,why_not,measured") and "price,MILK,,followed,28," in text
    assert ",14.00,8.00,20.00,-6.00,-9.00,-3.00,cost," in text


def test_the_old_address_leads_on_with_its_filters(cast: Cast) -> None:
    response = cast.client().get("/s/green/decisions/?state=accepted&kind=price")
    assert response.status_code == 302 and response["Location"] == f"{HUB}?state=accepted&kind=price"


@pytest.mark.parametrize("asked", ["kind=%00", "page=9999", "kind=nothing&page=-1", "export=csv&kind=%00"])
def test_odd_addresses_show_a_page(cast: Cast, asked: str) -> None:
    assert cast.client().get(f"{OUTCOMES}?{asked}").status_code == 200


def test_margins_are_for_who_may_see_them_and_results_of_others_are_nobodys(cast: Cast) -> None:
    mine = measured(cast.green, "price:1", "cost", -6, -9, -3)
    measured(cast.rival, "price:1", "earned", 777, 700, 800)
    assert "777" not in page(cast, OUTCOMES)
    assert cast.client(cast.charlie).get(OUTCOMES).status_code == 404
    assert cast.client(cast.bob).get(OUTCOMES).status_code == cast.client(cast.bob).get(HUB).status_code == 403
    for role in Role.values:
        client = client_of(make_member(shop=cast.green, role=role))
        seen = client.get(OUTCOMES)
        shown = client.get(f"/s/green/decisions/{mine.pk}/")
        assert seen.status_code == 200 or "−€6.00" not in shown.content.decode()


def test_as_many_queries_for_nine_decisions_as_for_three(cast: Cast, queries: Any) -> None:
    client = cast.client()
    for number in range(3):
        measured(cast.green, f"price:{number}", "cost", -6, -9, -3)
    few = [queries(client, path) for path in (f"{HUB}?state=accepted", OUTCOMES, CALIBRATION)]
    for number in range(3, 9):
        measured(cast.green, f"price:{number}", "cost", -6, -9, -3)
    assert [queries(client, path) for path in (f"{HUB}?state=accepted", OUTCOMES, CALIBRATION)] == few
