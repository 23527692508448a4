"""The match desk: pairs are found by codes, articles and names, decided about by people, and never asked twice."""

import re
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from insights.merging import bulk, codes, finding, job
from insights.merging.finding import Found
from insights.merging.names import numbers, sorts
from insights.models import SearchEntry
from insights.search import index, meaning
from inventory import merging
from inventory.merging import pairs as deciding
from inventory.models import Barcode, Product, ProductMerge, ProductPair, Supplier, SupplierItem
from shop import jobs
from shop.imports.next_steps import next_steps
from shop.models import Change, Import, Job, RawFile, Shop
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import Cast, make_member, make_product

State = ProductPair.State


@pytest.fixture
def green(cast: Cast) -> Iterator[Shop]:
    with use_shop(cast.green):
        yield cast.green


@pytest.fixture(autouse=True)
def plain_meanings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A meaning a word, instead of the encoder that takes seconds to load: words in common are what is alike."""

    def of_texts(texts: Any) -> Any:
        rows = np.zeros((len(texts), 512), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"[a-z]+", text.lower()):
                row[sum(map(ord, word)) * 7 % 512] += 1
        return meaning.unit(rows)

    monkeypatch.setattr(meaning, "of_texts", of_texts)
    monkeypatch.setattr(index.meaning, "of_texts", of_texts)


class Nobody:
    def progress(self, done: int, total: int) -> None: ...


def look() -> dict[str, Any]:
    made = Job.objects.create(kind=job.JOB_KIND, title="t", asked_by="a", key=uuid.uuid4())
    return job.run(made, Nobody())  # type: ignore[arg-type]


def pair_of(one: Product, other: Product) -> ProductPair | None:
    first, second = sorted((one.pk, other.pk))
    return ProductPair.objects.filter(first=first, second=second).first()


def with_code(code: str, **fields: Any) -> Product:
    made = make_product(**fields)
    Barcode.objects.create(product=made, code=code)
    return made


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("4006381333931", "04006381333931"),
        ("04006381333931", "04006381333931"),
        ("036000291452", "00036000291452"),
        ("0036000291452", "00036000291452"),
        ("96385074", "00000096385074"),
        ("14006381333938", "14006381333938"),
        ("4006381333932", None),
        ("2100000000005", None),
        ("0212345678901", None),
        ("20000004", None),
        ("12345", None),
        ("ABC", None),
    ],
)
def test_a_makers_number_is_one_in_every_length_and_none_from_the_shop(code: str, number: str | None) -> None:
    assert codes.gtin(code) == number


def test_own_codes_are_the_same_however_they_are_typed() -> None:
    assert codes.own("ab-0012") == codes.own("AB 0012") == "ab0012"
    assert codes.own("001042") == codes.own("1042") == codes.without_letters("SUP-1042")
    assert (codes.own("7"), codes.without_letters("A12"), codes.without_letters("1042")) == ("", "", "")


def test_numbers_beside_the_size_and_words_that_make_another_sort() -> None:
    assert numbers("Milk 3.5% 1 L") == (frozenset({"3.5"}), frozenset({"3.5", "1"}))
    assert numbers("Eggs x12")[0] == frozenset({"12"}) == numbers("Eggs 12 pack")[1]
    assert sorts("Light mayonnaise") == sorts("MAYO LITE") != sorts("Mayonnaise")


def test_pairs_are_found_by_number_article_code_and_name(green: Shop) -> None:
    upc = (
        with_code("036000291452", sku="A1", name="Soft tissues 100 pack"),
        with_code("0036000291452", sku="B1", name="Tissues soft 100"),
    )
    sku_is_code = (
        with_code("4006381333931", sku="A2", name="Marker pen"),
        make_product(sku="4006381333931", name="Marker pen black"),
    )
    supplier = Supplier.objects.create(name="Farm Direct")
    article = make_product(sku="A3", name="Goat cheese log"), make_product(sku="B3", name="Log of goat cheese")
    for product, code in zip(article, ("GC-0100", "gc 0100"), strict=True):
        SupplierItem.objects.create(supplier=supplier, code=code, product=product)
    typed = make_product(sku="X-00815", name="Rye bread"), make_product(sku="x00815", name="Rye bread loaf")
    named = (
        make_product(sku="A5", name="Bellini penne pasta 500 g"),
        make_product(sku="B5", name="PENNE PASTA BELLINI 500G"),
    )
    sizes = make_product(sku="A6", name="Cloudy apple juice 1 L"), make_product(sku="B6", name="Cloudy apple juice 2 L")
    weighed = make_product(sku="A7", name="Red onions"), make_product(sku="B7", name="Red onions", unit="kg")
    assert look()["new"] == ProductPair.objects.count()
    for two, words in (
        (upc, "same barcode: 0036000291452"),
        (sku_is_code, "SKU"),
        (article, "Farm Direct"),
        (typed, "typed"),
        (named, "Names"),
    ):
        pair = pair_of(*two)
        assert pair and any(words in reason for reason in pair.reasons), two
    assert pair_of(*upc).score >= Decimal("0.95")  # type: ignore[union-attr]
    assert pair_of(*named).score <= Decimal("0.9")  # type: ignore[union-attr]
    assert pair_of(*sizes) is None
    assert pair_of(*weighed) is None


def test_a_code_of_unlike_goods_is_no_sure_thing(green: Shop) -> None:
    one, other = with_code("036000291452", name="Soft tissues"), with_code("0036000291452", name="Frozen prawns 1 kg")
    look()
    pair = pair_of(one, other)
    assert pair and pair.score < Decimal("0.95") and "unlike" in pair.reasons[0]
    assert not bulk.sure().exists()


def test_looking_again_keeps_what_people_said(green: Shop) -> None:
    one, other = with_code("036000291452", name="Soft tissues"), with_code("0036000291452", name="Tissues, soft")
    third = make_product(name="Soft tissues box")
    look()
    pair = pair_of(one, other)
    deciding.are_two(pair=pair, by="alice")
    assert job.keep([Found(one.pk, other.pk, ["Again."], [0.99])]) == 0
    assert pair_of(one, other).state == State.DIFFERENT
    merging.merge(kept=third, gone=other, by="alice")
    first, second = sorted((one.pk, third.pk))
    assert job.keep([Found(first, second, ["The same barcode."], [0.97])]) == 0
    assert not ProductPair.objects.filter(state=State.OPEN).exists()
    deciding.ask_again(pair=pair)
    assert job.keep([]) == 0
    assert not ProductPair.objects.exists()


def test_the_desk_shows_pairs_and_takes_a_persons_word(green: Shop, cast: Cast) -> None:
    one, other = (
        with_code("036000291452", sku="A1", name="Soft tissues"),
        with_code("0036000291452", sku="B1", name="Tissues soft"),
    )
    look()
    pair, client = pair_of(one, other), cast.client()
    client.force_login(cast.alice)
    url = f"/s/{green.slug}/products/matches/"
    text = client.get(url).content.decode()
    assert "Soft tissues" in text and "The same barcode: 0036000291452." in text and "1 pair is sure" in text
    assert client.get(f"{url}?why=Names&q=nothing").status_code == 200
    csv = client.get(f"{url}?export=csv")
    assert b"A1,Soft tissues,B1" in csv.getvalue()
    client.post(f"{url}{pair.pk}/decide/", {"do": "later"})
    assert "Nothing here" in client.get(url).content.decode()
    assert "Soft tissues" in client.get(f"{url}?show=later").content.decode()
    client.post(f"{url}{pair.pk}/decide/", {"do": "again"})
    done = client.post(f"{url}{pair.pk}/decide/", {"do": "one", "keep": other.pk}, headers={"HX-Request": "true"})
    assert done.status_code == 200 and "one product" in done.content.decode()
    one.refresh_from_db()
    assert one.merged_into_id == other.pk
    page = client.get(f"/s/{green.slug}/products/{one.pk}/")
    assert page["Location"].endswith(f"/products/{other.pk}/")
    assert "turned out to be this product" in str(list(get_messages(page.wsgi_request))[0])
    assert "Soft tissues" in client.get(f"/s/{green.slug}/products/{other.pk}/").content.decode()
    listed = client.get(f"/s/{green.slug}/products/?show=all").content.decode()
    assert "Soft tissues" not in listed and "Tissues soft" in listed
    merge = ProductMerge.objects.get()
    assert "Make two of them again" in client.get(f"/s/{green.slug}/products/merges/").content.decode()
    client.post(f"/s/{green.slug}/products/merges/{merge.pk}/undo/")
    assert pair_of(one, other).state == State.OPEN


def test_two_are_merged_by_search_after_a_look_at_the_plan(green: Shop, cast: Cast) -> None:
    milk, other = Product.objects.get(sku="MILK"), with_code("036000291452", sku="B1", name="Milch 2 L", price="1.40")
    client, url = cast.client(), f"/s/{green.slug}/products/{milk.pk}/merge/"
    assert "Milch 2 L" in client.get(f"{url}?q=milch").content.decode()
    plan = client.get(f"{url}?with={other.pk}").content.decode()
    assert "Keep Green Grocer milk 2 L" in plan and "036000291452" in plan
    assert "Keep Milch 2 L" in client.get(f"{url}?with={other.pk}&keep={other.pk}").content.decode()
    assert client.post(url, {}).status_code == 422
    done = client.post(url, {"with": other.pk, "keep": other.pk})
    assert done["Location"].endswith(f"/products/{other.pk}/")
    assert client.get(url).status_code == 302
    weighed = make_product(name="Milk loose", unit="kg")
    refused = client.post(f"/s/{green.slug}/products/{weighed.pk}/merge/", {"with": other.pk, "keep": other.pk})
    assert refused.status_code == 422 and "cannot be added up" in refused.content.decode()


def test_many_sure_ones_are_merged_by_one_word(green: Shop, cast: Cast) -> None:
    for number in range(3):
        code = f"03600029145{2}" if not number else f"40063813339{number}"
        one, other = make_product(name=f"Thing {number}"), make_product(name=f"Thing {number}")
        Barcode.objects.create(product=one, code=code)
        first, second = sorted((one.pk, other.pk))
        ProductPair.objects.create(first_id=first, second_id=second, score="0.97" if number < 2 else "0.8")
    client, key = cast.client(), str(uuid.uuid4())
    for _ in range(2):
        answer = client.post(f"/s/{green.slug}/products/matches/sure/", {"shown": "2", "key": key})
    made = Job.objects.get(kind=bulk.JOB_KIND)
    assert answer["Location"].endswith(f"/wait/{made.pk}/")
    assert bulk.run(made, Nobody()) == {"merged": 2, "left": 0, "why": []}  # type: ignore[arg-type]
    assert (ProductMerge.objects.count(), bulk.sure().count()) == (2, 0)
    assert client.get(answer["Location"]).status_code == 200


def test_a_cashier_neither_sees_nor_decides_and_a_clerk_only_sees(green: Shop, cast: Cast) -> None:
    one, other = make_product(name="A thing"), make_product(name="Thing a")
    pair = ProductPair.objects.create(first=one, second=other, score="0.97")
    url = f"/s/{green.slug}/products/matches/"
    bob, clerk = cast.client(cast.bob), cast.client(make_member(shop=green, role=Role.CLERK))
    assert (bob.get(url).status_code, bob.post(f"{url}{pair.pk}/decide/", {"do": "two"}).status_code) == (403, 403)
    seen = clerk.get(url)
    assert seen.status_code == 200 and "Cost" not in seen.content.decode() and "Sold, 12" not in seen.content.decode()
    assert clerk.post(f"{url}{pair.pk}/decide/", {"do": "two"}).status_code == 403
    assert ProductPair.objects.get().state == State.OPEN


def test_another_shops_pairs_are_not_there(green: Shop, cast: Cast) -> None:
    one, other = make_product(name="A thing"), make_product(name="Thing a")
    pair = ProductPair.objects.create(first=one, second=other, score="0.97")
    charlie = cast.client(cast.charlie)
    assert "A thing" not in charlie.get("/s/rival/products/matches/").content.decode()
    assert charlie.post(f"/s/rival/products/matches/{pair.pk}/decide/", {"do": "two"}).status_code == 404
    assert ProductPair.objects.get().state == State.OPEN


@pytest.mark.urls("shop.shop_urls")
def test_an_import_offers_what_it_made_that_is_known_already(green: Shop) -> None:
    file = RawFile.objects.create(name="p.csv", size=1, sha256="0" * 64)
    made = Job.objects.create(kind="import", title="t", asked_by="a", key=uuid.uuid4())
    imported = Import.objects.create(file=file, kind="products", job=made, state="done")
    one, other = make_product(name="A thing"), make_product(name="Thing a")
    assert not [step for step in next_steps(made, Role.OWNER) if "look" in step.text]
    ProductPair.objects.create(first=one, second=other, score="0.97")
    Change.objects.create(
        table="inventory_product", row_id=other.pk, action="insert", import_id=imported.pk, changed_at=timezone.now()
    )
    (step,) = [step for step in next_steps(made, Role.OWNER) if "looks" in step.text]
    assert (step.text, step.url) == (
        "1 new product looks like one you have",
        f"{reverse('insights:match_list')}?import={imported.pk}",
    )
    assert not [step for step in next_steps(made, Role.CASHIER) if "looks" in step.text]


def test_the_nightly_work_ends_as_a_job(green: Shop) -> None:
    make_product(name="A thing"), make_product(name="A thing")
    assert SearchEntry.objects.filter(product=None).count() == 0
    found = finding.find()
    assert [one.score for one in found] == sorted([one.score for one in found], reverse=True)
    asked = job.ask(by="alice")
    assert job.ask(by="bob").pk == asked.pk
    assert jobs.kind_of(asked) is not None
