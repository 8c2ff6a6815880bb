"""Tables of prices as they lie on disk: Parquet or CSV, long or wide, one file or a folder of them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hedgerow.files.cells import fault_of_symbol, number_hint
from hedgerow.files.instants import stamps_of
from hedgerow.files.layers import Layer, chosen, columns_of, written
from hedgerow.files.text import checked, file_name, first_line, is_folder, opened, shown, text_of
from hedgerow.model.errors import BadPrices

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "ADVICE",
    "PRICE_COLUMNS",
    "Layer",
    "Table",
    "files_of",
    "frame_of",
    "numbers",
    "symbols_of",
    "table_of",
    "tickers",
    "times",
]

TIME_COLUMNS = ("ts", "date", "time", "timestamp", "datetime")
MARK_COLUMNS = ("mark", "mark_close")
PRICE_COLUMNS = ("close", "close_usd", "perp_close", "spot_close", "price")
ADVICE = "A price file has symbol, date or ts, and close; or a date column and one column a coin."
_READ = {"symbol", "source", "venue", "kind", "quote_volume_usd", "volume_base"}
_QUIET = {"open", "high", "low", "mark", "mark_close", "rate", "funding_rate", "spot_close"}
_KNOWN = {*TIME_COLUMNS, *PRICE_COLUMNS, *_READ, *_QUIET}
_SUFFIXES = (".parquet", ".csv")
_LARGEST_BYTES = 1 << 30
_MOST_COLUMNS = 20_000
_EARLIEST, _LATEST = np.datetime64("1990-01-01", "ms"), np.datetime64("2100-01-01", "ms")


@dataclass(frozen=True, slots=True)
class Table:
    """One file's rows: `when_` (naive UTC), `symbol`, `price_`, `volume_`, and `row_` where it is a CSV.

    `daily` says that a bar is named by its date, `in_quote` that volumes were computed from prices; `source` and
    `kind` are empty where they are none or several.
    """

    file: str
    frame: pl.DataFrame
    daily: bool
    in_quote: bool
    source: str
    kind: str
    notes: tuple[str, ...]
    text: str = ""

    def line(self, place: int) -> int | None:
        """Return the line of the row at `place`, None for Parquet."""
        if "row_" not in self.frame.columns:
            return None
        return _line_of(self.text, int(self.frame["row_"][place]))


def files_of(path: Path) -> list[Path]:
    """Return the files to read: `path` itself, or the Parquet and CSV files of a folder. Raises `BadPrices`."""
    name = file_name(path)
    if not is_folder(path):
        return [path]
    try:
        found = sorted(file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES)
    except OSError as why:
        raise BadPrices(f"cannot be opened: {why.strerror}", file=name, advice="Check the path.") from None
    if not found:
        raise BadPrices("no .parquet or .csv file in this folder", file=name, advice="Give a file.")
    return found


def frame_of(path: Path, data: bytes | None = None) -> tuple[pl.LazyFrame, str]:
    """Return a file, or the bytes of one, as a lazy frame, known headers in lower case, and the text of a CSV.

    CSV cells stay text, and `row_` counts them, so that a bad one can be named. Raises `BadPrices`.
    """
    import polars as pl

    file = file_name(path)
    text = ""
    try:
        if data is None:
            checked(path, _LARGEST_BYTES, BadPrices, ADVICE)
        if path.suffix.lower() not in _SUFFIXES:
            raise BadPrices("is neither .parquet nor .csv", file=file, advice="Rename it, or convert it.")
        if path.suffix.lower() == ".parquet":
            frame = pl.scan_parquet(path if data is None else io.BytesIO(data))
        else:
            raw = opened(path, _LARGEST_BYTES, BadPrices, ADVICE) if data is None else data
            text = text_of(raw, file, BadPrices, ADVICE).lstrip("\n")
            frame = _csv(text, file)
        names = frame.collect_schema().names()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as why:
        raise BadPrices(f"cannot be read: {first_line(why)}", file=file, advice=ADVICE) from None
    return frame.rename(_folded(names)), text


def _csv(text: str, file: str) -> pl.LazyFrame:
    import polars as pl

    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    if head.count(separator) >= _MOST_COLUMNS:
        said = f"has over {_MOST_COLUMNS:,} columns"
        raise BadPrices(said, file=file, line=1, advice="Give a long file: symbol, date, close.")
    headers = [name.strip() for name in head.replace('"', "").split(separator)]
    twice = next((name for name in sorted(set(headers)) if name and headers.count(name) > 1), None)
    if twice is not None:
        said = f"has the column {shown(twice)} more than once"
        raise BadPrices(said, file=file, line=1, advice="Rename or remove one of them.")
    frame = pl.read_csv(
        io.BytesIO(text.encode()),
        infer_schema=False,
        separator=separator,
        row_index_name="row_",
    )
    return frame.lazy()


def _line_of(text: str, row: int) -> int | None:
    """Return the line on which the data row number `row` of a CSV ends."""
    reader = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=text.partition("\n")[0].count))
    try:
        for place, _ in enumerate(reader, -1):
            if place == row:
                return reader.line_num
    except csv.Error:
        return None
    return None


def _folded(names: list[str]) -> dict[str, str]:
    """Return the new names of headers that are known in another case or with blanks around them."""
    plain = {name: name.strip().strip("\ufeff\"'").strip() for name in names}
    new = {name: text.lower() if text.lower() in _KNOWN else text for name, text in plain.items()}
    uses = Counter(new.values())
    return {name: text for name, text in new.items() if name != text and uses[text] == 1}


def table_of(frame: pl.LazyFrame, file: str, layer: Layer, text: str = "") -> Table:
    """Return one file's wanted rows, with every cell a number, a time or a ticker. Raises `BadPrices` naming the cell."""
    import polars as pl

    try:
        names = frame.collect_schema().names()
        when = time_column(names, file)
        coins = [name for name in names if name not in {when, "row_"}]
        named = MARK_COLUMNS if layer.marks else PRICE_COLUMNS
        price = next((name for name in named if name in names), "")
        notes: list[str] = []
        if "symbol" in names and not price:
            hint = f"Name it one of {', '.join(named)}."
            raise BadPrices("there is no price column", file=file, advice=hint)
        if "symbol" not in names:
            coins = coins if price else columns_of(coins, layer.coins)
            frame, price = _with_symbol(frame, when, price, coins, file, notes)
            names = frame.collect_schema().names()
        elif unknown := [shown(name, 40) for name in coins if name not in _KNOWN]:
            notes.append(
                f"{file}: columns not used: {', '.join(unknown[:8])}{' …' if len(unknown) > 8 else ''}."
            )
        rows = chosen(frame, names, when, layer, file)
        wanted = [pl.col(name) for name in names if name in {*_READ, "row_"}]
        table = rows.select(pl.col(when).alias("when_"), pl.col(price).alias("price_"), *wanted).collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as why:
        raise BadPrices(f"cannot be read: {first_line(why)}", file=file, advice=ADVICE) from None
    kind = {"perp_close": "perp", "spot_close": "spot"}.get(price, "")
    return _checked(Table(file, table, when == "date", False, "", kind, tuple(notes), text))


