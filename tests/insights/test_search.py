"""Finding by code, letters and meaning, in a shop of a few dozen goods; and keeping what is found up to date."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Review
from insights.models import SearchEntry
from insights.search import everyday, index, meaning
from insights.search.find import find
from insights.search.folding import closeness, fold, groups, without_size
from insights.search.scan import PRODUCT, REVIEW, scan
from insights.search.similar import nearest_products, similar_products
from inventory.models import Barcode, Category, Product, Supplier
from shop import jobs
from shop.models import Job, Shop
from shop.tenancy import use_shop
from tests.factories import Cast, make_product

pytestmark = pytest.mark.django_db

GOODS = {
    "Cleaning": ["Brightwell washing-up liquid 500 ml", "Brightwell bleach 750 ml", "Sponge scourers 4 pack"],
    "Bread": ["Orchard Lane sourdough 800 g", "White baguette", "Wholemeal loaf 800 g"],
    "Toiletries": ["Marlow toothpaste 75 ml", "Marlow shampoo 250 ml", "Paracetamol 16 tablets"],
    "Cheese": ["Cadbrook mature cheddar 350 g", "Halloumi 225 g", "Mozzarella 125 g"],
    "Baby & pet": ["Nappies, size 4 24 pack", "Purrfield dry cat food 800 g", "Barksby dog treats 180 g"],
    "Vegetables": ["Courgettes, loose", "Broccoli", "Swede"],
}


_read: dict[str, meaning.Vector] = {}


def remembered(texts: Sequence[str]) -> meaning.Vector:
    """The encoder's own answers, asked for once a text: every test reads the same goods."""
    new = [text for text in dict.fromkeys(texts) if text not in _read]
    _read.update(zip(new, encode(new), strict=True))
    return np.array([_read[text] for text in texts], np.float32)


encode = meaning.of_texts


