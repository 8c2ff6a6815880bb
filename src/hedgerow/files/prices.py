"""Price files as one `Market` (`interfaces.md` §1).

read_market("closes.parquet", source="bybit_perp", as_of="2025-11-12") -> Market
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from hedgerow.files.clean import flag_ticks, usable
from hedgerow.files.grid import Grid, Rows, bar_length, on_grid
from hedgerow.files.instants import AsOf, parse_as_of
from hedgerow.files.tables import ADVICE, MARK_COLUMNS, Layer, Table, files_of, frame_of, table_of
from hedgerow.files.text import file_name
from hedgerow.model.arrays import FloatArray, IntArray
from hedgerow.model.errors import BadPrices
from hedgerow.model.market import DataFlag, Market

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Label", "market_from", "parse_market", "read_market", "read_marks", "read_part"]

Label = Literal["open", "close"]

_DAY = 86_400_000


def read_market(
    path: str | Path,
    *,
    source: str | None = None,
    quote: str | None = None,
    as_of: AsOf | None = None,
    label: Label = "open",
    factor: str = "BTC",
    venue: str | None = None,
    given: Mapping[str, float] | None = None,
) -> Market:
    """Return the market of a price file, or of a folder of them, up to and including `as_of`.

    Times are UTC. A `date` bar closes at 24:00; `ts` labels a bar by its opening unless `label` is "close". Gaps stay
    gaps. Without `as_of` it is the close of the factor's last bar. `given` prices win over the file's. What was odd
    comes back in `flags` and `notes`. Raises `BadPrices`, naming file, line or column, for what cannot be read, and
    for several sources without `source`; `UsageError` for an `as_of` that is no date.
    """
    layer = Layer(source, venue, parse_as_of(as_of) if as_of else None)
    return _read(Path(path), layer, label, factor, quote, given or {})


def read_part(
    path: str | Path,
    coins: Collection[str],
    *,
    source: str | None = None,
    quote: str | None = None,
    as_of: AsOf | None = None,
    label: Label = "open",
    factor: str = "BTC",
) -> Market:
    """Return the market of those of `coins` that there are, beside the factor and the quote coin. As `read_market`.

    Rows of others are left where they are, so that a file larger than memory can be read coin by coin.
    """
    wanted = {*coins, factor.partition(",")[0].strip().upper(), (quote or "USDT").upper()}
    layer = Layer(source, None, parse_as_of(as_of) if as_of else None, coins=frozenset(wanted))
    return _read(Path(path), layer, label, factor, quote, {})


def _read(
    where: Path, layer: Layer, label: Label, factor: str, quote: str | None, given: Mapping[str, float]
) -> Market:
    tables = []
    for file in files_of(where):
        frame, text = frame_of(file)
        tables.append(table_of(frame, file_name(file), layer, text))
    market = _market(tables, layer, label, factor, file_name(where))
    return _priced(market, quote, given, in_quote=any(table.in_quote for table in tables))


def read_marks(
    path: str | Path,
    *,
    source: str | None = None,
    quote: str | None = None,
    as_of: AsOf | None = None,
    label: Label = "open",
    factor: str = "BTC",
) -> Market | None:
    """Return the market of a file's marks (column `mark` or `mark_close`), None where it has none. As `read_market`."""
    layer = Layer(source, None, parse_as_of(as_of) if as_of else None, marks=True)
    tables = []
    for file in files_of(Path(path)):
        frame, text = frame_of(file)
        if not set(MARK_COLUMNS) & set(frame.collect_schema().names()):
            return None
        tables.append(table_of(frame, file_name(file), layer, text))
    market = _market(tables, layer, label, factor, file_name(Path(path)))
    return _priced(market, quote, {}, in_quote=any(table.in_quote for table in tables))


def market_from(
    frame: pl.DataFrame,
    name: str,
    *,
    quote: str | None = None,
    as_of: AsOf | None = None,
    factor: str = "BTC",
    given: Mapping[str, float] | None = None,
    marks: bool = False,
) -> Market:
    """Return the market of rows that were read already (symbol, ts, close or mark …), called `name`; as `read_market`."""
    layer = Layer(None, None, parse_as_of(as_of) if as_of else None, marks=marks)
    table = table_of(frame.lazy(), name, layer)
    return _priced(_market([table], layer, "open", factor, name), quote, given or {}, in_quote=table.in_quote)


def parse_market(
    data: bytes, file: str, *, as_of: AsOf | None = None, label: Label = "open", factor: str = "BTC"
) -> Market:
    """Return the market that the bytes of `file` hold; its name tells the format. Raises `BadPrices`."""
    layer = Layer(until=parse_as_of(as_of) if as_of else None)
    frame, text = frame_of(Path(file), data)
    table = table_of(frame, file, layer, text)
    return _priced(_market([table], layer, label, factor, file), None, {}, in_quote=table.in_quote)


