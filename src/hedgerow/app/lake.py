"""The lake as the other rooms see it: where it lies, how it is filled, and a market of what it holds.

A market is named VENUE or VENUE:1h; without a length it is that of the days, else of the hours, else the longest.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hedgerow.config import DataSettings
from hedgerow.model.errors import UnknownSymbol, UsageError
from hedgerow.model.market import Market

if TYPE_CHECKING:
    import polars as pl

    from hedgerow.store.lake import Stream

__all__ = ["LakeSink", "lake_market", "lake_marks", "lake_part", "lake_root", "lake_size"]

_CLOSES = ("open", "high", "low", "close", "volume_base", "quote_volume_usd")
_PREFERRED = ("1d", "1h")


def lake_root(given: str | None) -> Path:
    """Return where the lake lies: as given, a folder or `s3://BUCKET/FOLDER`, else `hedgerow/lake` under XDG_DATA_HOME."""
    if given is not None:
        from hedgerow.store.bucket import root_of

        return root_of(given)
    home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(home) / "hedgerow" / "lake"


@dataclass(frozen=True, slots=True)
class LakeSink:
    """One venue of the lake, as `runs.pull` fills it."""

    root: Path
    venue: str

    def span(self, kind: str, coin: str) -> tuple[int, int] | None:
        """Return the first and the last instant of a coin, or None."""
        from hedgerow.store.lake import span_of

        return span_of(self._stream(kind), coin)

    def write(self, kind: str, coin: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Add the rows; `ts` are milliseconds of UTC."""
        import polars as pl

        from hedgerow.store.lake import write_rows

        frame = pl.DataFrame(rows, infer_schema_length=None)
        times = pl.from_epoch("ts", time_unit="ms").cast(pl.Datetime("ms"))
        write_rows(self._stream(kind), frame.with_columns(times, pl.lit(coin).alias("coin")))

    def _stream(self, kind: str) -> Stream:
        from hedgerow.store.lake import Stream

        return Stream(self.root, kind, self.venue)


def lake_market(data: DataSettings, factor: str, given: Mapping[str, float]) -> Market:
    """Return the perpetuals of `data.market` with the funding that was paid on them.

    Raises `UsageError` where a price file is given too, `UnknownSymbol` for a venue the lake has nothing of.
    """
    from hedgerow.files.funding import funding_from
    from hedgerow.files.prices import market_from

    if data.prices is not None:
        said = "--market and --prices both say where prices are"
        raise UsageError(said, advice="Give one of them.")
    venue, length = _named(data)
    frame = _rows(data, venue, f"candles-{length}", _CLOSES)
    quote = data.quote or "USDT"
    market = market_from(frame, venue, quote=quote, as_of=data.as_of, factor=factor, given=given)
    market = replace(market, source=venue, kind="perp")
    try:
        paid = _rows(data, venue, "funding", ("rate",))
    except UnknownSymbol:
        said = f"The lake has no funding of {venue}: it is modelled. `hedgerow data pull {venue}` brings it."
        return replace(market, notes=(*market.notes, said))
    return replace(market, funding=funding_from(paid, venue, data.as_of).prints)


def lake_part(data: DataSettings, factor: str, coins: Collection[str]) -> Market:
    """Return the perpetuals of `data.market` on `coins` beside the factor, without funding. Errors as `lake_market`."""
    from hedgerow.files.prices import market_from

    venue, length = _named(data)
    quote = data.quote or "USDT"
    frame = _rows(data, venue, f"candles-{length}", ("close",), {*coins, factor.partition(",")[0], quote})
    market = market_from(frame, venue, quote=quote, as_of=data.as_of, factor=factor)
    return replace(market, source=venue, kind="perp")


def lake_size(data: DataSettings) -> tuple[tuple[str, ...], int]:
    """Return the coins of `data.market` and how many bars there are of all of them. Errors as `lake_market`."""
    from hedgerow.store.lake import Stream, coins_of
    from hedgerow.store.query import rows_of

    venue, length = _named(data)
    stream = Stream(lake_root(data.lake), f"candles-{length}", venue)
    return coins_of(stream), rows_of(stream)


def lake_marks(data: DataSettings, factor: str) -> Market | None:
    """Return the marks of `data.market`, None where they were not pulled."""
    from hedgerow.files.prices import market_from

    venue, length = _named(data)
    try:
        frame = _rows(data, venue, f"mark-{length}", ("close",))
    except UnknownSymbol:
        return None
    frame = frame.rename({"close": "mark"})
    return market_from(frame, venue, quote=data.quote or "USDT", as_of=data.as_of, factor=factor, marks=True)


def _named(data: DataSettings) -> tuple[str, str]:
    """The venue and the length of a bar that `data.market` means."""
    from hedgerow.store.lake import Stream
    from hedgerow.store.query import kinds_of

    venue, _, length = (data.market or "").strip().partition(":")
    if not venue:
        raise UsageError("--market is empty", advice="Give a venue, such as binance, or binance:1h.")
    if length:
        return venue, length
    root = lake_root(data.lake)
    there = [kind.partition("-")[2] for kind in kinds_of(root) if kind.startswith("candles-")]
    there = [size for size in there if Stream(root, f"candles-{size}", venue).folder.is_dir()]
    known = [size for size in _PREFERRED if size in there] or sorted(there)
    if not known:
        raise UnknownSymbol(
            f"the lake has no candles of {venue}", advice=f"Fill it first: hedgerow data pull {venue}"
        )
    return venue, known[0]


def _rows(
    data: DataSettings, venue: str, kind: str, columns: tuple[str, ...], coins: Collection[str] | None = None
) -> pl.DataFrame:
    """The rows of a kind with coins as symbols, none that opens after `as_of`; of some `coins`, or of all."""
    from hedgerow.files.instants import parse_as_of
    from hedgerow.store.lake import Stream
    from hedgerow.store.query import table_of

    until = parse_as_of(data.as_of) + np.timedelta64(1, "ms") if data.as_of else None
    found = table_of(Stream(lake_root(data.lake), kind, venue), columns, None, until, coins)
    return found.rename({"coin": "symbol"})
