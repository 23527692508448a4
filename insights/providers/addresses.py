"""Which addresses a model may be reached at. An owner types them, so none may lead into the machine room.

Own names are resolved before they are called, and no redirect is followed. A name that changes its address
between the look and the call still has to prove itself by its certificate, since plain HTTP stays at home.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from shop.errors import Refused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(Refused):
    code = "model_address_refused"


def check(url: str) -> None:
    """Raises AddressRefused where a model may not be called at this address. Looks its name up."""
    parts = _parts(url)
    local = settings.MODELS_ALLOW_LOCAL
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise AddressRefused("The address must begin with https://.")
    for address in _resolve(parts):
        if local and _at_home(address):
            continue
        if not address.is_global or address.is_multicast:
            raise AddressRefused(f"{parts.hostname} is inside this network. A model there is not asked.")
        if parts.scheme != "https":
            raise AddressRefused("Plain http:// is only for a model in this network. Begin with https://.")


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise AddressRefused("This is not an address.") from error
    if not parts.hostname:
        raise AddressRefused("This is not an address. It begins with https://.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise AddressRefused("The address holds a name, a key or a question mark. Leave those out.")
    return parts


def _resolve(parts: SplitResult) -> list[Address]:
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressRefused(f"{host} cannot be found.") from error
    return [_plain(ipaddress.ip_address(str(row[4][0]).partition("%")[0])) for row in found]


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address.sixtofour:
            return address.sixtofour
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _at_home(address: Address) -> bool:
    """This machine or its private network; never link-local, where clouds keep their secrets."""
    if address.is_link_local or address.is_unspecified or address.is_multicast:
        return False
    if address == ipaddress.ip_address("fd00:ec2::254"):
        return False
    return address.is_loopback or (address.is_private and not address.is_reserved)
