"""What the lake holds, and whether it is whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hedgerow.model.errors import HedgerowError
from hedgerow.store.lake import Gap, Stream, coins_of, gaps_of

__all__ = ["Finding", "StreamLine", "check", "listed"]

_STEP_HOURS = {"m": 1.0 / 60.0, "h": 1.0, "d": 24.0}
_LONGEST_FUNDING_HOURS = 8.0


@dataclass(frozen=True, slots=True)
class StreamLine:
    """One kind of one venue: how many coins and rows, from when to when."""

    kind: str
    venue: str
    coins: int
    rows: int
    first: np.datetime64
    last: np.datetime64


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not whole: where, and what."""

    kind: str
    venue: str
    coin: str
    detail: str
    gaps: tuple[Gap, ...] = ()


def listed(root: Path) -> tuple[StreamLine, ...]:
    """Return every stream of the lake, in order; raises `BadInput` for a file that cannot be read."""
    from hedgerow.store.query import summary

    return tuple(StreamLine(*row) for row in summary(root))


def check(root: Path) -> tuple[Finding, ...]:
    """Return every hole and every file that cannot be read, stream by stream.

    Bars are to follow each other at their own length, funding at most eight hours apart; snapshots have no step.
    """
    from urllib.parse import unquote

    from hedgerow.store.query import kinds_of

    found: list[Finding] = []
    for name in kinds_of(root):
        kind = unquote(name)
        for folder in sorted((root / f"kind={name}").glob("venue=*")):
            stream = Stream(root, kind, unquote(folder.name.removeprefix("venue=")))
            for coin in coins_of(stream):
                found += _of_coin(stream, coin)
    return tuple(found)


def _of_coin(stream: Stream, coin: str) -> list[Finding]:
    step = _step_hours(stream.kind)
    if step is None:
        return []
    try:
        gaps = gaps_of(stream, coin, step)
    except HedgerowError as why:
        return [Finding(stream.kind, stream.venue, coin, why.message)]
    if not gaps:
        return []
    rows = sum(gap.missing for gap in gaps)
    return [Finding(stream.kind, stream.venue, coin, f"{rows} rows missing in {len(gaps)} holes", gaps)]


def _step_hours(kind: str) -> float | None:
    """The longest step from row to row that is no hole; None for snapshots."""
    if kind == "funding":
        return _LONGEST_FUNDING_HOURS
    length = kind.partition("-")[2]
    return float(length[:-1]) * _STEP_HOURS[length[-1]] if length else None
