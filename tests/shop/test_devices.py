"""Tills' keys: made once, changed with an overlap, ended at once, and never readable anywhere."""

import datetime as dt
import json
import logging
import re
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from shop import devices, doors, reports
from shop.devices import CodeRefused, DeviceRevoked, KeyUnknown
from shop.logs import JsonFormatter
from shop.models import Change, Device, DeviceKey, Enrolment, Register, Shop
from shop.tenancy import use_shop
from tests.factories import Cast, make_till, till_client

NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
PAGE = "/s/green/settings/tills/"


@pytest.fixture(autouse=True)
def no_guesses_counted(db: None) -> None:
    cache.clear()


def register_of(shop: Shop) -> Register:
    with use_shop(shop):
        return Register.objects.select_related("branch").order_by("id").first()  # type: ignore[no-any-return]


def code_for(shop: Shop) -> str:
    with use_shop(shop):
        return devices.make_enrolment(register_of(shop), by="alice@shops.example")


# --- Codes --------------------------------------------------------------------------------------------------
def test_a_code_connects_one_till_once(cast: Cast) -> None:
    code = code_for(cast.green)
    key, till = devices.enrol(code.lower().replace("-", " "), "Front")
    assert (till.shop, till.register_id, till.name) == (cast.green, register_of(cast.green).pk, "Front")
    assert devices.till_of(key) == till
    with pytest.raises(CodeRefused):
        devices.enrol(code, "Another")


def test_a_code_has_sixty_bits_and_lasts_a_day(cast: Cast) -> None:
    assert 32**12 == 2**60
    with time_machine.travel(NOON, tick=False):
        code = code_for(cast.green)
    assert re.fullmatch(r"[A-HJ-NP-Z2-9]{4}(-[A-HJ-NP-Z2-9]{4}){2}", code)
    with time_machine.travel(NOON + dt.timedelta(hours=24), tick=False), pytest.raises(CodeRefused):
        devices.enrol(code, "Late")


def test_a_new_code_ends_the_one_before(cast: Cast) -> None:
    first, second = code_for(cast.green), code_for(cast.green)
    with pytest.raises(CodeRefused):
        devices.enrol(first, "Front")
    devices.enrol(second, "Front")


def test_who_made_the_code_is_in_the_history(cast: Cast) -> None:
    devices.enrol(code_for(cast.green), "Front")
    with use_shop(cast.green):
        change = Change.objects.get(table="shop_device")
    assert (change.actor, change.reason) == ("alice@shops.example", "Connected by a code")


def enrol(code: str, **more: Any) -> Any:
    sent = json.dumps({"code": code, "name": "Front"})
    return Client().post("/api/v1/enrol", sent, content_type="application/json", **more)


def test_a_till_connects_over_http(cast: Cast) -> None:
    answer = enrol(code_for(cast.green))
    assert answer.status_code == 201
    assert answer.json()["shop"]["name"] == "Green Grocer"
    assert till_client(answer.json()["key"]).get("/api/v1/device").json()["device"]["name"] == "Front"


def test_every_wrong_code_is_answered_alike(cast: Cast) -> None:
    used, old = code_for(cast.green), code_for(cast.rival)
    enrol(used)
    Enrolment.objects.filter(shop=cast.rival).update(expires_at=timezone.now())
    answers = [enrol(code) for code in (used, old, "AAAA-AAAA-AAAA", "")]
    assert len({json.dumps(answer.json() | {"request_id": ""}) for answer in answers}) == 1
    assert answers[0].status_code == 422


def test_guessing_codes_ends_soon(cast: Cast) -> None:
    """The count is kept in PostgreSQL, so it holds for all processes and without Valkey."""
    answers = [enrol(f"AAAA-AAAA-{number:04}") for number in range(40)]
    assert sum(answer.status_code == 422 for answer in answers) == 30
    last = answers[-1]
    assert last.status_code == 429
    assert last.headers["Retry-After"] == "3600"
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from aisle_cache where cache_key like '%enrol%'")
        assert cursor.fetchone()[0] > 0
    assert enrol(code_for(cast.green)).status_code == 429, "a right code waits too"


