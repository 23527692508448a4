"""Whatever an address says, every page of a shop answers: with a page, a refusal or a redirect, never by breaking."""

from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop import mount
from shop.admin_sites import shop_admin
from tests.contracts import shelf
from tests.contracts.access_table import IN_SHOP
from tests.contracts.shelf import Shelf
from tests.factories import Cast

pytestmark = pytest.mark.django_db
BROKE = 500
FAILED_PART = b"This part did not load"

# What pages read from their address, with values that lead deeper into them than a hostile one alone would.
PARAMETERS = {
    "period": ["custom", "today", "12m", "month"],
    "from": ["2026-01-01", "1900-01-01"],
    "to": ["2026-03-01", "2200-12-31"],
    "day": ["2026-01-01"],
    "compare": ["previous", "year", "off"],
    "match": ["date"],
    "measure": ["gross_margin", "baskets"],
    "by": ["product"],
    "category": ["none", "1"],
    "product": ["none", "1"],
    "branch": ["1"],
    "hour": ["5"],
    "weekday": ["7"],
    "before": ["2026-01-01_1_1"],
    "sort": ["-margin", "change"],
    "page": ["2", "last"],
    "table": ["rows", "hours", "changes"],
    "export": ["csv"],
    "q": ["milk"],
    "show": ["all", "no-cost"],
    "kind": ["stock"],
    "country": ["DE"],
    "name": ["Corner"],
    "upload": ["a:b:c"],
}
ADMIN_PARAMETERS = {
    "q": ["milk"],
    "p": ["2"],
    "o": ["1.-2"],
    "all": ["1"],
    "e": ["1"],
    "kind": ["sale"],
    "kind__exact": ["sale"],
    "branch__id__exact": ["1"],
    "category__id__exact": ["1"],
    "category__isnull": ["True"],
    "is_active__exact": ["1"],
    "register__id__exact": ["1"],
    "business_date__gte": ["2026-01-01"],
    "business_date__lte": ["2026-03-01"],
    "cost__gt": ["1"],
    "_popup": ["1"],
    "_to_field": ["id"],
    "_changelist_filters": ["q=milk"],
    "_source_model": ["sales.sale"],
    "_facets": ["True"],
}
HOSTILE = [
    "",
    "0",
    "9" * 40,
    "-" + "9" * 30,
    "1e999999",
    "NaN",
    "\0",
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "20260101_٣_-9",
    "9999-12-31_999999999999999999999_-1",
    "‮\ud83d\ude00é".encode("utf-16", "surrogatepass").decode("utf-16"),
    "٣",
    "'; drop table shop_shop; --",
    "<script>alert(1)</script>",
    "%s%(x)s{0}{{7*7}}%00",
    "x" * 5000,
    "-",
    "00000000-0000-0000-0000-00000000000g",
]


@pytest.fixture
def owner(cast: Cast) -> tuple[Client, Shelf]:
    things = shelf.fill(cast.green)
    client = cast.client(things.people["owner"])
    client.raise_request_exception = False
    return client, things


def pages(things: Shelf) -> list[str]:
    """Every page of the shop that a GET shows."""
    return [
        mount.shop_url(things.shop.slug, name, *([access.row(things).pk] if access.row else []))
        for name, access in IN_SHOP.items()
        if access.method == "get" or access.form
    ]


def lists(things: Shelf) -> list[str]:
    """Every list of the shop's admin, and what the admin answers beside them."""
    names = [f"{model._meta.app_label}_{model._meta.model_name}" for model in shop_admin._registry]
    return [
        *(mount.shop_url(things.shop.slug, f"admin:{name}_changelist") for name in names),
        mount.shop_url(things.shop.slug, "admin:index"),
        mount.shop_url(things.shop.slug, "admin:autocomplete"),
    ]


def broken(client: Client, address: str, said: dict[str, str], **headers: str) -> Iterator[str]:
    url = f"{address}?{urlencode(said)}"
    answer = client.get(url, headers=headers)
    if answer.status_code >= BROKE or (not answer.streaming and FAILED_PART in answer.content):
        yield f"{answer.status_code} {url[:300]}"


@pytest.mark.parametrize(("places", "known"), [(pages, PARAMETERS), (lists, ADMIN_PARAMETERS)], ids=["pages", "admin"])
def test_no_page_breaks_where_everything_it_reads_is_hostile(
    owner: tuple[Client, Shelf], places: Callable[[Shelf], list[str]], known: dict[str, list[str]]
) -> None:
    client, things = owner
    found = [
        problem
        for number, address in enumerate(places(things))
        for value in HOSTILE[number % 3 :: 3]  # every page meets a third of them; any mixture comes below
        for problem in broken(client, address, dict.fromkeys(known, value))
    ]
    assert found == []


def asked(known: dict[str, list[str]]) -> st.SearchStrategy[dict[str, str]]:
    one = st.sampled_from(list(known)).flatmap(
        lambda name: st.tuples(st.just(name), st.sampled_from(known[name]) | st.sampled_from(HOSTILE) | st.text())
    )
    return st.lists(one, min_size=1, max_size=6).map(dict)


@pytest.mark.parametrize(("places", "known"), [(pages, PARAMETERS), (lists, ADMIN_PARAMETERS)], ids=["pages", "admin"])
def test_no_page_breaks_on_any_mixture(
    owner: tuple[Client, Shelf], places: Callable[[Shelf], list[str]], known: dict[str, list[str]]
) -> None:
    client, things = owner

    @settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(address=st.sampled_from(places(things)), said=asked(known))
    def never_breaks(address: str, said: dict[str, str]) -> None:
        assert list(broken(client, address, said)) == []

    never_breaks()


@pytest.mark.parametrize("target", ["main", "no-such-part", "../../x {% now %} a#b" + "x" * 3000])
def test_no_part_of_a_page_breaks_it(owner: tuple[Client, Shelf], target: str) -> None:
    client, things = owner
    headers = {"HX-Request": "true", "HX-Target": target, "HX-Current-URL": "http://[::1"}
    assert [problem for address in pages(things) for problem in broken(client, address, {}, **headers)] == []


@pytest.mark.parametrize("row", ["0", "9" * 40, "abc", "1%00", "_5F", "٣", "-1", "1/../../x"])
def test_an_impossible_id_is_a_page_that_is_not_there(owner: tuple[Client, Shelf], row: str) -> None:
    client, things = owner
    found = []
    for model in shop_admin._registry:
        name = f"{model._meta.app_label}/{model._meta.model_name}"
        for page in ("change", "history", "delete"):
            found += broken(client, f"/s/{things.shop.slug}/admin/{name}/{row}/{page}/", {})
    for page in ("products", "imports", "sales/receipts"):
        found += broken(client, f"/s/{things.shop.slug}/{page}/{row}/", {})
    assert found == []
