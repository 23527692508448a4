"""Competitors' prices: by file and by hand, matched by barcode or by a person, compared by size."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest

from inventory.competitors import Market, codes, entering, market_price, market_prices, matching, sizes
from inventory.competitors.matching import Candidate
from inventory.competitors.sizes import Compared, Size
from inventory.models import Barcode, Competitor, CompetitorItem, CompetitorPrice, Product
from shop.tenancy import use_shop
from tests.factories import Cast, make_product
from tests.importing import bring_in, counts, reasons

HEAD = "competitor,name,barcode,size,price,promotion,seen_on,source\n"
DAY = dt.date(2026, 3, 2)
BY = "alice@shops.example"
EAN = "5012345678900"


@pytest.fixture
def green(cast: Cast) -> Iterator[Cast]:
    with use_shop(cast.green):
        Barcode.objects.create(product=Product.objects.get(sku="MILK"), code=EAN)
        yield cast


def milk() -> Product:
    found: Product = Product.objects.get(sku="MILK")
    return found


def see(price: str = "1.39", day: dt.date = DAY, **more: object) -> CompetitorPrice:
    given = {"competitor": "Big Store", "barcode": EAN, "today": day, "by": BY} | more
    return entering.note_price(price=Decimal(price), seen_on=day, **given)  # type: ignore[arg-type]


def told(on: dt.date = DAY) -> Market:
    found = market_price(milk().pk, on)
    assert found is not None
    return found


# --- By file


def test_a_file_brings_competitors_items_and_prices_and_again_changes_nothing(green: Cast) -> None:
    file = HEAD + (
        f"Big Store,Whole milk,{EAN},2 L,1.39,,2026-03-01,website\n"
        f"big  store,Whole milk,{EAN},2 L,1.19,yes,2026-03-01,website\n"
        "Corner,Oat drink,,1 L,£1.80,no,2026-03-01,\n"
    )
    first = bring_in("competitor_prices", file)
    assert counts(first) == (3, 0, 0, 0) and first.facts == {"new_competitors": 2, "new_items": 2}
    assert counts(bring_in("competitor_prices", file)) == (0, 0, 3, 0)
    item = CompetitorItem.objects.get(barcode=EAN)
    assert (item.product, item.state, item.matched_by) == (milk(), "matched", "barcode")
    assert (told().price, told().promotion) == (Decimal("1.39"), Decimal("1.19"))
    assert CompetitorItem.objects.get(name="Oat drink").state == "new"


def test_a_later_file_replaces_a_days_price_and_adds_the_next_days(green: Cast) -> None:
    row = f"Big Store,Milk,{EAN},2 L,{{}},,{{}},\n"
    bring_in("competitor_prices", HEAD + row.format("1.39", "2026-03-01"))
    later = bring_in(
        "competitor_prices", HEAD + row.format("1.35", "2026-03-01") + row.format("1.45", "2026-03-02"),
    )  # fmt: skip
    assert counts(later) == (1, 1, 0, 0)
    assert list(CompetitorPrice.objects.order_by("seen_on").values_list("price", flat=True)) == [
        Decimal("1.35"),
        Decimal("1.45"),
    ]
    assert told().price == Decimal("1.45")


def test_what_cannot_be_is_refused_in_words(green: Cast) -> None:
    result = bring_in(
        "competitor_prices",
        HEAD
        + "Big Store,,,,1.00,,2026-03-01,\n"
        + "Big Store,Rye,,,0,,2026-03-01,\n"
        + "Big Store,Rye,,,1.00,perhaps,2026-03-01,\n"
        + "Big Store,Rye,,,1.00,,2126-03-01,\n"
        + "Big Store,Oats,,,1.00,,2026-03-01,\n"
        + "Big Store,Oats,,,1.10,,2026-03-01,\n",
    )
    assert counts(result) == (0, 0, 0, 6)
    for words in ("neither name nor barcode", "not above 0", "neither yes nor no", "still to come", "comes twice"):
        assert words in reasons(result)
    assert not CompetitorItem.objects.exists()


def test_a_rival_shop_sees_nothing_of_it(green: Cast) -> None:
    see()
    with use_shop(green.rival):
        assert not Competitor.objects.exists() and not CompetitorPrice.objects.exists()
        assert market_prices(list(Product.objects.values_list("pk", flat=True)), DAY) == {}


# --- By hand


def test_the_same_entry_twice_is_one_and_another_price_replaces_it(green: Cast) -> None:
    first = see()
    assert see().pk == first.pk == see("1.29").pk
    assert CompetitorPrice.objects.count() == 1 and told().price == Decimal("1.29")


def test_an_entry_can_be_taken_back(green: Cast) -> None:
    entering.forget_price(price=see(), by=BY)
    assert not CompetitorItem.objects.exists()
    kept = see(barcode="", product=milk())
    entering.forget_price(price=kept, by=BY)
    assert CompetitorItem.objects.get().state == "matched", "a person's match stays"


@pytest.mark.parametrize(
    "given",
    [
        {"price": "0"},
        {"price": "1.00001"},
        {"barcode": "", "name": " "},
        {"competitor": " "},
        {"today": DAY - dt.timedelta(1)},
    ],
)
def test_entries_that_cannot_be_are_refused(green: Cast, given: dict[str, object]) -> None:
    with pytest.raises(entering.CompetitorRefused):
        see(**given)  # type: ignore[arg-type]
    assert not Competitor.objects.exists()


# --- Matching


@pytest.mark.parametrize(
    "written", [EAN, " 5012-345678-900 ", "0" + EAN, EAN[:-1], "012345678905", "12345678905", "01234567890"]
)
def test_a_barcode_is_known_in_every_way_of_writing_it(green: Cast, written: str) -> None:
    Barcode.objects.create(product=milk(), code="0012345678905")
    assert see(barcode=written).item.product == milk()


@pytest.mark.parametrize("written", ["5012345678901", "2112345678900", "0212345678901", "MILK", "4011", "50123"])
def test_codes_that_mean_nothing_elsewhere_match_nothing(green: Cast, written: str) -> None:
    Barcode.objects.get_or_create(code=written, defaults={"product": milk()})
    assert see(barcode=written, name="Something").item.product is None


def test_a_case_of_six_costs_a_sixth(green: Cast) -> None:
    Barcode.objects.create(product=milk(), code="4006381333931", pack_quantity=6)
    see("7.20", barcode="4006381333931")
    assert told().price == Decimal("1.2") and told().offers[0].scaled


def test_a_person_has_the_last_word(green: Cast) -> None:
    item = see().item
    other = make_product(name="Oat drink")
    matching.confirm(item=item, product=other, by=BY)
    matching.by_barcode()
    item.refresh_from_db()
    assert (item.product, item.matched_by) == (other, BY)
    matching.deny(item=item, by=BY)
    matching.by_barcode()
    matching.propose({item.pk: [Candidate(milk().pk, 0.99, "the same name")]}, least=0.5)
    item.refresh_from_db()
    assert (item.product, item.state, item.matched_by) == (None, "none", BY)
    matching.undo(item=item, by=BY)
    assert matching.by_barcode() == 1, "a word taken back leaves it to the barcode again"


def test_a_barcode_that_moves_to_another_product_takes_its_items_along(green: Cast) -> None:
    item = see().item
    other = make_product(name="Other")
    Barcode.objects.filter(code=EAN).update(product=other)
    assert matching.by_barcode() == 1 and matching.by_barcode() == 0
    Barcode.objects.filter(code=EAN).delete()
    matching.by_barcode()
    item.refresh_from_db()
    assert (item.product, item.state, item.matched_by) == (None, "new", "")


def test_only_a_sure_candidate_is_proposed_and_the_machine_settles_nothing(green: Cast) -> None:
    item = see(barcode="", name="Whole milk").item
    other = see(barcode="", name="Semi skimmed").item
    found = [Candidate(milk().pk, 0.4, "alike"), Candidate(make_product().pk, 0.8, "the same words")]
    assert matching.propose({item.pk: found, other.pk: found[:1]}, least=0.5) == 1
    item.refresh_from_db()
    other.refresh_from_db()
    assert (item.state, item.product, other.state) == ("proposed", None, "new")
    assert [one["confidence"] for one in item.candidates] == [0.8, 0.4]
    assert market_price(milk().pk, DAY) is None


# --- What others ask


def test_prices_nobody_saw_for_four_weeks_are_not_told(green: Cast) -> None:
    see(day=DAY)
    assert told(DAY + dt.timedelta(days=28)).age_days == 28
    assert market_price(milk().pk, DAY + dt.timedelta(days=29)) is None
    assert market_price(milk().pk, DAY - dt.timedelta(days=1)) is None, "not seen yet on that day"


def test_the_regular_price_is_kept_apart_from_the_promotion(green: Cast) -> None:
    see("0.99", is_promotion=True)
    assert (told().price, told().promotion) == (None, Decimal("0.99"))
    see("1.39")
    assert (told().price, told().promotion) == (Decimal("1.39"), Decimal("0.99"))


def test_several_competitors_are_told_by_the_middle_and_the_oldest(green: Cast) -> None:
    see("1.30")
    see("1.50", competitor="Corner", day=DAY + dt.timedelta(days=3))
    market = told(DAY + dt.timedelta(days=5))
    assert (market.price, market.competitor, market.age_days) == (Decimal("1.4"), "2 competitors", 5)
    Competitor.objects.filter(name="Corner").update(is_active=False)
    assert told(DAY + dt.timedelta(days=5)).competitor == "Big Store", "one no longer watched is left out"


def test_another_size_is_compared_by_size(green: Cast) -> None:
    see("0.80", barcode="", name="Whole milk 1 L", product=milk())  # ours is 2 L, by its name
    assert told().price == Decimal("1.6") and told().offers[0].scaled
    Product.objects.filter(sku="APPLE").update(unit="kg")
    apples = Product.objects.get(sku="APPLE")
    see("2.00", barcode="", name="Apples 6 pack", product=apples)
    assert market_price(apples.pk, DAY) is None, "six apples are no weight"


def test_many_products_are_one_query(green: Cast, django_assert_num_queries: object) -> None:
    see()
    ours = list(Product.objects.values_list("pk", flat=True))
    with django_assert_num_queries(1):  # type: ignore[operator]
        found = market_prices(ours, DAY)
    assert set(found) == {milk().pk}


# --- Sizes


@pytest.mark.parametrize(
    ("words", "amount", "unit"),
    [
        ("Butter 250g", "250", "g"),
        ("Cola 6 x 33cl", "1980", "ml"),
        ("Cola 330ml x 6", "1980", "ml"),
        ("Agua 1,5 L", "1500", "ml"),
        ("Milk 2 pints", "1136", "ml"),
        ("Oranges 4 pack", "4", "piece"),
        ("80 bags 250 g", "250", "g"),
        ("Bananas loose", "1000", "g"),
        ("Box of 6 eggs", "6", "piece"),
    ],
)
def test_sizes_are_read_from_words(words: str, amount: str, unit: str) -> None:
    assert sizes.read(words) == Size(Decimal(amount), unit)


@pytest.mark.parametrize("words", ["No. 7 cream", "7up", "Vitamin B12", "", "0 g"])
def test_numbers_that_are_no_size_are_none(words: str) -> None:
    assert sizes.read(words) is None


def test_500_g_is_not_1_kg() -> None:
    def compared(theirs: str, ours: str) -> Compared:
        return sizes.compare(sizes.read(theirs), sizes.read(ours))

    assert compared("500 g", "1 kg") == Compared.OTHER
    assert compared("1000g", "1 kg") == compared("454 g", "1 lb") == Compared.SAME
    assert compared("500 ml", "500 g") == Compared.SAME
    assert compared("4 pack", "500 g") == compared("", "500 g") == Compared.UNKNOWN


def test_in_store_numbers_are_no_global_ones() -> None:
    assert codes.is_global(EAN) and codes.is_global("96385074")
    assert not any(map(codes.is_global, ["2000000000008", "0200000000006", "00000017", "5012345678901"]))