# --- Keys ---------------------------------------------------------------------------------------------------
def test_the_old_key_is_good_for_another_day(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False):
        till, old = make_till(cast.green)
        answer = till_client(old).post("/api/v1/device:rotate")
        new = answer.json()["key"]
        assert answer.json()["old_key_ends_at"] == "2026-11-22T12:00:00Z"
        assert devices.till_of(old).device_id == devices.till_of(new).device_id == till.device_id
    with time_machine.travel(NOON + dt.timedelta(hours=24), tick=False):
        devices.till_of(new)
        with pytest.raises(KeyUnknown):
            devices.till_of(old)


def test_an_answer_that_got_lost_leaves_no_key_behind(cast: Cast) -> None:
    till, old = make_till(cast.green)
    lost, arrived = (till_client(old).post("/api/v1/device:rotate").json()["key"] for _ in range(2))
    with pytest.raises(KeyUnknown):
        devices.till_of(lost)
    devices.till_of(arrived)
    assert DeviceKey.objects.filter(device_id=till.device_id).count() == 2


def test_asking_again_and_again_does_not_keep_an_old_key_alive(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False):
        _, old = make_till(cast.green)
        till_client(old).post("/api/v1/device:rotate")
    with time_machine.travel(NOON + dt.timedelta(hours=23), tick=False):
        answer = till_client(old).post("/api/v1/device:rotate")
        assert answer.json()["old_key_ends_at"] == "2026-11-22T12:00:00Z"


def test_ending_a_device_ends_every_key_of_it_at_once(cast: Cast) -> None:
    till, old = make_till(cast.green)
    new = till_client(old).post("/api/v1/device:rotate").json()["key"]
    other, other_key = make_till(cast.green, "Side")
    with use_shop(cast.green):
        devices.revoke(till.device_id, by="alice@shops.example")
        devices.revoke(till.device_id, by="again")
        ended = Device.objects.get(pk=till.device_id)
        with pytest.raises(DeviceRevoked):
            devices.rotate(till.device_id)
    assert ended.revoked_by == "alice@shops.example"
    for key in (old, new):
        assert till_client(key).get("/api/v1/device").status_code == 403
    assert devices.till_of(other_key) == other


def test_a_shop_ends_and_changes_its_own_devices_only(cast: Cast) -> None:
    till, key = make_till(cast.rival)
    with use_shop(cast.green):
        for work in (lambda: devices.revoke(till.device_id, by="x"), lambda: devices.rotate(till.device_id)):
            with pytest.raises(Device.DoesNotExist):
                work()
    assert devices.till_of(key) == till


def test_last_seen_is_written_once_a_minute(cast: Cast) -> None:
    till, key = make_till(cast.green)

    def seen() -> dt.datetime | None:
        return doors.last_seen(cast.green.pk).get(till.device_id)

    with time_machine.travel(NOON, tick=False):
        DeviceKey.objects.update(seen_at=None)
        devices.till_of(key)
    with time_machine.travel(NOON + dt.timedelta(seconds=59), tick=False):
        devices.till_of(key)
    assert seen() == NOON
    with time_machine.travel(NOON + dt.timedelta(seconds=61), tick=False):
        devices.till_of(key)
    assert seen() == NOON + dt.timedelta(seconds=61)


def test_what_a_till_changes_is_noted_as_its_own(cast: Cast) -> None:
    """The key names shop and device, and the change history says it was the till."""
    _, key = make_till(cast.green, "Front")
    sale = {
        "id": "0198a1c2-0000-7000-8000-000000000001",
        "sold_at": timezone.now().isoformat(),
        "customer": {"code": "NEW1", "name": "New"},
        "lines": [{"sku": "MILK", "quantity": "1", "unit_price": "1.45"}],
        "payments": [{"tender": "cash", "amount": "1.45"}],
    }
    answer = till_client(key).post("/api/v1/sales", json.dumps(sale), content_type="application/json")
    assert answer.status_code == 201, answer.content
    with use_shop(cast.green):
        assert Change.objects.filter(table="customers_customer", actor="till Front").exists()


