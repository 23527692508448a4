"""Reviews from files."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest

from customers.models import Review
from inventory.models import Product
from shop.models import Branch
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in, counts, reasons

FILE = """code,source,product,branch,rating,title,text,author,date
R1,Google,MILK,high street,5,Fresh,"Always fresh, never sour.",Ana Sousa,21/11/2026
R2,Google,,,2.25,,The queue is too long.,,20/11/2026
R1,card,,,,,Nice people.,,
"""


@pytest.fixture
def green(cast: Cast) -> Iterator[Cast]:
    with use_shop(cast.green):
        yield cast


def test_reviews_are_made_about_products_branches_and_the_shop(green: Cast) -> None:
    assert counts(bring_in("reviews", FILE)) == (3, 0, 0, 0)
    first = Review.objects.get(source="Google", code="R1")
    assert first.product == Product.objects.get(sku="MILK")
    assert first.branch == Branch.objects.get(name="High Street")
    assert (first.author, first.rating, first.title) == ("Ana Sousa", Decimal("5.0"), "Fresh")
    assert (first.text, first.written_on) == ("Always fresh, never sour.", dt.date(2026, 11, 21))
    second = Review.objects.get(code="R2")
    assert (second.product, second.branch, second.rating) == (None, None, Decimal("2.3"))


def test_the_same_file_again_changes_nothing(green: Cast) -> None:
    bring_in("reviews", FILE)
    assert counts(bring_in("reviews", FILE)) == (0, 0, 3, 0)
    assert Review.objects.count() == 3


def test_a_corrected_text_is_taken_and_empty_cells_leave_the_rest(green: Cast) -> None:
    bring_in("reviews", FILE)
    again = "code,source,text,title\nR1,Google,Fresh again.,\nR2,Google,The queue is too long.,\n"
    assert counts(bring_in("reviews", again)) == (0, 1, 1, 0)
    first = Review.objects.get(source="Google", code="R1")
    assert (first.text, first.title, first.author) == ("Fresh again.", "Fresh", "Ana Sousa")


def test_a_review_without_a_number_is_known_by_what_it_says(green: Cast) -> None:
    file = "Review Text,Rating\nLovely bread.,5\nLovely bread.,5\nSour milk.,1\n"
    assert counts(bring_in("reviews", file)) == (2, 0, 1, 0)
    assert counts(bring_in("reviews", file)) == (0, 0, 3, 0)
    assert Review.objects.count() == 2


def test_what_reviews_name_and_the_shop_does_not_know_is_made_for_review(green: Cast) -> None:
    result = bring_in("reviews", "id,review,sku,store\n7,Good,PLUM,Harbour\n")
    assert result.facts == {"new_branches": 1, "new_products": 1}
    assert Product.objects.get(sku="PLUM").needs_review
    assert Review.objects.get(code="7").branch == Branch.objects.get(name="Harbour", needs_review=True)


def test_bad_rows_and_contradictions_are_refused(green: Cast) -> None:
    rows = "code,text,rating\nA,,3\n,Fine,3\nB,Fine,6\nC,Fine,\nC,Not fine,\nC,Fine,\n" + f"D,{'x' * 10_001},\n"
    result = bring_in("reviews", rows)
    assert counts(result) == (1, 0, 1, 5)
    for said in (
        "text is empty",
        "code is empty",
        "rating: 6 is not 1 to 5 stars",
        "review C is in the file twice, with other words",
        "text is longer than 10000 characters",
    ):
        assert said in reasons(result)


def test_hostile_text_is_kept_as_written(green: Cast) -> None:
    bring_in("reviews", 'code,text\nH,"<script>alert(1)</script> %(shop)s \'); drop table customers_review; --"\n')
    assert Review.objects.get(code="H").text == "<script>alert(1)</script> %(shop)s '); drop table customers_review; --"


def test_a_rival_shop_keeps_its_own(green: Cast) -> None:
    bring_in("reviews", FILE)
    with use_shop(green.rival):
        assert not Review.objects.exists()
        assert bring_in("reviews", FILE).created == 3


def test_the_admin_says_in_words_why_a_review_cannot_be(cast: Cast) -> None:
    with use_shop(cast.green):
        Review.objects.create(code="R1", text="Good.")
    form = {"code": "R1", "source": "", "text": "Good.", "rating": "", "written_on": "", "title": "", "author": ""}
    for changed, sentence in (
        ({}, "There is already a review with the review number R1."),
        ({"code": "R2", "rating": "7"}, "Stars go from 1 to 5."),
    ):
        answer = cast.client().post("/s/green/admin/customers/review/add/", form | changed)
        assert (answer.status_code, sentence in answer.content.decode()) == (200, True), sentence
    assert cast.client().post("/s/green/admin/customers/review/add/", form | {"code": "R2"}).status_code == 302
