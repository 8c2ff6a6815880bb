"""Dated futures against spot, rolling them, and what a perpetual should be worth (domain §5)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from hedgerow.model.errors import BadInput

__all__ = ["AnnualBasis", "Roll", "annual_basis", "perpetual_ratio", "roll"]

_DAYS_A_YEAR = 365.0

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
