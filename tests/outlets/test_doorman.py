"""Where messages may go: public addresses only, however an address is written, whatever a name resolves to."""

from __future__ import annotations

import ipaddress
import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.outlets.doorman import guarded, is_public

PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104  an address to be refused
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.8",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "localhost",
    "example.org",
    "2130706433",
    "",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_the_public_internet_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_what_is_is(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_within_an_address_is_judged_like_itself(inner: ipaddress.IPv4Address) -> None:
    public = is_public(str(inner))
    assert (
        is_public(str(ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) | int(inner)))) == public
    )
    assert not is_public(f"::{inner}")
    assert not is_public(f"::ffff:{inner}")


@pytest.fixture
def listener() -> socket.socket:
    made = socket.socket()
    made.bind(("127.0.0.1", 0))
    made.listen(8)
    return made


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0x7f.1", "127.1"])
def test_no_way_to_write_this_machine_gets_a_connection(listener: socket.socket, host: str) -> None:
    port = listener.getsockname()[1]
    with listener:
        socket.create_connection((host, port), timeout=5).close()
        with guarded() as turned_away, pytest.raises(PermissionError):
            socket.create_connection((host, port), timeout=5)
        assert turned_away
        assert {address.startswith("127.") or address == "::1" for address in turned_away} == {True}
        socket.create_connection((host, port), timeout=5).close()


def test_a_name_that_answers_otherwise_the_second_time_is_judged_by_where_it_leads(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listener.getsockname()[1]
    answers = iter(["93.184.216.34", "127.0.0.1"])

    def rebinding(*_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (next(answers), port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with listener, guarded() as turned_away:
        assert is_public(str(socket.getaddrinfo("rebinding.example", port)[0][4][0]))
        with pytest.raises(PermissionError):
            socket.create_connection(("rebinding.example", port), timeout=5)
        assert turned_away == ["127.0.0.1"]


def test_the_trading_threads_are_not_looked_at(listener: socket.socket) -> None:
    port, done = listener.getsockname()[1], []

    def other() -> None:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        done.append(True)

    with listener, guarded():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert done == [True]


def test_with_leave_anything_goes_through(listener: socket.socket) -> None:
    with listener, guarded(anywhere=True) as turned_away:
        socket.create_connection(listener.getsockname(), timeout=5).close()
    assert turned_away == []


def test_a_datagram_is_a_connection_too() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sender, guarded(), pytest.raises(PermissionError):
        sender.sendto(b"x", ("127.0.0.1", 9))
