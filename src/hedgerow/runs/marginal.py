"""What the last dollar of beta costs to trade: the ε of a no-trade band, from the contracts that are traded (domain §9, §10).

A band is traded back by what the book's beta strays in a bar, so spread, fee and impact are those of a trade of that size.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hedgerow.hedge.charges import entry_rate
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.pool import find
from hedgerow.hedge.terms import Terms, terms_of
from hedgerow.model.arrays import FloatArray
from hedgerow.model.betas import Betas
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market

__all__ = ["marginal_costs"]

_ASSUMED = 0.0006
"""Fee and half the spread of a large contract: for a bar at which none that could be traded has a price."""


def marginal_costs(
    policy: Policy,
    hedge: Market,
    contracts: tuple[Instrument, ...],
    betas: Betas,
    held_usd: Mapping[str, float],
    step_usd: FloatArray,
) -> FloatArray:
    """Return what a dollar of beta to each factor (K,) costs, all in, in trades of `step_usd` (K,) of it.

    Of the contracts that are named, else of those open (`held_usd`, dollars by name), each by its share; with neither,
    of the one that is cheapest for the factor.
    """
    if isinstance(policy.instruments, tuple):
        mine = tuple(dict.fromkeys(find(contracts, name) for name in policy.instruments))
    else:
        mine = tuple(c for c in contracts if held_usd.get(c.name))
    usual = tuple(c for c in contracts if c.underlying in policy.factors)
    legs = [terms_of(c, betas, hedge) for c in mine or usual]
    shares = np.array([abs(held_usd.get(leg.instrument.name, 0.0)) for leg in legs])
    rates = [
        _rate(legs, shares, k, float(step), one=not mine) for k, step in enumerate(np.maximum(step_usd, 1.0))
    ]
    return np.array(rates)


def _rate(legs: list[Terms], shares: FloatArray, k: int, step: float, *, one: bool) -> float:
    """Dollars a dollar of beta to factor `k`; `one` leg, the cheapest, or all by their `shares`."""
    beta = np.array([abs(float(leg.beta[k])) for leg in legs])
    usable = np.isfinite(beta) & (beta > 0.0) & np.array([not leg.unusable for leg in legs], dtype=bool)
    if not usable.any():
        return _ASSUMED
    if one:
        return min(
            entry_rate(legs[j], step / float(beta[j])) / float(beta[j]) for j in np.flatnonzero(usable)
        )
    weights = np.where(usable, shares if shares[usable].any() else 1.0, 0.0)
    dollars = step * weights / float(weights[usable] @ beta[usable])
    paid = [entry_rate(legs[j], float(dollars[j])) * float(dollars[j]) for j in np.flatnonzero(dollars)]
    return sum(paid) / step