# --- Nowhere to be read -------------------------------------------------------------------------------------
def everything_stored() -> str:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        cursor.execute("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")
        tables = [table for (table,) in cursor.fetchall()]
        rows = []
        for table in tables:
            cursor.execute(f'select t::text from "{table}" t')
            rows += [row for (row,) in cursor.fetchall()]
    return "\n".join(rows)


def test_keys_and_codes_are_in_no_table_and_no_log(cast: Cast, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    code = code_for(cast.green)
    key = enrol(code).json()["key"]
    client = till_client(key)
    new = client.post("/api/v1/device:rotate").json()["key"]
    client.get("/api/v1/device")
    client.get("/api/v1/device", {"key": key})
    client.get(f"/api/v1/{key}")
    till_client(key[:-1]).get("/api/v1/device")
    client.post("/api/v1/sales", f'{{"id": "{key}"', content_type="application/json")
    logged = "\n".join(JsonFormatter().format(record) for record in caplog.records)
    with use_shop(cast.green):
        stored = everything_stored()
    assert "answered" in logged and cast.green.name in stored
    for secret in (key, new, code, code.replace("-", "")):
        bare = secret.rpartition("_")[2]
        assert bare not in logged, "a secret is in the log"
        assert bare not in stored, "a secret is in the database"
    assert devices.hash_of(new) in stored


# --- The page -----------------------------------------------------------------------------------------------
def test_the_page_shows_codes_and_keys_once(cast: Cast) -> None:
    client, register = cast.client(), register_of(cast.green)
    answer = client.post(f"{PAGE}{register.pk}/connect/")
    code = re.search(r'id="code">([^<]+)<', answer.content.decode())[1]  # type: ignore[index]
    assert answer.headers["Cache-Control"] == "private, no-store"
    key, till = devices.enrol(code, "Front")
    page = client.get(PAGE).content.decode()
    assert "Front" in page and code not in page and key not in page
    new = client.post(f"/s/green/settings/devices/{till.device_id}/key/").content.decode()
    assert re.search(r'value="aisle_[^"]+"', new)
    client.post(f"/s/green/settings/devices/{till.device_id}/end/")
    with use_shop(cast.green):
        assert [note.what for note in reports.latest_changes()] == ["disconnected Front", "connected Front"]
        assert [each.device.name for each in reports.ended_devices()] == ["Front"]
        assert all(not place.devices for _, places in reports.tills() for place in places)


def test_the_page_asks_as_often_for_many_tills_as_for_one(cast: Cast, django_assert_max_num_queries: Any) -> None:
    client = cast.client()
    for number in range(5):
        make_till(cast.green, f"Till {number}")
    with django_assert_max_num_queries(16):
        client.get(PAGE)


def test_rules_of_all_tills_are_kept(cast: Cast) -> None:
    sent = {"cash_rounding": "0.05", "api_origins": "https://till.example\nhttp://localhost:3000"}
    assert cast.client().post(f"{PAGE}rules/", sent).status_code == 302
    shop = Shop.objects.get(pk=cast.green.pk)
    assert (str(shop.cash_rounding), shop.blind_counts) == ("0.05", False)
    answer = cast.client().post(f"{PAGE}rules/", {"api_origins": "https://till.example/x"})
    assert answer.status_code == 422


def test_a_till_keeps_its_branch(cast: Cast) -> None:
    """Its documents and its devices' keys name the branch."""
    register = register_of(cast.green)
    with use_shop(cast.green):
        other = cast.green and register.branch_id
    page = cast.client().get(f"/s/green/admin/shop/register/{register.pk}/change/").content.decode()
    assert 'name="branch"' not in page
    answer = cast.client().post(
        f"/s/green/admin/shop/register/{register.pk}/change/", {"name": "Till 1", "branch": str(other + 1)}
    )
    assert answer.status_code == 302
    assert register_of(cast.green).branch_id == other
