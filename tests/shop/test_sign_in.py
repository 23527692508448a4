"""Signing in, out, and the second step: limits, sessions, mails and where one is sent afterwards."""

import re
import subprocess
import sys
from typing import Any

import pytest
import redis.connection
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings as django_settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.test import Client, RequestFactory
from django.urls import set_script_prefix, set_urlconf

from shop import mount
from shop.doors import AccountAdapter
from shop.encryption import decrypt
from shop.models import User
from tests import factories

LOGIN, LOGOUT = "/accounts/login/", "/accounts/logout/"
CHANGE, RESET = "/accounts/password/change/", "/accounts/password/reset/"
TOTP = "/accounts/2fa/totp/activate/"
PRIVATE = "/s/green/settings/"


class CountingHasher(MD5PasswordHasher):
    """Counts the passwords it was asked about."""

    asked = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.asked += 1
        return str(super().encode(password, salt))


@pytest.fixture
def asked(settings: Any) -> type[CountingHasher]:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    return CountingHasher


def sign_in(email: str, password: str = factories.PASSWORD, client: Client | None = None, **extra: Any) -> Any:
    return (client or Client()).post(f"{LOGIN}?next={PRIVATE}", {"login": email, "password": password}, **extra)


def words(answer: Any) -> str:
    return re.sub(r'(value|name="login"[^>]*)="[^"]*"|[\w.]+@[\w.]+|[A-Za-z0-9]{64}', "", answer.content.decode())


# --- Limits ---------------------------------------------------------------------------------------------------


def test_200_guesses_evaluate_ten_at_most(
    cast: factories.Cast, asked: type[CountingHasher], monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*args: Any, **kwargs: Any) -> None:
        raise redis.exceptions.ConnectionError("Valkey is away")

    monkeypatch.setattr(redis.connection.Connection, "connect", down)
    asked.asked = 0
    for guess in range(200):
        # Another forged address each time: only the connection's own counts.
        answer = sign_in("alice@shops.example", f"wrong {guess}", HTTP_X_FORWARDED_FOR=f"10.0.{guess}.1")
        assert "Location" not in answer.headers
    assert 1 <= asked.asked <= 10


def test_guesses_spread_over_people_are_limited_by_address(cast: factories.Cast, asked: type[CountingHasher]) -> None:
    asked.asked = 0
    for guess in range(60):
        sign_in(f"person{guess}@shops.example", "wrong", HTTP_X_FORWARDED_FOR=f"10.0.{guess}.1")
    assert 1 <= asked.asked <= 10


