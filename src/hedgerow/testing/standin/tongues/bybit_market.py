"""Bybit's public half: contracts, prices, books, candles, funding, risk limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hedgerow.exchange.venue import depth_of, forecast_of
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.testing.standin.dialect import Call, Endpoint, number

__all__ = ["PUBLIC", "category_of", "listed"]

_STATUS = {"trading": "Trading", "reduce_only": "Delivering", "closed": "Closed"}


def category_of(instrument: Instrument) -> str:
    """Return what the venue calls this kind of contract."""
    return "inverse" if instrument.payoff is Payoff.INVERSE else "linear"


def listed(call: Call) -> list[Instrument]:
    """Return the contracts of the category that is asked for, or the one that is named."""
    category, symbol = call.asked.get("category", "linear"), call.asked.get("symbol")
    return [
        o for o in call.stand.instruments if category_of(o) == category and symbol in {None, "", o.symbol}
    ]


def _time(call: Call) -> Any:
    return {"timeSecond": str(call.stand.now // 1000), "timeNano": str(call.stand.now * 1_000_000)}


def _instruments(call: Call) -> Any:
    rows = [_instrument(one, _STATUS[call.stand.state.listing(one.name).status]) for one in listed(call)]
    return {"category": call.asked.get("category", "linear"), "list": rows, "nextPageCursor": ""}


def _instrument(one: Instrument, status: str) -> dict[str, Any]:
    kind = "Perpetual" if one.expiry is None else "Futures"
    ends = 0 if one.expiry is None else round(one.expiry.timestamp() * 1000)
    most = number(one.max_contracts or Decimal(100_000))
    return {
        "symbol": one.symbol,
        "contractType": f"{category_of(one).capitalize()}{kind}",
        "status": status,
        "baseCoin": one.underlying,
        "quoteCoin": one.quote,
        "settleCoin": one.settle,
        "launchTime": "1584230400000",
        "deliveryTime": str(ends),
        "deliveryFeeRate": "",
        "priceScale": "2",
        "leverageFilter": {
            "minLeverage": "1",
            "maxLeverage": number(Decimal(str(one.max_leverage))),
            "leverageStep": "0.01",
        },
        "priceFilter": {"minPrice": number(one.tick), "maxPrice": "1999999.80", "tickSize": number(one.tick)},
        "lotSizeFilter": {
            "maxOrderQty": most,
            "minOrderQty": number(one.min_contracts),
            "qtyStep": number(one.lot),
            "postOnlyMaxOrderQty": most,
            "maxMktOrderQty": most,
            "minNotionalValue": number(one.min_notional),
        },
        "unifiedMarginTrade": True,
        "fundingInterval": int((one.funding_interval_hours or 0) * 60),
        "copyTrading": "none",
        "upperFundingRate": "0.00375",
        "lowerFundingRate": "-0.00375",
    }


def _tickers(call: Call) -> Any:
    rows = []
    for one in listed(call):
        listing, ahead = call.stand.state.listing(one.name), forecast_of(call.stand.state, one.name)
        depth = depth_of(call.stand.state, one.name, 1)
        bid, ask = (side[0] if side else (Decimal(0), Decimal(0)) for side in (depth.bids, depth.asks))
        mark = listing.mark or Decimal(0)
        rows.append(
            {
                "symbol": one.symbol,
                "lastPrice": number(listing.last or mark),
                "indexPrice": number(listing.index or Decimal(0)),
                "markPrice": number(mark),
                "prevPrice24h": number(mark),
                "price24hPcnt": "0",
                "highPrice24h": number(mark),
                "lowPrice24h": number(mark),
                "openInterest": "0",
                "turnover24h": "0",
                "volume24h": "0",
                "fundingRate": "" if ahead is None else number(ahead.rate),
                "nextFundingTime": "0" if ahead is None else str(ahead.at),
                "fundingIntervalHour": "" if ahead is None else number(ahead.interval_hours or Decimal(8)),
                "bid1Price": number(bid[0]),
                "bid1Size": number(bid[1]),
                "ask1Price": number(ask[0]),
                "ask1Size": number(ask[1]),
            }
        )
    return {"category": call.asked.get("category", "linear"), "list": rows}


def _orderbook(call: Call) -> Any:
    one = call.instrument()
    depth = depth_of(call.stand.state, one.name, call.whole("limit", 25))
    bids, asks = ([[number(p), number(q)] for p, q in side] for side in (depth.bids, depth.asks))
    return {"s": one.symbol, "b": bids, "a": asks, "ts": depth.at, "u": call.stand.state.made + 1, "seq": 1}


def _klines(call: Call) -> Any:
    one, interval = call.instrument(), call.need("interval")
    minutes = {"D": 1440, "W": 10_080}.get(interval) or int(interval)
    limit = call.whole("limit", 200)
    until = call.whole("end", call.at) + 1
    since = call.whole("start", until - limit * minutes * 60_000)
    bars = call.stand.candles(one, minutes, since, until)[-limit:]
    rows = [
        [
            str(b.at),
            *(number(x) for x in (b.open, b.high, b.low, b.close)),
            number(b.volume or Decimal(0)),
            "0",
        ]
        for b in bars
    ]
    return {"symbol": one.symbol, "category": category_of(one), "list": rows[::-1]}


def _funding(call: Call) -> Any:
    one = call.instrument()
    until = call.whole("endTime", call.at) + 1
    since = call.whole("startTime", until - 200 * 86_400_000)
    prints = call.stand.prints(one, since, until)[-call.whole("limit", 200) :]
    rows = [
        {"symbol": one.symbol, "fundingRate": number(p.rate), "fundingRateTimestamp": str(p.at)}
        for p in prints
    ]
    return {"category": category_of(one), "list": rows[::-1]}


def _risk(call: Call) -> Any:
    rows = []
    for one in listed(call):
        ends = [tier.floor for tier in one.tiers[1:]] + [1e12]
        for place, (tier, end) in enumerate(zip(one.tiers, ends, strict=True)):
            rows.append(
                {
                    "id": place + 1,
                    "symbol": one.symbol,
                    "riskLimitValue": number(Decimal(str(end))),
                    "maintenanceMargin": number(Decimal(str(tier.mmr))),
                    "initialMargin": number(Decimal(1) / Decimal(str(tier.max_leverage))),
                    "isLowestRisk": int(place == 0),
                    "maxLeverage": number(Decimal(str(tier.max_leverage))),
                    "mmDeduction": "",
                }
            )
    return {"category": call.asked.get("category", "linear"), "list": rows, "nextPageCursor": ""}


PUBLIC = {
    f"GET /v5/market/{name}": Endpoint(handler, signed=False)
    for name, handler in {
        "time": _time,
        "instruments-info": _instruments,
        "tickers": _tickers,
        "orderbook": _orderbook,
        "kline": _klines,
        "mark-price-kline": _klines,
        "index-price-kline": _klines,
        "funding/history": _funding,
        "risk-limit": _risk,
    }.items()
}
