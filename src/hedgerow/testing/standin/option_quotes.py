"""The public options of Deribit, Binance and Bybit on loopback, each in its own words, from one chain.

    async with quoting(chain) as base:
        await chain_now("deribit", "BTC", base)

Only what anybody may ask is answered; a path that the venue does not have is a 404, as there.
"""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgerow.model.option_chain import OptionChain, OptionQuote

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["Said", "answers_of", "quoting"]

Said = Callable[[Mapping[str, str]], Any]
_LOOPBACK = "127.0.0.1"


@asynccontextmanager
async def quoting(chain: OptionChain, heard: list[str] | None = None) -> AsyncIterator[str]:
    """Serve a chain as all three venues tell it, and yield the address; `heard` takes every path that was asked."""
    from aiohttp import web

    answers = answers_of(chain)

    async def handle(request: web.Request) -> web.Response:
        if heard is not None:
            heard.append(request.path_qs)
        said = answers.get(request.path)
        if said is None:
            return web.Response(status=404, text="{}")
        return web.json_response(text=json.dumps(said(request.query)))

    app = web.Application()
    app.router.add_get("/{rest:.*}", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, _LOOPBACK, 0).start()
    try:
        yield f"http://{_LOOPBACK}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def answers_of(chain: OptionChain) -> dict[str, Said]:
    """Return what is answered at each path, by the parameters that it is asked with."""
    coin, at = chain.underlying, int(chain.as_of.astype("datetime64[ms]").astype(np.int64))
    return {
        "/deribit/api/v2/public/get_book_summary_by_currency": lambda asked: {
            "jsonrpc": "2.0",
            "usIn": at * 1000,
            "usOut": at * 1000 + 5,
            "result": [_of_deribit(chain, q) for q in chain.quotes] if asked.get("currency") == coin else [],
        },
        "/deribit/api/v2/public/get_index_price": lambda _: {
            "jsonrpc": "2.0",
            "result": {"index_price": chain.index_usd, "estimated_delivery_price": chain.index_usd},
        },
        "/bybit/v5/market/tickers": lambda asked: {
            "retCode": 0,
            "retMsg": "SUCCESS",
            "result": {
                "category": "option",
                "list": [_of_bybit(chain, q) for q in chain.quotes] if asked.get("baseCoin") == coin else [],
            },
            "time": at,
        },
        "/binance/eapi/v1/mark": lambda _: [
            {"symbol": _six(q), "markPrice": _said(_dollars(chain, q, q.mark)), "markIV": "0.5"}
            for q in chain.quotes
        ],
        "/binance/eapi/v1/ticker": lambda _: [
            {
                "symbol": _six(q),
                "bidPrice": _said(_dollars(chain, q, q.bid)),
                "askPrice": _said(_dollars(chain, q, q.ask)),
                "volume": _said(q.volume),
                "exercisePrice": _said(chain.index_usd),
            }
            for q in chain.quotes
        ],
        "/binance/eapi/v1/index": lambda _: {"time": at, "indexPrice": _said(chain.index_usd)},
    }


def _of_deribit(chain: OptionChain, quote: OptionQuote) -> dict[str, Any]:
    """Coins; what is not quoted is null, and a future that is none is called SYN."""
    future = quote.symbol.rsplit("-", 2)[0]
    return {
        "instrument_name": quote.symbol,
        "base_currency": chain.underlying,
        "quote_currency": chain.settle,
        "bid_price": None if math.isnan(quote.bid) else quote.bid,
        "ask_price": None if math.isnan(quote.ask) else quote.ask,
        "mark_price": quote.mark,
        "underlying_price": quote.forward_usd,
        "underlying_index": future if quote.tradable else f"SYN.{future}",
        "open_interest": quote.open_interest,
        "volume": quote.volume,
    }


def _of_bybit(chain: OptionChain, quote: OptionQuote) -> dict[str, Any]:
    """Dollars as text; what is not quoted is 0."""
    return {
        "symbol": f"{quote.symbol}-USDT",
        "bid1Price": _said(_dollars(chain, quote, quote.bid)),
        "bid1Size": _said(quote.bid_size),
        "ask1Price": _said(_dollars(chain, quote, quote.ask)),
        "ask1Size": _said(quote.ask_size),
        "markPrice": _said(_dollars(chain, quote, quote.mark)),
        "indexPrice": _said(chain.index_usd),
        "underlyingPrice": _said(quote.forward_usd),
        "openInterest": _said(quote.open_interest),
        "volume24h": _said(quote.volume),
    }


def _dollars(chain: OptionChain, quote: OptionQuote, price: float) -> float:
    """A price of a chain in coins as venues that settle in dollars have it: at the future."""
    return price * quote.forward_usd if chain.in_coin else price


def _six(quote: OptionQuote) -> str:
    """The name with its day in six digits."""
    coin, _, strike, side = quote.symbol.split("-")
    return f"{coin}-{quote.expiry.item():%y%m%d}-{strike}-{side}"


def _said(number: float) -> str:
    return "0" if math.isnan(number) else f"{number:.8f}".rstrip("0").rstrip(".")
