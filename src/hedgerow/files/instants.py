"""Instants in UTC, from what people and files write."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np

from hedgerow.files.text import shown
from hedgerow.model.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["AsOf", "parse_as_of", "stamps_of"]

AsOf = str | date | datetime | np.datetime64

_DAY = np.timedelta64(1, "D")
# Where the magnitude of an epoch changes its unit: up to here it counts seconds, milliseconds, microseconds.
_EPOCHS = ((100_000_000_000, 1_000, 1), (100_000_000_000_000, 1, 1), (100_000_000_000_000_000, 1, 1_000))
_ZONED = ("%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%dT%H:%M%z")
_NAIVE = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M")


def parse_as_of(when: AsOf) -> np.datetime64:
    """Return the instant that `--as-of` names; a bare date includes that whole day. Raises `UsageError`."""
    if isinstance(when, np.datetime64):
        instant: np.datetime64 = when.astype("datetime64[ms]")
        return instant
    moment: date = when if isinstance(when, date) else _written(when)
    if not isinstance(moment, datetime):
        return np.datetime64(moment, "ms") + _DAY
    if moment.tzinfo is not None:
        offset = moment.utcoffset()
        return np.datetime64(moment.replace(tzinfo=None), "ms") - np.timedelta64(offset or 0, "ms")
    return np.datetime64(moment, "ms")


def _written(text: str) -> date:
    bare = text.strip()
    try:
        return date.fromisoformat(bare)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(bare)
    except ValueError:
        raise UsageError(
            f'"{shown(bare)}" is no date',
            advice="Write --as-of 2025-11-12, or 2025-11-12T08:00 for an instant in UTC.",
        ) from None


def stamps_of(when: pl.Series) -> tuple[pl.Series, bool]:
    """Return a column of times as naive UTC milliseconds, null where it is no time, and whether zones are mixed.

    Dates, times with or without a zone (without: UTC), ISO text of either, and epoch seconds to nanoseconds are read.
    """
    import polars as pl

    if when.dtype == pl.Date:
        return when.cast(pl.Datetime("ms")), False
    if isinstance(when.dtype, pl.Datetime):
        zoned = when.dtype.time_zone is not None
        plain = when.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if zoned else when
        return plain.dt.cast_time_unit("ms"), False
    if when.dtype.is_integer():
        return _from_epoch(when.cast(pl.Int64, strict=False)), False
    if when.dtype != pl.String:
        return pl.Series(when.name, [None] * len(when), dtype=pl.Datetime("ms")), False
    text = when.str.strip_chars()
    number = text.cast(pl.Int64, strict=False)
    if len(number) and number.is_not_null().all():
        return _from_epoch(number), False
    return _from_text(text)


def _from_epoch(number: pl.Series) -> pl.Series:
    """Read 20251112 as a date, else seconds to nanoseconds since 1970 by magnitude."""
    import polars as pl

    largest = int(number.drop_nulls().abs().max() or 0)  # type: ignore[arg-type]
    if 19_000_101 <= largest <= 21_001_231:
        return number.cast(pl.String).str.to_date("%Y%m%d", strict=False).cast(pl.Datetime("ms"))
    up, down = next(((up, down) for limit, up, down in _EPOCHS if largest <= limit), (1, 1_000_000))
    return (number * up // down).cast(pl.Datetime("ms"))


def _from_text(text: pl.Series) -> tuple[pl.Series, bool]:
    import polars as pl

    plain = text.str.replace(" UTC$", "+00:00").str.replace("[Zz]$", "+00:00").str.replace(" ", "T")
    found = plain.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("ms"))
    if not found.has_nulls():
        return found, False
    naive, zoned = found.is_not_null().any(), False
    for form in (*_NAIVE, *_ZONED):
        read = plain.str.to_datetime(form, strict=False, time_unit="ms")
        if form in _ZONED:
            read = read.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
            zoned = zoned or bool(read.is_not_null().any())
        else:
            naive = naive or bool(read.is_not_null().any())
        found = found.fill_null(read)
    return found, bool(naive and zoned)
