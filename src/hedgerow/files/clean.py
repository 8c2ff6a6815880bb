"""Bad ticks: what cannot be a price is taken out, what looks wrong is flagged (domain §1.4, §12).

Nothing is ever filled in. The rules, each a `DataFlag` of its kind:

- `bad tick`: a price of zero, below zero, infinite or not a number becomes a gap.
- `spike`: a bar more than twice or less than half its neighbours, which agree within 15 %, becomes a gap.
- `jump`: a move beyond twenty times or a twentieth that does not revert is kept: it is no market, but another coin or
  unit under the name (LUNA before and after May 2022), or a collapse.
- `stuck`: the same price for eleven bars or more is kept; not for stablecoins.
"""

from __future__ import annotations

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray, IntArray, TimeArray
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.market import DataFlag

__all__ = ["flag_ticks", "usable"]

_SPIKE = np.log(2.0)
_BACK = 0.15
_JUMP = np.log(20.0)
_STUCK = 10


def usable(price: FloatArray, coin: IntArray, symbols: tuple[str, ...]) -> tuple[BoolArray, list[DataFlag]]:
    """Return which of the (R,) prices can be prices, and a flag for each coin that had others."""
    good = np.isfinite(price) & (price > 0)
    if good.all():
        return good, []
    counts = np.bincount(coin[~good], minlength=len(symbols))
    return good, [
        DataFlag("bad tick", symbols[i], f"{_bars(counts[i])} without a price above 0: left out")
        for i in np.flatnonzero(counts)
    ]


def flag_ticks(prices: FloatArray, times: TimeArray, symbols: tuple[str, ...]) -> list[DataFlag]:
    """Take spikes out of the (T, N) `prices`, in place; return what was taken out and what looks wrong."""
    flags: list[DataFlag] = []
    for i, name in enumerate(symbols):
        rows = np.flatnonzero(np.isfinite(prices[:, i]))
        if len(rows) < 2:
            continue
        series = np.log(prices[rows, i])
        spike = _spikes(series)
        if spike.any():
            first = _day(times[rows[spike][0]])
            said = f"{_bars(int(spike.sum()))} off and back at once, the first closing {first}: left out"
            flags.append(DataFlag("spike", name, said))
            prices[rows[spike], i] = np.nan
            rows, series = rows[~spike], series[~spike]
        flags += _kept(name, series, times[rows])
    return flags


def _spikes(series: FloatArray) -> BoolArray:
    found = np.zeros(len(series), dtype=bool)
    move = np.diff(series)
    found[1:-1] = (np.abs(move[:-1]) > _SPIKE) & (np.abs(series[2:] - series[:-2]) < _BACK)
    # Of two bars in a row the first is the spike: the way back is none.
    found[1:] &= ~found[:-1]
    return found


def _kept(name: str, series: FloatArray, times: TimeArray) -> list[DataFlag]:
    flags: list[DataFlag] = []
    move = np.diff(series)
    jumps = np.flatnonzero(np.abs(move) > _JUMP)
    if len(jumps):
        factor = float(np.exp(move[jumps[0]]))
        said = f"{factor:.3g} times its price in the bar closing {_day(times[jumps[0] + 1])}: kept; is it the same coin?"
        flags.append(DataFlag("jump", name, said))
    if not is_stablecoin(name):
        longest = _longest_run(move == 0.0)
        if longest >= _STUCK:
            flags.append(DataFlag("stuck", name, f"the same price for {longest + 1} bars in a row: kept"))
    return flags


def _longest_run(same: BoolArray) -> int:
    breaks = np.flatnonzero(~np.concatenate(([False], same, [False])))
    return int(np.max(np.diff(breaks)) - 1)


def _bars(count: int) -> str:
    return "1 bar" if count == 1 else f"{count} bars"


def _day(instant: np.datetime64) -> str:
    return str(instant)[:16].replace("T", " ")
