"""What hedges of a contest cost: fees, spread and impact of their trades, and the funding of what is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedgerow.hedge.charges import NO_VOLATILITY, NO_VOLUME_USD
from hedgerow.model.arrays import BoolArray, FloatArray, IntArray
from hedgerow.model.market import Market
from hedgerow.runs.held import Held
from hedgerow.runs.panel import cut
from hedgerow.stats.carry import prior_funding
from hedgerow.stats.costs.impact import average_impact_bps, modelled_half_spread_bps

__all__ = ["Rates", "funding_received", "rates_at", "trade_rates", "trading_cost"]

_FEE = 0.0005
_DAYS = 90
_LEAST_MOVES = 20


@dataclass(frozen=True, slots=True)
class Rates:
    """What trading costs at each step and of each coin (S, N): `linear` a dollar, `root` a dollar to the power 1½."""

    linear: FloatArray
    root: FloatArray


def trade_rates(past: Market, notional_usd: float) -> tuple[FloatArray, FloatArray]:
    """Return (N,) fee with half-spread a dollar, and impact a dollar^1.5 of the hedge of `notional_usd` of an asset.

    Spread and impact follow from 90 days of volume and moves (domain §10). Without a volume, a million dollars a day
    and a volatility of 5 % are assumed, as `plan` does.
    """
    linear, root = np.empty(len(past.symbols)), np.zeros(len(past.symbols))
    moves = past.prices[-round(_DAYS * past.bars_per_day) - 1 :]
    for i, symbol in enumerate(past.symbols):
        volume = past.daily_volume_usd(symbol)
        volume = volume if volume > 0 else NO_VOLUME_USD
        linear[i] = _FEE + modelled_half_spread_bps(volume) / 1e4
        if notional_usd > 0:
            sigma = _volatility(moves[:, i], past.bars_per_day)
            root[i] = average_impact_bps(notional_usd, volume, sigma) / 1e4
    return linear, root


def _volatility(prices: FloatArray, bars_per_day: float) -> float:
    """A day's deviation of the return; the assumed one where too few are known."""
    with np.errstate(invalid="ignore"):
        moves = prices[1:] / prices[:-1] - 1.0
    known = moves[np.isfinite(moves)]
    return float(np.std(known) * np.sqrt(bars_per_day)) if len(known) >= _LEAST_MOVES else NO_VOLATILITY


def rates_at(market: Market, steps: IntArray, notional_usd: float) -> Rates:
    """Return the rates as they were known at each of `steps`."""
    found = [trade_rates(cut(market, int(t)), notional_usd) for t in steps]
    return Rates(np.stack([linear for linear, _ in found]), np.stack([root for _, root in found]))


def trading_cost(held: Held, rates: Rates, counted: BoolArray) -> tuple[float, float]:
    """Return dollars traded and what that cost, a year and a dollar of asset, over `counted` (N,) assets.

    The first trade, into the hedge, is not counted: it is paid once, however long the hedge is kept.
    """
    turnover, cost = np.zeros(int(counted.sum())), np.zeros(int(counted.sum()))
    for i, columns, traded in held.trades():
        own = np.nan_to_num(traded[counted])
        turnover += own.sum(axis=1)
        cost += own @ rates.linear[i, columns] + own**1.5 @ rates.root[i, columns]
    years = held.course.years
    return float(turnover.mean()) / years, float(cost.mean()) / years


def funding_received(held: Held, counted: BoolArray) -> tuple[float, str]:
    """Return what the hedges received a year and a dollar of asset, negative where they paid, and how that is known.

    Prints where a contract's cover the time it is held: `measured`. Else 0.01 % for 8 hours, as `plan` models it:
    `modelled`; `mixed` where both occur.
    """
    market, total = held.course.market, 0.0
    kinds: set[str] = set()
    for (start, end), stance in zip(held.course.spans, held.stances, strict=True):
        own = stance.dollars[counted]
        known = np.isfinite(own).all(axis=1)
        if not known.any():
            continue
        mean = own[known].mean(axis=0)
        for j, dollars in zip(stance.columns.tolist(), mean.tolist(), strict=True):
            rate, kind = _rate(market, market.symbols[j], market.times[start], market.times[end])
            total -= dollars * rate
            kinds.add(kind)
    return total / held.course.years, _basis(sorted(kinds))


def _rate(market: Market, symbol: str, start: np.datetime64, end: np.datetime64) -> tuple[float, str]:
    """What a long of one dollar pays from `start` to `end`."""
    prints, day = market.funding.get(symbol), np.timedelta64(1, "D")
    if prints is not None and len(prints.times) and prints.times[0] <= start + day and prints.speak_of(end):
        due = (prints.times > start) & (prints.times <= end)
        if np.isfinite(prints.rates[due]).any():
            return float(np.nansum(prints.rates[due])), "measured"
    return float((end - start) / day) * 3.0 * prior_funding(8.0).mean, "modelled"


def _basis(kinds: Sequence[str]) -> str:
    return kinds[0] if len(kinds) == 1 else ("mixed" if kinds else "none")
