"""Server-side request forgery: whatever a member types, a feed calls nothing inside the operator's network."""

import contextlib
import ipaddress
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shop.feeds import addresses, mailbox, url, web
from shop.feeds.sources import SourceProblem, Where
from tests.feeds import certificates
from tests.feeds.web import Site

INSIDE = [
    "https://127.0.0.1/",
    "https://localhost/",
    "https://localhost./",
    "https://2130706433/",  # decimal
    "https://0177.0.0.1/",  # octal
    "https://0x7f.0.0.1/",  # hexadecimal
    "https://0x7f000001/",
    "https://127.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.8/",
    "https://172.16.4.4/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",  # a cloud's metadata
    "https://169.254.169.254/latest/meta-data/",
    "https://168.63.129.16/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[0:0:0:0:0:ffff:a9fe:a9fe]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25lo]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
]
NO_ADDRESS = [
    "file:///etc/passwd",
    "ftp://files.example/sales.csv",
    "gopher://127.0.0.1:6379/_INFO",
    "https://user:secret@files.example/",
    "https://files.example@127.0.0.1/",
    "https://files.example\\@127.0.0.1/",
    "https://files.example\r\nHost: inside/",
    "https://files.example/ sales.csv",
    "https:///sales.csv",
    "https://[::1/",
    "https://files.example:99999/",
    "//files.example/sales.csv",
    "sales.csv",
    "",
]


def ask(address: str, **private: str) -> bytes:
    with web.get(address, headers={}, private=private, seconds=5) as answer:
        return answer.body.read()


@pytest.fixture
def nobody_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    def called(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError(f"a connection was made: {args}")

    monkeypatch.setattr(socket, "create_connection", called)


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_not_called(address: str, nobody_is_called: None) -> None:
    with pytest.raises(SourceProblem, match="inside the network|cannot be found|not an address"):
        ask(address)


@pytest.mark.parametrize("address", NO_ADDRESS)
def test_what_is_no_address_is_refused(address: str, nobody_is_called: None) -> None:
    with pytest.raises(SourceProblem, match="address"):
        ask(address)
    form = url.UrlForm({"url": address, "sign_in": "none"})
    assert not form.is_valid() and "url" in form.errors


def test_a_mailbox_inside_is_not_called_either(nobody_is_called: None) -> None:
    for host in ("127.0.0.1", "localhost", "0x7f.1", "169.254.169.254", "::1"):
        where = Where({"host": host, "encryption": "tls", "port": 993}, {}, "green", "UTC")
        with pytest.raises(SourceProblem, match="inside the network"):
            mailbox.SOURCE.check(where)


def test_the_operator_may_open_the_own_network_but_never_the_machine_room(settings: Any) -> None:
    settings.FEEDS_PRIVATE_NETWORKS = True
    allowed = ["127.0.0.1", "192.168.1.1", "10.0.0.8", "fd12::1", "::ffff:10.0.0.8", "8.8.8.8"]
    never = ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "fe80::1", "0.0.0.0", "::", "224.0.0.1",
             "100.100.100.200", "168.63.129.16", "64:ff9b::a9fe:a9fe"]  # fmt: skip
    assert all(addresses.may_call(ipaddress.ip_address(text)) for text in allowed)
    assert not any(addresses.may_call(ipaddress.ip_address(text)) for text in never)


def test_a_name_with_one_address_inside_is_not_called(monkeypatch: pytest.MonkeyPatch, nobody_is_called: None) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answers(["93.184.216.34"], ["93.184.216.34", "10.0.0.1"]))
    assert addresses.look_up("files.example", 443).addresses
    with pytest.raises(SourceProblem, match="inside the network"):
        addresses.look_up("files.example", 443)


def test_a_name_that_changes_its_address_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: public when it is judged, inside a moment later. The call goes where it was judged."""
    called: list[Any] = []

    def connection(address: Any, *args: Any, **kwargs: Any) -> Any:
        called.append(address)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", answers(["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]))
    monkeypatch.setattr(socket, "create_connection", connection)
    with pytest.raises(SourceProblem, match="does not answer"):
        ask("https://files.example/")
    assert called == [("93.184.216.34", 443)]


def answers(*rounds: list[str]) -> Any:
    """A name server that says something else every time."""
    left = iter(rounds)

    def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port)) for text in next(left)]

    return getaddrinfo


@pytest.fixture
def half_open(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The test's server counts as one outside; everything else is what it is."""
    real = addresses.may_call
    monkeypatch.setattr(addresses, "may_call", lambda address: str(address) == "127.0.0.1" or real(address))
    yield site


