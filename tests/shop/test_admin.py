"""The shop's admin: who may enter, what each role may do, history without the log table, one transaction a POST."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import NoReverseMatch

from inventory.models import Barcode, Category, Product
from shop import mount, schedules
from shop.admin_sites import shop_admin
from shop.models import Branch, Change, Membership
from shop.roles import Role
from shop.tenancy import use_shop
from tests import factories
from tests.contracts import shelf
from tests.factories import Cast

pytestmark = pytest.mark.django_db


def url(name: str, *args: object) -> str:
    return mount.shop_url("green", f"admin:{name}", *args)


def names() -> list[str]:
    return [f"{model._meta.app_label}_{model._meta.model_name}" for model in shop_admin._registry]


def test_every_list_and_page_opens_for_the_owner(cast: Cast) -> None:
    shelf.fill(cast.green)
    client = cast.client()
    assert client.get(url("index")).status_code == 200
    for model, model_admin in shop_admin._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        assert client.get(url(f"{name}_changelist"), {"q": "milk"}).status_code == 200, name
        with use_shop(cast.green):
            row = model.objects.order_by("-pk").first()
        page = client.get(url(f"{name}_change", row.pk))
        assert page.status_code == 200, name
        assert "style=" not in page.content.decode(), name
        assert client.get(url(f"{name}_history", row.pk)).status_code == 200, name
        living = name == "shop_schedule" and schedules.is_known(row.kind)  # it would come back: it is switched off
        deletes = model_admin.deletes and model_admin.edits and not living
        assert client.get(url(f"{name}_delete", row.pk)).status_code == (200 if deletes else 403), name
        assert client.get(url(f"{name}_add")).status_code == (
            200 if (model_admin.adds and model_admin.edits) or name == "sales_sale" else 403
        ), name


def test_the_front_is_the_shops(cast: Cast) -> None:
    page = cast.client().get(url("index")).content.decode()
    assert "Green Grocer" in page and 'href="/s/green/"' in page
    assert 'action="/accounts/logout/"' in page
    assert "Rival" not in page


def test_accounts_are_at_the_root(cast: Cast) -> None:
    client = cast.client()
    assert client.get(url("password_change")).headers["Location"] == "/accounts/password/change/"
    assert client.get(url("logout")).headers["Location"] == "/accounts/logout/"
    assert client.get(url("login")).headers["Location"] == url("index")
    with pytest.raises(NoReverseMatch):
        url("view_on_site", 1, 1)
    client.logout()
    assert client.get(url("index")).headers["Location"] == "/accounts/login/?next=/s/green/admin/"


def test_a_demoted_member_may_less_on_the_next_request(cast: Cast) -> None:
    client = cast.client()
    assert client.get(url("shop_branch_add")).status_code == 200
    membership = Membership.objects.get(user=cast.alice)
    membership.role = Role.CLERK
    membership.save()
    assert client.get(url("shop_branch_add")).status_code == 403
    membership.delete()
    assert client.get(url("index")).status_code == 404


def test_the_index_lists_what_the_role_may(cast: Cast) -> None:
    cashier = cast.client(cast.bob).get(url("index")).content.decode()
    assert "/inventory/product/" in cashier
    assert "/sales/sale/" not in cashier and "/customers/customer/" not in cashier
    assert "Changed lately" not in cashier


def test_a_double_is_a_sentence_on_the_form(cast: Cast) -> None:
    answer = cast.client().post(url("shop_branch_add"), {"name": "Station"})
    assert answer.status_code == 200
    assert "There is already a branch with the name Station." in answer.content.decode()


def test_two_people_at_once_meet_a_sentence_too(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The form found nothing wrong because the other row was not there yet; the database did."""
    monkeypatch.setattr(Branch, "validate_constraints", lambda self, exclude=None: None)
    answer = cast.client().post(url("shop_branch_add"), {"name": "Station"}, follow=True)
    assert answer.status_code == 200 and "Somebody has just saved something like it" in answer.content.decode()


