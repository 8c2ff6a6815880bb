"""Nobody's messages go to this machine's own network: every connection is looked at when it is made, by the address it goes to.

with guarded() as turned_away: ...      nothing in here connects to an address that is not public

An address that somebody typed can be written in many ways (2130706433, 0x7f.1, ::ffff:127.0.0.1), a name can resolve to
anything, and to another thing a second later, and a service can send one on. What is judged is where the socket goes in the
end, as Python's own audit tells it.
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

__all__ = ["guarded", "is_public"]

_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Special by the registries of IANA, and public to some versions of Python: protocol assignments, relays and documentation.
_SPECIAL = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",
            "192.88.99.0/24",
            "198.18.0.0/15",
            "240.0.0.0/4",
            "::/96",
            "::ffff:0:0/96",
            "100::/32",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20",
            "5f00::/16",
        ),
    )
)
_watching: ContextVar[list[str] | None] = ContextVar("watching", default=None)


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the public internet, and so does the one that it carries within; False for a name."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if found in _NAT64:
        found = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    if not found.is_global or found.is_multicast:
        return False
    return not any(found in network for network in _SPECIAL)


@contextmanager
def guarded(*, anywhere: bool = False) -> Iterator[list[str]]:
    """Refuse every connection from here to an address that is not public, and note the address in the list that is yielded.

    It holds for this thread, and for those that are given a copy of its context. `anywhere` lets all of them through.
    """
    _stand()
    turned_away: list[str] = []
    token = _watching.set(None if anywhere else turned_away)
    try:
        yield turned_away
    finally:
        _watching.reset(token)


@cache
def _stand() -> None:
    sys.addaudithook(_heard)


def _heard(event: str, details: tuple[object, ...]) -> None:
    """Judge a connection; everything else, and every other thread's, passes."""
    if event not in _EVENTS:
        return
    turned_away = _watching.get()
    if turned_away is None:
        return
    address = details[1]
    host = str(address[0]) if isinstance(address, tuple) and address else str(address)
    if not is_public(host):
        turned_away.append(host)
        raise PermissionError(f"{host} is no public address")
