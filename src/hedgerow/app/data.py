"""What the lake holds, and whether it is whole."""

from __future__ import annotations

from pathlib import Path

from hedgerow.model.errors import HedgerowError
from hedgerow.model.lake import LakeFinding, LakeLine
from hedgerow.store.lake import Stream, coins_of, gaps_of

__all__ = ["check", "listed"]

_STEP_HOURS = {"m": 1.0 / 60.0, "h": 1.0, "d": 24.0}
_LONGEST_FUNDING_HOURS = 8.0


def listed(root: Path) -> tuple[LakeLine, ...]:
    """Return every stream of the lake, in order; raises `BadInput` for a file that cannot be read."""
    from hedgerow.store.query import summary

    return tuple(summary(root))


def check(root: Path) -> tuple[LakeFinding, ...]:
    """Return every hole and every file that cannot be read, stream by stream.

    Bars are to follow each other at their own length, funding at most eight hours apart; snapshots have no step.
    """
    from urllib.parse import unquote

    from hedgerow.store.query import kinds_of

    found: list[LakeFinding] = []
    for name in kinds_of(root):
        kind = unquote(name)
        for folder in sorted((root / f"kind={name}").glob("venue=*")):
            stream = Stream(root, kind, unquote(folder.name.removeprefix("venue=")))
            for coin in coins_of(stream):
                found += _of_coin(stream, coin)
    return tuple(found)


def _of_coin(stream: Stream, coin: str) -> list[LakeFinding]:
    step = _step_hours(stream.kind)
    if step is None:
        return []
    try:
        gaps = gaps_of(stream, coin, step)
    except HedgerowError as why:
        return [LakeFinding(stream.kind, stream.venue, coin, why.message)]
    if not gaps:
        return []
    rows = sum(gap.missing for gap in gaps)
    return [LakeFinding(stream.kind, stream.venue, coin, f"{rows} rows missing in {len(gaps)} holes", gaps)]


def _step_hours(kind: str) -> float | None:
    """The longest step from row to row that is no hole; None for snapshots."""
    if kind == "funding":
        return _LONGEST_FUNDING_HOURS
    length = kind.partition("-")[2]
    return float(length[:-1]) * _STEP_HOURS[length[-1]] if length else None
