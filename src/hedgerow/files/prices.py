"""Price files as one `Market` (`interfaces.md` §1).

read_market("closes.parquet", source="bybit_perp", as_of="2025-11-12") -> Market
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from hedgerow.files.grid import Grid, Rows, on_grid
from hedgerow.files.instants import parse_as_of
from hedgerow.files.tables import PRICE_COLUMNS, TIME_COLUMNS, files_of, long_table, time_column
from hedgerow.model.arrays import IntArray
from hedgerow.model.errors import BadPrices
from hedgerow.model.market import Market

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Label", "read_market"]

Label = Literal["open", "close"]

_KNOWN = {
    *PRICE_COLUMNS,
    *TIME_COLUMNS,
    "symbol",
    "source",
    "kind",
    "venue",
    "volume_base",
    "quote_volume_usd",
}
_QUIET = {"line_", "open", "high", "low", "mark", "mark_close", "rate", "funding_rate"}
_DAY = 86_400_000


def read_market(
    path: str | Path,
    *,
    source: str | None = None,
    quote: str | None = None,
    as_of: str | None = None,
    label: Label = "open",
    factor: str = "BTC",
    given: Mapping[str, float] | None = None,
) -> Market:
    """Return the market of a price file, or of a folder of them, up to and including `as_of`.

    Times are UTC. A `date` bar closes at 24:00; `ts` labels a bar by its opening unless `label` is "close". Gaps stay
    gaps. `given` prices win over the file's. What was odd comes back in `flags` and `notes`.
    Raises `BadPrices`, naming file, line or column, for what cannot be read, and for several sources without `source`.
    """
    where = Path(path)
    until = parse_as_of(as_of) if as_of else None
    tables = [_loaded(file, source, until) for file in files_of(where)]
    frame, notes = _together([table for table, _ in tables]), tuple(n for _, said in tables for n in said)
    grid, symbols = _gridded(frame, label, factor.split(",", maxsplit=1)[0], where.name)
    kept = grid.times <= until if until is not None else np.ones(len(grid.times), dtype=bool)
    if not kept.any():
        raise BadPrices(
            f"no bar closes at or before {as_of}", file=where.name, advice="Give a later --as-of."
        )
    kind = _single(frame, "kind")
    quoted = quote or ("USDT" if kind == "perp" else "USD")
    given_prices = dict(given or {})
    prices = grid.prices[kept]
    if quoted in symbols:
        own = symbols.index(quoted)
        prices = np.where(np.arange(len(symbols)) == own, prices, prices * prices[:, [own]])
    return Market(
        times=grid.times[kept],
        symbols=symbols,
        prices=prices,
        volumes_usd=grid.volumes[kept],
        bar_hours=grid.bar_hours,
        as_of=until if until is not None else grid.times[kept][-1],
        source=source or _single(frame, "source") or where.name,
        kind=kind or "spot",
        quote=quoted,
        quote_assumed=quoted != "USD" and quoted not in symbols and quoted not in given_prices,
        given=given_prices,
        flags=grid.flags,
        notes=notes,
    )


def _loaded(
    file: Path, source: str | None, until: np.datetime64 | None
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Read one file: the rows of its source up to `until`, and a note on columns that are not used."""
    import polars as pl

    frame = long_table(file)
    names = frame.collect_schema().names()
    when, price = time_column(names, file.name), next((p for p in PRICE_COLUMNS if p in names), None)
    if price is None:
        raise BadPrices(
            "there is no price column", file=file.name, advice=f"Name it one of {', '.join(PRICE_COLUMNS)}."
        )
    origin = next((name for name in ("source", "venue") if name in names), None)
    try:
        if origin is not None:
            frame = _of_source(frame, origin, source, file.name)
        if until is not None and frame.collect_schema()[when].is_temporal():
            frame = frame.filter(pl.col(when) <= pl.lit(until.astype("datetime64[ms]").item()))
        columns = [pl.col(when).alias("when_"), pl.col("symbol"), pl.col(price).alias("price_")]
        columns += [
            pl.col(name) for name in ("kind", "quote_volume_usd", "volume_base", "line_") if name in names
        ]
        columns += [pl.col(origin).alias("source")] if origin else []
        table = frame.select(columns).with_columns(pl.lit(when == "date").alias("daily_")).collect()
    except pl.exceptions.PolarsError as why:
        text = (str(why).strip().splitlines() or ["unreadable"])[0][:200]
        raise BadPrices(f"cannot be read: {text}", file=file.name, advice="Check the file.") from None
    table = _numbers(table, file.name).filter(pl.col("price_").is_not_null())
    unknown = [name for name in names if name not in _KNOWN | _QUIET]
    wide = "symbol" in names and bool(unknown)
    return table, ((f"{file.name}: columns not used: {', '.join(unknown)}",) if wide else ())


def _of_source(frame: pl.LazyFrame, origin: str, source: str | None, file: str) -> pl.LazyFrame:
    import polars as pl

    if source is not None:
        chosen = frame.filter(pl.col(origin) == source)
        if chosen.select(pl.len()).collect().item():
            return chosen
    present = sorted(str(s) for s in frame.select(pl.col(origin).unique()).collect()[origin].to_list())
    if source is None and len(present) <= 1:
        return frame
    said = f"has no source {source}" if source is not None else f"holds {len(present)} sources"
    raise BadPrices(f"{said}: {', '.join(present)}", file=file, advice="Choose one with --source.")


