"""Reading codes: whole barcodes in any length, codes printed in the shop, PLUs, SKUs; never a guess."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from inventory.codes import CodeUnknown, read_code, read_codes, take_apart, with_check_digit
from inventory.models import Barcode, BarcodeRule, Product
from shop.tenancy import use_shop
from tests.factories import Cast, make_product

D = Decimal


@pytest.fixture
def shop(cast: Cast) -> Any:
    with use_shop(cast.green):
        yield cast.green


def rule(pattern: str, holds: str, decimals: int, name: str = "Scale") -> BarcodeRule:
    made: BarcodeRule = BarcodeRule.objects.create(name=name, pattern=pattern, holds=holds, decimals=decimals)
    return made


def cheese(plu: str = "12345", **fields: Any) -> Product:
    return make_product(sku="CHEESE", price="12.00", plu=plu, unit="kg", **fields)


def test_a_pack_of_six_counts_six(shop: Any) -> None:
    beer = make_product(sku="BEER")
    Barcode.objects.create(product=beer, code="4006381333931", pack_quantity=6)
    found = read_code("4006381333931")
    assert (found.product, found.quantity, found.pack_quantity, found.price, found.how) == (beer, 6, 6, None, "barcode")


@pytest.mark.parametrize(
    ("kept", "scanned"),
    [
        ("036000291452", "0036000291452"),
        ("0036000291452", "036000291452"),
        ("4006381333931", "04006381333931"),
        ("04006381333931", "4006381333931"),
        ("96385074", "0000096385074"),
    ],
)
def test_a_number_is_the_same_in_any_length(shop: Any, kept: str, scanned: str) -> None:
    product = make_product()
    Barcode.objects.create(product=product, code=kept)
    assert read_code(scanned).product == product


def test_ask_7_a_scale_code_says_goods_and_weight(shop: Any) -> None:
    """ERPNext #6910, #43393, POSNext #120: the item and its weight in one code, in the shop's own format."""
    rule("21IIIIIVVVVVC", "weight", 3, "Deli scale")
    wanted = cheese()
    found = read_code(with_check_digit("211234501234"))
    assert (found.product, found.quantity, found.price, found.rule) == (wanted, D("1.234"), None, "Deli scale")


def test_ask_7_a_scale_code_says_goods_and_price(shop: Any) -> None:
    rule("22IIIIIVVVVVC", "price", 2)
    wanted = cheese()
    found = read_code(with_check_digit("221234500399"))
    assert (found.product, found.quantity, found.price, found.how) == (wanted, None, D("3.99"), "price")


def test_a_code_may_say_a_number_of_pieces(shop: Any) -> None:
    rule("23IIIIIXVVVVC", "quantity", 0)
    rolls = make_product(plu="777")
    found = read_code(with_check_digit("230077750012"))
    assert (found.product, found.quantity) == (rolls, 12)


def test_a_printed_price_of_a_piece_is_of_one_piece(shop: Any) -> None:
    rule("22IIIIIVVVVVC", "price", 2)
    make_product(sku="CAKE", plu="501")
    found = read_code(with_check_digit("220050100450"))
    assert (found.product.sku, found.quantity, found.price) == ("CAKE", 1, D("4.50"))


def test_a_wrong_check_digit_is_not_read(shop: Any) -> None:
    rule("21IIIIIVVVVVC", "weight", 3)
    cheese()
    good = with_check_digit("211234501234")
    wrong = good[:-1] + str((int(good[-1]) + 1) % 10)
    with pytest.raises(CodeUnknown):
        read_code(wrong)


def test_a_rule_without_a_check_digit_takes_any(shop: Any) -> None:
    rule("21IIIIIVVVVVX", "weight", 3)
    cheese()
    assert {read_code(f"211234501234{last}").quantity for last in range(10)} == {D("1.234")}


@pytest.mark.parametrize("plu", ["42", "0042", "00042"])
def test_goods_are_found_with_and_without_leading_zeros(shop: Any, plu: str) -> None:
    rule("21IIIIIVVVVVX", "weight", 3)
    cheese(plu)
    assert read_code("2100042005000").product.sku == "CHEESE"


def test_goods_are_a_plu_before_a_sku_before_a_barcode(shop: Any) -> None:
    rule("21IIIIIVVVVVX", "weight", 3)
    by_barcode = make_product(sku="A", unit="kg")
    Barcode.objects.create(product=by_barcode, code="2100042000000")
    code = "2100042005000"
    assert read_code(code).product == by_barcode
    by_sku = make_product(sku="42", unit="kg")
    assert read_code(code).product == by_sku
    assert read_code(code).product != cheese("42")
    assert read_code(code).product.sku == "CHEESE"


def test_a_label_scanned_into_the_catalogue_once_is_found_at_any_weight(shop: Any) -> None:
    rule("21IIIIIVVVVVX", "weight", 3)
    ham = make_product(sku="HAM", unit="kg")
    Barcode.objects.create(product=ham, code="2155555011119")
    found = read_code("2155555007770")
    assert (found.product, found.quantity, found.how) == (ham, D("0.777"), "weight")
    # The very label is a whole barcode: one of them.
    assert read_code("2155555011119").how == "barcode"


