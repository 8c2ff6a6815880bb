"""The tables in cases/: what a venue answers, and what it must mean; what is ordered, and what must be sent.

reads       a raw body, the verb that reads it, and the values it must give (of each, only the fields that are named)
requests    an order, and the path, fields and missing fields of the one request that leaves
outcomes    HTTP status and body of an answer to an order, and which of the three answers it is
cancels     the same for a request to cancel

Bodies are written by us: in the form of the venues' documentation where the shared samples show it, else from the fields
that the installed ccxt reads (`"written": "from ccxt's parser"`).
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.venues.recordings import ID, opened, run

from hedgerow.model import errors
from hedgerow.model.instruments import Instrument
from hedgerow.model.orders import Order
from hedgerow.venues.doors import CcxtVenue
from hedgerow.venues.recorded import Answer, Asked, Turns

CASES = Path(__file__).parent / "cases"
TABLES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(CASES.glob("*.json"))}
LONG_AGO = 1
FAR_OFF = 4_000_000_000_000


def rows(kind: str) -> list[Any]:
    return [
        pytest.param(venue, case, id=f"{venue}: {case['name']}")
        for venue, table in TABLES.items()
        for case in table.get(kind, [])
    ]


def contract(venue: CcxtVenue, name: str) -> Instrument:
    return run(venue.listings()).of(name).instrument


def order_of(venue: CcxtVenue, case: dict[str, Any]) -> Order:
    told = {"quantity": "-1", **case.get("order", {})}
    price, stop = (None if told.get(name) is None else Decimal(told[name]) for name in ("price", "stop"))
    return Order(
        client_id=ID,
        instrument=contract(venue, case["of"]),
        quantity=Decimal(told["quantity"]),
        kind=told.get("kind", "market"),
        price=price,
        reduce_only=told.get("reduce_only", False),
        stop=stop,
    )


def plain(value: object) -> object:
    """A value as the tables write it: figures as numbers, tuples as lists."""
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, (Decimal, float)) and not isinstance(value, bool):
        return Decimal(str(value))
    return value if isinstance(value, (bool, int)) or value is None else str(value)


def same(found: object, wanted: object) -> bool:
    if isinstance(found, Decimal) or (isinstance(found, int) and isinstance(wanted, str)):
        return not isinstance(wanted, bool) and wanted is not None and Decimal(str(wanted)) == found
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(same(*pair) for pair in zip(found, wanted, strict=True))
    return found == wanted


VERBS: dict[str, Any] = {
    "balances": lambda venue, _, __: venue.account.balances(),
    "permissions": lambda venue, _, __: venue.account.permissions(),
    "modes": lambda venue, one, _: venue.account.modes(one),
    "fees": lambda venue, one, _: venue.account.fees(one),
    "paid": lambda venue, one, case: venue.account.paid(one, case.get("since", LONG_AGO)),
    "positions": lambda venue, one, case: venue.account.positions(
        [contract(venue, each) for each in case.get("all", [])] or [one]
    ),
    "fills": lambda venue, one, case: venue.trading.fills(one, case.get("since", LONG_AGO)),
    "open_orders": lambda venue, one, _: venue.trading.open_orders(one),
    "order": lambda venue, _, case: venue.trading.order(order_of(venue, case)),
    "funding": lambda venue, one, case: venue.data.funding(
        one, case.get("since", LONG_AGO), case.get("until", FAR_OFF)
    ),
    "funding_now": lambda venue, one, _: venue.data.funding_now(one),
    "tickers": lambda venue, one, _: venue.data.tickers([one]),
    "tiers": lambda venue, one, _: venue.data.tiers(one),
    "server_time": lambda venue, _, __: venue.data.server_time(),
}


def sends(asked: Asked) -> bool:
    """Whether a request changes something: there is a venue where it is a GET like every other."""
    return asked.method != "GET" or asked.path.rpartition("/private/")[2] in {"buy", "sell", "cancel"}


def asks(venue: CcxtVenue, case: dict[str, Any]) -> Any:
    one = contract(venue, case["of"]) if "of" in case else None
    return VERBS[case["verb"]](venue, one, case)


@pytest.mark.parametrize(("name", "case"), rows("reads"))
def test_what_is_read(name: str, case: dict[str, Any]) -> None:
    settings = {key: tuple(case[key]) for key in ("wallets",) if key in case}
    venue, _ = opened(
        name, {"*": Turns(tuple(case["turns"]))} if "turns" in case else case["answer"], **settings
    )
    if "raises" in case:
        with pytest.raises(getattr(errors, case["raises"])):
            run(asks(venue, case))
        return
    found = run(asks(venue, case))
    found = list(found) if isinstance(found, tuple) else [found]
    wanted = case["gives"]
    assert len(found) == len(wanted), found
    for value, fields in zip(found, wanted, strict=True):
        if isinstance(fields, dict):
            read = {field: plain(getattr(value, field)) for field in fields}
            assert {key for key in fields if not same(read[key], fields[key])} == set(), read
        else:
            assert same(plain(value), fields), value
    assert sorted(venue.door.wrong) == [f"{name}:{one}" for one in case.get("mismatch", [])]


def said_by(asked: Asked) -> dict[str, Any]:
    """The fields of a request, from its query and its body; lists and objects by dotted names."""
    said: dict[str, Any] = dict(parse_qsl(urlsplit(asked.url).query))
    body = asked.body or ""
    if body.startswith("{"):
        said |= dict(flat("", json.loads(body)))
    elif body:
        said |= dict(parse_qsl(body))
    return said


def flat(above: str, node: Any) -> list[tuple[str, Any]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else None
    if inner is None:
        return [(above, node)]
    return [pair for key, value in inner for pair in flat(f"{above}.{key}" if above else str(key), value)]


@pytest.mark.parametrize(("name", "case"), rows("requests"))
def test_what_is_sent(name: str, case: dict[str, Any]) -> None:
    venue, asked = opened(name, case.get("answer", {"*": {}}), hedged=case.get("hedged", False))
    verb = venue.trading.cancel if case.get("verb") == "cancel" else venue.trading.place
    run(verb(order_of(venue, case)))
    (sent,) = (one for one in asked if sends(one) and not one.path.endswith("/info"))
    assert f"{sent.method} {sent.path}" == case["path"]
    said = said_by(sent)
    assert {key: said.get(key) for key in case["says"]} == case["says"]
    assert set(case.get("not", [])) & set(said) == set()


@pytest.mark.parametrize(("name", "case"), rows("outcomes"))
def test_what_an_answer_to_an_order_means(name: str, case: dict[str, Any]) -> None:
    assert_reply(name, case, "place")


@pytest.mark.parametrize(("name", "case"), rows("cancels"))
def test_what_an_answer_to_a_cancel_means(name: str, case: dict[str, Any]) -> None:
    assert_reply(name, case, "cancel")


def assert_reply(name: str, case: dict[str, Any], verb: str) -> None:
    body = case["body"]
    answer = Answer(case.get("status", 200), body if isinstance(body, str) else json.dumps(body))
    venue, asked = opened(name, {"*": answer})
    table = TABLES[name]
    told = {**table["order"], **case}
    reply: Any = run(getattr(venue.trading, verb)(order_of(venue, told)))
    assert type(reply).__name__ == case["is"], reply
    for field in ("order_id", "code", "again"):
        if field in case:
            assert getattr(reply, field) == case[field], reply
    assert sum(map(sends, asked)) == 1, "an order was sent more than once"


@pytest.mark.parametrize("venue", ["binance", "bybit", "bingx", "weex", "mexc", "deribit"])
def test_every_venue_has_thirty_cases(venue: str) -> None:
    table = TABLES[venue]
    cases = [case for kind in ("reads", "requests", "outcomes", "cancels") for case in table.get(kind, [])]
    assert len(cases) >= 30
    assert len({case["name"] for case in cases}) == len(cases)
