"""Which machines a feed may call. A shop's member types the address, so none may lead into the operator's network.

The name is looked up once, every address it has is judged, and the connection goes to an address that was judged: a
name that answers differently a moment later changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.conf import settings

from shop.feeds.sources import SourceProblem

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_CARRIES_IPV4 = tuple(ipaddress.IPv6Network(net) for net in ("64:ff9b::/96", "::/96"))
# Not for the public although the lists of global addresses do not say so.
_NEVER_PUBLIC = tuple(
    ipaddress.ip_network(net)
    for net in ("fec0::/10", "64:ff9b:1::/48", "2001::/32", "3fff::/20", "5f00::/16", "192.88.99.0/24")
)
# Where clouds answer questions about their machines: never, whatever the operator allows.
_MACHINE_ROOM = tuple(
    ipaddress.ip_network(net)
    for net in (
        "169.254.0.0/16",
        "fe80::/10",
        "fd00:ec2::/32",
        "100.100.100.200/32",
        "168.63.129.16/32",
        "0.0.0.0/8",
        "::/128",
    )
)
CONNECT_SECONDS, READ_SECONDS = 10, 30


@dataclass(frozen=True)
class Peer:
    """A machine that may be called: its name, and the addresses that were judged."""

    host: str
    port: int
    addresses: tuple[Address, ...]

    @property
    def is_at_home(self) -> bool:
        """In the operator's own network, where nothing has to be encrypted."""
        return all(is_at_home(address) for address in self.addresses)


def look_up(host: str, port: int) -> Peer:
    """Raises SourceProblem for a machine that cannot be found, or that a feed may not call."""
    try:
        name = host.encode("idna").decode() if not host.isascii() else host
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        addresses = tuple(dict.fromkeys(_address(str(row[4][0])) for row in found))
    except (OSError, UnicodeError, ValueError) as error:
        raise SourceProblem(f"{_short(host)} cannot be found. Check the address for typing mistakes.") from error
    for address in addresses:
        if not may_call(address):
            raise SourceProblem(
                f"{_short(host)} is inside the network of this server, so it is not called. "
                "Use an address that is reachable from the internet."
            )
    return Peer(name, port, addresses)


def may_call(address: Address) -> bool:
    """Whether a feed may speak to this address."""
    address = _plain(address)
    if any(address in net for net in _MACHINE_ROOM if net.version == address.version) or address.is_multicast:
        return False
    if any(address in net for net in _NEVER_PUBLIC if net.version == address.version):
        return False
    return address.is_global or (settings.FEEDS_PRIVATE_NETWORKS and is_at_home(address))


def is_at_home(address: Address) -> bool:
    address = _plain(address)
    return address.is_loopback or (address.is_private and not address.is_reserved)


def connect(peer: Peer) -> socket.socket:
    """A connection to one of the addresses that were judged. Raises SourceProblem."""
    for address in peer.addresses:
        with suppress(OSError):
            made = socket.create_connection((str(address), peer.port), CONNECT_SECONDS)
            made.settimeout(READ_SECONDS)
            return made
    raise SourceProblem(f"{_short(peer.host)} does not answer.")


def encrypted(made: socket.socket, peer: Peer) -> ssl.SSLSocket:
    """TLS over a connection, the certificate checked against the name. Raises SourceProblem."""
    try:
        return trust().wrap_socket(made, server_hostname=peer.host)
    except ssl.SSLCertVerificationError as error:
        made.close()
        raise SourceProblem(
            f"The certificate of {_short(peer.host)} is not trusted ({error.verify_message}). "
            "Use the name the certificate was made for."
        ) from error
    except (OSError, ValueError) as error:
        made.close()
        raise SourceProblem(f"{_short(peer.host)} does not speak TLS on port {peer.port}.") from error


def trust() -> ssl.SSLContext:
    """The machine's list of trusted authorities."""
    return ssl.create_default_context()


@contextmanager
def ends_within(seconds: float, connection: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Ends the connection after so many seconds, however slowly the other side still speaks."""

    def end() -> None:
        if (made := connection()) is not None:
            with suppress(OSError):
                made.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _address(text: str) -> Address:
    return ipaddress.ip_address(text.partition("%")[0])


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, ipaddress.IPv6Address):
        if carried := address.ipv4_mapped or address.sixtofour:
            return carried
        if int(address) > 1 and any(address in net for net in _CARRIES_IPV4):
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _short(host: str) -> str:
    return host if len(host) <= 80 else f"{host[:79]}…"
