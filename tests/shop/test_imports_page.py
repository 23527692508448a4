"""The import pages: upload, match columns, check, progress, result, refused rows, and who may. Without JavaScript."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from sales.models import Sale
from shop.imports.mapping import Mapping
from shop.models import Import
from shop.roles import Role
from shop.tenancy import use_shop
from tests import factories
from tests.factories import Cast
from tests.importing import keep_uploads_in, paid, shared, work

FILE = b"Receipt,Date,Time,SKU,Qty,Price\nR1,2026-03-02,10:00,MILK,2,1.45\nR2,2026-03-02,10:05,MILK,x,1.45\n"
MATCHED = {"c0": "receipt", "c1": "time", "c2": "time", "c3": "product", "c4": "quantity", "c5": "price"}


@pytest.fixture(autouse=True)
def uploads_of_this_test(tmp_path: Any, settings: Any) -> None:
    keep_uploads_in(tmp_path, settings)


class Desk:
    """A member at the pages of one shop, with a worker who does what is asked for at once."""

    def __init__(self, cast: Cast, user: Any = None) -> None:
        self.cast, self.client = cast, cast.client(user)

    def upload(self, content: bytes = FILE, name: str = "till.csv", kind: str = "sales_lines") -> Any:
        form = {"file": SimpleUploadedFile(name, content), "kind": kind, "branch": "High Street"}
        return self.client.post("/s/green/imports/new/", form)

    def begin(self, *args: Any, **more: Any) -> str:
        """The address of an import that has been read."""
        url: str = self.upload(*args, **more).url
        return self.worked(url)

    def worked(self, url: str) -> str:
        with use_shop(self.cast.green):
            work(Import.objects.get(pk=url.rstrip("/").split("/")[-1]))
        return url

    def post(self, url: str, **form: Any) -> str:
        """Post, and let the worker do it."""
        answer = self.client.post(url, form)
        assert answer.status_code == 302, answer.content.decode()[:2000]
        return self.worked(str(answer.url))

    def body(self, url: str) -> str:
        text: str = self.client.get(url).content.decode()
        return text

    def checked(self, *args: Any, **more: Any) -> str:
        url = self.begin(*args, **more)
        return self.post(f"{url}map/", do="check", **MATCHED)


@pytest.fixture
def desk(committed_cast: Cast) -> Desk:
    return Desk(committed_cast)


def test_a_file_goes_in_through_the_pages(desk: Desk) -> None:
    assert "Nothing has been imported yet" in desk.body("/s/green/imports/")
    url = desk.upload().url
    assert "Waiting for a free worker" in desk.body(url) and 'hx-trigger="look, every 30s"' in desk.body(url)
    desk.worked(url)
    assert desk.client.post(f"{url}map/", MATCHED).url == url
    shown = desk.body(url)
    assert "<b>Qty</b><small>2, x</small>" in shown and "As it will be stored" in shown
    assert "2026-03-02 10:00" in shown and "“x” is not a number" in shown, "the rows as they will be stored"
    desk.post(f"{url}map/", do="check", **MATCHED)
    shown = desk.body(url)
    assert "1 line ready · 1 needs a look" in shown and "1 receipt worth €2.90 would come in" in shown
    desk.post(f"{url}go/")
    done = desk.body(url)
    assert "The file is in." in done and "1 receipt worth €2.90 came in" in done and "Undo this import" in done
    refused = b"".join(desk.client.get(f"{url}refused.csv").streaming_content).decode()
    assert refused.splitlines()[0] == "Receipt,Date,Time,SKU,Qty,Price,line,reason"
    assert refused.splitlines()[1].startswith("R2,2026-03-02,10:05,MILK,x,1.45,3,quantity: “x” is not a number")
    assert "till.csv" in desk.body("/s/green/imports/")
    with use_shop(desk.cast.green):
        assert Sale.objects.get().receipt == "R1"


def test_a_value_is_mended_by_its_cause(desk: Desk) -> None:
    url = desk.checked()
    assert "Write what the value should be" in desk.client.post(f"{url}fix/", {"group": "0"}).content.decode()
    desk.post(f"{url}fix/", **{"group": "0", "value-0": "3", "do": "use"})
    assert "2 lines ready" in desk.body(url)
    desk.post(f"{url}go/")
    with use_shop(desk.cast.green):
        assert str(paid()) == "7.2500"


def test_a_row_is_mended_or_left_out(desk: Desk) -> None:
    url = desk.checked()
    shown = desk.body(f"{url}rows/")
    assert "Line 3" in shown and 'name="cell-3-quantity" value="x"' in shown
    assert desk.client.post(f"{url}rows/", {}).status_code == 422
    desk.post(f"{url}rows/", **{"cell-3-quantity": "5"})
    assert "2 lines ready" in desk.body(url)
    other = desk.checked(FILE.replace(b"R1", b"R8").replace(b"R2", b"R9"))
    desk.post(f"{other}rows/", **{"skip-3": "on"})
    assert "1 line ready" in desk.body(other) and "need a look" not in desk.body(other)


def test_steps_are_put_on_and_taken_off_a_field(desk: Desk) -> None:
    url = desk.begin()
    page = f"{url}field/?name=price"
    assert desk.client.post(page, {"do": "divided_by", "by": "0"}).status_code == 422
    shown = desk.client.post(page, {"do": "divided_by", "by": "100"}).content.decode()
    assert "0.0145" in shown
    desk.client.post(page, {"off": "0"})
    assert "Nothing. The text is read as it stands" in desk.body(page)


def test_the_preview_follows_the_form(desk: Desk) -> None:
    url = desk.begin()
    htmx = {"HX-Request": "true", "HX-Target": "preview"}
    part = desk.client.post(f"{url}map/", {**MATCHED, "c4": ""}, headers=htmx).content.decode()
    assert part.strip().startswith("<section") and "<html" not in part and "Quantity" not in part
    missing = desk.client.post(f"{url}map/", {"c0": "receipt", "do": "check"})
    assert missing.status_code == 422 and "Choose a column for" in missing.content.decode()


def test_what_the_columns_give_is_kept_as_posted(desk: Desk) -> None:
    url = desk.begin()
    desk.client.post(f"{url}map/", {**MATCHED, "c3": ["product", "customer"], "constant-branch": "Station", "c0": ""})
    with use_shop(desk.cast.green):
        said = Mapping.from_json(Import.objects.get().mapping)
    assert said.columns["time"] == ("Date", "Time") and said.columns["product"] == said.columns["customer"] == ("SKU",)
    assert said.constants == {"branch": "Station"} and said.columns["receipt"] == ()
    assert not said.drops_repeats


def test_rows_that_repeat_are_left_out_where_it_is_asked(desk: Desk) -> None:
    url = desk.begin()
    for posted, drops in (({"repeats": "on"}, True), ({}, False)):
        page = desk.client.post(f"{url}map/", {**MATCHED, "asks-repeats": "1", **posted}, follow=True)
        assert ('name="repeats" checked' in page.content.decode()) is drops
        with use_shop(desk.cast.green):
            assert Mapping.from_json(Import.objects.get().mapping).drops_repeats is drops


def test_progress_is_asked_for_as_a_part_of_the_page(desk: Desk) -> None:
    url = desk.upload().url
    htmx = {"HX-Request": "true", "HX-Target": "state"}
    part = desk.client.get(url, headers=htmx).content.decode()
    assert part.strip().startswith('<div id="state"') and "<html" not in part
    desk.worked(url)
    assert desk.client.get(url, headers=htmx).headers["HX-Refresh"] == "true", "the next step is another page"


def test_a_waiting_import_is_cancelled_and_leaves_nothing(desk: Desk) -> None:
    url = desk.checked()
    desk.client.post(f"{url}go/")
    desk.post(f"{url}cancel/")
    with use_shop(desk.cast.green):
        assert not Sale.objects.exists()
    assert "1 line ready" in desk.body(url), "it can be asked for again"


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "till.csv", "till.csv is empty"),
        (b"%PDF-1.7", "till.csv", "is a PDF"),
        (b"a,b\n1,2\n", "till.exe", "must end in"),
        (b"a,b\n1,\0\n", "till.csv", "zero"),
    ],
)
def test_a_file_that_is_none_is_told_so(cast: Cast, content: bytes, name: str, words: str) -> None:
    answer = Desk(cast).upload(content, name)
    assert answer.status_code == 422
    assert words in answer.content.decode() and "There is a problem" in answer.content.decode()


def test_only_a_header_is_told_so(desk: Desk) -> None:
    url = desk.begin(b"Receipt,Date,Time,SKU,Qty,Price\n")
    desk.post(f"{url}map/", do="check", **MATCHED)
    assert "no rows below" in desk.body(url) and "Match columns" in desk.body(url)


def test_one_value_for_every_row(desk: Desk) -> None:
    url = desk.begin()
    form = {**MATCHED, "c4": "", "constant-branch": "Station", "constant-quantity": "3"}
    desk.post(f"{url}map/", do="check", **form)
    desk.post(f"{url}go/")
    with use_shop(desk.cast.green):
        assert set(Sale.objects.values_list("branch__name", flat=True)) == {"Station"}
        assert str(paid()) == "8.7000"


def test_the_same_file_is_known_again_and_may_hold_another_kind(desk: Desk) -> None:
    url = desk.checked()
    desk.post(f"{url}go/")
    again = desk.begin()
    assert "Exactly this file came in before." in desk.body(again)
    other = desk.post(f"{url}again/", kind="products")
    assert "Products" in desk.body(other) and "Match columns" in desk.body(other)


def test_templates_are_files_that_can_be_imported(desk: Desk) -> None:
    answer = desk.client.get("/s/green/imports/template.csv?kind=sales_lines")
    assert answer.status_code == 200 and 'filename="sales_lines.csv"' in answer.headers["Content-Disposition"]
    url = desk.begin(answer.content, "sales_lines.csv", kind="")
    assert "Sales, line by line" in desk.body(url)
    assert desk.client.get("/s/green/imports/template.csv?kind=nothing").status_code == 404


def test_cashiers_clerks_and_analysts_may_not(cast: Cast) -> None:
    for role in (Role.CASHIER, Role.CLERK, Role.ANALYST):
        client = cast.client(factories.make_member(shop=cast.green, role=role))
        assert client.get("/s/green/imports/").status_code == 403
        assert client.get("/s/green/imports/new/").status_code == 403


def test_another_shop_sees_neither_import_nor_upload(desk: Desk) -> None:
    url = desk.checked()
    charlie = desk.cast.client(desk.cast.charlie)
    for path in (url, f"{url}refused.csv", f"{url}rows/"):
        assert charlie.get(path).status_code == 404
        assert charlie.get(path.replace("/green/", "/rival/")).status_code == 404
    assert charlie.post(f"{url}go/".replace("/green/", "/rival/")).status_code == 404


def test_the_real_supermarket_file_goes_in_as_guessed(desk: Desk) -> None:
    content = shared("supermarket_sales/supermarket_sales.csv").read_bytes()
    url = desk.begin(content, "supermarket_sales.csv", kind="")
    with use_shop(desk.cast.green):
        imported = Import.objects.get()
        header, columns = imported.sample["header"], imported.mapping["columns"]
    assert imported.kind == "sales_lines" and columns["time"] == ["Date", "Time"]
    form: dict[str, list[str]] = {}
    for field, names in columns.items():
        for name in names:
            form.setdefault(f"c{header.index(name)}", []).append(field)
    desk.post(f"{url}map/", do="check", **form)
    assert "1,000 lines ready" in desk.body(url)
    desk.post(f"{url}go/")
    with use_shop(desk.cast.green):
        assert str(paid()) == "322966.7490"
