"""How far an exposure may drift before trading it back is worth the cost (domain §9).

An exposure x in dollars, away from its target, diffuses with volatility `drift` ($/√year) while it is not traded; it
costs ½·`aversion`·`volatility`²·x² a year in risk and `cost` a dollar traded. `aversion` is absolute (1/$),
`volatility` the benchmark's, a year.
"""

from __future__ import annotations

import math

from hedgerow.model.errors import BadInput

__all__ = [
    "band_cost",
    "band_half_width",
    "band_turnover",
    "calendar_cost",
    "calendar_days",
    "fixed_cost_half_width",
    "leland_volatility",
    "tracking_half_width",
    "whalley_wilmott_half_width",
]

_YEAR_DAYS = 365.0
_MEAN_ABSOLUTE = math.sqrt(2.0 / math.pi)


def band_half_width(cost: float, aversion: float, volatility: float, drift: float) -> float:
    """Return Δ = (3εη²/(2γσ²))^⅓ dollars: trade to the edge of ±Δ, not to its middle (TV34). Cost × 8 is Δ × 2.

    Raises `BadInput` where a number is negative, or risk has no price.
    """
    _check(cost=cost, drift=drift)
    _check(positive=True, aversion=aversion, volatility=volatility)
    return float((1.5 * cost * drift**2 / (aversion * volatility**2)) ** (1.0 / 3.0))


def band_turnover(half_width: float, drift: float) -> float:
    """Return dollars traded a year at the edges of a reflecting band: η²/(2Δ). Infinite for no band."""
    return drift**2 / (2.0 * half_width) if half_width > 0.0 else math.inf


def band_cost(half_width: float, cost: float, aversion: float, volatility: float, drift: float) -> float:
    """Return dollars a year that risk within the band (E[x²] = Δ²/3) and trading at its edges cost together."""
    risk = 0.5 * aversion * volatility**2 * half_width**2 / 3.0
    return risk + (cost * band_turnover(half_width, drift) if cost else 0.0)


def fixed_cost_half_width(fixed: float, aversion: float, volatility: float, drift: float) -> float:
    """Return Δ = (12Kη²/(γσ²))^¼ dollars where every trade costs `fixed` dollars: then trade to the middle (TV34)."""
    _check(fixed=fixed, drift=drift)
    _check(positive=True, aversion=aversion, volatility=volatility)
    return float((12.0 * fixed * drift**2 / (aversion * volatility**2)) ** 0.25)


def tracking_half_width(tracking_error: float, volatility: float) -> float:
    """Return the Δ whose exposure alone makes a tracking error of so many dollars a year: √3·TE/σ."""
    _check(tracking_error=tracking_error)
    _check(positive=True, volatility=volatility)
    return math.sqrt(3.0) * tracking_error / volatility


def calendar_days(cost: float, aversion: float, volatility: float, drift: float) -> float:
    """Return the days between trades to the target that cost least: T^1½ = 2ε√(2/π)/(γσ²η) in years (TV34)."""
    _check(cost=cost)
    _check(positive=True, aversion=aversion, volatility=volatility, drift=drift)
    years = (2.0 * cost * _MEAN_ABSOLUTE / (aversion * volatility**2 * drift)) ** (2.0 / 3.0)
    return float(years * _YEAR_DAYS)


def calendar_cost(days: float, cost: float, aversion: float, volatility: float, drift: float) -> float:
    """Return dollars a year that trading to the target every `days` costs, risk in between included."""
    _check(positive=True, days=days)
    years = days / _YEAR_DAYS
    risk = 0.25 * aversion * volatility**2 * drift**2 * years
    return risk + cost * drift * _MEAN_ABSOLUTE / math.sqrt(years)


def whalley_wilmott_half_width(
    cost: float, aversion: float, price: float, gamma: float, discount: float = 1.0
) -> float:
    """Return the half-width in delta around an option hedge: (1½·discount·λSΓ²/γ)^⅓ (Whalley and Wilmott 1997, TV34b)."""
    _check(cost=cost, price=price, discount=discount)
    _check(positive=True, aversion=aversion)
    return float((1.5 * discount * cost * price * gamma**2 / aversion) ** (1.0 / 3.0))


def leland_volatility(volatility: float, round_trip: float, days: float, *, short: bool = True) -> float:
    """Return the volatility that pays for replicating an option every `days` (Leland 1985, TV34c): σ√(1 ± Le)."""
    _check(round_trip=round_trip)
    _check(positive=True, volatility=volatility, days=days)
    number = _MEAN_ABSOLUTE * round_trip / (volatility * math.sqrt(days / _YEAR_DAYS))
    if not short and number >= 1.0:
        raise BadInput(
            "trading so often costs more than the option is worth",
            advice="Rebalance less often: Leland's number is above 1.",
        )
    return volatility * math.sqrt(1.0 + (number if short else -number))


def _check(*, positive: bool = False, **numbers: float) -> None:
    for name, number in numbers.items():
        if not math.isfinite(number) or number < 0.0 or (positive and number == 0.0):
            raise BadInput(
                f"{name} of {number:g} means nothing here",
                advice=f"Give a number {'above' if positive else 'of at least'} 0.",
            )
