"""What the watch cries about: each alarm is raised once, kept while it lasts, and cleared once.

    standing_of(measure, raise_at, clear_at) -> "bad", "between", "fine" or "unknown"
    updated(active, findings, at) -> Changed

Between the two thresholds an alarm stays as it was, so that a number that wavers about one of them cries once. What
cannot be told leaves an alarm as it was: unknown is not fine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from hedgerow.model.ports import Level
from hedgerow.model.watched import WatchName

__all__ = ["Changed", "Finding", "Raised", "Standing", "standing_of", "updated"]

Standing = Literal["bad", "between", "fine", "unknown"]
_LEVELS: tuple[Level, ...] = ("info", "warning", "critical")
_ASKED: frozenset[WatchName] = frozenset({"book changed", "price jump"})
"""Open questions: every look says which stand, also one that knows nothing else."""


def standing_of(measure: float, raise_at: float, clear_at: float) -> Standing:
    """Return where a measure stands: bad beyond `raise_at`, fine back at `clear_at`, which lies on the good side.

    With `raise_at` above `clear_at` high is bad, else low is. NaN is unknown.
    """
    if math.isnan(measure):
        return "unknown"
    sign = 1.0 if raise_at >= clear_at else -1.0
    if sign * measure > sign * raise_at:
        return "bad"
    return "fine" if sign * measure <= sign * clear_at else "between"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: which watch, about what, how it stands, and what to say and do where it is bad."""

    watch: WatchName
    about: str
    standing: Standing
    level: Level
    text: str
    advice: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes two findings the same alarm."""
        return self.watch, self.about


@dataclass(frozen=True, slots=True)
class Raised:
    """An alarm that is on, since an instant in milliseconds."""

    finding: Finding
    since: int


@dataclass(frozen=True, slots=True)
class Changed:
    """The alarms that are on after a look, and which of them went on or off with it."""

    active: Mapping[tuple[str, str], Raised]
    raised: tuple[Raised, ...]
    cleared: tuple[Raised, ...]


def updated(
    active: Mapping[tuple[str, str], Raised], findings: Iterable[Finding], at: int, *, blind: bool = False
) -> Changed:
    """Return the alarms after `findings` of the instant `at`.

    An alarm about what is no longer looked at (a contract that is closed) is cleared, but for a `blind` look, at which
    positions or betas were not known. One that is on is not raised again, but for a higher level.
    """
    seen = {finding.key: finding for finding in findings}
    after: dict[tuple[str, str], Raised] = {}
    raised: list[Raised] = []
    for key, finding in seen.items():
        before = active.get(key)
        if finding.standing == "bad":
            worse = before is not None and _LEVELS.index(finding.level) > _LEVELS.index(before.finding.level)
            after[key] = Raised(finding, at if before is None else before.since)
            if before is None or worse:
                raised.append(after[key])
        elif before is not None and finding.standing != "fine":
            after[key] = before
    if blind:
        after |= {key: was for key, was in active.items() if key not in seen and key[0] not in _ASKED}
    cleared = tuple(was for key, was in active.items() if key not in after)
    return Changed(after, tuple(raised), cleared)
