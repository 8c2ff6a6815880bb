"""The stand-in server through real ccxt: orders, positions, errors and faults, in each venue's own words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from itertools import pairwise
from typing import Any

import ccxt
import pytest
from tests.testing.standin.clients import CONTRACTS, NAMES, client, only_loopback

from hedgerow.testing.standin import Fault
from hedgerow.testing.standin.stand import Stand
from hedgerow.testing.standin.worlds import KEY, SECRET, stand_of

TAGS = ("binance", "bybit", "bingx", "weex", "mexc")
UNIQUE = ("binance", "bybit", "bingx")  # the others take one id as often as it comes
SYMBOL = "BTC/USDT:USDT"
FEES = {
    "binance": "commission",
    "bybit": "execFee",
    "bingx": "commission",
    "weex": "commission",
    "mexc": "fee",
}
DUPLICATE = {"binance": "-4116", "bybit": "110072", "bingx": "101481"}
SKEWED = {"binance": "-1021", "bybit": "10002", "bingx": "100421", "weex": "-1042", "mexc": "513"}
BAD_SIGN = {"binance": "-1022", "bybit": "10004", "bingx": "100001", "weex": "-1049", "mexc": "602"}


def using(stand: Stand, does: Callable[[Any], Awaitable[None]], signs: str = SECRET) -> None:
    async def run() -> None:
        async with client(stand, signs) as exchange:
            await does(exchange)

    with only_loopback():
        asyncio.run(run())


async def sell(exchange: Any, size: float, name: str, **more: Any) -> Any:
    size *= CONTRACTS.get(exchange.id, 1)
    return await exchange.create_order(
        SYMBOL, "market", "sell", size, None, {NAMES[exchange.id]: name, **more}
    )


@pytest.mark.parametrize("tag", TAGS)
def test_a_market_order_makes_a_position_and_a_fill(tag: str) -> None:
    stand = stand_of(tag)

    async def does(exchange: Any) -> None:
        size = Decimal("0.5") * CONTRACTS.get(tag, 1)
        order = await sell(exchange, 0.5, "hr1")
        (position,) = [p for p in await exchange.fetch_positions([SYMBOL]) if p["contracts"]]
        assert (position["side"], position["contracts"]) == ("short", size)
        (fill,) = await exchange.fetch_my_trades(SYMBOL)
        assert (fill["order"], fill["amount"]) == (order["id"], size)
        (own,) = stand.fills["me"]
        assert (
            abs(Decimal(str(fill["info"][FEES[tag]])))
            == own.fee
            == Decimal("0.5") * own.price * Decimal("0.0005")
        )

    using(stand, does)
    (leg,) = stand.account("me").legs.values()
    assert leg.quantity == Decimal("-0.5")


@pytest.mark.parametrize("tag", ["binance", "bybit"])
def test_an_inverse_order_is_in_contracts_of_dollars(tag: str) -> None:
    stand = stand_of(tag)
    size = 10 if tag == "binance" else 1000

    async def does(exchange: Any) -> None:
        await exchange.create_order("BTC/USD:BTC", "market", "sell", size, None, {NAMES[tag]: "hr1"})

    using(stand, does)
    (leg,) = stand.account("me").legs.values()
    assert leg.quantity == Decimal(-1000)


@pytest.mark.parametrize("tag", TAGS)
def test_a_limit_order_rests_is_found_by_its_client_id_and_cancelled(tag: str) -> None:
    async def does(exchange: Any) -> None:
        size = Decimal("0.5") * CONTRACTS.get(tag, 1)
        order = await exchange.create_order(SYMBOL, "limit", "sell", float(size), 70_000, {NAMES[tag]: "hr1"})
        (rests,) = await exchange.fetch_open_orders(SYMBOL)
        assert str(size.to_integral() if tag == "mexc" else size) in map(str, rests["info"].values())
        assert "hr1" in rests["info"].values()
        await exchange.cancel_order(order["id"], SYMBOL)
        assert await exchange.fetch_open_orders(SYMBOL) == []

    using(stand_of(tag), does)


@pytest.mark.parametrize("tag", UNIQUE)
def test_a_second_order_under_one_id_is_refused_in_the_venues_words(tag: str) -> None:
    async def does(exchange: Any) -> None:
        await sell(exchange, 0.5, "hr1")
        with pytest.raises(ccxt.ExchangeError, match=DUPLICATE[tag]):
            await sell(exchange, 0.5, "hr1")

    stand = stand_of(tag)
    using(stand, does)
    assert len(stand.fills["me"]) == 1


@pytest.mark.parametrize("tag", TAGS)
def test_a_stop_waits_for_the_mark(tag: str) -> None:
    stand = stand_of(tag)

    async def does(exchange: Any) -> None:
        await sell(exchange, 0.5, "hr1")
        size = 0.5 * CONTRACTS.get(tag, 1)
        words: dict[str, Any] = {"stopLossPrice": 66_000, "triggerDirection": "ascending", "reduceOnly": True}
        if tag == "mexc":
            words = {"triggerPrice": 66_000, "triggerType": 1, "reduceOnly": True}
        await exchange.create_order(SYMBOL, "market", "buy", size, None, {**words, NAMES[tag]: "hr2"})
        assert stand.account("me").legs
        stand.quote(stand.instruments[0], Decimal(66_100))
        assert not stand.account("me").legs

    using(stand, does)


@pytest.mark.parametrize("tag", TAGS)
def test_an_order_the_client_never_heard_of_is_there_all_the_same(tag: str) -> None:
    stand = stand_of(tag)
    stand.faults.append(Fault("POST .*order", "silent"))

    async def does(exchange: Any) -> None:
        with pytest.raises(ccxt.NetworkError):
            await sell(exchange, 0.5, "hr1")

    using(stand, does)
    assert [fill.client_id for fill in stand.fills["me"]] == ["hr1"]


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("kind", ["lost", "instead"])
def test_an_order_that_never_arrived_leaves_nothing(tag: str, kind: Any) -> None:
    stand = stand_of(tag)
    stand.faults.append(Fault("POST .*order", kind))

    async def does(exchange: Any) -> None:
        with pytest.raises(ccxt.BaseError):
            await sell(exchange, 0.5, "hr1")

    using(stand, does)
    assert "me" not in stand.fills


@pytest.mark.parametrize("tag", TAGS)
def test_a_clock_that_is_wrong_and_a_key_that_is_wrong_are_refused(tag: str) -> None:
    async def skewed(exchange: Any) -> None:
        with pytest.raises(ccxt.BaseError, match=SKEWED[tag]):
            await sell(exchange, 0.5, "hr1")

    stand = stand_of(tag)
    stand.skew_ms = 60_000
    using(stand, skewed)

    async def forged(exchange: Any) -> None:
        with pytest.raises(ccxt.BaseError, match=BAD_SIGN[tag]):
            await sell(exchange, 0.5, "hr1")

    using(stand, forged, "another")
    assert "me" not in stand.fills
    assert list(stand.keys) == [KEY]


@pytest.mark.parametrize("tag", TAGS)
def test_candles_and_funding_come_whole_and_in_order(tag: str) -> None:
    async def does(exchange: Any) -> None:
        bars = await exchange.fetch_ohlcv(SYMBOL, "1h", limit=48)
        assert {b[0] - a[0] for a, b in pairwise(bars)} == {3_600_000}
        rates = await exchange.fetch_funding_rate_history(SYMBOL, limit=20)
        times = [rate["timestamp"] for rate in rates]
        assert {b - a for a, b in pairwise(times)} == {4 * 3_600_000}

    using(stand_of(tag, hours=4.0), does)
