"""Services by their addresses: sent to for real on this machine; what is unsafe is refused; no secret is ever said."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from tests.outlets.inbox import Inbox, inbox

from hedgerow.model.errors import BadInput, NotSent
from hedgerow.outlets.sinks import kind_of, sender_of, service_of, without

CANARY = "canarysecret7f3a"


@pytest.fixture
def service() -> Iterator[Inbox]:
    with inbox() as kept:
        yield kept


def test_a_message_arrives_with_its_title_its_text_and_its_loudness(service: Inbox) -> None:
    send = sender_of({"desk": service.address()}, allow_private=True)
    send("desk", "critical", "Hedgerow: a", "line 1\nline 2 <b>&")
    send("desk", "info", "b", "c")
    assert [(m["title"], m["message"], m["type"]) for m in service.got] == [
        ("Hedgerow: a", "line 1\nline 2 <b>&", "failure"),
        ("b", "c", "info"),
    ]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_a_service_that_does_not_take_it_is_named_without_its_secret(service: Inbox, status: int) -> None:
    service.status = status
    send = sender_of({"desk": service.address(CANARY)}, allow_private=True)
    with pytest.raises(NotSent) as failed:
        send("desk", "warning", "t", "x")
    assert str(status) in str(failed.value)
    assert CANARY not in str(failed.value)


def test_a_service_that_is_away_is_said(service: Inbox) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    send = sender_of({"desk": f"json://127.0.0.1:{port}/{CANARY}"}, allow_private=True)
    with pytest.raises(NotSent) as failed:
        send("desk", "warning", "t", "x")
    assert CANARY not in str(failed.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]"])
def test_nothing_goes_to_this_machine_without_leave(service: Inbox, host: str) -> None:
    address = f"json://{host}:{service.port}/hook"
    with pytest.raises(NotSent):
        sender_of({"desk": address})("desk", "critical", "t", "x")
    with pytest.raises(NotSent):
        sender_of({"desk": f"jsons://{host}:{service.port}/hook"})("desk", "critical", "t", "x")
    assert service.got == []


def test_a_public_name_that_leads_home_gets_no_connection(
    service: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checked when it was added, then its name changed: what is judged is where the socket goes."""
    answers = iter(["93.184.216.34"])

    def rebinding(*_: object, **__: object) -> list[object]:
        where = (next(answers, "127.0.0.1"), service.port)
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", where)]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    send = sender_of({"desk": f"jsons://rebinding.example:{service.port}/hook"})
    with pytest.raises(NotSent, match=r"leads to 127\.0\.0\.1, which is no public address"):
        send("desk", "critical", "t", "x")
    assert service.got == []


def test_a_service_that_sends_on_is_not_followed(service: Inbox) -> None:
    service.status, service.location = 302, f"http://127.0.0.1:{service.port}/elsewhere"
    send = sender_of({"desk": service.address()}, allow_private=True)
    with pytest.raises(NotSent):
        send("desk", "critical", "t", "x")
    assert service.paths == ["/hook"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nonsense",
        "https://example.org/hook",
        "file://localhost/etc/passwd",
        "json://example.org/hook",
        "mailto://ann:pw@example.org",
        "ntfy://127.0.0.1/topic",
        "jsons://127.0.0.1/hook",
        "jsons://10.1.2.3/hook",
        "jsons://[::1]/hook",
        "jsons://localhost/hook",
        "jsons://2130706433/hook",
        "jsons://169.254.169.254/latest/meta-data",
        "syslog://",
        "jsons://example.org/hook?verify=no",
        "jsons://example.org/hook?redirect=yes",
    ],
)
def test_an_address_that_is_unsafe_or_none_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def offline(host: str, *rest: object, **more: object) -> object:
        if host == "example.org":
            raise socket.gaierror
        return real(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    with pytest.raises(BadInput) as refused:
        service_of(address)
    assert refused.value.advice


@pytest.mark.parametrize(
    "address",
    [
        f"tgram://123456789:{CANARY}AAAAAAAAAAAAAAAAAAAAAAA/12315544/",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general",
        "mailtos://ann:pw@example.org",
    ],
)
def test_services_with_secrets_are_known_by_their_kind_alone(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: object, **__: object) -> object:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", asked)
    service_of(address)
    assert kind_of(address) == f"{address.split(':', maxsplit=1)[0]}://…"


def test_a_token_is_not_asked_of_a_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def note(host: object, *_: object) -> list[object]:
        asked.append(host)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", note)
    service_of(f"tgram://123456789:{CANARY}AAAAAAAAAAAAAAAAAAAAAAA/12315544/")
    assert asked == []


def test_no_part_of_an_address_stays_in_a_text() -> None:
    address = f"jsons://ann:{CANARY}@host.example/{CANARY}2/?+X-Key={CANARY}3"
    said = without(f"POST {address} by ann {CANARY}2 {CANARY}3 to host.example failed, error=500", address)
    assert CANARY not in said
    assert "error=500" in said
