"""The pages of reviews: filters, numbers without spam, corrections in place, replies, files, and who sees what."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from customers.models import Review
from insights.models import ReviewCorrection, ReviewReply, ReviewTheme, Run, Suggestion
from insights.providers import gateway
from insights.reviews import correcting, replying
from inventory.models import Product, Supplier
from shop.exports import export
from shop.models import Branch
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import Cast, make_member
from tests.insights.reviewing import suggest_reply, write
from tests.vendors import Vendor
from tests.vendors.connecting import connect

LIST = "/s/green/reviews/"
HTMX = {"HX-Request": "true"}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> {{ shop }} {% url 'x' %}"
BY = "alice@shops.example"


@pytest.fixture
def said(cast: Cast) -> Iterator[Cast]:
    """Green Grocer: pleased, displeased at Station, mixed in Spanish, and an advertisement."""
    with use_shop(cast.green):
        milk, station = Product.objects.get(sku="MILK"), Branch.objects.get(name="Station")
        farm = Supplier.objects.create(name="Hill Farm")
        run = Run.objects.create(
            analysis="sentiment", status="done", as_of_date=timezone.localdate(), ended_at=timezone.now()
        )
        theme = ReviewTheme.objects.create(
            run=run, name="queue, waiting", reviews=9, mean_score=-0.6, lately=7, before=2
        )
        write(
            "good", "positive", product=milk, author="Ann Author", source="Google", read={"confidence": Decimal("0.9")}
        )
        write("bad", "negative", branch=station, aspects={"queue": -0.9}, source="App", read={"theme": theme})
        write("mixed", "neutral", text="Rico pero caro.", aspects={"price": -0.4, "freshness": 0.6},
              read={"language": "es", "product": milk, "supplier": farm})  # fmt: skip
        write("ad", "positive", text="Earn money at home.", read={"spam": "It advertises something else."})
    yield cast


def codes(cast: Cast, query: str = "") -> set[str]:
    text = cast.client().get(f"{LIST}?export=csv&{query}").content.decode("utf-8-sig")
    return {row["code"] for row in csv.DictReader(io.StringIO(text))}


def body(cast: Cast, path: str = LIST, user: Any = None) -> str:
    response = cast.client(user).get(path)
    assert response.status_code == 200
    return str(response.content.decode())


def number(code: str) -> int:
    return int(Review.objects.get(code=code).pk)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"good", "bad", "mixed"}),
        ("show=spam", {"ad"}),
        ("show=waiting", {"bad"}),
        ("show=corrected", set()),
        ("aspect=queue", {"bad"}),
        ("aspect=freshness&label=neutral", {"mixed"}),
        ("language=es", {"mixed"}),
        ("source=Google", {"good"}),
        ("q=rico+CARO", {"mixed"}),
        ("q=%25", set()),
        ("aspect=x&language=x&source=x&supplier=x&theme=x&show=x", {"good", "bad", "mixed"}),
        ("theme=99999999999999999999&span=rubbish", {"good", "bad", "mixed"}),
    ],
)
def test_every_filter_narrows_the_list(said: Cast, query: str, expected: set[str]) -> None:
    assert codes(said, query) == expected
    body(said, f"{LIST}?{query}")


def test_by_product_named_supplier_and_theme(said: Cast) -> None:
    with use_shop(said.green):
        milk, farm = Product.objects.get(sku="MILK").pk, Supplier.objects.get(name="Hill Farm").pk
        theme = ReviewTheme.objects.get().pk
    assert codes(said, f"product={milk}") == {"good", "mixed"}
    assert "mixed" in codes(said, f"supplier={farm}")
    assert codes(said, f"theme={theme}") == {"bad"}
    page = body(said, f"{LIST}?theme={theme}")
    assert "About “queue, waiting”" in page and "7 in the last four weeks, 2 in the four before" in page


def test_the_numbers_leave_spam_out_and_follow_corrections(said: Cast) -> None:
    page = body(said)
    assert "Of 3 reviews of the last 12 weeks, 33% sound pleased and 33% displeased" in page
    assert "1 waits for a reply" in page and "1 spam left out" in page and "too few to tell" in page
    with use_shop(said.green):
        correcting.correct(review=Review.objects.get(code="good"), label="negative", by=BY)
        correcting.correct(review=Review.objects.get(code="ad"), is_spam=False, by=BY)
        exported = "".join(export("reviews"))
    page = body(said)
    assert "Of 4 reviews of the last 12 weeks, 25% sound pleased and 50% displeased" in page
    assert "good,en,negative,-0.6,0.9," in exported and "mixed,es,neutral,0,,freshness:0.6 price:-0.4" in exported
    assert codes(said, "label=negative") == {"good", "bad"}
    assert codes(said, "show=corrected") == {"good", "ad"}


def test_a_correction_answers_htmx_with_the_row_and_a_plain_form_with_the_review(said: Cast) -> None:
    with use_shop(said.green):
        good = number("good")
    client = said.client()
    row = client.post(f"{LIST}{good}/correct/", {"label": "neutral"}, headers=HTMX).content.decode()
    assert f'id="review-{good}"' in row and "said by a person" in row and "Kept: it sounds neither." in row
    row = client.post(f"{LIST}{good}/correct/", {"undo": "label"}, headers=HTMX).content.decode()
    assert "said by a person" not in row and "Taken back." in row
    answer = client.post(f"{LIST}{good}/correct/", {"spam": "1"})
    assert answer.status_code == 302 and answer["Location"].endswith(f"/reviews/{good}/")
    page = body(said, f"{LIST}{good}/")
    assert "Not spam" in page and "alice@shops.example said it is spam" in page and "took the tone back" in page
    assert client.post(f"{LIST}{good}/correct/", {}).status_code == 422


def test_a_reply_from_draft_to_sent_and_back(said: Cast) -> None:
    with use_shop(said.green):
        bad = number("bad")
    client, url = said.client(), f"{LIST}{bad}/reply/"

    def do(what: str, **more: str) -> str:
        return str(client.post(url, {"do": what, **more}, follow=True).content.decode())

    assert "We are sorry about the wait." in do("draft")
    assert "Drafted by this machine" in do("anew", text="x")
    assert "Write the reply first" in do("approve", text=" ")
    assert "Mark as replied" in do("approve", text=f"Sorry. {HOSTILE}")
    page = do("replied")
    assert "Marked as replied by alice@shops.example" in page
    assert "<script>alert" not in page and 'data-copy="Sorry. &lt;script&gt;' in page
    assert codes(said, "show=waiting") == set() and "1 of 1 displeased" in body(said)
    assert "Mark as replied" in do("undo") and 'name="text"' in do("undo")
    assert "No reply is needed" in do("drop") and "Approve" in do("undo")
    assert client.post(url, {"do": "x"}).status_code == 422


def test_the_suggestion_to_reply_is_decided_on_either_page(said: Cast) -> None:
    with use_shop(said.green):
        bad = Review.objects.get(code="bad")
        waiting = suggest_reply(bad, "We are sorry about the wait. Green Grocer")
    client = said.client()
    shown = body(said, f"/s/green/decisions/{waiting.pk}/")
    assert (
        "The reply that would be approved" in shown
        and "Words bad" in shown
        and "We are sorry about the wait. Green Grocer" in shown
    )
    client.post(f"/s/green/decisions/{waiting.pk}/accept/")
    page = body(said, f"{LIST}{bad.pk}/")
    assert "Drafted by Gemini" in page and "We are sorry about the wait. Green Grocer" in page and "Copy" in page
    client.post(f"{LIST}{bad.pk}/reply/", {"do": "undo"})
    with use_shop(said.green):
        assert Suggestion.objects.get(pk=waiting.pk).state == "open"


def test_a_review_is_typed_in_once(said: Cast) -> None:
    client = said.client()
    with use_shop(said.green):
        station = Branch.objects.get(name="Station").pk
    page = client.get(f"{LIST}new/").content.decode()
    typed = {
        "number": page.split('name="number" value="')[1].split('"')[0], "text": "Kind people.", "rating": "5",
        "branch": str(station), "product": "MILK", "source": "Card in the shop", "author": "Ann",
    }  # fmt: skip
    for _ in range(2):
        assert client.post(f"{LIST}new/", typed).status_code == 302
    with use_shop(said.green):
        made = Review.objects.get(text="Kind people.")
        assert (made.rating, made.branch_id, made.product.sku, made.author) == (5, station, "MILK", "Ann")
        assert made.written_on == said.green.today()
    for wrong in ({"text": ""}, {"product": "NOTHING"}, {"rating": "6"}, {"written_on": "2999-01-01"}, {"text": "x"}):
        assert client.post(f"{LIST}new/", typed | wrong).status_code == 422


def test_text_of_strangers_is_inert_everywhere(said: Cast) -> None:
    with use_shop(said.green):
        milk = Product.objects.get(sku="MILK").pk
        bad = write("h", "negative", title=HOSTILE, text=HOSTILE, author=HOSTILE, source="<b>x", product_id=milk,
                    read={"language": "en"})  # fmt: skip
        ReviewTheme.objects.update(name=HOSTILE)
        correcting.correct(review=bad, label="negative", by=HOSTILE)
    for path in (LIST, f"{LIST}{bad.pk}/", f"/s/green/products/{milk}/?tab=reviews"):
        page = body(said, path)
        assert "<script>alert" not in page and "<img src=x" not in page and "<b>x" not in page
        assert "{{ shop }}" in page


def test_names_of_writers_only_for_roles_that_see_customers(said: Cast) -> None:
    clerk = make_member(shop=said.green, role=Role.CLERK)
    with use_shop(said.green):
        good, milk = number("good"), Product.objects.get(sku="MILK").pk
    for path in (LIST, f"{LIST}{good}/", f"/s/green/products/{milk}/?tab=reviews"):
        assert "Ann Author" in body(said, path)
        page = body(said, path, clerk)
        assert (
            "Words good" in page and "Ann Author" not in page and "Correct<" not in page and "Draft a reply" not in page
        )
    assert said.client(clerk).post(f"{LIST}{good}/correct/", {"label": "neutral"}).status_code == 403
    assert said.client(clerk).post(f"{LIST}{good}/reply/", {"do": "draft"}).status_code == 403


def test_a_cashier_and_a_rival_reach_nothing(said: Cast) -> None:
    with use_shop(said.green):
        good = number("good")
    for path in (LIST, f"{LIST}{good}/"):
        assert said.client(said.bob).get(path).status_code == 403
        assert said.client(said.charlie).get(path).status_code == 404
    rival = said.client(said.charlie)
    assert rival.get(f"/s/rival/reviews/{good}/").status_code == 404
    assert rival.post(f"/s/rival/reviews/{good}/correct/", {"label": "negative"}).status_code == 404
    assert rival.post(f"/s/rival/reviews/{good}/reply/", {"do": "draft"}).status_code == 404
    with use_shop(said.green):
        assert not ReviewCorrection.objects.exists() and not ReviewReply.objects.exists()


def test_the_products_tab_tells_its_reviews(said: Cast) -> None:
    with use_shop(said.green):
        milk, apple = (Product.objects.get(sku=sku).pk for sku in ("MILK", "APPLE"))
    page = body(said, f"/s/green/products/{milk}/?tab=reviews")
    assert "Words good" in page and "Rico pero caro." in page and "Names" in page and "1 review, score −0.40" in page
    assert "Nobody has written about it yet" in body(said, f"/s/green/products/{apple}/?tab=reviews")


def test_trend_and_aspects_as_files(said: Cast) -> None:
    trend = said.client().get(f"{LIST}?export=trend").content.decode("utf-8-sig").split()
    assert trend[0] == "from,pleased,displeased,read" and sum(int(line.split(",")[3]) for line in trend[1:]) == 3
    aspects = said.client().get(f"{LIST}?export=aspects").content.decode("utf-8-sig").split()
    assert "queue,1,1,-0.9," in aspects and len(aspects) == 4


def test_the_number_of_queries_does_not_grow(said: Cast, django_assert_num_queries: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = said.client()
    client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    with use_shop(said.green):
        milk, station = Product.objects.get(sku="MILK"), Branch.objects.get(name="Station")
        for place in range(12):
            one = write(f"m{place}", "negative", product=milk, branch=station, aspects={"queue": -0.5, "price": 0.2})
            correcting.correct(review=one, label="negative", by=BY)
            replying.approve(review=one, text="Sorry.", by=BY)
    with django_assert_num_queries(len(few)):
        client.get(LIST)


@pytest.mark.django_db(transaction=True)
def test_a_models_draft_is_asked_without_the_writers_name(
    committed_cast: Cast, vendor: Vendor, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "_FIRST_PAUSE", 0.01)
    settings.MODELS_SECONDS, settings.MODELS_ALLOW_LOCAL = 2, True
    cache.clear()
    said = "Thank you. We are sorry about the queue. Green Grocer"
    vendor.script({"reply": said})
    connect(committed_cast.green, vendor)
    with use_shop(committed_cast.green):
        bad = write("bad", "negative", text="Jane Doe waited an hour.", author="Jane Doe")
        drafted = replying.draft(review=bad, shop_name="Green Grocer", by=BY)
    assert (drafted.text, drafted.prompt_version) == (
        "Thank you. We are sorry about the queue. Green Grocer",
        "reply-1",
    )
    assert drafted.provider == "gemini"
    assert "Jane" not in str(vendor.asked)
