"""Option chains from files.

read_chain("chains.parquet", "BTC") -> OptionChain

One row an option and moment: timestamp, option_type, strike, expiry_datetime, bid_price, ask_price, futures_price,
index_price; and, where they are there, instrument_name, currency, mark_price, bid_size, ask_size, open_interest, volume,
underlying_name, synthetic, settle, lot. Prices are in the coin (Deribit) unless `settle`, or the names, tell a stablecoin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgerow.files.instants import AsOf, parse_as_of
from hedgerow.files.tables import Table, frame_of, numbers, times
from hedgerow.files.text import file_name, first_line, shown
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.errors import BadPrices
from hedgerow.model.option_chain import OptionChain, OptionQuote

if TYPE_CHECKING:
    import polars as pl

__all__ = ["read_chain", "read_chains"]

_NEEDED = (
    "timestamp",
    "option_type",
    "strike",
    "expiry_datetime",
    "bid_price",
    "ask_price",
    "futures_price",
    "index_price",
)
_NUMBERS = ("strike", "bid_price", "ask_price", "futures_price", "index_price")
_OPTIONAL = ("mark_price", "bid_size", "ask_size", "open_interest", "volume", "lot")
_WORDS = ("instrument_name", "currency", "underlying_name", "settle", "synthetic")
_ADVICE = f"A chain has the columns {', '.join(_NEEDED)}."
_TOGETHER = np.timedelta64(5, "m")
_LOTS = {"BTC": Decimal("0.1"), "ETH": Decimal(1)}
"""Deribit's least order in coins, where the file tells no `lot`."""
_SYNTHETIC = "SYN."
_SIDES = {"call": True, "c": True, "put": False, "p": False}


def read_chain(path: str | Path, underlying: str = "BTC", as_of: AsOf | None = None) -> OptionChain:
    """Return the last chain on `underlying` in a Parquet or CSV file, at or before `as_of`.

    Expired options are left out, crossed quotes are unknown, and `notes` say how many. An option that is marked synthetic, or
    whose future is (`SYN.` before its name), is not tradable. Raises `BadPrices` for what cannot be read, for a coin or time
    that is not there, and for prices that cannot be in the coin they are said to be in.
    """
    coin = underlying.upper()
    found = read_chains(path, (coin,), as_of)
    if coin not in found:
        said = f"has no chain on {coin}" + (f" at or before {as_of}" if as_of is not None else "")
        raise BadPrices(said, file=file_name(Path(path)), advice="Check the coin (--factor) and --as-of.")
    return found[coin]


def read_chains(
    path: str | Path, underlyings: Sequence[str], as_of: AsOf | None = None
) -> dict[str, OptionChain]:
    """Return the last chain of each of several coins, of those that the file has one of. Raises as `read_chain`."""
    where = Path(path)
    file = file_name(where)
    found: dict[str, OptionChain] = {}
    for coin in underlyings:
        lazy, text = frame_of(where)
        frame = _taken(lazy, file, text, coin, as_of)
        if len(frame):
            found[coin] = _chain(frame, file, coin)
    return found


def _taken(lazy: pl.LazyFrame, file: str, text: str, underlying: str, as_of: AsOf | None) -> pl.DataFrame:
    """Return the rows of one coin at its last moment, cells as numbers and times; none where it has none."""
    import polars as pl

    try:
        names = lazy.collect_schema().names()
        missing = [name for name in _NEEDED if name not in names]
        if missing:
            raise BadPrices(f"has no column {', '.join(missing)}", file=file, advice=_ADVICE)
        kept = [name for name in (*_NEEDED, *_OPTIONAL, *_WORDS, "row_") if name in names]
        frame = lazy.select(kept).collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as why:
        raise BadPrices(f"cannot be read: {first_line(why)}", file=file, advice=_ADVICE) from None
    table = Table(file, frame, daily=False, in_quote=False, source="", kind="", notes=(), text=text)
    told = [numbers(table, name, name) for name in (*_NUMBERS, *_OPTIONAL) if name in frame.columns]
    stamps, ends = times(table, frame["timestamp"])[0], times(table, frame["expiry_datetime"])[0]
    frame = frame.with_columns(*told, stamps.alias("timestamp"), ends.alias("expiry_datetime"))
    frame = _of_coin(frame, file, underlying)
    if as_of is not None:
        frame = frame.filter(pl.col("timestamp") <= pl.lit(parse_as_of(as_of).item()))
    if not len(frame):
        return frame
    last: Any = frame["timestamp"].max()
    return frame.filter(pl.col("timestamp") >= last - _TOGETHER.item())


def _of_coin(frame: pl.DataFrame, file: str, underlying: str) -> pl.DataFrame:
    """Keep the rows of `underlying`, by the column `currency`, else by the names; a file with neither is of one coin."""
    import polars as pl

    for name, coin in (("currency", pl.col("currency")), ("instrument_name", pl.col("instrument_name"))):
        if name in frame.columns:
            first = coin.cast(pl.String).str.extract(r"^([A-Za-z0-9]+)").str.to_uppercase()
            return frame.filter(first == underlying)
    raise BadPrices(
        "does not tell the coin",
        file=file,
        advice="Give a column currency, or instrument_name: BTC-30JAN26-80000-P.",
    )


