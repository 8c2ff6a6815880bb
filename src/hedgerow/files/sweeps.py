"""A sweep on disk: a folder of Parquet parts that a stopped sweep goes on from, and one table at the end."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hedgerow.model.errors import BadInput, UsageError
from hedgerow.model.sweeps import Sweep, Tried

__all__ = ["read_tries", "write_sweep", "write_tries"]

_NUMBERS = ("cost_a_year", "funding_a_year", "turnover_a_year", "outside_band", "least_distance")
_PART = "tries-{:05d}.parquet"


def read_tries(folder: str | Path) -> dict[str, Tried]:
    """Return the tries that earlier runs left in `folder`, by key; none where there is no folder.

    Raises `BadInput` for a part that is not one of ours, naming it.
    """
    import polars as pl

    found: dict[str, Tried] = {}
    for part in sorted(Path(folder).glob("tries-*.parquet")):
        try:
            rows = pl.read_parquet(part).to_dicts()
            found |= {row["key"]: _tried(row) for row in rows}
        except (pl.exceptions.PolarsError, KeyError, TypeError, OSError) as why:
            raise BadInput(
                f"is no part of a sweep: {type(why).__name__}",
                file=str(part),
                advice="Remove it, or give another --out.",
            ) from None
    return found


def write_tries(folder: str | Path, tries: Sequence[Tried]) -> None:
    """Add a part to `folder`, whole or not at all. Raises `UsageError` where nothing can be written."""
    import polars as pl

    where = Path(folder)
    if not tries:
        return
    try:
        where.mkdir(parents=True, exist_ok=True)
        place = where / _PART.format(len(list(where.glob("tries-*.parquet"))))
        begun = place.with_suffix(f".{os.getpid()}.begun")
        pl.DataFrame([_row(t) for t in tries], infer_schema_length=None).write_parquet(begun)
        begun.replace(place)
    except OSError as why:
        raise UsageError(f"{where} cannot be written: {why.strerror}", advice="Give another --out.") from None


def write_sweep(folder: str | Path, done: Sweep) -> Path:
    """Write the table of a finished sweep, best first, and return where it is."""
    import polars as pl

    rows: list[dict[str, Any]] = []
    for judged in done.rows:
        numbers = {
            name: getattr(judged.tried, name) for name in (*_NUMBERS, "liquidations", "engine", "refused")
        }
        measured = {
            name: getattr(judged, name)
            for name in (
                "score",
                "variance_removed",
                "volatility_hedged",
                "es95_hedged",
                "drawdown_hedged",
                "residual_beta",
                "confidence",
            )
        }
        rows.append({**judged.tried.setting, **measured, **numbers})
    place = Path(folder) / "sweep.parquet"
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(place)
    return place


def _row(tried: Tried) -> dict[str, Any]:
    numbers = {name: float(getattr(tried, name)) for name in _NUMBERS}
    return {
        "key": tried.key,
        "names": list(tried.setting),
        "values": list(tried.setting.values()),
        "engine": tried.engine,
        "hedged": tried.hedged.tolist(),
        "liquidations": tried.liquidations,
        "refused": tried.refused,
    } | numbers


def _tried(row: Mapping[str, Any]) -> Tried:
    return Tried(
        key=str(row["key"]),
        setting=dict(zip(row["names"], row["values"], strict=True)),
        engine=str(row["engine"]),
        hedged=np.array(row["hedged"], dtype=float),
        liquidations=int(row["liquidations"]),
        refused=str(row["refused"]),
        **{name: float(row[name]) for name in _NUMBERS},
    )