def symbols_of(frame: pl.LazyFrame, file: str, layer: Layer) -> tuple[list[str], int]:
    """Return the symbols of one file's wanted rows as they are written, and how many rows those are. Raises `BadPrices`."""
    import polars as pl

    try:
        names = frame.collect_schema().names()
        when = time_column(names, file)
        coins = [name for name in names if name not in {when, "row_"}]
        if "symbol" not in names and not set(names) & set(PRICE_COLUMNS):
            rows = int(frame.select(pl.len()).collect(engine="streaming").item())
            return coins, rows * len(coins)
        if "symbol" not in names:
            frame, _ = _with_symbol(frame, when, "close", coins, file, [])
        found = chosen(frame, frame.collect_schema().names(), when, layer, file)
        return written(found), int(found.select(pl.len()).collect(engine="streaming").item())
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as why:
        raise BadPrices(f"cannot be read: {first_line(why)}", file=file, advice=ADVICE) from None


def _with_symbol(
    frame: pl.LazyFrame, when: str, price: str, coins: list[str], file: str, notes: list[str]
) -> tuple[pl.LazyFrame, str]:
    """Give a file without a column `symbol` one: a file of one coin by its name, a wide file by its headers."""
    import polars as pl

    if price:
        name = Path(file).stem
        notes.append(f"{file}: no column symbol, read as the prices of {shown(name)}.")
        return frame.with_columns(pl.lit(name).alias("symbol")), price
    if not coins:
        raise BadPrices("there is no price column", file=file, advice=ADVICE)
    schema = frame.collect_schema()
    odd = next(
        (n for n in coins if not schema[n].is_numeric() and schema[n] not in {pl.String, pl.Null}), None
    )
    if odd is not None:
        said = f"holds {str(schema[odd])[:40]}, not prices"
        raise BadPrices(said, file=file, column=shown(odd, 40), advice="Leave only the time and the coins.")
    keep = [name for name in (when, "row_") if name in schema.names()]
    return frame.unpivot(on=coins, index=keep, variable_name="symbol", value_name="close"), "close"


def time_column(names: list[str], file: str) -> str:
    """Return the name of the time column; raises `BadPrices` when there is none."""
    found = next((name for name in TIME_COLUMNS if name in names), None)
    if found is None:
        listed = ", ".join(shown(name, 40) for name in names if name != "row_")
        raise BadPrices(f"there is no time column (columns: {shown(listed, 200)})", file=file, advice=ADVICE)
    return found


