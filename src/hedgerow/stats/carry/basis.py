"""Dated futures against spot, rolling them, and what a perpetual should be worth (domain §5)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hedgerow.model.arrays import FloatArray, check_shape
from hedgerow.model.errors import BadInput

__all__ = ["AnnualBasis", "Roll", "annual_basis", "basis_beta", "carried_price", "perpetual_ratio", "roll"]

_DAYS_A_YEAR = 365.0
_LEAST_MOVES = 20
_LEAST_BETA, _MOST_BETA = 0.9, 1.1

AnnualBasis = Literal["simple", "compounded", "continuous"]


def annual_basis(future: float, spot: float, days: float, kind: AnnualBasis = "simple") -> float:
    """Return the basis of `future` over `spot` as a fraction a year of 365 days; positive in contango.

    simple (F/S − 1)·365/d, compounded (F/S)^(365/d) − 1, continuous ln(F/S)·365/d: say which. A short earns it if
    held to expiry. NaN in, NaN out. Raises `BadInput` at or after expiry or for a spot that is not positive.
    Domain §5, TV21.
    """
    if days <= 0.0 or spot <= 0.0:
        raise BadInput(f"no yearly basis over {days} days from a spot price of {spot}")
    ratio = future / spot
    if kind == "compounded":
        return float(ratio ** (_DAYS_A_YEAR / days) - 1.0)
    if kind == "continuous":
        return math.log(ratio) * _DAYS_A_YEAR / days
    return (ratio - 1.0) * _DAYS_A_YEAR / days


def carried_price(spot: FloatArray, carry_a_year: FloatArray, years: FloatArray) -> FloatArray:
    """Return F = S·exp(c·τ) (T,): a dated contract worth its coin and a continuous `carry_a_year` until it expires.

    NaN in, NaN out; NaN after expiry too, where `years` (T,) are below zero and there is no contract.
    """
    check_shape("carry_a_year", carry_a_year, spot.shape)
    check_shape("years", years, spot.shape)
    price: FloatArray = np.where(years >= 0.0, spot * np.exp(carry_a_year * np.maximum(years, 0.0)), np.nan)
    return price


def basis_beta(future: FloatArray, coin: FloatArray) -> float:
    """Return the beta of a dated contract on its own coin, from (T,) returns of both, within [0.9, 1.1].

    Cov(r_F, r_S)/Var(r_S) of the bars that both have: about 1 where the basis is a share of the price, S/F where it is
    a number of dollars. 1 below 20 returns or where the coin stood still. Domain §3.1.
    """
    check_shape("coin", coin, future.shape)
    both = np.isfinite(future) & np.isfinite(coin)
    own, lead = future[both], coin[both]
    if len(lead) < _LEAST_MOVES or not np.ptp(lead) > 0.0:
        return 1.0
    apart = lead - lead.mean()
    return float(np.clip(apart @ (own - own.mean()) / (apart @ apart), _LEAST_BETA, _MOST_BETA))


@dataclass(frozen=True, slots=True)
class Roll:
    """Closing the near contract and opening the far one, in the quote coin.

    `price_pnl` is 0: rolling moves no money by itself. `carry` is what convergence of far to near will pay the
    position, `fees` what both trades cost, `annual_carry` the spread as a simple fraction a year.
    """

    spread: float
    carry: float
    fees: float
    annual_carry: float
    price_pnl: float = 0.0

    @property
    def pays(self) -> bool:
        """True where the carry gained exceeds its cost."""
        return self.carry > self.fees


def roll(quantity: float, near: float, far: float, days_between: float, cost_rate: float) -> Roll:
    """Return what rolling `quantity` base units (short below zero) from `near` to `far` gains and costs.

    `cost_rate` is fee and half-spread of each leg as a fraction of its value; `days_between` the two expiries. A
    short gains far − near, a long near − far. Domain §5, TV21b.
    """
    spread = far - near
    fees = abs(quantity) * cost_rate * (near + far)
    return Roll(spread, -quantity * spread, fees, annual_basis(far, near, days_between))


def perpetual_ratio(kappa: float, iota: float, rate_quote: float, rate_base: float = 0.0) -> float:
    """Return the no-arbitrage price of a linear perpetual over its index: (κ − ι)/(κ + r_base − r_quote).

    `kappa` is the speed a year at which funding charges the premium, `iota` the interest part of funding a year; the
    rates are financing a year. Continuous funding, domain §5 (Ackerer, Hugonnier and Jermann), TV41. Raises
    `BadInput` where funding is too slow to pin the price.
    """
    pull = kappa + rate_base - rate_quote
    if pull <= 0.0:
        raise BadInput(
            f"funding of speed {kappa} cannot pin the price against rates of {rate_quote - rate_base}"
        )
    return (kappa - iota) / pull