def test_two_products_behind_one_beginning_are_not_guessed(shop: Any) -> None:
    rule("21IIIIIVVVVVX", "weight", 3)
    for number in (1, 2):
        Barcode.objects.create(product=make_product(unit="kg"), code=f"215555501111{number}")
    assert read_codes(["2155555007770"]) == {}


def test_the_rule_with_the_most_exact_beginning_comes_first(shop: Any) -> None:
    rule("2IIIIIIVVVVVX", "price", 2, "All")
    rule("2134IIIVVVVVX", "weight", 3, "Exact")
    make_product(sku="345", unit="kg", plu="555")
    make_product(sku="134555", unit="kg")
    assert read_code("2134555010000").rule == "Exact"
    BarcodeRule.objects.filter(name="Exact").update(is_active=False)
    assert read_code("2134555010000").rule == "All"


def test_a_upc_of_the_shop_is_read_with_and_without_its_zero(shop: Any) -> None:
    rule("2IIIIIVVVVVC", "price", 2)
    cheese()
    code = with_check_digit("21234500399")
    assert len(code) == 12
    assert read_code(code).price == read_code("0" + code).price == D("3.99")


def test_a_weight_of_0_has_to_be_weighed(shop: Any) -> None:
    rule("21IIIIIVVVVVX", "weight", 3)
    cheese()
    assert read_code("2112345000000").quantity is None


def test_a_weight_of_pieces_is_one_and_pieces_of_something_weighed_are_to_be_weighed(shop: Any) -> None:
    rule("21IIIIIVVVVVX", "weight", 3)
    rule("23IIIIIVVVVVX", "quantity", 0)
    make_product(plu="900")
    cheese()
    assert read_code("2100900005000").quantity == 1
    assert read_code("2312345000020").quantity is None


def test_plu_and_sku_are_typed(shop: Any) -> None:
    bananas = make_product(sku="BANANAS", plu="4011", unit="kg")
    assert (read_code("4011").product, read_code("4011").quantity) == (bananas, None)
    assert read_code(" 04011 ").how == "plu"
    assert (read_code("BANANAS").product, read_code("BANANAS").how) == (bananas, "sku")
    assert read_code("MILK").quantity == 1


def test_a_shared_plu_is_not_read_unless_one_is_on_sale(shop: Any) -> None:
    first, second = (make_product(sku=sku, plu="4011") for sku in ("OLD", "NEW"))
    assert read_codes(["4011"]) == {}
    Product.objects.filter(pk=first.pk).update(is_active=False)
    assert read_code("4011").product == second


def test_a_product_off_sale_is_still_known(shop: Any) -> None:
    gone = make_product(sku="GONE", plu="5000", is_active=False)
    assert read_code("5000").product == gone


def test_another_shops_codes_and_rules_are_unknown(cast: Cast) -> None:
    with use_shop(cast.rival):
        rule("21IIIIIVVVVVX", "weight", 3)
        theirs = make_product(sku="THEIRS", plu="12345")
        Barcode.objects.create(product=theirs, code="4006381333931")
    with use_shop(cast.green):
        make_product(plu="12345", unit="kg")
        assert read_codes(["4006381333931", "THEIRS", "2112345012340"]) == {}


def test_many_codes_cost_as_many_queries_as_few(shop: Any) -> None:
    rule("21IIIIIVVVVVX", "weight", 3)

    def asked(number: int) -> int:
        for place in range(number):
            product = make_product(sku=f"{number}-{place}", unit="kg", plu=f"{number}{place:04d}")
            Barcode.objects.create(product=product, code=f"{number:06d}{place:07d}")
        some = [f"{number:06d}{place:07d}" for place in range(number)] + [f"{number}-0", "2199999000000"]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(read_codes(some)) == number + 1
        return len(queries)

    assert asked(3) == asked(9) == 3


def test_unknown_is_refused_with_the_code_said_back(shop: Any) -> None:
    for code in ("", "   ", "nothing", "\x00", "4011\n\x07", "9" * 500, "\ud800", "‮4011"):
        with pytest.raises(CodeUnknown) as refused:
            read_code(code)
        assert refused.value.sentence.isprintable() and len(refused.value.sentence) < 120


@given(st.text(max_size=30), st.from_regex(r"\A[0-9]{1,4}[0-9IVCX]{3,20}\Z"), st.integers(0, 4))
def test_taking_any_code_apart_never_fails(code: str, pattern: str, decimals: int) -> None:
    if "I" not in pattern:
        pattern += "I"
    part = take_apart(code, BarcodeRule(pattern=pattern, decimals=decimals, holds="weight"))
    assert part is None or (part.goods.isdigit() and (part.value is None or part.value > 0))


@given(st.integers(0, 99999), st.integers(1, 99999))
def test_what_a_scale_prints_is_read_back(goods: int, grams: int) -> None:
    code = with_check_digit(f"21{goods:05d}{grams:05d}")
    part = take_apart(code, BarcodeRule(pattern="21IIIIIVVVVVC", decimals=3, holds="weight"))
    assert part is not None and (int(part.goods), part.value) == (goods, D(grams) / 1000)