def _numbers(table: pl.DataFrame, file: str) -> pl.DataFrame:
    """Turn text cells of a CSV into numbers and instants; the first that is neither is named by line and column."""
    import polars as pl

    for name in ("price_", "quote_volume_usd", "volume_base"):
        if name in table.columns and table[name].dtype == pl.String:
            text = table[name].str.strip_chars()
            empty = text.is_null() | (text == "")
            number = text.cast(pl.Float64, strict=False)
            _refuse(
                table, number.is_null() & ~empty, text, name, file, "is not a number", "Use plain decimals."
            )
            table = table.with_columns(number.alias(name))
    if table["when_"].dtype == pl.String:
        text = table["when_"].str.strip_chars()
        parsed = _instants(text)
        _refuse(
            table,
            parsed.is_null(),
            text,
            "when_",
            file,
            "is no date or time",
            "Write 2025-11-12 or 2025-11-12T08:00Z.",
        )
        table = table.with_columns(parsed.alias("when_"))
    return table.with_columns(pl.col("price_").cast(pl.Float64), pl.col("symbol").cast(pl.String))


def _instants(text: pl.Series) -> pl.Series:
    """Read ISO dates and times, with or without zone, or epoch seconds or milliseconds, as naive UTC."""
    import polars as pl

    number = text.cast(pl.Int64, strict=False)
    if number.is_not_null().all() and len(number):
        scale = 1 if int(number.abs().max() or 0) > 100_000_000_000 else 1000  # type: ignore[arg-type]
        return (number * scale).cast(pl.Datetime("ms"))
    plain = text.str.replace("Z$", "+00:00").str.replace(" ", "T")
    zoned = plain.str.to_datetime("%+", strict=False, time_zone="UTC", time_unit="ms")
    naive = plain.str.to_datetime(strict=False, time_unit="ms", format="%Y-%m-%dT%H:%M:%S")
    short = plain.str.to_datetime(strict=False, time_unit="ms", format="%Y-%m-%dT%H:%M")
    dates = plain.str.to_date(strict=False, format="%Y-%m-%d").cast(pl.Datetime("ms"))
    found = zoned.dt.replace_time_zone(None)
    for other in (naive, short, dates):
        found = found.fill_null(other)
    return found


def _refuse(
    table: pl.DataFrame, bad: pl.Series, text: pl.Series, name: str, file: str, what: str, advice: str
) -> None:
    place = bad.arg_max() if bad.any() else None
    if place is None:
        return
    line = int(table["line_"][place]) + 2 if "line_" in table.columns else None
    shown = {"price_": "price", "when_": "time"}.get(name, name)
    raise BadPrices(f'"{str(text[place])[:60]}" {what}', file=file, line=line, column=shown, advice=advice)


def _together(tables: list[pl.DataFrame]) -> pl.DataFrame:
    import polars as pl

    return tables[0] if len(tables) == 1 else pl.concat(tables, how="diagonal_relaxed")


def _single(frame: pl.DataFrame, name: str) -> str:
    if name not in frame.columns:
        return ""
    present = frame[name].drop_nulls().unique().to_list()
    return str(present[0]) if len(present) == 1 else ""


def _gridded(frame: pl.DataFrame, label: Label, factor: str, file: str) -> tuple[Grid, tuple[str, ...]]:
    import polars as pl

    if not len(frame):
        raise BadPrices("there is no price in it", file=file, advice="Check --source and --as-of.")
    coins = frame["symbol"].str.strip_chars().str.to_uppercase()
    symbols = tuple(sorted(str(s) for s in coins.unique().to_list()))
    codes = coins.cast(pl.Enum(symbols)).to_physical().to_numpy().astype(np.int64)
    price = frame["price_"].to_numpy().astype(float)
    volume = np.full(len(price), np.nan)
    if "quote_volume_usd" in frame.columns:
        volume = frame["quote_volume_usd"].cast(pl.Float64).to_numpy().astype(float)
    elif "volume_base" in frame.columns:
        volume = frame["volume_base"].cast(pl.Float64).to_numpy().astype(float) * price
    return on_grid(Rows(_closes(frame, label, codes), codes, price, volume, symbols), factor, file), symbols


def _closes(frame: pl.DataFrame, label: Label, codes: IntArray) -> IntArray:
    """Milliseconds at which each bar closes: the end of a date, or a bar's length after its opening stamp."""
    import polars as pl

    when = frame["when_"]
    if isinstance(when.dtype, pl.Datetime) and when.dtype.time_zone:
        when = when.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    stamps = when.cast(pl.Datetime("ms")).to_physical().to_numpy().astype(np.int64)
    if bool(frame["daily_"].all()):
        return stamps + _DAY
    if label == "close":
        return stamps
    common = np.bincount(codes).argmax()
    gaps, counts = np.unique(np.diff(np.unique(stamps[codes == common])), return_counts=True)
    return stamps + (int(gaps[np.argmax(counts)]) if len(gaps) else 0)
