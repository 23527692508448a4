"""What follows an import: reviews read for spam at once, new costs and drafted prices to look at."""

import pytest

from customers.models import Review
from insights import after_imports
from insights.models import ReviewReading
from shop import jobs, mount
from shop.imports.kinds import find_kind
from shop.imports.next_steps import next_steps
from shop.models import Import, Job, RawFile
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in

pytestmark = pytest.mark.django_db

REVIEWS = (
    "code,text\nR1,Earn money from home: whatsapp me\nR2,Fresh bread every morning\nR3,Visit www.example.com now\n"
)


def imported(kind: str, file: str) -> tuple[Import, Job]:
    """An import that is in, with its job."""
    raw = RawFile.objects.create(name=f"{kind}.csv", size=len(file), sha256="0" * 64)
    found = Import.objects.create(file=raw, kind=find_kind(kind).name, state=Import.State.DONE)
    result = bring_in(kind, file, imported=found).as_json()
    job = jobs.ask(kind="import", payload={"import": found.pk}, title=kind, by="a@b.example")
    Import.objects.filter(pk=found.pk).update(job=job, result=result)
    Job.objects.filter(pk=job.pk).update(result=result, status="done")
    return Import.objects.get(pk=found.pk), Job.objects.get(pk=job.pk)


def offered(job: Job, role: str = Role.OWNER) -> dict[str, str]:
    with mount.inside("green"):
        return {step.text: step.url for step in next_steps(job, role)}


def read(code: str, spam: str) -> None:
    review = Review.objects.get(code=code)
    ReviewReading.objects.create(
        review=review, label="neutral", score=0, spam=spam, provider="local", text_hash="0" * 64
    )  # fmt: skip


def test_imported_reviews_are_read_at_once_and_the_page_says_what_looks_like_spam(cast: Cast) -> None:
    with use_shop(cast.green):
        _, job = imported("reviews", REVIEWS)
        for _ in range(2):
            after_imports.read_reviews(kind="reviews", job_id=job.pk, created=3, updated=0, facts={})
        assert Job.objects.filter(payload__analysis="sentiment").count() == 1
        after_imports.read_reviews(kind="products", job_id=0, created=3, updated=0, facts={})
        assert Job.objects.filter(payload__analysis="sentiment").count() == 1
        assert "3 reviews are still being read for tone and spam" in offered(job)
        for code, why in (("R1", "It advertises something."), ("R2", ""), ("R3", "It holds a link.")):
            read(code, why)
        (text,) = [text for text in offered(job) if "spam" in text]
        assert text.startswith("2 look like spam (It ")
        page = cast.client().get(offered(job)[text]).content.decode()
        assert "Earn money from home" in page
        assert "Taken for spam: It holds a link." in page
        assert "Fresh bread" not in page
        wrong = Review.objects.get(code="R3")
        with mount.inside("green"):
            url = mount.shop_url("green", "insights:review_correct", wrong.pk)
        assert cast.client().post(url, {"spam": "0"}).status_code == 302
        assert any(one.startswith("1 looks like spam") for one in offered(job))


def test_price_lists_and_prices_offer_what_waits(cast: Cast) -> None:
    with use_shop(cast.green):
        _, costs = imported("supplier_prices", "supplier,code,product,cost\nDairy,D1,MILK,1.25\n")
        assert "See what 1 new cost leaves you" in offered(costs)
        assert "See what 1 new cost leaves you" not in offered(costs, Role.CLERK)
        _, drafts = imported("prices", "product,price,look_first\nMILK,1.55,yes\n")
        assert "Look at the drafted prices" in offered(drafts)
