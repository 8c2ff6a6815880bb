"""The betas of a universe as a table on disk."""

from __future__ import annotations

import os
from pathlib import Path

from hedgerow.model.errors import UsageError
from hedgerow.model.universe import UniverseBetas

__all__ = ["check_place", "write_universe"]

_SUFFIXES = (".parquet", ".csv")


def check_place(place: Path) -> None:
    """Raise `UsageError` for a file that no table is written to."""
    if place.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"{place.name} is neither .parquet nor .csv", advice="Give --out such a file.")


def write_universe(place: Path, found: UniverseBetas) -> None:
    """Write a row for each instant and coin, whole or not at all; NaN is an empty cell. Raises `UsageError`."""
    import polars as pl

    check_place(place)
    columns = {name: pl.Series(name, values, nan_to_null=True) for name, values in found.columns().items()}
    frame = pl.DataFrame(columns)
    begun = place.with_name(f".{place.name}.{os.getpid()}.begun")
    try:
        if place.suffix.lower() == ".csv":
            frame.write_csv(begun)
        else:
            frame.write_parquet(begun)
        begun.replace(place)
    except OSError as why:
        raise UsageError(f"{place} cannot be written: {why.strerror}", advice="Give another --out.") from None
