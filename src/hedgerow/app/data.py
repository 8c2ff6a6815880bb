"""What the lake holds, whether it is whole, and how it is filled from a venue."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hedgerow.app.venues import account_door, asked_of, market_door
from hedgerow.config import Settings
from hedgerow.model.errors import HedgerowError, UsageError
from hedgerow.model.lake import LakeFinding, LakeLine
from hedgerow.store.lake import Stream, coins_of, gaps_of

if TYPE_CHECKING:
    from hedgerow.runs.pull import Asked, Pulled
    from hedgerow.venues.doors import Keys

__all__ = ["Filled", "asked_for", "check", "fill", "is_empty", "listed"]

_BARS = {"1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240, "1d": 1440}
_DAYS = 730
_DAY_MS = 86_400_000

_STEP_HOURS = {"m": 1.0 / 60.0, "h": 1.0, "d": 24.0}
_LONGEST_FUNDING_HOURS = 8.0


def listed(root: Path) -> tuple[LakeLine, ...]:
    """Return every stream of the lake, in order; raises `BadInput` for a file that cannot be read."""
    from hedgerow.store.query import summary

    return tuple(summary(root))


@dataclass(frozen=True, slots=True)
class Filled:
    """What a pull left behind: what was asked and given, the streams of the venue now, and what is not whole in them."""

    venue: str
    root: Path
    asked: Asked
    pulled: Pulled
    lines: tuple[LakeLine, ...]
    findings: tuple[LakeFinding, ...]


def asked_for(kinds: str, coins: str | None, bar: str, since: str | None, until: str | None) -> Asked:
    """Return what the options of `data pull` ask for; without dates the last two years. Raises `UsageError`."""
    from hedgerow.runs.pull import KINDS, Asked

    names = tuple(dict.fromkeys(word.strip() for word in kinds.split(",") if word.strip()))
    chosen = tuple(kind for kind in KINDS if kind in names)
    if len(chosen) != len(names) or not names:
        raise UsageError(f'--kinds "{kinds}" is not understood', advice=f"Give some of {','.join(KINDS)}.")
    if bar not in _BARS:
        raise UsageError(f"--bar {bar} is no length", advice=f"Give one of {', '.join(_BARS)}.")
    now = time.time_ns() // 1_000_000
    end = now if until is None else _instant(until, "--until", _DAY_MS)
    begin = end - _DAYS * _DAY_MS if since is None else _instant(since, "--from", 0)
    wanted = () if coins is None else tuple(word.strip() for word in coins.split(",") if word.strip())
    known = tuple(dict.fromkeys(word.upper() if word.isalnum() else word for word in wanted))
    return Asked(chosen, known, begin, end, _BARS[bar], now)


def _instant(text: str, option: str, whole_day: int) -> int:
    """The instant of an option; a bare date is the day's beginning, or with `whole_day` its end."""
    from hedgerow.files.instants import parse_as_of

    try:
        at = int(parse_as_of(text).astype(np.int64))
    except UsageError as why:
        raise UsageError(why.message, advice=f"Write {option} 2025-11-12.") from None
    bare = len(text.strip()) <= len("2025-11-12")
    return at - _DAY_MS + whole_day if bare else at


def fill(
    settings: Settings,
    venue: str,
    root: Path,
    asked: Asked,
    keys: Keys | None,
    report: Callable[[str, float], None],
) -> Filled:
    """Bring what the lake lacks of `asked` from a venue, and look at what is there then. Errors as `runs.pull.pull`."""
    from hedgerow.app.lake import LakeSink
    from hedgerow.runs.pull import kind_name, pull

    door = market_door(settings, venue) if keys is None else account_door(settings, venue, keys)
    sink = LakeSink(root, door.door.venue.name)
    pulled = asked_of(door, lambda: pull(door.data, sink, asked, report))
    kinds = {kind_name(kind, asked.minutes) for kind in asked.kinds}
    lines = tuple(line for line in listed(root) if line.venue == sink.venue and line.kind in kinds)
    findings = check(root, sink.venue, kinds, pulled.coins)
    return Filled(sink.venue, root, asked, pulled, lines, findings)


def check(
    root: Path,
    venue: str | None = None,
    kinds: Collection[str] | None = None,
    coins: Collection[str] | None = None,
) -> tuple[LakeFinding, ...]:
    """Return every hole and every file that cannot be read, stream by stream; of all, or of one venue, kinds and coins.

    Bars are to follow each other at their own length, funding at most eight hours apart; snapshots have no step.
    """
    found: list[LakeFinding] = []
    for stream in _streams(root):
        if (kinds is None or stream.kind in kinds) and venue in {None, stream.venue}:
            for coin in coins_of(stream):
                found += _of_coin(stream, coin) if coins is None or coin in coins else []
    return tuple(found)


def is_empty(root: Path) -> bool:
    """Return whether the lake holds no stream at all, or is not there: then there is nothing that could be whole."""
    return next(_streams(root), None) is None


def _streams(root: Path) -> Iterator[Stream]:
    from urllib.parse import unquote

    from hedgerow.store.query import kinds_of

    for name in kinds_of(root):
        for folder in sorted((root / f"kind={name}").glob("venue=*")):
            yield Stream(root, unquote(name), unquote(folder.name.removeprefix("venue=")))


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
