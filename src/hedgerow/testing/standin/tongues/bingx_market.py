"""BingX's public half: contracts, prices, books, candles, funding."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hedgerow.exchange.venue import depth_of, forecast_of
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.testing.standin.dialect import Call, Endpoint, number

__all__ = ["PUBLIC", "depth", "klines", "premium", "ticker"]

_MINUTES = {"1m": 1, "5m": 5, "15m": 15, "1h": 60, "4h": 240, "1d": 1440}


def _time(call: Call) -> Any:
    return {"serverTime": call.stand.now}


def _contracts(call: Call) -> Any:
    return [_contract(one) for one in call.stand.instruments if one.payoff is Payoff.LINEAR]


def _contract(one: Instrument) -> dict[str, Any]:
    return {
        "contractId": "100",
        "symbol": one.symbol,
        "size": number(one.lot),
        "quantityPrecision": max(-int(one.lot.as_tuple().exponent), 0),
        "pricePrecision": max(-int(one.tick.as_tuple().exponent), 0),
        "feeRate": float(one.taker_fee),
        "makerFeeRate": float(one.maker_fee),
        "takerFeeRate": float(one.taker_fee),
        "tradeMinLimit": 0,
        "tradeMinQuantity": float(one.min_contracts),
        "tradeMinUSDT": float(one.min_notional),
        "maxLongLeverage": 150,
        "maxShortLeverage": 150,
        "currency": one.settle,
        "asset": one.underlying,
        "status": 1,
        "apiStateOpen": "true",
        "apiStateClose": "true",
        "ensureTrigger": True,
        "triggerFeeRate": "0.00020000",
        "launchTime": 1_586_275_200_000,
        "maintainTime": 0,
        "offTime": 0,
    }


def ticker(call: Call) -> Any:
    """Return the last price and the best of the book."""
    one = call.instrument()
    listing, book = call.stand.state.listing(one.name), depth_of(call.stand.state, one.name, 1)
    bid, ask = (side[0] if side else (Decimal(0), Decimal(0)) for side in (book.bids, book.asks))
    last = number(listing.last or listing.mark or Decimal(0))
    return {
        "symbol": one.symbol,
        "priceChange": "0",
        "priceChangePercent": "0",
        "lastPrice": last,
        "lastQty": "1",
        "highPrice": last,
        "lowPrice": last,
        "volume": "1000",
        "quoteVolume": "60000000",
        "openPrice": last,
        "openTime": call.at - 86_400_000,
        "closeTime": book.at,
        "bidPrice": number(bid[0]),
        "bidQty": number(bid[1]),
        "askPrice": number(ask[0]),
        "askQty": number(ask[1]),
    }


def premium(call: Call) -> Any:
    """Return mark, index and the funding to come."""
    one = call.instrument()
    listing, ahead = call.stand.state.listing(one.name), forecast_of(call.stand.state, one.name)
    return {
        "symbol": one.symbol,
        "markPrice": number(listing.mark or Decimal(0)),
        "indexPrice": number(listing.index or Decimal(0)),
        "lastFundingRate": "" if ahead is None else number(ahead.rate),
        "nextFundingTime": 0 if ahead is None else ahead.at,
        "fundingIntervalHours": 8 if ahead is None else int(ahead.interval_hours or 8),
    }


def depth(call: Call) -> Any:
    """Return the book."""
    one = call.instrument()
    seen = depth_of(call.stand.state, one.name, call.whole("limit", 20))
    rows = {
        name: [[number(p), number(q)] for p, q in side]
        for name, side in (("bids", seen.bids), ("asks", seen.asks))
    }
    rows["asks"].reverse()
    return {"T": seen.at, **rows}


def klines(call: Call) -> Any:
    """Return bars, newest first."""
    one, minutes = call.instrument(), _MINUTES[call.need("interval")]
    limit = call.whole("limit", 500)
    until = call.whole("endTime", call.at) + 1
    since = call.whole("startTime", until - limit * minutes * 60_000)
    bars = call.stand.candles(one, minutes, since, until)[-limit:]
    rows = [
        {
            "open": number(b.open),
            "close": number(b.close),
            "high": number(b.high),
            "low": number(b.low),
            "volume": number(b.volume or Decimal(0)),
            "time": b.at,
        }
        for b in bars
    ]
    return rows[::-1]


def _funding(call: Call) -> Any:
    one = call.instrument()
    until = call.whole("endTime", call.at) + 1
    since = call.whole("startTime", until - 100 * 86_400_000)
    limit = call.whole("limit", 100)
    prints = call.stand.prints(one, since, until)
    kept = prints[:limit] if call.asked.get("startTime") else prints[-limit:]
    return [
        {
            "symbol": one.symbol,
            "fundingRate": number(p.rate),
            "fundingTime": p.at,
            "markPrice": number(p.mark or Decimal(0)),
        }
        for p in kept
    ]


def _no_spot(_: Call) -> Any:
    return {"symbols": []}


PUBLIC = {
    "GET /openApi/spot/v1/common/symbols": Endpoint(_no_spot, signed=False),
    **{
        f"GET /openApi/swap/{name}": Endpoint(handler, signed=False)
        for name, handler in {
            "v2/server/time": _time,
            "v2/quote/contracts": _contracts,
            "v2/quote/ticker": ticker,
            "v2/quote/premiumIndex": premium,
            "v2/quote/depth": depth,
            "v3/quote/klines": klines,
            "v1/market/markPriceKlines": klines,
            "v2/quote/fundingRate": _funding,
        }.items()
    },
}
