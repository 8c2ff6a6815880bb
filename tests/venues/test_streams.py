"""Messages of an account's stream: doubled, turned round, cut short, they end in the same state or ask for REST."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from tests.venues.recordings import opened, run

from hedgerow.model.orders import OrderState
from hedgerow.model.ports import StreamEvent
from hedgerow.venues.doors import CcxtVenue
from hedgerow.venues.feeds import follow
from hedgerow.venues.streams import StreamState

D = Decimal


class Client:
    """Stands for a socket: takes what ccxt would tell to whoever waits."""

    url = "wss://127.0.0.1/ws"

    def __init__(self) -> None:
        self.subscriptions: dict[str, Any] = {}
        self.futures: dict[str, Any] = {}

    def resolve(self, result: Any, *_: Any) -> Any:
        return result

    def reject(self, why: Any, *_: Any) -> Any:
        return why


def binance(status: str, filled: str, last: str, trade: int, at: int) -> dict[str, Any]:
    return {
        "e": "ORDER_TRADE_UPDATE",
        "E": at,
        "T": at,
        "o": {
            "s": "BTCUSDT", "c": "hrtest0123456789abcd", "S": "SELL", "o": "LIMIT", "f": "GTC", "q": "1", "p": "60000",
            "ap": "60000", "x": "TRADE" if last != "0" else "NEW", "X": status, "i": 8886774, "l": last, "z": filled,
            "L": "60000", "N": "USDT", "n": "3", "T": at, "t": trade, "m": False, "R": False, "ps": "BOTH",
        },
    }  # fmt: skip


def bybit_order(status: str, filled: str) -> dict[str, Any]:
    row = {"category": "linear", "symbol": "BTCUSDT", "orderId": "o", "orderLinkId": "hrtest0123456789abcd", "side": "Sell",
           "orderType": "Limit", "qty": "1", "cumExecQty": filled, "avgPrice": "60000", "orderStatus": status,
           "createdTime": "1795000000000", "updatedTime": "1795000000001"}  # fmt: skip
    return {"topic": "order", "id": "x", "creationTime": 1, "data": [row]}


def bybit_fill(trade: str, quantity: str) -> dict[str, Any]:
    row = {"category": "linear", "symbol": "BTCUSDT", "orderId": "o", "orderLinkId": "hrtest0123456789abcd", "side": "Sell",
           "execId": trade, "execQty": quantity, "execPrice": "60000", "execFee": "3", "execType": "Trade",
           "execTime": "1795000000001", "isMaker": True}  # fmt: skip
    return {"topic": "execution", "id": "x", "creationTime": 1, "data": [row]}


def mexc_order(state: int, filled: int) -> dict[str, Any]:
    row = {"orderId": "7", "symbol": "BTC_USDT", "vol": 10000, "side": 3, "dealVol": filled, "dealAvgPrice": 60000,
           "state": state, "externalOid": "hrtest0123456789abcd", "updateTime": 1795000000000}  # fmt: skip
    return {"channel": "push.personal.order", "data": row, "ts": 1}


def mexc_fill(trade: str, volume: int) -> dict[str, Any]:
    row = {"id": trade, "orderId": "7", "symbol": "BTC_USDT", "side": 3, "vol": volume, "price": 60000, "fee": 3,
           "feeCurrency": "USDT", "timestamp": 1795000000000, "positionMode": 2, "isTaker": True}  # fmt: skip
    return {"channel": "push.personal.order.deal", "data": row, "ts": 1}


STORIES: dict[str, list[dict[str, Any]]] = {
    "binance": [
        binance("NEW", "0", "0", 0, 1795000000000),
        binance("PARTIALLY_FILLED", "0.4", "0.4", 1, 1795000000001),
        binance("FILLED", "1", "0.6", 2, 1795000000002),
    ],
    "bybit": [
        bybit_order("New", "0"),
        bybit_fill("e1", "0.4"),
        bybit_order("PartiallyFilled", "0.4"),
        bybit_fill("e2", "0.6"),
        bybit_order("Filled", "1"),
    ],
    "mexc": [
        mexc_order(2, 0),
        mexc_fill("t1", 4000),
        mexc_order(2, 4000),
        mexc_fill("t2", 6000),
        mexc_order(3, 10000),
    ],
}


def heard(venue: str, messages: Sequence[object]) -> StreamState:
    opened_venue, _ = opened(venue, {"*": {}})
    client = Client()

    async def hear() -> StreamState:
        for message in messages:
            opened_venue.door.exchange.handle_message(client, message)
        return await opened_venue.stream()

    return run(hear())


@pytest.mark.parametrize("venue", list(STORIES))
def test_a_whole_story_is_settled(venue: str) -> None:
    state = heard(venue, STORIES[venue])
    (order,) = state.orders.values()
    assert (order.state, order.filled, order.client_id) == (OrderState.FILLED, D(-1), "hrtest0123456789abcd")
    assert sum(fill.quantity for fill in state.fills.values()) == D(-1)
    assert not state.needs_rest


@pytest.mark.parametrize("venue", list(STORIES))
def test_any_order_and_any_repetition_end_in_the_same_state(venue: str) -> None:
    story = STORIES[venue]
    whole = heard(venue, story)
    for told in itertools.permutations(story):
        state = heard(venue, [*told, told[0], told[-1]])
        assert not state.needs_rest
        assert set(state.fills) == set(whole.fills)
        (order,) = state.orders.values()
        assert (order.state, order.filled) == (OrderState.FILLED, D(-1))


@pytest.mark.parametrize("venue", list(STORIES))
def test_a_story_cut_short_asks_for_rest_or_is_the_same(venue: str) -> None:
    story = STORIES[venue]
    whole = heard(venue, story)
    for kept in range(len(story)):
        for part in itertools.combinations(story, kept):
            state = heard(venue, part)
            same = state.fills.keys() == whole.fills.keys() and {o.state for o in state.orders.values()} == {
                OrderState.FILLED
            }
            assert state.needs_rest or same or not part


@pytest.mark.parametrize(
    "message",
    [
        {"e": "ORDER_TRADE_UPDATE", "T": 1, "o": {"s": "BTCUSDT", "i": 1}},
        {"e": "ORDER_TRADE_UPDATE"},
        {"e": "ORDER_TRADE_UPDATE", "o": "cut off"},
        '{"e":"ORDER_TRADE_UPD',
    ],
)
def test_a_message_that_cannot_be_read_asks_for_rest(message: object) -> None:
    assert heard("binance", [*STORIES["binance"], message]).needs_rest


def test_messages_of_no_interest_change_nothing() -> None:
    assert heard("binance", [{"e": "24hrTicker", "s": "BTCUSDT", "E": 1, "c": "1"}]) == StreamState()


def test_the_port_tells_lost_first_and_then_hints() -> None:
    venue, _ = opened("binance", {"*": {}})

    async def quiet(*_: Any) -> None:
        await asyncio.sleep(60)

    venue.door.exchange.watch_orders = venue.door.exchange.watch_my_trades = quiet

    async def listen() -> list[StreamEvent]:
        events = venue.trading.events()
        found = [await anext(events)]
        for message in STORIES["binance"][1:]:
            venue.door.exchange.handle_message(Client(), message)
        found += [await anext(events) for _ in range(4)]
        await events.aclose()  # type: ignore[attr-defined]  # it is a generator
        return found

    kinds = [event.kind for event in run(listen())]
    assert kinds[0] == "lost"
    assert sorted(kinds[1:]) == ["fill", "fill", "order", "order"]


def test_a_stream_that_breaks_is_lost() -> None:
    venue, _ = opened("binance", {"*": {}})

    async def broken(*_: Any) -> None:
        raise ConnectionResetError

    venue.door.exchange.watch_orders = venue.door.exchange.watch_my_trades = broken

    async def listen() -> list[str]:
        events = venue.trading.events()
        found = [str((await anext(events)).kind) for _ in range(3)]
        await events.aclose()  # type: ignore[attr-defined]  # it is a generator
        return found

    assert run(listen()) == ["lost", "lost", "lost"]


def hints(venue: CcxtVenue, *messages: object) -> list[str]:
    """What is heard of messages, after the first `lost`."""

    async def quiet(*_: Any) -> None:
        await asyncio.sleep(60)

    venue.door.exchange.watch_orders = venue.door.exchange.watch_my_trades = quiet

    async def listen() -> list[str]:
        events = venue.trading.events()
        await anext(events)
        for message in messages:
            venue.door.exchange.handle_message(Client(), message)
        feed = follow(venue.door)
        assert feed.queue is not None
        found = [str((await anext(events)).kind) for _ in range(feed.queue.qsize())]
        await events.aclose()  # type: ignore[attr-defined]  # it is a generator
        return found

    return run(listen())


def test_every_message_that_cannot_be_read_is_a_break_and_not_the_first_alone() -> None:
    venue, _ = opened("binance", {"*": {}})
    broken = {"e": "ORDER_TRADE_UPDATE", "o": "cut off"}
    assert hints(venue, broken, broken).count("lost") >= 2


WEEX_FILL = {
    "e": "fill",
    "d": [
        {
            "id": "7", "coin": "USDT", "symbol": "BTCUSDT", "orderId": "9", "orderSide": "BUY", "positionSide": "LONG",
            "fillSize": "0.1", "fillValue": "6000", "fillFee": "3", "direction": "TAKER", "createdTime": "1795000000000",
        }
    ],
}  # fmt: skip


def test_a_fill_whose_id_may_be_another_by_rest_is_no_more_than_a_reason_to_look() -> None:
    venue, _ = opened("weex", {"*": {}})
    assert hints(venue, WEEX_FILL) == ["lost"]
    assert hints(opened("mexc", {"*": {}})[0], mexc_fill("t1", 4000)) == ["fill"]


@pytest.mark.parametrize(
    ("venue", "message"),
    [
        ("binance", {"e": "listenKeyExpired", "E": 1, "listenKey": "k"}),
        ("bingx", {"e": "listenKeyExpired", "E": 1, "listenKey": "k"}),
        ("mexc", {"channel": "rs.error", "data": "not valid", "ts": 1}),
    ],
)
def test_a_stream_that_says_it_is_over_is_lost(venue: str, message: object) -> None:
    assert "lost" in hints(opened(venue, {"*": {}})[0], message)
