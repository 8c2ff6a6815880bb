"""MEXC's public half: contracts with their sizes and risk ladders, prices, books, candles in columns, funding in pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hedgerow.exchange.venue import depth_of, forecast_of
from hedgerow.model.instruments import Instrument
from hedgerow.testing.standin.dialect import Bare, Call, Endpoint, plain
from hedgerow.testing.standin.reading import counted

__all__ = ["PUBLIC", "pages"]

_MINUTES = {"Min1": 1, "Min5": 5, "Min15": 15, "Min60": 60, "Hour4": 240, "Day1": 1440}


def pages(rows: list[Any], call: Call) -> dict[str, Any]:
    """Return one page of `rows`, and how many there are."""
    page, size = call.whole("page_num", 1), call.whole("page_size", 20)
    return {
        "pageSize": size,
        "totalCount": len(rows),
        "totalPage": -(-len(rows) // size),
        "currentPage": page,
        "resultList": rows[(page - 1) * size : page * size],
    }


def _ping(call: Call) -> Any:
    return call.stand.now


def _detail(call: Call) -> Any:
    wanted = call.asked.get("symbol", "")
    return [_contract(one) for one in call.stand.instruments if wanted in {"", one.symbol}]


def _contract(one: Instrument) -> dict[str, Any]:
    first = one.tiers[0]
    return {
        "symbol": one.symbol,
        "displayName": one.symbol,
        "displayNameEn": f"{one.symbol} PERPETUAL",
        "positionOpenType": 3,
        "baseCoin": one.underlying,
        "quoteCoin": one.quote,
        "settleCoin": one.settle,
        "contractSize": float(one.multiplier),
        "minLeverage": 1,
        "maxLeverage": int(first.max_leverage),
        "priceScale": max(-int(one.tick.as_tuple().exponent), 0),
        "volScale": 0,
        "amountScale": 4,
        "priceUnit": float(one.tick),
        "volUnit": 1,
        "minVol": 1,
        "maxVol": int(one.max_contracts or 1_000_000),
        "bidLimitPriceRate": 0.1,
        "askLimitPriceRate": 0.1,
        "takerFeeRate": float(one.taker_fee),
        "makerFeeRate": float(one.maker_fee),
        "maintenanceMarginRate": first.mmr,
        "initialMarginRate": 1.0 / first.max_leverage,
        "riskBaseVol": 1_000_000,
        "riskIncrVol": 1_000_000,
        "riskIncrMmr": 0.005,
        "riskIncrImr": 0.01,
        "riskLevelLimit": 5,
        "priceCoefficientVariation": 0.1,
        "state": 0,
        "isNew": False,
        "isHot": True,
        "isHidden": False,
        "apiAllowed": True,
    }


def _ticker(call: Call) -> Any:
    one = call.instrument()
    listing, depth = call.stand.state.listing(one.name), depth_of(call.stand.state, one.name, 1)
    bid, ask = (side[0][0] if side else Decimal(0) for side in (depth.bids, depth.asks))
    mark = listing.mark or Decimal(0)
    ahead = forecast_of(call.stand.state, one.name)
    return {
        "contractId": 10,
        "symbol": one.symbol,
        "lastPrice": plain(listing.last or mark),
        "bid1": plain(bid),
        "ask1": plain(ask),
        "volume24": 1000,
        "amount24": 60_000_000,
        "holdVol": 1000,
        "lower24Price": plain(mark),
        "high24Price": plain(mark),
        "riseFallRate": 0,
        "riseFallValue": 0,
        "indexPrice": plain(listing.index or Decimal(0)),
        "fairPrice": plain(mark),
        "fundingRate": 0 if ahead is None else plain(ahead.rate),
        "timestamp": depth.at,
    }


def _depth(call: Call) -> Any:
    one = call.instrument()
    depth = depth_of(call.stand.state, one.name, call.whole("limit", 20))
    rows = {
        name: [[plain(p), plain(counted(one, q, contracts=True)), 1] for p, q in side]
        for name, side in (("bids", depth.bids), ("asks", depth.asks))
    }
    return {**rows, "version": call.stand.state.made, "timestamp": depth.at}


def _klines(call: Call) -> Any:
    one, minutes = call.instrument(), _MINUTES[call.asked.get("interval", "Min1")]
    until = (call.whole("end", call.at // 1000) + 1) * 1000
    since = call.whole("start", until // 1000 - 2000 * minutes * 60) * 1000
    bars = call.stand.candles(one, minutes, since, until)[-2000:]
    return {
        "time": [b.at // 1000 for b in bars],
        "open": [plain(b.open) for b in bars],
        "close": [plain(b.close) for b in bars],
        "high": [plain(b.high) for b in bars],
        "low": [plain(b.low) for b in bars],
        "vol": [plain(counted(one, b.volume or Decimal(0), contracts=True)) for b in bars],
        "amount": [0 for _ in bars],
    }


def _funding_now(call: Call) -> Any:
    one = call.instrument()
    ahead = forecast_of(call.stand.state, one.name)
    return {
        "symbol": one.symbol,
        "fundingRate": 0 if ahead is None else plain(ahead.rate),
        "maxFundingRate": 0.003,
        "minFundingRate": -0.003,
        "collectCycle": 8 if ahead is None else int(ahead.interval_hours or 8),
        "nextSettleTime": 0 if ahead is None else ahead.at,
        "timestamp": call.at,
    }


def _funding(call: Call) -> Any:
    """Newest first, from today back: there is no other way in than page by page."""
    one = call.instrument()
    prints = call.stand.prints(one, call.at - 89 * 86_400_000, call.at + 1)
    rows = [
        {
            "symbol": one.symbol,
            "fundingRate": plain(p.rate),
            "settleTime": p.at,
            "collectCycle": int(p.interval_hours or 8),
        }
        for p in prints
    ]
    return pages(rows[::-1], call)


def _spot_info(_: Call) -> Any:
    return Bare(symbols=[])


PUBLIC = {
    "GET /api/v3/exchangeInfo": Endpoint(_spot_info, signed=False),
} | {
    f"GET /api/v1/contract/{name}": Endpoint(handler, signed=False)
    for name, handler in {
        "ping": _ping,
        "detail": _detail,
        "ticker": _ticker,
        "depth/{symbol}": _depth,
        "kline/{symbol}": _klines,
        "kline/fair_price/{symbol}": _klines,
        "kline/index_price/{symbol}": _klines,
        "funding_rate/history": _funding,
        "funding_rate/{symbol}": _funding_now,
    }.items()
}
