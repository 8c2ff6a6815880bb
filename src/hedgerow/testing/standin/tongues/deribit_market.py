"""Deribit's public half: instruments, prices in coins, books, candles, funding, the chain, the index. Numbers are JSON numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hedgerow.exchange.venue import depth_of
from hedgerow.model.instruments import Instrument
from hedgerow.model.option_contracts import is_option, option_of, tick_steps
from hedgerow.testing.standin.dialect import Call, Endpoint, Refusal, plain

__all__ = ["PUBLIC", "kind_of", "public_row"]

_NEVER = 32_503_708_800_000
_ZERO = Decimal(0)


def kind_of(instrument: Instrument) -> str:
    """Return what the venue calls this kind of contract."""
    return "option" if is_option(instrument) else "future"


def _listed(call: Call) -> list[Instrument]:
    currency, kind = call.asked.get("currency", "any"), call.asked.get("kind", "any")
    return [
        one
        for one in call.stand.instruments
        if currency in {"any", one.settle} and kind in {"any", kind_of(one)}
    ]


def _instruments(call: Call) -> Any:
    return [_instrument(call, one) for one in _listed(call)]


def _instrument(call: Call, one: Instrument) -> dict[str, Any]:
    option, listing = is_option(one), call.stand.state.listing(one.name)
    ends = _NEVER if one.expiry is None else round(one.expiry.timestamp() * 1000)
    steps = tick_steps(one.tick) if option else ()
    row = {
        "instrument_name": one.symbol,
        "kind": kind_of(one),
        "is_active": listing.status != "closed",
        "state": "open" if listing.status == "trading" else "closed",
        "base_currency": one.underlying,
        "quote_currency": one.quote,
        "counter_currency": "USD",
        "settlement_currency": one.settle,
        "settlement_period": "perpetual" if one.expiry is None else "month",
        "instrument_type": "reversed",
        "price_index": f"{one.underlying.lower()}_usd",
        "tick_size": plain(one.tick),
        "tick_size_steps": [{"above_price": plain(at), "tick_size": plain(step)} for at, step in steps],
        "min_trade_amount": plain(listing.instrument.min_contracts),
        "contract_size": 1 if option else plain(one.lot),
        "taker_commission": plain(one.taker_fee),
        "maker_commission": plain(one.maker_fee),
        "creation_timestamp": 1_700_000_000_000,
        "expiration_timestamp": ends,
    }
    if option:
        named = option_of(one.symbol)
        row |= {"strike": named.strike, "option_type": "call" if named.call else "put"}
    return row


def public_row(call: Call, one: Instrument) -> dict[str, Any]:
    """Return a contract's prices as `ticker` and the book have them; what is not quoted is 0."""
    listing, depth = call.stand.state.listing(one.name), depth_of(call.stand.state, one.name, 1)
    bid, ask = (side[0] if side else (_ZERO, _ZERO) for side in (depth.bids, depth.asks))
    index = plain(listing.index or _ZERO)
    return {
        "instrument_name": one.symbol,
        "timestamp": depth.at,
        "state": "open" if listing.status == "trading" else "closed",
        "best_bid_price": plain(bid[0]),
        "best_bid_amount": plain(bid[1]),
        "best_ask_price": plain(ask[0]),
        "best_ask_amount": plain(ask[1]),
        "mark_price": plain(listing.mark or _ZERO),
        "last_price": None if listing.last is None else plain(listing.last),
        "index_price": index,
        "underlying_price": index,
        "underlying_index": "index_price",
        "open_interest": 100.0,
        "stats": {"volume": 10.0, "low": None, "high": None, "price_change": None},
    }


def _ticker(call: Call) -> Any:
    return public_row(call, call.instrument("instrument_name"))


def _book(call: Call) -> Any:
    one = call.instrument("instrument_name")
    depth = depth_of(call.stand.state, one.name, call.whole("depth", 5))
    bids, asks = ([[plain(p), plain(q)] for p, q in side] for side in (depth.bids, depth.asks))
    return {**public_row(call, one), "change_id": call.stand.state.made + 1, "bids": bids, "asks": asks}


def _summaries(call: Call) -> Any:
    """All quotes of a coin at once, without sizes; what is not quoted is null."""
    found = []
    for one in _listed(call):
        row = public_row(call, one)
        found.append(
            {
                "instrument_name": one.symbol,
                "base_currency": one.underlying,
                "quote_currency": one.quote,
                "bid_price": row["best_bid_price"] or None,
                "ask_price": row["best_ask_price"] or None,
                "mark_price": row["mark_price"],
                "underlying_price": row["underlying_price"],
                "underlying_index": row["underlying_index"],
                "open_interest": row["open_interest"],
                "volume": 10.0,
            }
        )
    return found


def _index(call: Call) -> Any:
    coin = call.need("index_name").partition("_")[0].upper()
    if coin not in call.stand.prices:
        raise Refusal("symbol", "invalid index name")
    price = plain(call.stand.prices[coin])
    return {"index_price": price, "estimated_delivery_price": price}


def _chart(call: Call) -> Any:
    one, resolution = call.instrument("instrument_name"), call.need("resolution")
    minutes = 1440 if resolution == "1D" else int(resolution)
    bars = call.stand.candles(
        one, minutes, call.whole("start_timestamp", 0), call.whole("end_timestamp", call.at) + 1
    )
    return {
        "status": "ok" if bars else "no_data",
        "ticks": [bar.at for bar in bars],
        "open": [plain(bar.open) for bar in bars],
        "high": [plain(bar.high) for bar in bars],
        "low": [plain(bar.low) for bar in bars],
        "close": [plain(bar.close) for bar in bars],
        "volume": [plain(bar.volume or _ZERO) for bar in bars],
        "cost": [0 for _ in bars],
    }


def _rates(call: Call) -> Any:
    one = call.instrument("instrument_name")
    if not one.is_perpetual:
        raise Refusal("not_offered", "not a perpetual")
    prints = call.stand.prints(
        one, call.whole("start_timestamp", 0), call.whole("end_timestamp", call.at) + 1
    )
    return [
        {
            "timestamp": each.at,
            "index_price": plain(each.mark or _ZERO),
            "prev_index_price": plain(each.mark or _ZERO),
            "interest_8h": plain(each.rate * 8),
            "interest_1h": plain(each.rate),
        }
        for each in prints[-744:]
    ]


PUBLIC = {
    f"GET /api/v2/public/{name}": Endpoint(handler, signed=False)
    for name, handler in {
        "get_time": lambda call: call.stand.now,
        "get_instruments": _instruments,
        "ticker": _ticker,
        "get_order_book": _book,
        "get_book_summary_by_currency": _summaries,
        "get_index_price": _index,
        "get_tradingview_chart_data": _chart,
        "get_funding_rate_history": _rates,
    }.items()
}
