"""Addresses of this very wire (169.254.0.0/16, fe80::/10), where clouds keep the keys of the machine: nothing of ours
ever goes there, however the address is written and whoever leads to it.

Two ways to see it. A host is asked for its addresses, which settles every spelling of one (decimal, octal, hexadecimal,
IPv4 within IPv6) and every name that leads there. And while a library sends for us, each connection is looked at in the
moment in which it is made: a name server that has changed its mind, a redirect and a server that a first answer names
are refused as well. For that Python's own audit events are used, because the library makes its connections itself.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str], tuple[str, ...]]
"""The addresses of a host, as texts; none when it has none."""

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_LAST_32_BITS: Final = 0xFFFFFFFF
_CONNECT: Final = "socket.connect"


def addresses_of(host: str) -> tuple[str, ...]:
    """What the system makes of a host; nothing where it makes nothing of it, or nobody answers. May take seconds."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(each[4][0]) for each in found))


def inner(address: Address) -> Address:
    """Whom an address of IPv6 stands for, where it is another way to write one of IPv4 (RFC 4291, 3056, 6052)."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & _LAST_32_BITS)
    return address.ipv4_mapped or address.sixtofour or address


def is_link_local(text: str) -> bool:
    """Whether this is an address of this very wire; no address is none."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return address.is_link_local or inner(address).is_link_local


# ---------------------------------------------------------------------------------------------- while connecting


class LinkLocalError(OSError):
    """A connection would have gone to this very wire."""


_here = threading.local()


@contextmanager
def refused() -> Iterator[None]:
    """Until the end no connection of this thread goes to this very wire: it fails with LinkLocalError."""
    _watch_connections()
    _here.refuses = True
    try:
        yield
    finally:
        _here.refuses = False


@cache
def _watch_connections() -> None:
    """Once for the process, and only in one that needs it: such a hook stays."""
    sys.addaudithook(_refuse)


def _refuse(event: str, given: tuple[Any, ...]) -> None:
    if event == _CONNECT and getattr(_here, "refuses", False) and is_link_local(str(given[1][0])):
        raise LinkLocalError("this address is on this very wire")
