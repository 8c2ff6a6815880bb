"""Whether a run that is walked again is the same run, bit for bit, and where it first is not.

first_difference(stored, again) -> Difference | None
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from hedgerow.model.journal import Difference, RunResult

__all__ = ["first_difference"]

_TABLES = ("events", "betas")


def first_difference(stored: RunResult, again: RunResult) -> Difference | None:
    """Return the earliest difference in time between two runs, None where every bit is the same.

    Numbers are held against each other by their bits: NaN is NaN, and 0 is not −0.
    """
    whole = next(_of_the_whole(stored, again), None)
    if whole is not None:
        return whole
    found = [*_of_bars(stored, again)]
    for name in _TABLES:
        found += _of_rows(name, getattr(stored, name), getattr(again, name))
    return min(found, key=lambda d: (d.when is None, d.when), default=None)


def _of_the_whole(stored: RunResult, again: RunResult) -> Iterator[Difference]:
    """Words and shapes first: bars can only be held against bars."""
    for field in fields(RunResult):
        one, other = getattr(stored, field.name), getattr(again, field.name)
        if isinstance(one, np.ndarray):
            if one.shape != other.shape:
                yield Difference(f"shape of {field.name}", None, one.shape, other.shape)
        elif field.name not in _TABLES and one != other:
            yield Difference(field.name, None, one, other)


def _of_bars(stored: RunResult, again: RunResult) -> Iterator[Difference]:
    for field in fields(RunResult):
        one, other = getattr(stored, field.name), getattr(again, field.name)
        if not isinstance(one, np.ndarray):
            continue
        apart = np.argwhere(_bits(one) != _bits(other))
        if len(apart):
            place = tuple(apart[0].tolist())
            yield Difference(
                _named(stored, field.name, place), stored.times[place[0]], one[place], other[place]
            )


def _bits(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values).view(np.uint64)


def _named(run: RunResult, name: str, place: tuple[int, ...]) -> str:
    if len(place) == 1:
        return name
    columns = run.line_names if name == "lines" else run.factors
    return f"{name} of {columns[place[1]]}"


def _of_rows(name: str, stored: Sequence[Any], again: Sequence[Any]) -> Iterator[Difference]:
    """The first row of a table that is another; rows are in the order of time."""
    for place, (one, other) in enumerate(zip(stored, again, strict=False)):
        if _exact(one) != _exact(other):
            yield Difference(f"row {place} of {name}", min(one.time, other.time), one, other)
            return
    if len(stored) != len(again):
        longer, shared = max(stored, again, key=len), min(len(stored), len(again))
        nothing = f"{shared} rows, no more"
        sides = (longer[shared], nothing) if longer is stored else (nothing, longer[shared])
        yield Difference(f"row {shared} of {name}", longer[shared].time, *sides)


def _exact(row: Any) -> list[Any]:
    values = [getattr(row, field.name) for field in fields(row)]
    return [struct.pack("<d", v) if isinstance(v, float) else v for v in values]
