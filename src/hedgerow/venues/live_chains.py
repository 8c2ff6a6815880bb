"""Option chains of now, asked of Deribit, Binance and Bybit through ccxt: public data, no key.

    chain = await chain_now("deribit", "BTC")

Deribit tells all quotes of a coin at once, without sizes, the future of each; Bybit the same with sizes; Binance marks and quotes in two
answers, and no future: it is what call and put at the nearest strikes say by parity. What is not told is NaN, a crossed quote is
unknown on both sides, and an option whose future is synthetic (`SYN.`) is not tradable.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from statistics import median

import numpy as np

from hedgerow.model.errors import BadConfig, StateUnknown, VenueRefused, VenueUnreachable
from hedgerow.model.option_chain import OptionChain, OptionQuote
from hedgerow.model.option_names import OptionName, option_named
from hedgerow.venues.doors import rebase
from hedgerow.venues.raw import Row, instant, number, rows_of, text
from hedgerow.venues.wire import Exchange, ccxt_library, pin, watch

__all__ = ["LIVE_CHAINS", "chain_now"]

_HOSTS = {
    "deribit": ("www.deribit.com",),
    "binance": ("eapi.binance.com",),
    "bybit": ("api.bybit.com",),
}
LIVE_CHAINS = tuple(_HOSTS)
"""Venues whose options can be asked for."""
_LOTS = {"deribit": {"BTC": "0.1"}, "bybit": {"BTC": "0.01", "ETH": "0.1"}, "binance": {}}
_OTHER_LOT = {"deribit": "1", "bybit": "1", "binance": "0.01"}
_NEAREST = 5


async def chain_now(name: str, coin: str, stand_in: str | None = None) -> OptionChain:
    """Return every option on `coin` that a venue quotes now; `stand_in` is a server on this machine that plays it.

    Raises `BadConfig` for another venue, `VenueUnreachable`, `VenueRefused`, and `StateUnknown` for an answer that cannot be read or
    has no options.
    """
    if name not in _HOSTS:
        raise BadConfig(
            f'"{name}" is no venue whose options can be asked for',
            advice=f"There are {', '.join(LIVE_CHAINS)}.",
        )
    exchange = getattr(ccxt_library(), name)({"enableRateLimit": True, "timeout": 10_000})
    watch(exchange)
    pin(exchange, _HOSTS[name])
    if stand_in is not None:
        rebase(exchange, stand_in, name)
    try:
        found = await _READERS[name](exchange, coin.upper())
    finally:
        await exchange.close()
    if not found.quotes:
        raise StateUnknown(f"{name} quotes no options on {coin.upper()} now", advice="Ask for BTC or ETH.")
    return found


async def _asked(name: str, call: Callable[[], Awaitable[object]]) -> object:
    """The body of an answer; silence and refusals as the ports tell them."""
    import ccxt

    try:
        return await call()
    except (ccxt.NetworkError, OSError) as why:
        raise VenueUnreachable(
            f"{name} does not answer: {type(why).__name__}",
            advice="Check the network, or give a file with --chain.",
        ) from why
    except ccxt.BaseError as why:
        said = str(why).splitlines()[0][:200]
        raise VenueRefused(f"{name}: {said}", advice="Give a file with --chain.") from why


async def _deribit(exchange: Exchange, coin: str) -> OptionChain:
    asked = {"currency": coin, "kind": "option"}
    body = await _asked("deribit", lambda: exchange.publicGetGetBookSummaryByCurrency(asked))
    told = await _asked(
        "deribit", lambda: exchange.publicGetGetIndexPrice({"index_name": f"{coin.lower()}_usd"})
    )
    at = number(body, "usIn")
    if at is None:
        raise StateUnknown("deribit does not say of when its quotes are")
    quotes = [
        replace(
            _quote(row, named, "bid_price", "ask_price", "mark_price"),
            forward_usd=_float(row, "underlying_price"),
            open_interest=_float(row, "open_interest"),
            volume=_float(row, "volume"),
            tradable=not (text(row, "underlying_index") or "").startswith("SYN."),
        )
        for row, named in _named(rows_of(body, "result"), "instrument_name", coin)
        if named.settle in {"", coin}
    ]
    return _chain(
        "deribit", coin, coin, int(at) // 1000, _index(told, "result.index_price", "deribit"), quotes
    )


async def _bybit(exchange: Exchange, coin: str) -> OptionChain:
    asked = {"category": "option", "baseCoin": coin}
    body = await _asked("bybit", lambda: exchange.publicGetV5MarketTickers(asked))
    at = instant(body, "time")
    rows = list(_named(rows_of(body, "result.list"), "symbol", coin))
    settles = [named.settle or "USDC" for _, named in rows]
    settle = max(dict.fromkeys(settles), key=settles.count, default="USDC")
    mine = [(row, named) for row, named in rows if (named.settle or "USDC") == settle]
    if at is None or not mine:
        raise StateUnknown(f"bybit tells no options on {coin}, or not of when")
    quotes = [
        replace(
            _quote(row, named, "bid1Price", "ask1Price", "markPrice"),
            forward_usd=_float(row, "underlyingPrice"),
            bid_size=_float(row, "bid1Size"),
            ask_size=_float(row, "ask1Size"),
            open_interest=_float(row, "openInterest"),
            volume=_float(row, "volume24h"),
        )
        for row, named in mine
    ]
    return _chain("bybit", coin, settle, at, _index(mine[0][0], "indexPrice", "bybit"), quotes)


async def _binance(exchange: Exchange, coin: str) -> OptionChain:
    marks = await _asked("binance", lambda: exchange.eapiPublicGetMark({}))
    tickers = await _asked("binance", lambda: exchange.eapiPublicGetTicker({}))
    told = await _asked("binance", lambda: exchange.eapiPublicGetIndex({"underlying": f"{coin}USDT"}))
    at = instant(told, "time")
    if at is None:
        raise StateUnknown("binance does not say of when its index is")
    marked = {text(row, "symbol"): _float(row, "markPrice") for row in rows_of(marks, ".")}
    quotes = [
        replace(
            _quote(row, named, "bidPrice", "askPrice", ""),
            mark=marked.get(named.text, math.nan),
            volume=_float(row, "volume"),
        )
        for row, named in _named(rows_of(tickers, "."), "symbol", coin)
    ]
    index = _index(told, "indexPrice", "binance")
    forwards = {ends: _parity(quotes, ends, index) for ends in {quote.expiry for quote in quotes}}
    with_forward = [replace(quote, forward_usd=forwards[quote.expiry]) for quote in quotes]
    return _chain("binance", coin, "USDT", at, index, with_forward)


_READERS: Mapping[str, Callable[[Exchange, str], Awaitable[OptionChain]]] = {
    "deribit": _deribit,
    "bybit": _bybit,
    "binance": _binance,
}


def _named(rows: Iterable[Row], field: str, coin: str) -> list[tuple[Row, OptionName]]:
    """The rows that are options on a coin, with what their names say; names of no day are left out."""
    found = []
    for row in rows:
        try:
            named = option_named(text(row, field) or "")
        except ValueError:
            continue
        if named is not None and named.underlying == coin:
            found.append((row, named))
    return found


def _quote(row: Row, named: OptionName, bid: str, ask: str, mark: str) -> OptionQuote:
    """One option's prices; a quote of nothing is none, and where bid is above ask neither is believed."""
    low, high = _float(row, bid), _float(row, ask)
    if low > high:
        low = high = math.nan
    marked = _float(row, mark) if mark else math.nan
    return OptionQuote(named.text, named.ends, named.strike, named.call, low, high, marked, math.nan)