def _checked(table: Table) -> Table:
    """Turn text into times, tickers and numbers, and leave out the rows that have no price."""
    import polars as pl

    stamps, mixed = times(table, table.frame["when_"])
    frame = table.frame.with_columns(stamps.alias("when_"))
    table = replace(table, frame=frame)
    frame = tickers(table)
    columns = [numbers(table, name, shown_as) for name, shown_as in _numeric(frame).items()]
    frame = frame.with_columns(columns).filter(pl.col("price_").is_not_null() & pl.col("when_").is_not_null())
    in_quote = "volume_base" in frame.columns and "quote_volume_usd" not in frame.columns
    volume = pl.lit(None, dtype=pl.Float64)
    if in_quote:
        volume = pl.col("volume_base") * pl.col("price_")
    elif "quote_volume_usd" in frame.columns:
        volume = pl.col("quote_volume_usd")
    daily = table.daily and bool((frame["when_"].dt.time() == time(0)).all()) if len(frame) else table.daily
    zones = f"{table.file}: times without a zone are read as UTC, beside others that have one."
    return replace(
        table,
        frame=frame.with_columns(volume.alias("volume_")),
        daily=daily,
        in_quote=in_quote,
        source=_single(frame, "source") or _single(frame, "venue"),
        kind=table.kind or _single(frame, "kind"),
        notes=(*table.notes, *((zones,) if mixed else ())),
    )


def _numeric(frame: pl.DataFrame) -> Mapping[str, str]:
    named = {"price_": "price", "quote_volume_usd": "quote_volume_usd", "volume_base": "volume_base"}
    return {name: shown_as for name, shown_as in named.items() if name in frame.columns}


def times(table: Table, when: pl.Series) -> tuple[pl.Series, bool]:
    """Return the stamps of `when` as naive UTC, and whether zones are mixed. Raises `BadPrices` for what is no time."""
    stamps, mixed = stamps_of(when)
    early = stamps < _EARLIEST.item()
    late = stamps >= _LATEST.item()
    empty = when.is_null()
    bad = (stamps.is_null() | early.fill_null(value=False) | late.fill_null(value=False)) & ~empty
    if bad.any():
        place = int(bad.arg_max() or 0)
        raise BadPrices(
            f'"{shown(str(when[place]))}" is no time between 1990 and 2100',
            file=table.file,
            line=table.line(place),
            column="time",
            advice="Write times as 2025-11-12, as 2025-11-12T08:00Z, or as epoch seconds or milliseconds.",
        )
    return stamps, mixed


def numbers(table: Table, name: str, shown_as: str) -> pl.Series:
    """Return a column as floats, empty cells as nulls. Raises `BadPrices` for a cell that is no number."""
    import polars as pl

    column = table.frame[name]
    if column.dtype.is_numeric():
        return column.cast(pl.Float64)
    if column.dtype != pl.String:
        said = f"holds {str(column.dtype)[:40]}, not numbers"
        raise BadPrices(said, file=table.file, column=shown_as, advice="Write plain decimals.")
    text = column.str.strip_chars()
    number = text.cast(pl.Float64, strict=False)
    bad = number.is_null() & text.is_not_null() & (text != "")
    if bad.any():
        place = int(bad.arg_max() or 0)
        raise BadPrices(
            f'"{shown(str(text[place]))}" is not a number',
            file=table.file,
            line=table.line(place),
            column=shown_as,
            # Decimal commas are an option of holdings alone.
            advice=number_hint(str(text[place])).partition(" If this file")[0],
        )
    return number.alias(name)


def tickers(table: Table) -> pl.DataFrame:
    """Return the frame with its symbols as tickers. Raises `BadPrices` for one that is none."""
    import polars as pl

    column = table.frame["symbol"]
    if column.dtype not in {pl.String, pl.Null} and not isinstance(column.dtype, pl.Categorical | pl.Enum):
        said = f"holds {str(column.dtype)[:40]}, not names"
        raise BadPrices(said, file=table.file, column="symbol", advice="Write tickers, such as ETH.")
    column = column.cast(pl.String)
    written = column.unique().to_list()
    tickers: dict[str, str] = {}
    for text in written:
        if text is None:
            continue
        name, fault, advice = fault_of_symbol(text)
        if fault:
            place = int((column == text).arg_max() or 0)
            raise BadPrices(fault, file=table.file, line=table.line(place), column="symbol", advice=advice)
        tickers[text] = name
    amount = "price_" if "price_" in table.frame.columns else "value_"
    if None in written and (bad := column.is_null() & table.frame[amount].is_not_null()).any():
        said = "a row has no symbol"
        line = table.line(int(bad.arg_max() or 0))
        raise BadPrices(said, file=table.file, line=line, column="symbol", advice="Name the coin.")
    changed = any(text != name for text, name in tickers.items())
    return table.frame.with_columns((column.replace(tickers) if changed else column).alias("symbol"))


def _single(frame: pl.DataFrame, name: str) -> str:
    if name not in frame.columns:
        return ""
    present = frame[name].drop_nulls().unique().to_list()
    return shown(str(present[0])) if len(present) == 1 else ""
