"""WEEX's public half: contracts with their misleading `contractVal`, prices, books, candles, funding."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hedgerow.exchange.venue import depth_of, forecast_of
from hedgerow.model.instruments import Instrument
from hedgerow.testing.standin.dialect import Call, Endpoint, number

__all__ = ["PUBLIC"]

_MINUTES = {"1m": 1, "5m": 5, "15m": 15, "1h": 60, "4h": 240, "1d": 1440}
_MOST_OLD_BARS = 100


def _time(call: Call) -> Any:
    return {"serverTime": call.stand.now}


def _spot_info(_: Call) -> Any:
    return {"symbols": []}


def _info(call: Call) -> Any:
    return {"assets": [], "symbols": [_symbol(one) for one in call.stand.instruments]}


def _symbol(one: Instrument) -> dict[str, Any]:
    return {
        "symbol": one.symbol,
        "baseAsset": one.underlying,
        "quoteAsset": one.quote,
        "marginAsset": one.settle,
        "pricePrecision": str(max(-int(one.tick.as_tuple().exponent), 0)),
        "quantityPrecision": str(max(-int(one.lot.as_tuple().exponent), 0)),
        "baseAssetPrecision": "2",
        "quotePrecision": "8",
        "contractVal": "0.0001" if one.underlying == "BTC" else "0.001",
        "delivery": ["00:00:00", "08:00:00", "16:00:00"],
        "forwardContractFlag": True,
        "minLeverage": "1",
        "maxLeverage": "400",
        "buyLimitPriceRatio": "0.01",
        "sellLimitPriceRatio": "0.01",
        "makerFeeRate": number(one.maker_fee),
        "takerFeeRate": number(one.taker_fee),
        "minOrderSize": number(one.min_contracts),
        "maxOrderSize": number(one.max_contracts or Decimal(1_000_000)),
        "maxPositionSize": "5000000",
        "marketOpenLimitSize": "2300",
    }


def _ticker(call: Call) -> Any:
    one = call.instrument()
    listing = call.stand.state.listing(one.name)
    mark = number(listing.mark or Decimal(0))
    last = number(listing.last or listing.mark or Decimal(0))
    row = {
        "symbol": one.symbol,
        "priceChange": "0",
        "priceChangePercent": "0",
        "lastPrice": last,
        "openPrice": last,
        "highPrice": last,
        "lowPrice": last,
        "volume": "1000",
        "quoteVolume": "60000000",
        "openTime": call.at - 86_400_000,
        "closeTime": call.at,
        "markPrice": mark,
        "indexPrice": number(listing.index or Decimal(0)),
    }
    return [row]


def _book_ticker(call: Call) -> Any:
    one = call.instrument()
    depth = depth_of(call.stand.state, one.name, 1)
    bid, ask = (side[0] if side else (Decimal(0), Decimal(0)) for side in (depth.bids, depth.asks))
    row = {
        "symbol": one.symbol,
        "bidPrice": number(bid[0]),
        "bidQty": number(bid[1]),
        "askPrice": number(ask[0]),
        "askQty": number(ask[1]),
        "time": depth.at,
    }
    return [row]


def _premium(call: Call) -> Any:
    one = call.instrument()
    listing, ahead = call.stand.state.listing(one.name), forecast_of(call.stand.state, one.name)
    row = {
        "symbol": one.symbol,
        "markPrice": number(listing.mark or Decimal(0)),
        "indexPrice": number(listing.index or Decimal(0)),
        "lastFundingRate": "0.0001",
        "forecastFundingRate": "" if ahead is None else number(ahead.rate),
        "interestRate": "0.0001",
        "nextFundingTime": 0 if ahead is None else ahead.at,
        "collectCycle": 480 if ahead is None else int((ahead.interval_hours or 8) * 60),
        "time": call.at,
    }
    return [row]


def _depth(call: Call) -> Any:
    one = call.instrument()
    depth = depth_of(call.stand.state, one.name, call.whole("limit", 15))
    rows = {
        n: [[number(p), number(q)] for p, q in side]
        for n, side in (("bids", depth.bids), ("asks", depth.asks))
    }
    return {**rows, "lastUpdateId": call.stand.state.made}


def _recent(call: Call) -> Any:
    """The last candles, whatever `startTime` says: the endpoint of recent ones does not heed it."""
    return _bars(call, call.at, call.whole("limit", 100))


def _history(call: Call) -> Any:
    """A hundred candles that end at `endTime`: what lies before them is left out without a word."""
    return _bars(call, call.whole("endTime", call.at), min(call.whole("limit", 100), _MOST_OLD_BARS))


def _bars(call: Call, until: int, limit: int) -> Any:
    one, minutes = call.instrument(), _MINUTES[call.need("interval")]
    bars = call.stand.candles(one, minutes, until - limit * minutes * 60_000 + 1, until + 1)
    return [
        [
            b.at,
            *(number(x) for x in (b.open, b.high, b.low, b.close)),
            number(b.volume or Decimal(0)),
            b.at + minutes * 60_000 - 1,
            "0",
            10,
            "0",
            "0",
        ]
        for b in bars
    ]


def _funding(call: Call) -> Any:
    one = call.instrument()
    until = call.whole("endTime", call.at) + 1
    since = call.whole("startTime", until - 60 * 86_400_000)
    limit = min(call.whole("limit", 100), 100)
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


PUBLIC = {
    "GET /api/v3/exchangeInfo": Endpoint(_spot_info, signed=False),
    **{
        f"GET /capi/v3/market/{name}": Endpoint(handler, signed=False)
        for name, handler in {
            "time": _time,
            "exchangeInfo": _info,
            "ticker/24hr": _ticker,
            "ticker/bookTicker": _book_ticker,
            "premiumIndex": _premium,
            "depth": _depth,
            "klines": _recent,
            "markPriceKlines": _recent,
            "indexPriceKlines": _recent,
            "historyKlines": _history,
            "fundingRate": _funding,
        }.items()
    },
}
