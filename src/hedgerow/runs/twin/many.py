"""Many policies on one stage, side by side on every core."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numba
import numpy as np

from hedgerow.hedge.attribution import LINES
from hedgerow.model.arrays import FloatArray, IntArray
from hedgerow.runs.twin.account import HELD, Held
from hedgerow.runs.twin.compiling import abreast, inner
from hedgerow.runs.twin.kernel import walk
from hedgerow.runs.twin.tape import EVENT, OUT_BAR, OUT_BETA, Knobs, Log, Out, Records, Stage

__all__ = ["Walks", "walk_all"]

_NEARLY = 1e-9
_LIQUIDATED, _REFUSED = 3, 5  # where `Log.used` counts them


class Walks(NamedTuple):
    """What C policies came to: dollars `gained` (C, D) by book and hedge up to each of D bars; totals (C,) of a run.

    `lines` (C, lines) of the attribution; `traded` dollars; `liquidations` and `refused` orders; `least_distance`,
    infinite with nothing ever open; `outside` the share of bars that began outside the band; `missed` the most that
    the attribution of a bar missed, of net asset value or gross.
    """

    gained: FloatArray
    lines: FloatArray
    traded: FloatArray
    liquidations: IntArray
    refused: IntArray
    least_distance: FloatArray
    outside: FloatArray
    missed: FloatArray


class _Many(NamedTuple):
    """The knobs of C policies, one row each."""

    band: FloatArray
    target: FloatArray
    of_nav: Records
    to_edge: Records
    calendar_days: FloatArray
    backstop_days: FloatArray
    choose_days: FloatArray
    collateral: FloatArray
    most_leverage: FloatArray
    least_distance: FloatArray


class _Room(NamedTuple):
    """Space for W walks at a time."""

    bar: Records
    beta: Records
    lines: FloatArray
    held: Records
    number: FloatArray
    used: IntArray
    event: Records


def walk_all(stage: Stage, knobs: Sequence[Knobs], ends: IntArray) -> Walks:
    """Return what each of `knobs` came to on `stage`, gains at the bars `ends` (D,)."""
    count, workers = len(knobs), min(numba.get_num_threads(), len(knobs))
    rows, factors = stage.lead.shape
    room = _Room(
        bar=np.zeros((workers, rows), OUT_BAR),
        beta=np.zeros((workers, rows, factors), OUT_BETA),
        lines=np.zeros((workers, rows, len(LINES))),
        held=np.zeros((workers, factors), HELD),
        number=np.zeros((workers, 6)),
        used=np.zeros((workers, 6), np.int64),
        event=np.empty((workers, 0), EVENT),
    )
    found = Walks(
        gained=np.empty((count, len(ends))),
        lines=np.empty((count, len(LINES))),
        traded=np.empty(count),
        liquidations=np.empty(count, np.int64),
        refused=np.empty(count, np.int64),
        least_distance=np.empty(count),
        outside=np.empty(count),
        missed=np.empty(count),
    )
    stacked = _Many(*(np.array(column) for column in zip(*knobs, strict=True)))
    _walk_all(stage, stacked, room, ends, found)
    return found


@inner
def _clear(held: Held, out: Out, log: Log) -> None:
    """Make the room ready for another walk."""
    log.used[:] = 0
    out.lines[:] = 0.0
    held.number[:] = 0.0
    for j in range(len(held.leg)):
        held.leg[j]["lots"] = 0
    for t in range(len(out.bar)):
        out.bar[t]["traded"] = 0.0


@inner
def _added(out: Out, lines: FloatArray) -> float:
    """Add the lines of all bars up, and return the most that a bar's miss, of net asset value or gross."""
    most, before = 0.0, 0.0
    lines[:] = 0.0
    for t in range(len(out.bar)):
        bar, total = out.bar[t], 0.0
        for line in range(len(lines)):
            lines[line] += out.lines[t, line]
            total += out.lines[t, line]
        off = abs(total - (bar["nav"] - before - bar["deposit"])) / max(abs(bar["nav"]), bar["gross"], 1.0)
        most = off if t > 0 and not off <= most else most
        before = bar["nav"]
    return most


@inner
def _tell(stage: Stage, out: Out, log: Log, ends: IntArray, found: Walks, c: int) -> None:
    """Write what a walk came to into row `c`."""
    put_in, nearest, traded, outside, day = 0.0, np.inf, 0.0, 0, 0
    for t in range(len(out.bar)):
        bar = out.bar[t]
        put_in += bar["deposit"]
        traded += bar["traded"]
        nearest = min(nearest, bar["distance"])
        off = False
        for k in range(out.beta.shape[1]):
            beta = out.beta[t, k]
            off = off or abs(beta["before"] - beta["target"]) > beta["band"] * (1.0 + _NEARLY)
        outside += off
        if day < len(ends) and t == ends[day]:
            found.gained[c, day] = bar["nav"] - stage.bar[0]["spot"] - put_in
            day += 1
    found.traded[c], found.least_distance[c], found.outside[c] = traded, nearest, outside / len(out.bar)
    found.liquidations[c], found.refused[c] = log.used[_LIQUIDATED], log.used[_REFUSED]
    found.missed[c] = _added(out, found.lines[c])


@inner
def _one_of(many: _Many, c: int) -> Knobs:
    return Knobs(
        many.band[c],
        many.target[c],
        many.of_nav[c],
        many.to_edge[c],
        many.calendar_days[c],
        many.backstop_days[c],
        many.choose_days[c],
        many.collateral[c],
        many.most_leverage[c],
        many.least_distance[c],
    )


@abreast
def _walk_all(stage: Stage, many: _Many, room: _Room, ends: IntArray, found: Walks) -> None:
    workers = len(room.used)
    for worker in numba.prange(workers):
        out = Out(room.bar[worker], room.beta[worker], room.lines[worker])
        log = Log(room.used[worker], room.event[worker])
        held = Held(room.held[worker], room.number[worker])
        for c in range(worker, len(found.traded), workers):
            _clear(held, out, log)
            walk(stage, _one_of(many, c), held, out, log)
            _tell(stage, out, log, ends, found, c)