@pytest.fixture
def goods(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Green Grocer with these goods, all read by the search."""
    monkeypatch.setattr(meaning, "of_texts", remembered)
    meaning.of_texts(["bread"])
    with use_shop(cast.green):
        for section, names in GOODS.items():
            category = Category.objects.create(name=section)
            Product.objects.bulk_create(
                Product(sku=f"{section[:3]}{place}", name=name, category=category, price=1)
                for place, name in enumerate(names)
            )
        fill()
        yield cast.green


def fill() -> None:
    index.refresh()
    while batch := list(SearchEntry.objects.exclude(model=meaning.MODEL)[:32]):
        index.embed(batch)


def first(words: str, **how: Any) -> str:
    found = find(words, **how)
    return found[0].title if found else ""


def test_folding_takes_away_what_people_leave_out() -> None:
    assert fold("  Crème-fraîche, 200ML\x00 ") == "creme fraiche 200ml"
    assert fold("Children's STRAẞE") == "childrens strasse"
    assert fold("🎉🎉") == ""
    assert groups("oat") == {" oa", "oat", "at "}
    assert groups("牛乳屋") == {"牛乳", "乳屋"}
    assert without_size("Brightwell bleach 750 ml") == "Brightwell bleach"
    assert without_size("4 x 440 ml") == "4 x 440 ml", "a name is never nothing"


def test_a_slip_is_close_and_another_word_is_not() -> None:
    assert closeness("brocolli", "broccoli") > 0.7
    assert closeness("chedar", "cheddar") > 0.8
    assert closeness("ched", "cheddar") > 0.85, "still typing"
    assert closeness("bread", "milk") == 0


ANSWERS = {
    "cheddar": "Cadbrook mature cheddar 350 g",
    "brocolli": "Broccoli",
    "shampo": "Marlow shampoo 250 ml",
    "toothpast marlow": "Marlow toothpaste 75 ml",
    "sour dough": "Orchard Lane sourdough 800 g",
    "something for washing dishes": "Brightwell washing-up liquid 500 ml",
    "zucchini": "Courgettes, loose",
    "rutabaga": "Swede",
    "Windeln": "Nappies, size 4 24 pack",
    "зубная паста": "Marlow toothpaste 75 ml",
    "猫のえさ": "Purrfield dry cat food 800 g",
    "แชมพู": "Marlow shampoo 250 ml",
    "خبز": "Wholemeal loaf 800 g",
}


def test_found_by_word_slip_meaning_and_language(goods: Shop) -> None:
    found = {words: [hit.title for hit in find(words)][:3] for words in ANSWERS}
    assert {words: titles for words, titles in found.items() if ANSWERS[words] not in titles} == {}


def test_a_code_comes_before_everything(goods: Shop) -> None:
    bleach = Product.objects.get(name__contains="bleach")
    Barcode.objects.create(product=bleach, code="0012345678905")
    assert first("12345678905") == bleach.name, "scanners drop zeros"
    assert first(bleach.sku.lower()) == bleach.name
    Product.objects.filter(pk=bleach.pk).update(plu="4011")
    assert first("4011") == bleach.name


def test_what_is_off_sale_comes_later(goods: Shop) -> None:
    make_product(name="Halloumi light 225 g", is_active=False)
    make_product(name="Halloumi bites 225 g")
    fill()
    titles = [hit.title for hit in find("halloumi")]
    assert titles.index("Halloumi bites 225 g") < titles.index("Halloumi light 225 g")


HOSTILE = [
    "",
    "  ",
    "\x00",
    "🎉🎉🎉",
    "'':* & !(",
    "a" * 10_000,
    "\ud800",
    "%s %(x)s",
    "\u202e\u0301",
    "' or 1=1 --",
    "<b>",
]


def test_hostile_words_find_nothing_strange(goods: Shop) -> None:
    for words in HOSTILE:
        hits = find(words, kinds=("product", "review", "supplier", "category"))
        assert len(hits) <= 80
        if words in HOSTILE[:4]:
            assert hits == []


def test_digits_alone_have_no_meaning(goods: Shop) -> None:
    assert find("987654321") == []


def test_new_products_are_found_before_the_search_has_read_them(goods: Shop) -> None:
    make_product(name="Elderflower presse 750 ml")
    assert first("elderflower") == "Elderflower presse 750 ml"


def test_a_saved_product_is_read_after_the_commit(
    goods: Shop, django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        product = make_product(name="Rye crispbread 250 g")
    entry = SearchEntry.objects.get(product=product)
    assert entry.model == "", "its meaning comes by a job"
    assert first("crispbred") == "Rye crispbread 250 g"
    assert Job.objects.filter(kind=index.JOB_KIND).count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        product.name = "Oat crispbread 250 g"
        product.save()
    assert first("oat crispbread") == "Oat crispbread 250 g"
    assert Job.objects.filter(kind=index.JOB_KIND).count() == 1, "one that waits does for both"
    with django_capture_on_commit_callbacks(execute=True):
        product.price = 3
        product.save()
    assert SearchEntry.objects.get(product=product).pk == entry.pk


def test_reviews_suppliers_and_categories(goods: Shop) -> None:
    Review.objects.create(code="1", text="The queue was far too long on Saturday.", author="Ann Secret")
    Review.objects.create(code="2", text="Lovely fresh bread, warm from the oven.")
    fill()
    assert first("waiting at the till", kinds=(REVIEW,)).startswith("The queue")
    assert find("Secret", kinds=(REVIEW,)) == [] or "Secret" not in first("Secret", kinds=(REVIEW,))
    assert "secret" not in " ".join(SearchEntry.objects.values_list("text", flat=True))
    assert first("farn", kinds=("supplier",)) == Supplier.objects.get().name
    assert first("vegetable", kinds=("category",)) == "Vegetables"


def test_another_shop_sees_nothing(goods: Shop, cast: Cast) -> None:
    with use_shop(cast.rival):
        fill()
        found = find("cheddar", kinds=("product", "review", "supplier", "category"), most=50)
        assert {hit.row.shop_id for hit in found} <= {cast.rival.pk}
        assert nearest_products(["cheddar"])[0] == [] or "cheddar" not in nearest_products(["cheddar"])[0][0].name
        assert "cheddar" not in everyday.vocabulary(0)


def test_vectors_of_two_models_are_never_compared(goods: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    cheese = Product.objects.get(name="Cadbrook mature cheddar 350 g")
    assert similar_products(cheese)
    monkeypatch.setattr(meaning, "MODEL", "next/512")
    monkeypatch.setattr("insights.search.scan.MODEL", "next/512")
    assert similar_products(cheese) == []
    assert all(row.meaning is None for row in scan_all("vegetable"))
    assert first("broccoli") == "Broccoli", "letters still find it"
    index.embed(list(SearchEntry.objects.filter(product=cheese)))
    assert [row.pk for row in scan_all("vegetable") if row.meaning is not None] == [cheese.pk]
    assert set(SearchEntry.objects.values_list("model", flat=True)) == {"next/512", "use-multilingual-3/512"}


def scan_all(words: str) -> Any:
    return scan(PRODUCT, [words], meaning.of_query(words)).rows


def test_similar_products_are_of_a_kind(goods: Shop) -> None:
    cheddar = Product.objects.get(name__contains="cheddar")
    near = [product.name for product in similar_products(cheddar, most=3)]
    assert "Halloumi 225 g" in near or "Mozzarella 125 g" in near
    assert cheddar.name not in near


def test_nearest_products_of_texts(goods: Shop) -> None:
    near = nearest_products(["Tesco cheddar cheese mature 400g", "Colgate tooth paste", "zzzz"])
    assert near[0][0].name == "Cadbrook mature cheddar 350 g"
    assert near[1][0].name == "Marlow toothpaste 75 ml"
    assert near[0][0].score >= near[0][1].score


def test_the_job_goes_on_where_it_was_stopped(goods: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    SearchEntry.objects.update(vector=None, model="")
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(index, "_MEANINGS_AT_ONCE", 5)

    class Reports:
        def progress(self, done: int, total: int) -> None:
            told.append((done, total))
            if done >= 10 and len(told) < 5:
                raise jobs.Cancelled

    job = index.ask_index(by="test")
    with pytest.raises(jobs.Cancelled):
        index.run_job(job, Reports())  # type: ignore[arg-type]
    total = SearchEntry.objects.count()
    assert SearchEntry.objects.filter(model=meaning.MODEL).count() == 10
    assert told == [(0, total), (5, total), (10, total)]
    told += [(0, 0)] * 5
    assert index.run_job(job, Reports()) == {"words": 0, "meanings": total - 10}  # type: ignore[arg-type]
    assert index.run_job(job, Reports()) == {"words": 0, "meanings": 0}  # type: ignore[arg-type]


def test_a_product_changed_meanwhile_keeps_its_new_words(goods: Shop) -> None:
    swede = Product.objects.get(name="Swede")
    stale = list(SearchEntry.objects.filter(product=swede))
    Product.objects.filter(pk=swede.pk).update(name="Celeriac")
    assert index.embed(stale) == 0
    entry = SearchEntry.objects.get(product=swede)
    assert entry.text.startswith("celeriac")
    assert entry.model == ""


def test_as_many_statements_for_many_rows(goods: Shop) -> None:
    kinds = ("product", "review", "supplier", "category")

    def many() -> int:
        find("loaf", kinds=kinds)
        with CaptureQueriesContext(connection) as captured:
            find("loaf", kinds=kinds)
        return len(captured)

    Review.objects.create(code="r", text="A loaf", written_on=dt.date(2026, 1, 1))
    fill()
    before = many()
    for number in range(40):
        make_product(name=f"Loaf {number}")
        Review.objects.create(code=f"r{number}", text=f"loaf {number}", written_on=dt.date(2026, 1, 1))
    fill()
    assert many() == before <= 12


def test_until_the_encoder_is_there_letters_decide(goods: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning, "is_ready", lambda: False)
    warmed: list[int] = []
    monkeypatch.setattr(meaning, "warm", lambda: warmed.append(1))
    assert first("chedar") == "Cadbrook mature cheddar 350 g"
    assert warmed == [1]
