"""Us and the peers on the same work, in one run, turn by turn: medians, ratios, and whether the results agree.

A row holds `ratio`, the peer's seconds over ours, against `target`, the least it is meant to be; a limit such as
"at most eight times a copy" is a target of 1/8. A peer that would take too long runs on a share of the work, and its
time is scaled: the row says so. Compilation and imports are warmed up before the clock starts, on both sides.

The clock is the time that the process was given, which on a machine of one's own is the time that passes: what others
do on a shared machine then falls on neither side. Rows of several threads, and of several processes, are by the wall.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

__all__ = ["Clock", "Peer", "Row", "Work", "race", "text_of"]

Clock = Callable[[], float]

_SLOW = 5.0


@dataclass(frozen=True, slots=True)
class Peer:
    """Another way to do the same work; `agree` is given both results and raises where they are not the same.

    `share` is the part of the work that `run` does: its time is divided by it.
    """

    name: str
    run: Callable[[], object]
    target: float
    agree: Callable[[object, object], None] | None = None
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; seconds are medians."""

    workload: str
    ours_s: float
    peer: str
    peer_s: float
    ratio: float
    target: float
    ok: bool

    def to_dict(self) -> dict[str, object]:
        """Return the row as JSON has it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Work:
    """What is done, by us and by the peers."""

    title: str
    ours: Callable[[], object]
    peers: tuple[Peer, ...]


def seconds(run: Callable[[], object], clock: Clock) -> tuple[float, object]:
    """Time of one call, the collector at rest, and what it returned."""
    gc.collect()
    gc.disable()
    try:
        begun = clock()
        found = run()
        return clock() - begun, found
    finally:
        gc.enable()


def race(
    workload: str,
    ours: Callable[[], object],
    peers: Sequence[Peer],
    rounds: int = 7,
    clock: Clock = time.process_time,
) -> list[Row]:
    """Return one row a peer. Slow peers run once or twice, ours as often as the others and beside each of them."""
    _, mine = seconds(ours, clock)
    rows = []
    for peer in peers:
        _, theirs = seconds(peer.run, clock)  # imports, compilation and caches are warm from here on
        if peer.agree is not None:
            peer.agree(mine, theirs)
        first, _ = seconds(peer.run, clock)
        turns = rounds if first < _SLOW / rounds else (3 if first < _SLOW else 1)
        pairs = []
        for _ in range(turns):
            alone = statistics.median(seconds(ours, clock)[0] for _ in range(3))
            pairs.append((alone, seconds(peer.run, clock)[0] if turns > 1 else first))
        ours_s = statistics.median(a for a, _ in pairs)
        peer_s = statistics.median(b for _, b in pairs) / peer.share
        name = (
            peer.name if peer.share == 1.0 else f"{peer.name} (a {1 / peer.share:.0f}th of the work, scaled)"
        )
        ratio = peer_s / ours_s
        rows.append(Row(workload, ours_s, name, peer_s, ratio, peer.target, ratio >= peer.target))
    return rows


def text_of(rows: Sequence[Row]) -> str:
    """Return rows as a Markdown table."""
    lines = [
        "| work | ours | peer | peer's | ratio | target | |",
        "|---|---:|---|---:|---:|---:|---|",
    ]
    return "\n".join([*lines, *(_line(row) for row in rows)])


def _line(row: Row) -> str:
    cells = (
        row.workload,
        _time(row.ours_s),
        row.peer,
        _time(row.peer_s),
        _ratio(row.ratio),
        _ratio(row.target),
    )
    return f"| {' | '.join(cells)} | {'holds' if row.ok else 'falls short'} |"


def _time(value: float) -> str:
    return (
        f"{value:.3g} s"
        if value >= 1.0
        else (f"{value * 1e3:.3g} ms" if value >= 1e-3 else f"{value * 1e6:.3g} µs")
    )


def _ratio(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.3g}"
