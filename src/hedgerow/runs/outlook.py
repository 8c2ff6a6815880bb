"""What funding of a contract may come to: the next 7 and 30 days with their bands, the interval in force, the venue's cap.

outlook_of(times, rates, cap) -> Outlook | None
outlook.dollars(days, signed_usd) -> (low, expected, high)
foretold(stakes, outlooks) -> rows                      of what is held

A positive rate is paid by longs to shorts: a short receives it. It is fitted when a settlement has come, not at each look.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from hedgerow.hedge.margin import Stake
from hedgerow.model.arrays import FloatArray, TimeArray
from hedgerow.model.watched import FundingRow
from hedgerow.stats.carry import Ar1, fit_funding, funding_over, intervals_of

__all__ = ["Outlook", "foretold", "outlook_of"]

_USUAL_DAYS = 30.0


@dataclass(frozen=True, slots=True)
class Outlook:
    """A fitted `model` of the prints and the `last` of them; hours between settlements now and usually, in the last 30 days.

    `cap` is the largest rate of one settlement either way, None where it is not known.
    """

    model: Ar1
    last: float
    hours: float
    usual_hours: float
    cap: float | None

    def dollars(self, days: float, signed_usd: float) -> tuple[float, float, float]:
        """Return what a position of `signed_usd` (short below zero) receives in `days`: low, expected and high at 90 %.

        Below zero it pays. No settlement brings more than the cap.
        """
        found = funding_over(self.model, self.last, days, self.cap)
        low, middle, high = sorted(-signed_usd * each for each in (found.low, found.expected, found.high))
        return low, middle, high

    def worst_a_day(self, signed_usd: float) -> float:
        """Return the dollars that a day at the cap would cost, NaN where no cap is known."""
        return math.nan if self.cap is None else abs(signed_usd) * self.cap * 24.0 / self.hours


def outlook_of(times: TimeArray, rates: FloatArray, cap: float | None) -> Outlook | None:
    """Return what (P,) `rates` at (P,) rising `times` foretell; None below two prints, which tell no interval."""
    if len(times) < 2:
        return None
    hours = intervals_of(times)
    recent = times > times[-1] - np.timedelta64(round(_USUAL_DAYS * 24), "h")
    spans, covered = hours[recent], np.cumsum(np.sort(hours[recent]))
    usual = float(np.sort(spans)[int(np.searchsorted(covered, covered[-1] / 2.0))])
    return Outlook(fit_funding(times, rates), float(rates[-1]), float(hours[-1]), usual, cap)


def foretold(stakes: Iterable[Stake], outlooks: Mapping[str, Outlook]) -> tuple[FundingRow, ...]:
    """Return what funding of each position may come to, in dollars; one without prints, or without a price, is left out."""
    rows = []
    for stake in stakes:
        name = stake.instrument.name
        outlook = outlooks.get(name)
        if outlook is not None and math.isfinite(stake.dollars):
            week, month = (outlook.dollars(days, stake.dollars) for days in (7.0, 30.0))
            rows.append(FundingRow(name, outlook.hours, outlook.usual_hours, outlook.cap, week, month))
    return tuple(rows)
