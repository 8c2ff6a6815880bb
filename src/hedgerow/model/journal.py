"""What a run leaves behind: one row a bar and one row an event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgerow.model.arrays import FloatArray, IntArray, TimeArray
from hedgerow.model.display import Result

__all__ = ["Deleverage", "Difference", "Estimated", "Happened", "RunResult", "day_ends", "day_sizes"]

_DAY = np.timedelta64(1, "D")
_DAYS_A_YEAR = 365.0
_SAME = 1e-9


def day_ends(times: TimeArray) -> IntArray:
    """Return the first bar, and the last one of every day: D + 1 marks of D days, the first of them perhaps not whole.

    A bar that closes at midnight ends the day before.
    """
    days = (times - np.timedelta64(1, "ms")).astype("datetime64[D]")
    ends: IntArray = np.flatnonzero(np.append(days[1:] != days[:-1], True)).astype(np.int64)
    return ends if ends[0] == 0 else np.concatenate([[0], ends])


def day_sizes(times: TimeArray, worth: FloatArray, flows: FloatArray, ends: IntArray) -> FloatArray:
    """Return what was at work on each day (D,): its gross `worth` at the start, and what flows added for the rest of it.

    Modified Dietz: what a flow added (T,) counts by the share of the day that is left of it.
    """
    size = worth[ends[:-1]].copy()
    for t in np.flatnonzero(flows):
        day = int(np.searchsorted(ends, t)) - 1
        if 0 <= day < len(size):
            start, end = times[ends[day]], times[ends[day + 1]]
            size[day] += flows[t] * float((end - times[t]) / (end - start))
    return size


@dataclass(frozen=True, slots=True)
class Deleverage:
    """A share of the hedge that the venue takes at `time` (ADL): of the contract `symbol`, of all by default.

    `price` is the bankrupt counterparty's in the contract's quote coin; None: the last price.
    """

    time: np.datetime64
    share: float = 1.0
    symbol: str = ""
    price: float | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of a run: a trade, a settlement of funding, a deposit, a liquidation, a flow of the owner's."""

    time: np.datetime64
    kind: str
    instrument: str
    contracts: float
    price: float
    usd: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first number or word that a run and its repetition do not share; `when` is None where it is of no one bar."""

    where: str
    when: np.datetime64 | None
    stored: Any
    again: Any


@dataclass(frozen=True, slots=True)
class Estimated:
    """A beta as a run estimated it, with its standard error: 0 where it is known by policy, NaN where unknown."""

    time: np.datetime64
    coin: str
    factor: str
    beta: float
    stderr: float


@dataclass(frozen=True, slots=True, repr=False)
class RunResult(Result):
    """A policy through time. Arrays are (T,) bars, or (T, K) over the factors.

    `nav_usd` is book and hedge account; `spot_usd` the book alone, shorts below zero; `gross_usd` its coins signs aside,
    `grown_usd` what the flows of a bar added to that; `unhedged_usd` what the book gained since the
    start, `gained_usd` what book and hedge did; neither has `deposits_usd`, the margin that was put in, nor `flows_usd`,
    what the owner put into the book or, below zero, took out of it, at each bar's close. `lines` (T, L) is the attribution of each
    bar, `line_names` its columns. `book_beta_usd` is the dollar beta of the book alone, `before_usd` and `after_usd` of book and hedge before and after the bar's trades;
    `distance` the move that would liquidate the nearest account, NaN with nothing open. `betas` are those of the book's
    coins and of what was hedged with, at every estimation. `derived` are contracts, by symbol, whose prices nobody measured.
    """

    times: TimeArray
    factors: tuple[str, ...]
    nav_usd: FloatArray
    spot_usd: FloatArray
    gross_usd: FloatArray
    grown_usd: FloatArray
    unhedged_usd: FloatArray
    gained_usd: FloatArray
    deposits_usd: FloatArray
    flows_usd: FloatArray
    before_usd: FloatArray
    after_usd: FloatArray
    target_usd: FloatArray
    band_usd: FloatArray
    book_beta_usd: FloatArray
    factor_change: FloatArray
    distance: FloatArray
    traded_usd: FloatArray
    lines: FloatArray
    line_names: tuple[str, ...]
    events: tuple[Happened, ...]
    notes: tuple[str, ...]
    source: str
    simulated: bool
    currency: str
    policy: str
    seed: int = 0
    betas: tuple[Estimated, ...] = ()
    derived: tuple[str, ...] = ()

    @property
    def totals(self) -> dict[str, float]:
        """Dollars of each line over the whole run."""
        return dict(zip(self.line_names, (float(x) for x in self.lines.sum(axis=0)), strict=True))

    @property
    def years(self) -> float:
        """Length of the run."""
        return float((self.times[-1] - self.times[0]) / _DAY) / _DAYS_A_YEAR

    @property
    def size_usd(self) -> float:
        """What shares of the book are of: its gross value, mean over the run; a book of longs alone has no other."""
        return float(np.mean(self.gross_usd))

    @property
    def is_net(self) -> bool:
        """Whether the book's value and its gross value are one: no coin of it was ever short."""
        return bool((np.abs(self.gross_usd - self.spot_usd) <= _SAME * self.gross_usd).all())

    def daily(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return daily returns on the book's gross value: unhedged (D,), hedged (D,), of the factors (D, K).

        What the first bar's own trades cost is in the first day: days times their sizes are all that was gained.
        """
        ends = self.day_ends()
        size = day_sizes(self.times, self.gross_usd, self.grown_usd, ends)
        grown = np.vstack([np.ones(len(self.factors)), np.cumprod(1.0 + self.factor_change[1:], axis=0)])
        return (
            np.diff(self.unhedged_usd[ends[1:]], prepend=0.0) / size,
            np.diff(self.gained_usd[ends[1:]], prepend=0.0) / size,
            grown[ends][1:] / grown[ends][:-1] - 1.0,
        )

    def day_ends(self) -> IntArray:
        """Return the first bar and the last one of every day."""
        return day_ends(self.times)

    def headline(self) -> str:
        """Return the result in one line."""
        return (
            f"Run {str(self.times[0])[:10]} to {str(self.times[-1])[:10]}: the book {self.unhedged_usd[-1]:+,.0f} alone,"
            f" {self.gained_usd[-1]:+,.0f} hedged, in {self.currency}"
        )

    def table(self) -> tuple[list[str], list[list[object]]]:
        """Return the lines of the attribution with their totals."""
        return ["line", "usd"], [[name, dollars] for name, dollars in self.totals.items()]
