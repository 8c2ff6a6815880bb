"""Binance's public half: contracts, prices, books, candles, funding, tiers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hedgerow.exchange.venue import depth_of, forecast_of
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.testing.standin.dialect import Call, Endpoint, number
from hedgerow.testing.standin.reading import counted, units

__all__ = ["brackets", "coin_margined", "listed", "public"]

_NEVER = 4_133_404_800_000


def coin_margined(instrument: Instrument) -> bool:
    """Return whether a contract is one of COIN-M."""
    return instrument.payoff is Payoff.INVERSE


_STATUS = {"trading": "TRADING"}


def listed(call: Call, *, inverse: bool) -> list[Instrument]:
    """Return the contracts of USD-M or of COIN-M."""
    return [one for one in call.stand.instruments if coin_margined(one) is inverse]


def _info(*, inverse: bool) -> Endpoint:
    def handle(call: Call) -> Any:
        rows = [_symbol(one, call) for one in listed(call, inverse=inverse)]
        return {"timezone": "UTC", "serverTime": call.stand.now, "rateLimits": [], "symbols": rows}

    return Endpoint(handle, signed=False)


def _filters(one: Instrument) -> list[dict[str, Any]]:
    lot = counted(one, units(one, one.lot, contracts=True), contracts=coin_margined(one))
    most = one.max_contracts or Decimal(100_000)
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": number(one.tick),
            "maxPrice": "10000000",
            "tickSize": number(one.tick),
        },
        {"filterType": "LOT_SIZE", "minQty": number(lot), "maxQty": number(most), "stepSize": number(lot)},
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": number(lot),
            "maxQty": number(most),
            "stepSize": number(lot),
        },
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        {"filterType": "MIN_NOTIONAL", "notional": number(one.min_notional)},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": "1.05",
            "multiplierDown": "0.95",
            "multiplierDecimal": "4",
        },
    ]


def _symbol(one: Instrument, call: Call) -> dict[str, Any]:
    inverse = coin_margined(one)
    ends = _NEVER if one.expiry is None else round(one.expiry.timestamp() * 1000)
    pair = one.symbol.partition("_")[0]
    row: dict[str, Any] = {
        "symbol": one.symbol,
        "pair": pair,
        "contractType": "PERPETUAL" if one.expiry is None else "CURRENT_QUARTER",
        "deliveryDate": ends,
        "onboardDate": 1_569_398_400_000,
        "contractStatus" if inverse else "status": _STATUS.get(
            call.stand.state.listing(one.name).status, "SETTLING"
        ),
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": one.underlying,
        "quoteAsset": one.quote,
        "marginAsset": one.settle,
        "pricePrecision": -int(one.tick.as_tuple().exponent),
        "quantityPrecision": 0 if inverse else -int(one.lot.as_tuple().exponent),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "triggerProtect": "0.0500",
        "filters": _filters(one),
        "orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }
    if inverse:
        row["contractSize"] = int(one.multiplier)
    return row


def brackets(call: Call) -> Any:
    """Return the tiers."""
    rows = []
    for one in call.stand.instruments:
        inverse = coin_margined(one)
        if call.asked.get("symbol", one.symbol) != one.symbol:
            continue
        floor, cap = ("qtyFloor", "qtyCap") if inverse else ("notionalFloor", "notionalCap")
        ends = [tier.floor for tier in one.tiers[1:]] + [1e12]
        tiers = [
            {
                "bracket": i + 1,
                "initialLeverage": t.max_leverage,
                floor: t.floor,
                cap: end,
                "maintMarginRatio": t.mmr,
                "cum": 0,
            }
            for i, (t, end) in enumerate(zip(one.tiers, ends, strict=True))
        ]
        rows.append({"symbol": one.symbol, "brackets": tiers})
    return rows


def _ticker_price(call: Call) -> Any:
    one = call.instrument()
    listing = call.stand.state.listing(one.name)
    row = {"symbol": one.symbol, "price": number(listing.last or listing.mark or Decimal(0)), "time": call.at}
    return [row] if coin_margined(one) else row


def _book_ticker(call: Call) -> Any:
    one = call.instrument()
    depth = depth_of(call.stand.state, one.name, 1)
    inverse = coin_margined(one)
    row: dict[str, Any] = {"symbol": one.symbol, "time": depth.at}
    for side, name in ((depth.bids, "bid"), (depth.asks, "ask")):
        price, size = side[0] if side else (Decimal(0), Decimal(0))
        row |= {f"{name}Price": number(price), f"{name}Qty": number(counted(one, size, contracts=inverse))}
    return [row] if inverse else row


def _premium(call: Call) -> Any:
    one = call.instrument()
    listing, ahead = call.stand.state.listing(one.name), forecast_of(call.stand.state, one.name)
    row = {
        "symbol": one.symbol,
        "markPrice": number(listing.mark or Decimal(0)),
        "indexPrice": number(listing.index or Decimal(0)),
        "lastFundingRate": "" if ahead is None else number(ahead.rate),
        "interestRate": "0.00010000",
        "nextFundingTime": 0 if ahead is None else ahead.at,
        "time": call.at,
    }
    return [row] if coin_margined(one) else row


def _depth(call: Call) -> Any:
    one = call.instrument()
    depth = depth_of(call.stand.state, one.name, call.whole("limit", 500))
    inverse = coin_margined(one)
    rows = {
        name: [[number(p), number(counted(one, q, contracts=inverse))] for p, q in side]
        for name, side in (("bids", depth.bids), ("asks", depth.asks))
    }
    return {"lastUpdateId": call.stand.state.made, "E": depth.at, "T": depth.at, **rows}


def _klines(call: Call) -> Any:
    one = call.instrument() if call.asked.get("symbol") else call.instrument("pair")
    amount, unit = call.need("interval")[:-1], call.need("interval")[-1]
    minutes = int(amount) * {"m": 1, "h": 60, "d": 1440}[unit]
    until = call.whole("endTime", call.at) + 1
    limit = call.whole("limit", 500)
    since = call.whole("startTime", until - limit * minutes * 60_000)
    bars = call.stand.candles(one, minutes, since, until)[:limit]
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
            "0",
        ]
        for b in bars
    ]


def _funding_rate(call: Call) -> Any:
    one = call.instrument()
    until = call.whole("endTime", call.at) + 1
    limit = call.whole("limit", 100)
    rows = call.stand.prints(one, call.whole("startTime", until - 30 * 86_400_000), until)[:limit]
    return [
        {
            "symbol": one.symbol,
            "fundingTime": p.at,
            "fundingRate": number(p.rate),
            "markPrice": number(p.mark or Decimal(0)),
        }
        for p in rows
    ]


def _funding_info(call: Call) -> Any:
    return [
        {
            "symbol": one.symbol,
            "adjustedFundingRateCap": "0.003",
            "adjustedFundingRateFloor": "-0.003",
            "fundingIntervalHours": int(one.funding_interval_hours),
        }
        for one in call.stand.instruments
        if one.funding_interval_hours not in {None, 8.0} and one.funding_interval_hours
    ]


def _time(call: Call) -> Any:
    return {"serverTime": call.stand.now}


def public(root: str, *, inverse: bool) -> dict[str, Endpoint]:
    """Return the public endpoints below `root`."""
    open_to_all = {
        "time": _time,
        "ticker/price": _ticker_price,
        "ticker/bookTicker": _book_ticker,
        "premiumIndex": _premium,
        "depth": _depth,
        "klines": _klines,
        "markPriceKlines": _klines,
        "indexPriceKlines": _klines,
        "fundingRate": _funding_rate,
        "fundingInfo": _funding_info,
    }
    found = {
        f"GET {root}/v1/{name}": Endpoint(handler, signed=False) for name, handler in open_to_all.items()
    }
    return {**found, f"GET {root}/v1/exchangeInfo": _info(inverse=inverse)}