def test_behind_a_proxy_only_the_address_it_adds_counts(
    cast: factories.Cast, asked: type[CountingHasher], settings: Any
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    asked.asked = 0
    for guess in range(40):
        forged = f"10.0.{guess}.1, 203.0.113.9"
        sign_in(f"person{guess}@shops.example", "wrong", HTTP_X_FORWARDED_FOR=forged)
    assert 1 <= asked.asked <= 10
    sign_in("alice@shops.example", "wrong", HTTP_X_FORWARDED_FOR="203.0.113.10")
    assert asked.asked <= 11, "another address has its own count"


def test_owner_still_gets_in_when_others_guess_elsewhere(cast: factories.Cast) -> None:
    for guess in range(4):
        sign_in("alice@shops.example", f"wrong {guess}")
    assert sign_in("alice@shops.example").status_code == 302


def test_unknown_address_hears_the_same_and_costs_the_same(cast: factories.Cast, asked: type[CountingHasher]) -> None:
    asked.asked = 0
    known = sign_in("alice@shops.example", "wrong")
    for_known = asked.asked
    unknown = sign_in("nobody@shops.example", "wrong")
    assert words(known) == words(unknown)
    assert asked.asked - for_known == for_known == 1


def test_guessing_cannot_push_the_counts_out() -> None:
    assert django_settings.CACHES["default"]["BACKEND"].endswith("DatabaseCache")
    assert django_settings.CACHES["default"]["OPTIONS"]["MAX_ENTRIES"] >= 50_000


# --- Sessions -------------------------------------------------------------------------------------------------


def test_sign_in_makes_a_new_session(cast: factories.Cast) -> None:
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies[django_settings.SESSION_COOKIE_NAME] = planted
    assert sign_in("alice@shops.example", client=client).status_code == 302
    assert client.cookies[django_settings.SESSION_COOKIE_NAME].value != planted
    thief = Client()
    thief.cookies[django_settings.SESSION_COOKIE_NAME] = planted
    assert thief.get(PRIVATE).status_code == 302


def test_sign_out_ends_the_session_on_the_server(cast: factories.Cast) -> None:
    client = Client()
    sign_in("alice@shops.example", client=client)
    kept = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    client.get(LOGOUT)
    assert client.get(PRIVATE).status_code == 200, "a GET signs nobody out"
    assert client.post(LOGOUT).headers["Location"] == "/"
    thief = Client()
    thief.cookies[django_settings.SESSION_COOKIE_NAME] = kept
    assert thief.get(PRIVATE).status_code == 302


def test_new_password_ends_every_session(cast: factories.Cast) -> None:
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        sign_in("alice@shops.example", client=client)
    new = "a better horse battery"
    changed = here.post(CHANGE, {"oldpassword": factories.PASSWORD, "password1": new, "password2": new})
    assert changed.status_code == 302
    assert elsewhere.get(PRIVATE).status_code == 302
    assert sign_in("alice@shops.example", new).status_code == 302


def test_session_cookie_is_not_for_scripts_nor_other_sites(cast: factories.Cast) -> None:
    cookie = sign_in("alice@shops.example").cookies[django_settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/"


def test_cookies_elsewhere_are_host_bound_and_secure() -> None:
    names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
    program = f"from shop import settings; print(*[getattr(settings, name) for name in {names!r}])"
    said = subprocess.run(
        [sys.executable, "-c", program],
        env={"AISLE_DEV": "off", "PATH": "", "AISLE_HOME": str(django_settings.AISLE_HOME)},
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == ["__Host-sessionid", "__Host-csrftoken", "True", "True"]


# --- Where one is sent ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_next_stays_at_home(cast: factories.Cast, there: str) -> None:
    answer = Client().post(
        f"{LOGIN}?next={there}", {"login": "alice@shops.example", "password": factories.PASSWORD, "next": there}
    )
    assert answer.headers["Location"] == "/"


def test_next_leads_back_to_the_page(cast: factories.Cast) -> None:
    asked_for = Client().get(f"{PRIVATE}?country=DE")
    assert asked_for.headers["Location"] == f"{LOGIN}?next=/s/green/settings/%3Fcountry%3DDE"
    assert sign_in("alice@shops.example").headers["Location"] == PRIVATE


# --- Mails ----------------------------------------------------------------------------------------------------


def test_reset_mail_leads_to_a_new_password_and_ends_sessions(cast: factories.Cast) -> None:
    before = Client()
    sign_in("alice@shops.example", client=before)
    Client().post(RESET, {"email": "alice@shops.example"})
    found = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", mail.outbox[0].body)
    assert found
    client = Client()
    form = client.get(found[1]).headers["Location"]
    new = "a better horse battery"
    assert client.post(form, {"password1": new, "password2": new}).status_code == 302
    assert before.get(PRIVATE).status_code == 302
    assert sign_in("alice@shops.example", new).status_code == 302
    assert client.post(form, {"password1": new, "password2": new}).status_code == 200, "the link works once"


def test_mailed_links_stand_at_the_root_even_from_inside_a_shop(db: None) -> None:
    request = RequestFactory().get("/s/green/settings/")
    set_script_prefix("/s/green/")
    set_urlconf(mount.SHOP_URLCONF)
    try:
        with request_context(request):
            link = AccountAdapter(request).get_reset_password_from_key_url("abc-def")
    finally:
        set_script_prefix("/")
        set_urlconf(None)
    assert link == "http://testserver/accounts/password/reset/key/abc-def/"


def test_reset_tells_nobody_who_has_an_account(cast: factories.Cast) -> None:
    known = Client().post(RESET, {"email": "alice@shops.example"})
    unknown = Client().post(RESET, {"email": "nobody@shops.example"})
    assert known.headers["Location"] == unknown.headers["Location"]
    assert [message.to for message in mail.outbox] == [["alice@shops.example"], ["nobody@shops.example"]]
    assert not any("!" in message.body for message in mail.outbox)


# --- The second step ------------------------------------------------------------------------------------------


def code_of(secret: str) -> str:
    return str(totp.format_hotp_value(totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time()))))


def turn_on(client: Client) -> str:
    """Activate codes through the pages, which ask for the password once more; the secret."""
    again = client.get(TOTP).headers["Location"]
    assert again.startswith("/accounts/reauthenticate/")
    client.post(again, {"password": factories.PASSWORD})
    assert client.get(TOTP).status_code == 200
    secret = str(client.session[totp.SECRET_SESSION_KEY])
    assert client.post(TOTP, {"code": code_of(secret)}).status_code == 302
    return secret


def test_codes_are_stored_encrypted(cast: factories.Cast) -> None:
    client = Client()
    sign_in("alice@shops.example", client=client)
    secret = turn_on(client)
    stored = {row.type: row.data for row in Authenticator.objects.filter(user=cast.alice)}
    assert set(stored) == {"totp", "recovery_codes"}
    assert secret not in str(stored)
    assert decrypt(stored["totp"]["secret"]) == secret
    codes = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert re.search(r"\b[0-9a-f]{8}\b", codes)


def test_second_step_is_asked_for(cast: factories.Cast) -> None:
    first = Client()
    sign_in("alice@shops.example", client=first)
    secret = turn_on(first)
    client = Client()
    assert sign_in("alice@shops.example", client=client).headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get(PRIVATE).status_code == 302
    assert client.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert client.get(PRIVATE).status_code == 302
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert client.get(PRIVATE).status_code == 200


def test_an_address_too_long_for_the_history_is_refused_in_words(db: None) -> None:
    address = f"a@{'.'.join(['b' * 60] * 3)}.{'c' * 20}.example"
    said = {"name": "Ann", "email": address, "password1": "correct horse battery 9"}
    answer = Client().post("/accounts/signup/", said)
    assert "at most 200 letters" in answer.content.decode()
    assert not User.objects.exists()
