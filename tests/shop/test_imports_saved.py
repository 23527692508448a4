"""Mappings are remembered by kind, header and supplier; what they say comes back as it was, old or new."""

from collections.abc import Iterator

import pytest

from shop.imports import saved
from shop.imports.errors import ImportRefused
from shop.imports.kinds import find_kind
from shop.imports.mapping import Mapping, complete
from shop.imports.reading import Layout
from shop.models import SavedMapping
from shop.tenancy import use_shop
from tests.factories import Cast

LAYOUT = Layout("utf-8", ",", ("Code", "Price", "Unit Name"))
FULL = Mapping(
    {"sku": ("Code",), "price": ("Price",), "name": ()},
    {"category": "Dairy"},
    {"price": ({"do": "from_minor"},)},
    {"cost": "0"},
    {"0:2": {"price": "3"}},
    ("0:3",),
    drops_repeats=True,
)


@pytest.fixture
def green(cast: Cast) -> Iterator[Cast]:
    with use_shop(cast.green):
        yield cast


def test_what_a_mapping_says_goes_to_json_and_back() -> None:
    assert Mapping.from_json(FULL.as_json()) == FULL
    assert Mapping().as_json() == {"columns": {}, "constants": {}}
    old = {"columns": {"sku": ["Code"]}, "constants": {"branch": "Harbour"}}
    assert Mapping.from_json(old) == Mapping({"sku": ("Code",)}, {"branch": "Harbour"})


def test_corrections_make_another_mapping() -> None:
    first = Mapping({"sku": ("Code",)}, steps={"sku": ({"do": "upper"},)})
    second = first.with_value("sku", "A", "B").with_value("sku", "C", "").with_value("sku", "A", "D")
    assert second.steps["sku"] == ({"do": "upper"}, {"do": "replace", "values": {"A": "D", "C": ""}})
    assert first.steps["sku"] == ({"do": "upper"},)
    third = second.with_edit("0:2", "name", "Tea").with_edit("0:2", "sku", "E").with_skip("0:9").with_skip("0:9")
    assert third.edits == {"0:2": {"name": "Tea", "sku": "E"}} and third.skips == ("0:9",)
    assert third.without_rows() == second
    assert second.with_steps("sku").steps == {}


def test_a_mapping_is_found_again_by_its_columns(green: Cast) -> None:
    kept = saved.remember(kind=find_kind("products"), layout=LAYOUT, mapping=FULL)
    found = saved.find("products", Layout("cp1252", ";", ("code", "PRICE", "unit-name")).fingerprint)
    assert found == kept
    assert saved.use(kept) == FULL.without_rows()
    kept.refresh_from_db()
    assert (kept.used_count, kept.proposed_by) == (1, "a person")
    assert saved.find("stock", LAYOUT.fingerprint) is None
    assert saved.find("products", Layout("utf-8", ",", ("Code", "Price")).fingerprint) is None
    assert saved.find_any(LAYOUT.fingerprint) == kept


def test_a_suppliers_own_mapping_goes_first(green: Cast) -> None:
    kind = find_kind("products")
    common = saved.remember(kind=kind, layout=LAYOUT, mapping=FULL)
    own = saved.remember(kind=kind, layout=LAYOUT, mapping=FULL, supplier="Dairy Co")
    assert saved.find("products", LAYOUT.fingerprint, "Dairy Co") == own
    assert saved.find("products", LAYOUT.fingerprint, "Others") == common
    saved.remember(kind=kind, layout=LAYOUT, mapping=Mapping({"sku": ("Code",)}), supplier="Dairy Co")
    assert SavedMapping.objects.count() == 2


def test_columns_are_found_whatever_their_punctuation() -> None:
    found = complete(find_kind("products"), Mapping({"sku": ("Code",), "name": ("Unit Name",)}), ("code", "unit_name"))
    assert found.columns["name"] == ("unit_name",)


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        (Mapping({"colour": ("A",)}), "“colour” is not a field"),
        (Mapping(steps={"sku": ({"do": "eval", "code": "1"},)}), "“eval” is not a step"),
        (Mapping(steps={"sku": ({"do": "upper", "sql": "x"},)}), "has no “sql”"),
        (Mapping(steps={"sku": tuple([{"do": "upper"}] * 21)}), "20 is the most"),
        (Mapping(steps={"sku": ({"do": "upper"}, {"do": "join"})}), "this step comes first"),
        (Mapping(edits={"0:1; drop": {"sku": "A"}}), "is no row"),
        (Mapping(edits={"0:1": {"x' or ''='": "A"}}), "is not a field"),
        (Mapping(skips=("1",)), "is no row"),
    ],
)
def test_what_makes_no_sense_is_not_kept(green: Cast, mapping: Mapping, words: str) -> None:
    with pytest.raises(ImportRefused, match=words):
        saved.remember(kind=find_kind("products"), layout=LAYOUT, mapping=mapping)
    assert not SavedMapping.objects.exists()
