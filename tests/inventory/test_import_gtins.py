"""Barcodes in files: the same number in another length, and last digits that are wrong."""

from collections.abc import Iterator

import pytest

from inventory.models import Barcode, Product
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in, counts


@pytest.fixture
def green(cast: Cast) -> Iterator[Cast]:
    with use_shop(cast.green):
        yield cast


def test_a_barcode_is_found_with_and_without_its_zeros(green: Cast) -> None:
    bring_in("products", "sku,barcode\nPEN,0036000291452\nCOLA,5000112637922\nTAB,00012345670\n")
    before = Product.objects.count()
    result = bring_in("stock", "product,quantity\n036000291452,4\n36000291452,4\n05000112637922,2\n")
    assert counts(result)[3] == 0 and Product.objects.count() == before
    assert "found as a barcode with more or fewer zeros before it." in " ".join(result.notes)


def test_a_number_that_is_no_barcode_or_two_products_is_not_guessed(green: Cast) -> None:
    bring_in("products", "sku,barcode\nA,036000291452\nB,00036000291452\nC,5000112637922\n")
    before = Product.objects.count()
    bring_in("stock", "product,quantity\n0036000291452,4\n005000112637921,2\n")
    assert Product.objects.count() == before + 2


def test_a_wrong_last_digit_is_told_and_the_code_kept_as_written(green: Cast) -> None:
    result = bring_in("products", "sku,barcode\nA,5000112637923\nB,5000112637922\nC,12345\nD,2123456789012\n")
    assert counts(result) == (4, 0, 0, 0)
    assert result.notes == [
        "1 barcode has a wrong last digit, such as 5000112637923. They are kept as written; look at the goods."
    ]
    assert Barcode.objects.filter(code="5000112637923", product__sku="A").exists()