def test_the_shop_cannot_be_posted(cast: Cast) -> None:
    answer = cast.client().post(
        url("shop_branch_add"), {"name": "Harbour", "shop": cast.rival.pk, "shop_id": cast.rival.pk}
    )
    assert answer.status_code == 302
    with use_shop(cast.green):
        assert Branch.objects.filter(name="Harbour").exists()
    with use_shop(cast.rival):
        assert not Branch.objects.filter(name="Harbour").exists()


def test_changes_are_told_by_the_database_and_not_by_djangos_log(cast: Cast) -> None:
    client = cast.client()
    with use_shop(cast.green):
        branch = Branch.objects.get(name="Station")
    client.post(url("shop_branch_change", branch.pk), {"name": "Station Road"})
    with use_shop(cast.green):
        Branch.objects.filter(pk=branch.pk).update(needs_review=True)
    page = client.get(url("shop_branch_history", branch.pk)).content.decode()
    assert "alice@shops.example" in page
    assert re.search(r"Name</td><td>Station</td><td>Station Road", page)
    assert re.search(r"Needs review</td><td>no</td><td>yes", page), "changes in bulk are in it too"
    assert "Changed branch Station Road" in client.get(url("index")).content.decode()
    assert not LogEntry.objects.exists()


def test_a_deletion_is_kept_in_history(cast: Cast) -> None:
    with use_shop(cast.green):
        category = Category.objects.create(name="Gone soon")
    client = cast.client()
    answer = client.post(url("inventory_category_delete", category.pk), {"post": "yes"})
    assert answer.status_code == 302
    with use_shop(cast.green):
        assert Change.objects.get(table="inventory_category", action="delete").actor == "alice@shops.example"
    assert "Removed category Gone soon" in client.get(url("index")).content.decode()


def test_what_stands_in_the_way_is_counted_not_listed(cast: Cast) -> None:
    with use_shop(cast.green):
        dairy = Category.objects.get(name="Dairy")
    page = cast.client().get(url("inventory_category_delete", dairy.pk)).content.decode()
    assert "3 products" in page and "Green Grocer milk" not in page
    assert cast.client().post(url("inventory_category_delete", dairy.pk), {"post": "yes"}).status_code != 302
    with use_shop(cast.green):
        assert Category.objects.filter(pk=dairy.pk).exists()