def _float(row: object, names: str) -> float:
    """A number above 0, else NaN: venues write nothing as 0."""
    found = number(row, names)
    return float(found) if found is not None and found > 0 else math.nan


def _index(body: object, names: str, venue: str) -> float:
    index = _float(body, names)
    if not math.isfinite(index):
        raise StateUnknown(f"{venue} does not tell the price of the coin that its options are on")
    return index


def _parity(quotes: list[OptionQuote], ends: np.datetime64, index: float) -> float:
    """The future that ends with an expiry: K + C − P by the marks at the strikes nearest to the index, their median; NaN without."""
    marks = {(q.strike, q.call): q.mark for q in quotes if q.expiry == ends and math.isfinite(q.mark)}
    both = sorted(
        (strike for strike, call in marks if call and (strike, False) in marks), key=lambda k: abs(k - index)
    )
    found = [strike + marks[strike, True] - marks[strike, False] for strike in both[:_NEAREST]]
    return median(found) if found else math.nan


def _chain(
    venue: str, coin: str, settle: str, at: int, index: float, quotes: list[OptionQuote]
) -> OptionChain:
    as_of = np.datetime64(at, "ms")
    lot = Decimal(_LOTS[venue].get(coin, _OTHER_LOT[venue]))
    alive = tuple(quote for quote in quotes if quote.expiry > as_of)
    return OptionChain(venue, coin, settle, as_of, index, lot, alive, f"{venue} now")
