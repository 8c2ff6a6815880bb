"""Tables of prices as they lie on disk: Parquet or CSV, long or wide, one file or a folder of them."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

from hedgerow.model.errors import BadPrices

if TYPE_CHECKING:
    import polars as pl

__all__ = ["TIME_COLUMNS", "files_of", "long_table", "time_column"]

TIME_COLUMNS = ("ts", "date", "time", "timestamp", "datetime")
PRICE_COLUMNS = ("close", "close_usd", "perp_close", "spot_close", "price")
_SUFFIXES = (".parquet", ".csv")


def files_of(path: Path) -> list[Path]:
    """Return the files to read: `path` itself, or the Parquet and CSV files of a folder. Raises `BadPrices`."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as why:
        reason = getattr(why, "strerror", None) or "not a usable path"
        raise BadPrices(f"cannot be opened: {reason}", file=path.name, advice="Check the path.") from None
    if stat.S_ISDIR(mode):
        found = sorted(file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES and file.is_file())
        if not found:
            raise BadPrices("no .parquet or .csv file in this folder", file=path.name, advice="Give a file.")
        return found
    if not stat.S_ISREG(mode):
        raise BadPrices("is not a regular file", file=path.name, advice="Give a Parquet or CSV file.")
    if path.suffix.lower() not in _SUFFIXES:
        raise BadPrices("is neither .parquet nor .csv", file=path.name, advice="Rename it, or convert it.")
    return [path]


def long_table(path: Path) -> pl.LazyFrame:
    """Return the file as a lazy long table: a wide CSV is melted into `symbol` and `close`.

    CSV cells stay text, so that a bad one can be named. Raises `BadPrices`.
    """
    import polars as pl

    try:
        if path.suffix.lower() == ".parquet":
            frame = pl.scan_parquet(path)
        else:
            frame = pl.scan_csv(path, infer_schema=False, truncate_ragged_lines=False, row_index_name="line_")
        names = frame.collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as why:
        raise BadPrices(f"cannot be read: {_first_line(why)}", file=path.name, advice=_ADVICE) from None
    when = time_column(names, path.name)
    if "symbol" in names:
        return frame
    coins = [name for name in names if name not in {when, "line_"}]
    if not coins:
        raise BadPrices("there is no price column", file=path.name, advice=_ADVICE)
    keep = [when, "line_"] if "line_" in names else [when]
    return frame.unpivot(on=coins, index=keep, variable_name="symbol", value_name="close")


_ADVICE = "A price file has symbol, date or ts, and close; or a date column and one column a coin."


def time_column(names: list[str], file: str) -> str:
    """Return the name of the time column; raises `BadPrices` when there is none."""
    found = next((name for name in TIME_COLUMNS if name in names), None)
    if found is None:
        listed = ", ".join(names[:8]) or "none"
        raise BadPrices(f"there is no time column (columns: {listed})", file=file, advice=_ADVICE)
    return found


def _first_line(why: Exception) -> str:
    return (str(why).strip().splitlines() or [type(why).__name__])[0][:200]
