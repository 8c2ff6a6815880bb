"""The seams that docs/venues/seams.md describes, used as an outsider would."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.venues.markets import markets_of
from tests.venues.recordings import ID, run

from hedgerow.model.orders import Order, Refused
from hedgerow.venues.dialects import VENUES
from hedgerow.venues.doors import venue_of
from hedgerow.venues.wire import ccxt_library

PATHS = {
    "binance": "https://fapi.binance.com/fapi/v1/order",
    "bybit": "https://api.bybit.com/v5/order/create",
    "bingx": "https://open-api.bingx.com/openApi/swap/v2/trade/order",
    "weex": "https://api-contract.weex.com/capi/v3/order",
    "mexc": "https://api.mexc.com/api/v1/private/order/create",
    "hyperliquid": "https://api.hyperliquid.xyz/exchange",
    "deribit": "https://www.deribit.com/api/v2/private/sell",
}
CONTRACTS = {"hyperliquid": "BTC/USDC:USDC", "deribit": "BTC/USD:BTC-260227-54000-P"}
SIZES = {
    "binance": ("quantity", "0.5"),
    "bybit": ("qty", "0.5"),
    "bingx": ("quantity", "0.5"),
    "weex": ("quantity", "0.5"),
    "mexc": ("vol", 5000.0),
    "hyperliquid": ("s", "0.5"),
    "deribit": ("amount", "0.5"),
}


def outside(name: str, **settings: Any) -> Any:
    """A ccxt exchange as somebody else makes it: floats, its own settings."""
    keys = {"apiKey": "k", "secret": "s", "password": "p"}
    if name == "hyperliquid":
        keys = {"walletAddress": "0x" + "1" * 40, "privateKey": "0x" + "2" * 64}
    exchange = getattr(ccxt_library(), name)({"enableRateLimit": False, **keys, **settings})
    exchange.set_markets(markets_of(name))
    return exchange


@pytest.mark.parametrize("name", list(VENUES))
def test_with_two_proxies_an_order_is_signed_and_no_socket_opens(name: str) -> None:
    exchange = outside(name, httpProxy="http://127.0.0.1:9", httpsProxy="http://127.0.0.1:9")
    venue = venue_of(exchange, name)
    listed = run(venue.listings()).of(CONTRACTS.get(name, "BTC/USDT:USDT"))
    price = Decimal("0.0225") if name == "deribit" else Decimal(60000)
    order = Order(ID, listed.instrument, Decimal("-0.5"), "limit", price)
    reply = run(venue.trading.place(order))
    assert isinstance(reply, Refused)
    assert reply.code == "not-sent"
    assert exchange.last_request_url.startswith(PATHS[name])
    body = exchange.last_request_body or urlsplit(exchange.last_request_url).query
    said = json.loads(body) if body.startswith("{") else dict(parse_qsl(body))
    said = said["action"]["orders"][0] if name == "hyperliquid" else said
    field, wanted = SIZES[name]
    assert said[field] == wanted


def test_an_answer_by_a_coroutine_put_in_before_or_after() -> None:
    async def told(*_: Any, **__: Any) -> Any:
        return {
            "retCode": 0,
            "result": {"list": [{"symbol": "BTCUSDT", "side": "Sell", "size": 0.3, "avgPrice": 61000.5}]},
        }

    for late in (False, True):
        exchange = outside("bybit")
        if not late:
            exchange.fetch = told
        venue = venue_of(exchange, "bybit")
        exchange.fetch = told
        instrument = run(venue.listings()).of("BTC/USDT:USDT").instrument
        (held,) = run(venue.account.positions([instrument]))
        assert (held.quantity, held.entry) == (Decimal("-0.3"), Decimal("61000.5"))


def test_markets_may_come_from_an_answer_too() -> None:
    async def told(url: str, *_: Any, **__: Any) -> Any:
        entry = {
            "symbol": "BTC_USDT",
            "baseCoin": "BTC",
            "quoteCoin": "USDT",
            "settleCoin": "USDT",
            "contractSize": 0.0001,
            "priceUnit": 0.1,
            "volUnit": 1,
            "minVol": 1,
            "maxVol": 4000000,
            "takerFeeRate": 0.0002,
            "makerFeeRate": 0,
            "state": 0,
        }
        return {"success": True, "code": 0, "data": [entry] if "contract" in url else []}

    exchange = ccxt_library().mexc({"number": Decimal, "options": VENUES["mexc"].options})
    exchange.fetch = told
    venue = venue_of(exchange)
    (instrument,) = run(venue.data.instruments())
    assert (instrument.symbol, instrument.multiplier, instrument.lot) == (
        "BTC_USDT",
        Decimal("0.0001"),
        Decimal(1),
    )
    assert instrument.tick == Decimal("0.1")