def _market(tables: list[Table], layer: Layer, label: Label, factor: str, file: str) -> Market:
    """Join the tables on one grid; prices are still in the quote coin."""
    import polars as pl

    lead = factor.partition(",")[0].strip().upper()
    frames = [table.frame.select("when_", "symbol", "price_", "volume_") for table in tables]
    frame = frames[0] if len(frames) == 1 else pl.concat(frames)
    if not len(frame):
        said = "there is no price in it" if layer.until is None else "there is no price in it up to that date"
        raise BadPrices(said, file=file, advice=f"Check --source and --as-of. {ADVICE}")
    rows, bar, dropped = _rows(frame, tables, label, lead, file)
    until = None if layer.until is None else int(layer.until.astype("datetime64[ms]").astype(np.int64))
    grid = on_grid(rows, bar, lead, until, lambda a, b: _two_prices(rows, tables, a, b), file)
    if not len(grid.times):
        last = str(layer.until)[:16]
        raise BadPrices(f"no bar closes at or before {last}", file=file, advice="Give a later --as-of.")
    flags = (*dropped, *grid.flags, *flag_ticks(grid.prices, grid.times, rows.symbols))
    notes = [note for table in tables for note in table.notes]
    if grid.repeated:
        notes.append(f"{file}: {grid.repeated} rows say the same twice: one of each is read.")
    return _ended(grid, rows.symbols, lead, layer, tables, flags, tuple(notes), file)


def _ended(
    grid: Grid,
    symbols: tuple[str, ...],
    lead: str,
    layer: Layer,
    tables: list[Table],
    flags: tuple[DataFlag, ...],
    notes: tuple[str, ...],
    file: str,
) -> Market:
    """End the market at `as_of`, by default at the close of the factor's last bar."""
    as_of = layer.until
    if as_of is None:
        own = grid.prices[:, symbols.index(lead)] if lead in symbols else np.zeros(len(grid.times))
        as_of = grid.times[np.flatnonzero(np.isfinite(own))[-1]] if np.isfinite(own).any() else grid.times[-1]
    kept = grid.times <= as_of
    sources = {table.source for table in tables}
    kinds = {table.kind for table in tables}
    return Market(
        times=grid.times[kept],
        symbols=symbols,
        prices=grid.prices[kept],
        volumes_usd=grid.volumes[kept],
        bar_hours=grid.bar_hours,
        as_of=as_of,
        source=layer.source or layer.venue or (sources.pop() if len(sources) == 1 else "") or file,
        kind=(kinds.pop() if len(kinds) == 1 else "") or "spot",
        flags=flags,
        notes=notes,
    )


def _rows(
    frame: pl.DataFrame, tables: list[Table], label: Label, lead: str, file: str
) -> tuple[Rows, int, list[DataFlag]]:
    """Return the usable rows as numbers, the length of a bar, and flags for those that are none."""
    import polars as pl

    symbols = tuple(frame["symbol"].unique().sort().to_list())
    codes = frame["symbol"].cast(pl.Enum(symbols)).to_physical().to_numpy().astype(np.int64)
    price = frame["price_"].to_numpy()
    good, flags = usable(price, codes, symbols)
    stamps = frame["when_"].to_physical().to_numpy()
    daily = np.repeat([table.daily for table in tables], [len(table.frame) for table in tables])
    leads = symbols.index(lead) if lead in symbols else None
    bar = bar_length(stamps, codes, leads)
    if bar is None:
        said = "there are fewer than two bars"
        raise BadPrices(
            said, file=file, advice="Give a longer history: a price alone tells no bar and no beta."
        )
    closes = stamps + np.where(daily, _DAY, bar if label == "open" else 0)
    volume = frame["volume_"].to_numpy()
    volume = np.where(np.isfinite(volume) & (volume >= 0), volume, np.nan)
    # A row without a usable price still has its place, so that rows can be named; NaN makes it a gap.
    return Rows(closes, codes, np.where(good, price, np.nan), volume, symbols), bar, flags


def _two_prices(rows: Rows, tables: list[Table], first: int, second: int) -> BadPrices:
    """Return the error for two prices of one coin at one stamp, which cannot both be true."""
    place, table = second, tables[0]
    for candidate in tables:
        table = candidate
        if place < len(candidate.frame):
            break
        place -= len(candidate.frame)
    when = str(np.datetime64(int(rows.closes[first]), "ms"))[:16]
    return BadPrices(
        f"{rows.symbols[rows.coin[first]]} has two prices for the bar that closes {when}:"
        f" {rows.price[first]:g} and {rows.price[second]:g}",
        file=table.file,
        line=table.line(place),
        advice="Keep one of them, or choose one --source.",
    )


def _priced(market: Market, quote: str | None, given: Mapping[str, float], *, in_quote: bool) -> Market:
    """Multiply the quote coin's own price in: its series, else the one given, else 1.0, assumed (domain §1.6)."""
    name = quote.upper() if quote else ("USDT" if market.kind == "perp" else "USD")
    known = {symbol.upper(): price for symbol, price in given.items()}
    market = replace(market, quote=name, given=known)
    if name == "USD":
        return market
    if name in market.symbols:
        rate, flags = _quote_series(market, name)
    elif name in known:
        rate, flags = np.full(len(market.times), known[name]), ()
    else:
        return replace(market, quote_assumed=True)
    others = np.array([symbol != name for symbol in market.symbols])
    factors = np.where(others, rate[:, None], 1.0)
    volumes = market.volumes_usd * factors if in_quote else market.volumes_usd
    return replace(market, prices=market.prices * factors, volumes_usd=volumes, flags=market.flags + flags)


def _quote_series(market: Market, name: str) -> tuple[FloatArray, tuple[DataFlag, ...]]:
    """Return the quote coin's price at every bar: 1.0 before its series begins, said; its gaps stay gaps."""
    own = market.prices[:, market.symbols.index(name)]
    first: IntArray = np.flatnonzero(np.isfinite(own))
    before = np.arange(len(own)) < (first[0] if len(first) else len(own))
    if not before.any():
        return own, ()
    said = f"{int(before.sum())} bars before its series begins: assumed at 1.00 dollar"
    return np.where(before, 1.0, own), (DataFlag("quote", name, said),)
