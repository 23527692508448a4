"""The pages of reviews and prices: who sees what, filters, files, and inert text."""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from customers.models import Review
from insights.elasticities import elasticity_of
from insights.models import Elasticity, ReviewReading, Run
from inventory.models import Product
from shop.exports import export
from shop.models import Branch
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import Cast, make_member

REVIEWS, PRICES = "/s/green/reviews/", "/s/green/prices/effects/"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> {{ shop }} {% url 'x' %}"


def write(code: str, label: str = "", **fields: Any) -> Review:
    day = timezone.localdate() - dt.timedelta(days=2)
    made: Review = Review.objects.create(code=code, **({"text": f"Words {code}", "written_on": day} | fields))
    if label:
        score = {"positive": Decimal("0.8"), "negative": Decimal("-0.8"), "neutral": Decimal(0)}[label]
        ReviewReading.objects.create(
            review=made, label=label, score=score, language="en", provider="local", text_hash=code
        )
    return made


@pytest.fixture
def written(cast: Cast) -> Iterator[Cast]:
    with use_shop(cast.green):
        milk, station = Product.objects.get(sku="MILK"), Branch.objects.get(name="Station")
        write("good", "positive", product=milk, author="Ann Author", rating=Decimal(5))
        write("bad", "negative", branch=station)
        write("hostile", title=HOSTILE, text=HOSTILE)
        write("old", "negative", written_on=dt.date(2020, 1, 1))
        write("undated", "neutral", written_on=None)
    yield cast


def body(cast: Cast, path: str, user: Any = None) -> str:
    response = cast.client(user).get(path)
    assert response.status_code == 200
    return str(response.content.decode())


def codes(cast: Cast, query: str = "", user: Any = None) -> set[str]:
    text = cast.client(user).get(f"{REVIEWS}?export=csv&{query}").content.decode("utf-8-sig")
    return {row["code"] for row in csv.DictReader(io.StringIO(text))}


def test_reviews_are_counted_and_listed(written: Cast) -> None:
    page = body(written, REVIEWS)
    assert "Words good" in page and "Words bad" in page and "Words old" not in page
    assert "Ann Author" in page and "5 of 5 stars" in page
    assert "1 pleased, 1 displeased" in page and "too few to tell" in page
    assert "Read on this machine" in page and "Not read yet" in page


def test_text_of_strangers_is_inert(written: Cast) -> None:
    page = body(written, REVIEWS)
    assert "<script>alert" not in page and "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "{{ shop }}" in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"good", "bad", "hostile"}),
        ("span=all", {"good", "bad", "hostile", "old", "undated"}),
        ("label=negative&span=all", {"bad", "old"}),
        ("label=unread", {"hostile"}),
        ("label=rubbish&span=rubbish&product=x&branch=99999999999999999999", {"good", "bad", "hostile"}),
    ],
)
def test_filters_narrow_the_list_and_its_file(written: Cast, query: str, expected: set[str]) -> None:
    assert codes(written, query) == expected


def test_by_product_and_branch(written: Cast) -> None:
    with use_shop(written.green):
        milk, station = Product.objects.get(sku="MILK").pk, Branch.objects.get(name="Station").pk
    assert codes(written, f"product={milk}") == {"good"}
    assert codes(written, f"branch={station}") == {"bad"}


def test_who_may_not_see_customers_sees_no_names(written: Cast) -> None:
    clerk = make_member(shop=written.green, role=Role.CLERK)
    page = body(written, REVIEWS, clerk)
    assert "Words good" in page and "Ann Author" not in page
    assert written.client(clerk).get(f"{REVIEWS}?export=csv").status_code == 403
    analyst = make_member(shop=written.green, role=Role.ANALYST)
    assert "Ann Author" in body(written, REVIEWS, analyst)


def test_a_cashier_and_a_rival_see_nothing(written: Cast) -> None:
    assert written.client(written.bob).get(REVIEWS).status_code == 403
    assert written.client(written.charlie).get(REVIEWS).status_code == 404
    assert "Words good" not in written.client(written.charlie).get("/s/rival/reviews/").content.decode()


def test_without_reviews_it_says_what_to_bring(cast: Cast) -> None:
    assert "Bring a CSV file with the columns code and text" in body(cast, REVIEWS)


def test_a_long_review_can_be_read_on(cast: Cast) -> None:
    with use_shop(cast.green):
        write("long", "positive", text="word " * 400)
    assert "Read on" in body(cast, REVIEWS)


def test_the_number_of_queries_does_not_grow(written: Cast, django_assert_max_num_queries: Any) -> None:
    with use_shop(written.green):
        for number in range(20):
            write(f"more{number}", "positive", product=Product.objects.get(sku="CHOC"))
    client = written.client()
    client.get(REVIEWS)
    with django_assert_max_num_queries(30):
        client.get(REVIEWS)


def test_reviews_are_exported_by_their_numbers(written: Cast) -> None:
    with use_shop(written.green):
        lines = "".join(export("reviews")).lstrip("\ufeff").split()
    assert lines[0] == "id,language,label,score,confidence,aspects"
    assert "bad,en,negative,-0.8,," in lines and len(lines) == 5


# Prices ---------------------------------------------------------------------------------------------------


@pytest.fixture
def priced(cast: Cast) -> Cast:
    with use_shop(cast.green):
        run = Run.objects.create(
            analysis="pricing",
            status="done",
            as_of_date=dt.date(2026, 11, 20),
            ended_at=timezone.now(),
            sentences=["10% dearer sells about 13% less of a typical product."],
        )
        for sku, value, many in (("MILK", -1.5, 104), ("CHOC", -0.5, 0)):
            product = Product.objects.get(sku=sku)
            Elasticity.objects.create(
                run=run, product=product, value=value, low80=value - 0.4, high80=value + 0.4, observations=many
            )
    return cast


def test_prices_say_what_dearer_does(priced: Cast) -> None:
    page = body(priced, PRICES)
    assert "13% less" in page and "10% to 17%" in page and "104 weeks of sales" in page
    assert "Its category" in page
    assert page.index("Green Grocer milk") < page.index("Green Grocer chocolate")
    found = body(priced, f"{PRICES}?q=choc&sort=least&category=x&page=99")
    assert "Green Grocer milk" not in found


def test_prices_as_a_file_and_by_the_command(priced: Cast) -> None:
    text = priced.client().get(f"{PRICES}?export=csv").content.decode("utf-8-sig")
    assert text.split()[:2] == ["product,elasticity,low80,high80,observations", "MILK,-1.5000,-1.9000,-1.1000,104"]
    with use_shop(priced.green):
        assert "".join(export("elasticities")).split()[1] == "CHOC,-0.5000,-0.9000,-0.1000,0"
        effect = elasticity_of(Product.objects.get(sku="MILK"))
        assert effect is not None and (effect.less, effect.is_own) == ("13%", True)
        assert elasticity_of(Product.objects.get(sku="APPLE")) is None


def test_before_the_first_run_there_is_nothing_to_tell(cast: Cast) -> None:
    assert "Nothing to tell yet" in body(cast, PRICES)
    with use_shop(cast.green):
        assert list(export("elasticities"))[0].strip().endswith("observations")


def test_a_rivals_run_is_not_shown(priced: Cast) -> None:
    assert priced.client(priced.charlie).get(PRICES).status_code == 404
    assert "Nothing to tell yet" in priced.client(priced.charlie).get("/s/rival/prices/effects/").content.decode()
    assert priced.client(priced.bob).get(PRICES).status_code == 403