@pytest.mark.parametrize(
    "location",
    [
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:169.254.169.254]/",
        "https://[fd00:ec2::254]/",
        "https://0xa9fea9fe/",
        "//169.254.169.254/",
        "file:///etc/passwd",
        "gopher://localhost:6379/_INFO",
        "https://user:secret@localhost/",
    ],
)
def test_where_a_redirect_leads_is_judged_again(half_open: Site, location: str) -> None:
    half_open.leads("/sales.csv", location)
    with pytest.raises(SourceProblem, match="inside the network|must begin|Leave the name"):
        ask(f"{half_open.url}/sales.csv")
    assert len(half_open.asked) == 1


def test_redirects_end_and_take_no_secret_elsewhere(site: Site, trusted: Path) -> None:
    other = Site(certificates.server_context(trusted), files={"/sales.csv": b"elsewhere"})
    site.files["/here.csv"] = b"here"
    site.leads("/round", "/round")
    site.leads("/near", "/here.csv", 307)
    site.leads("/far", f"{other.url}/sales.csv", 301)
    with pytest.raises(SourceProblem, match="without end"):
        ask(f"{site.url}/round")
    assert ask(f"{site.url}/near", Authorization="Bearer s3cret") == b"here"
    assert site.asked[-1].headers["authorization"] == "Bearer s3cret"
    assert ask(f"{site.url}/far", Authorization="Bearer s3cret") == b"elsewhere"
    assert "authorization" not in other.asked[-1].headers
    other.close()


def test_plain_http_is_spoken_inside_only(trusted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Site(None, files={"/sales.csv": b"a,b\n"})
    assert ask(f"{plain.url}/sales.csv") == b"a,b\n"
    monkeypatch.setattr(socket, "getaddrinfo", answers(["93.184.216.34"]))
    with pytest.raises(SourceProblem, match="https"):
        ask("http://files.example/sales.csv")
    plain.close()


def test_a_certificate_that_is_not_trusted_or_of_another_name_is_refused(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.files["/sales.csv"] = b"a,b\n"
    stranger = Site(certificates.server_context(certificates.make(tmp_path)), files={"/sales.csv": b"a,b\n"})
    with pytest.raises(SourceProblem, match="certificate"):
        ask(f"{stranger.url}/sales.csv")
    other = certificates.make(tmp_path, "elsewhere.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    named = Site(certificates.server_context(other), files={"/sales.csv": b"a,b\n"})
    with pytest.raises(SourceProblem, match="certificate"):
        ask(f"{named.url}/sales.csv")
    stranger.close()
    named.close()


def test_a_server_may_take_neither_for_ever_nor_all_the_room(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.rules["/slow"] = lambda handler: handler.drip(10)
    with (
        pytest.raises(SourceProblem, match="too slow"),
        web.get(f"{site.url}/slow", headers={}, private={}, seconds=0.5),
    ):
        pass
    monkeypatch.setattr("shop.feeds.sources.MOST_BYTES", 1000)
    site.files["/large"] = b"x" * 2000
    with pytest.raises(SourceProblem, match="larger than"):
        ask(f"{site.url}/large")


def test_an_answer_that_stops_in_the_middle_is_no_file(site: Site) -> None:
    def half(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"receipt,total\n")

    site.rules["/half"] = half
    with pytest.raises(SourceProblem, match="before all of the file"):
        ask(f"{site.url}/half")


def test_silence_after_the_greeting_ends() -> None:
    """A machine that takes the call and says nothing does not hold a worker."""
    listening = socket.create_server(("127.0.0.1", 0))
    made = socket.create_connection(listening.getsockname())
    ended = threading.Event()
    with addresses.ends_within(0.2, lambda: made):
        made.settimeout(5)
        with contextlib.suppress(OSError):
            made.recv(1)
        ended.set()
    assert ended.is_set()
    made.close()
    listening.close()
