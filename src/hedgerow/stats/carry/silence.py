"""Where a perpetual's funding is not known: the settlements it would have had, at the usual rate."""

from __future__ import annotations

import numpy as np

from hedgerow.model.arrays import FloatArray, TimeArray
from hedgerow.stats.carry.forecast import prior_funding

__all__ = ["assumed_settlements"]

_USUAL_HOURS, _LONGEST_HOURS = 8.0, 24.0
_HOUR = 3_600_000
_GRACE = _HOUR


def assumed_settlements(
    known: TimeArray, start: np.datetime64, end: np.datetime64
) -> tuple[TimeArray, FloatArray]:
    """Return instants (M,) in (start, end] and rates (M,) of settlements that the prints at `known` (P,) leave out.

    After a print the next is due within eight hours, or within the step before it where that is longer, a day at most;
    an hour after it was due it is assumed, at 0.01 % for eight hours (domain §4.2). Before the first print, and without
    any, settlements are those of 00, 08 and 16 UTC. What is assumed at an instant depends on no later print, and no
    interval is paid twice. Rates are fractions, longs pay above zero.
    """
    first, last = (int(when.astype("datetime64[ms]").astype(np.int64)) for when in (start, end))
    prints = np.unique(known.astype("datetime64[ms]").astype(np.int64))
    usual = round(_USUAL_HOURS * _HOUR)
    ends = np.append(prints, last + 1)
    begin = first // usual * usual
    spans = [(begin, usual, min(int(ends[0]), last + 1))]
    for place, print_ in enumerate(prints.tolist()):
        before = print_ - int(prints[place - 1]) if place else 0
        step = min(max(before, usual), round(_LONGEST_HOURS * _HOUR))
        spans.append((print_, step, min(int(ends[place + 1]), last + 1)))
    times, rates = [], []
    for since, step, until in spans:
        due = np.arange(since + step + _GRACE, until, step, dtype=np.int64)
        times.append(due[due > first])
        rates.append(np.full(len(times[-1]), prior_funding(step / _HOUR).mean))
    return np.concatenate(times).astype("datetime64[ms]"), np.concatenate(rates)