def test_a_failing_save_leaves_nothing_half_written(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(Barcode, "save", fail)
    client = cast.client()
    client.raise_request_exception = False
    answer = client.post(url("inventory_product_add"), product_post(sku="HALF", codes=["4000000000001"]))
    assert answer.status_code == 500
    with use_shop(cast.green):
        assert not Product.objects.filter(sku="HALF").exists()


@pytest.mark.parametrize("key", ["shop_id", "cost__gt", "supplier__email__startswith", "price__lt"])
def test_lists_answer_only_the_filters_they_show(cast: Cast, key: str) -> None:
    assert cast.client().get(url("inventory_product_changelist"), {key: "1"}).status_code == 400


def product_post(*, sku: str, codes: list[str], **fields: str) -> dict[str, str]:
    data = {"sku": sku, "name": f"Product {sku}", "unit": "piece", "price": "1.00", "is_active": "on", **fields}
    data |= {"barcodes-TOTAL_FORMS": str(len(codes)), "barcodes-INITIAL_FORMS": "0"}
    data |= {"price_changes-TOTAL_FORMS": "0", "price_changes-INITIAL_FORMS": "0"}
    for number, code in enumerate(codes):
        data |= {f"barcodes-{number}-code": code, f"barcodes-{number}-pack_quantity": "1"}
    return data


def test_nobody_elses_rows_through_any_way_in(cast: Cast) -> None:
    """Change, delete, history, popup, autocomplete, filter, action and a posted id: a foreign row is no row."""
    with use_shop(cast.rival):
        theirs = Product.objects.get(sku="MILK")
        category, supplier = theirs.category, theirs.supplier
    client = cast.client()
    for page in ("change", "delete", "history"):
        assert client.get(url(f"inventory_category_{page}", category.pk)).status_code == 404
        assert client.post(url(f"inventory_category_{page}", category.pk), {"name": "Taken"}).status_code == 404
    assert client.get(url("inventory_product_change", theirs.pk), {"_popup": "1"}).status_code == 404
    assert client.get(url("inventory_product_change", theirs.sku), {"_to_field": "sku"}).status_code == 400
    found = client.get(
        url("autocomplete"),
        {"app_label": "inventory", "model_name": "product", "field_name": "supplier", "term": "Rival"},
    ).json()
    assert found["results"] == []
    listed = client.get(url("inventory_product_changelist"), {"category__id__exact": category.pk}).content.decode()
    assert "0 products" in listed and "Rival" not in listed
    action = {"action": "change_prices", "_selected_action": [theirs.pk]}
    assert "Rival" not in client.post(url("inventory_product_changelist"), action, follow=True).content.decode()
    posted = client.post(
        url("inventory_product_add"),
        product_post(sku="SPY", codes=[], category=str(category.pk), supplier=str(supplier.pk)),
    )
    assert posted.status_code == 200 and "Rival" not in posted.content.decode()
    with use_shop(cast.green):
        assert not Product.objects.filter(sku="SPY").exists()


def test_a_foreign_inline_row_is_refused(cast: Cast) -> None:
    with use_shop(cast.rival):
        theirs = Barcode.objects.first()
    with use_shop(cast.green):
        milk = Product.objects.get(sku="MILK")
    data = product_post(sku="MILK", codes=["4000000000002"]) | {
        "barcodes-INITIAL_FORMS": "1",
        "barcodes-0-id": str(theirs.pk),
        "barcodes-0-product": str(milk.pk),
    }
    assert cast.client().post(url("inventory_product_change", milk.pk), data).status_code == 200
    with use_shop(cast.rival):
        assert Barcode.objects.get(pk=theirs.pk).code == theirs.code


def test_platform_is_for_operators_and_holds_no_shops_data(cast: Cast) -> None:
    from django.test import Client

    from shop.admin_sites import platform_admin
    from shop.models import User
    from shop.walls import DOOR_TABLES

    assert {model._meta.db_table for model in platform_admin._registry} <= set(DOOR_TABLES)
    assert cast.client().get("/platform/", follow=True).status_code == 404
    assert Client().get("/platform/").status_code == 302
    client = cast.client(User.objects.create_superuser("ops@aisle.example", "x"))
    for model in platform_admin._registry:
        address = f"/platform/{model._meta.app_label}/{model._meta.model_name}/"
        assert client.get(address).status_code == 200, address
        assert client.get(f"{address}add/").status_code in (200, 403), address
    owner = Membership.objects.get(user=cast.alice)
    answer = client.post(f"/platform/shop/membership/{owner.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 422 and Membership.objects.filter(pk=owner.pk).exists()
    added = client.post("/platform/shop/user/add/", {"email": "New@shops.example", "name": "New", "is_active": "on"})
    assert added.status_code == 302
    assert not User.objects.get(email="new@shops.example").has_usable_password()
    assert client.get(f"/platform/shop/shop/{cast.green.pk}/change/").status_code == 200


def test_the_query_count_of_a_list_does_not_grow(cast: Cast) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, counts = cast.client(), []
    for number in (5, 15):
        with use_shop(cast.green):
            for _ in range(number):
                factories.make_product(category=Category.objects.get(name="Dairy"))
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get(url("inventory_product_changelist"))
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 15


@pytest.mark.parametrize("chosen", ["abc", "", "9" * 40, "-1", "1.5"])
@pytest.mark.parametrize("action", ["change_prices", "delete_selected"])
def test_an_action_on_what_can_be_no_row_does_nothing(cast: Cast, action: str, chosen: str) -> None:
    for name in ("inventory_product", "inventory_category"):
        address = mount.shop_url("green", f"admin:{name}_changelist")
        answer = cast.client().post(address, {"action": action, "_selected_action": chosen, "post": "yes"})
        assert answer.status_code in (200, 302)
    with use_shop(cast.green):
        assert Category.objects.exists() and Product.objects.exists()


def test_a_choice_that_can_be_no_row_is_a_sentence(cast: Cast) -> None:
    address = mount.shop_url("green", "admin:inventory_product_add")
    answer = cast.client().post(address, {"name": "Plums", "sku": "P", "category": "abc", "unit": "piece"})
    assert answer.status_code == 200 and "Select a valid choice" in answer.content.decode()