def _chain(frame: pl.DataFrame, file: str, underlying: str) -> OptionChain:
    rows = frame.sort("timestamp").to_dicts()
    as_of = np.datetime64(rows[-1]["timestamp"], "ms")
    settle = _settle(rows, file, underlying)
    found: dict[str, OptionQuote] = {}
    notes = {"expired": 0, "crossed": 0}
    for row in rows:
        quote = _quote(row, file, underlying)
        if quote.expiry <= as_of:
            notes["expired"] += 1
        else:
            found[quote.symbol] = _uncrossed(quote, notes)
    chain = OptionChain(
        venue="deribit" if not is_stablecoin(settle) else "",
        underlying=underlying,
        settle=settle,
        as_of=as_of,
        index_usd=float(np.median([row["index_price"] for row in rows if row["index_price"]] or [np.nan])),
        lot=_lot(rows, underlying),
        quotes=tuple(found.values()),
        source=file,
        notes=_said(notes, tuple(found.values()), file),
    )
    return _in_its_units(chain, file)


def _quote(row: dict[str, Any], file: str, underlying: str) -> OptionQuote:
    side = _SIDES.get(str(row["option_type"]).strip().lower())
    strike, ends = row["strike"], row["expiry_datetime"]
    if side is None or ends is None or strike is None or not strike > 0.0:
        said = f"a row is no option: {shown(str(row.get('instrument_name') or row['option_type']), 60)}"
        raise BadPrices(
            said, file=file, advice="It needs option_type call or put, a strike above 0 and an expiry."
        )
    expiry = np.datetime64(ends, "ms")
    name = str(
        row.get("instrument_name") or f"{underlying}-{str(expiry)[:10]}-{strike:g}-{'C' if side else 'P'}"
    )
    forward = _positive(row["futures_price"])
    flagged = str(row.get("synthetic") or "").strip().lower() in {"true", "1", "yes"}
    synthetic = flagged or str(row.get("underlying_name") or "").startswith(_SYNTHETIC)
    return OptionQuote(
        symbol=shown(name, 60),
        expiry=expiry,
        strike=float(strike),
        call=side,
        bid=_positive(row["bid_price"]),
        ask=_positive(row["ask_price"]),
        mark=_known(row.get("mark_price")),
        forward_usd=forward,
        bid_size=_known(row.get("bid_size")),
        ask_size=_known(row.get("ask_size")),
        open_interest=_known(row.get("open_interest")),
        volume=_known(row.get("volume")),
        tradable=not synthetic and bool(np.isfinite(forward)),
    )


def _known(value: float | None) -> float:
    """Return a number as it is, NaN where it is missing or below 0."""
    return float(value) if value is not None and np.isfinite(value) and value >= 0.0 else float("nan")


def _positive(value: float | None) -> float:
    """Return a price, NaN where there is none: a bid of 0 is no bid."""
    found = _known(value)
    return found if found > 0.0 else float("nan")


def _uncrossed(quote: OptionQuote, notes: dict[str, int]) -> OptionQuote:
    if not quote.bid > quote.ask:
        return quote
    notes["crossed"] += 1
    return replace(quote, bid=float("nan"), ask=float("nan"))


def _settle(rows: list[dict[str, Any]], file: str, underlying: str) -> str:
    """The coin that prices are in: the column's, the name's, else the underlying itself."""
    told = {str(row["settle"]).strip().upper() for row in rows if row.get("settle")}
    for row in rows:
        name = str(row.get("instrument_name") or "").upper()
        told |= {coin for coin in ("USDC", "USDT") if f"_{coin}" in name or name.endswith(f"-{coin}")}
    if len(told) > 1:
        said = f"settles in {shown(', '.join(sorted(told)))}"
        raise BadPrices(said, file=file, advice="Give the options of one settlement coin.")
    found = next(iter(told), underlying)
    if found != underlying and not is_stablecoin(found):
        said = f"settles in {shown(found)}, which is neither {underlying} nor a stablecoin"
        raise BadPrices(said, file=file, advice="The column settle holds BTC, USDC or USDT, for example.")
    return found


def _lot(rows: list[dict[str, Any]], underlying: str) -> Decimal:
    told = [row["lot"] for row in rows if row.get("lot")]
    return Decimal(str(told[-1])) if told else _LOTS.get(underlying, Decimal(1))


def _in_its_units(chain: OptionChain, file: str) -> OptionChain:
    """Refuse a chain without an index, and prices that are dollars where coins are said: no call is worth over one coin."""
    if not np.isfinite(chain.index_usd):
        raise BadPrices("has no index_price above 0", file=file, advice="It is the coin's spot in dollars.")
    dearest = max((q.bid for q in chain.quotes if q.call and np.isfinite(q.bid)), default=0.0)
    if chain.in_coin and dearest > 1.0:
        said = f"a call costs {dearest:g} {chain.settle}, more than the coin it is on: these are dollars"
        raise BadPrices(said, file=file, advice="Say so in a column settle: USDT or USDC.")
    return chain


def _said(notes: dict[str, int], quotes: tuple[OptionQuote, ...], file: str) -> tuple[str, ...]:
    synthetic = sum(not quote.tradable for quote in quotes)
    lines = (
        (notes["expired"], "rows of options that have expired are left out"),
        (notes["crossed"], "options have a bid above their ask: their quotes are unknown"),
        (synthetic, "options are on a synthetic future, which cannot be traded: none of them is offered"),
    )
    return tuple(f"{file}: {count} {words}." for count, words in lines if count)
