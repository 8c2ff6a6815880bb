"""Many lives as a table: which fault struck how often, and what came of the programmes it struck."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from hedgerow.testing.faults.chance import FAULTS
from hedgerow.testing.faults.history import unlike
from hedgerow.testing.faults.lives import Verdict, live

__all__ = ["Lived", "Report", "parted", "shrunk"]


class Lived(Protocol):
    """One life of a seed: `live` of the executor, `vigil` of the watch."""

    def __call__(self, seed: int, events: int = ..., barred: frozenset[str] = ...) -> Verdict:
        """Return what comes of it."""


_COLUMNS = ("complete", "partial", "unwound", "refused", "replan", "frozen", "halted", "stopped")


@dataclass(frozen=True, slots=True)
class Report:
    """Sums over seeds. `by_fault` has, for each fault, the outcomes of the lives in which it struck."""

    seeds: int = 0
    events: int = 0
    kills: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)
    by_fault: Mapping[str, Counter[str]] = field(default_factory=dict)
    violations: Mapping[int, list[str]] = field(default_factory=dict)

    @staticmethod
    def of(seeds: Iterable[int], events: int, lived: Lived = live) -> Report:
        """Return what comes of living these seeds."""
        return sum((Report.of_one(lived(seed, events)) for seed in seeds), Report())

    @staticmethod
    def of_one(verdict: Verdict) -> Report:
        """Return what came of one life."""
        outcomes = Counter({_column(name): 0 for name in verdict.outcomes})
        for name, count in verdict.outcomes.items():
            outcomes[_column(name)] += count
        found = {verdict.seed: verdict.violations} if verdict.violations else {}
        by_fault = dict.fromkeys(verdict.struck, outcomes)
        return Report(1, verdict.events, verdict.kills, outcomes, verdict.struck, by_fault, found)

    def __add__(self, other: Report) -> Report:
        """Return the sums of both."""
        faults = dict.fromkeys([*self.by_fault, *other.by_fault])
        return Report(
            self.seeds + other.seeds,
            self.events + other.events,
            self.kills + other.kills,
            self.outcomes + other.outcomes,
            self.struck + other.struck,
            {f: self.by_fault.get(f, Counter()) + other.by_fault.get(f, Counter()) for f in faults},
            {**self.violations, **other.violations},
        )

    def figures(self) -> dict[str, object]:
        """Return the figures that are kept."""
        return {
            "seeds": self.seeds,
            "events": self.events,
            "kills": self.kills,
            "violations": len(self.violations),
            "outcomes": dict(self.outcomes),
            "struck": {fault: self.struck[fault] for fault in FAULTS},
        }

    @property
    def idle(self) -> list[str]:
        """The faults that never struck: what was promised against them was not tried."""
        return [fault for fault in FAULTS if not self.struck[fault]]

    def headline(self) -> str:
        """Return the result in one line."""
        return (
            f"{self.seeds:,} seeds, {self.events:,} events, {self.kills:,} kills: "
            f"{len(self.violations)} seeds with violations"
        )

    def table(self, faults: Collection[str] = tuple(FAULTS)) -> str:
        """Return fault by outcome as a Markdown table, of these `faults`."""
        lines = [
            f"| fault | struck | {' | '.join(_COLUMNS)} |",
            f"|---|---:|{'---:|' * len(_COLUMNS)}",
        ]
        for fault in faults:
            words, outcomes = FAULTS[fault][0], self.by_fault.get(fault, Counter())
            cells = " | ".join(f"{outcomes[column]:,}" for column in _COLUMNS)
            lines.append(f"| {fault} {words} | {self.struck[fault]:,} | {cells} |")
        return "\n".join(lines)


def _column(outcome: str) -> str:
    return outcome.partition(":")[0]


def parted(seed: int, events: int, lived: Lived = live) -> str:
    """Return where two lives of a seed part, or nothing (I11)."""
    first, second = lived(seed, events), lived(seed, events)
    if first.digest != second.digest:
        return "H11: two lives of this seed wrote two journals"
    return unlike(first.history, second.history)


def shrunk(seed: int, events: int, lived: Lived = live) -> list[str]:
    """Return the fewest faults, left out one after the other, with which a seed still fails."""
    barred: frozenset[str] = frozenset()
    for fault in sorted(lived(seed, events).held):
        if lived(seed, events, barred | {fault}).violations:
            barred |= {fault}
    return sorted(lived(seed, events, barred).held)
