"""Where an option's money came from between two looks: delta, gamma, theta, vega and the rest, closing on its marks.

    lines = option_lines(terms, units, start, end)        lines.total == units · (what one is worth at the end − at the start)

Dollars. An option that is paid in coins is worth price · spot a unit, Black's price · spot ÷ future; one that is paid in a
stablecoin price · what that is worth. The spot's own move is delta and gamma; what the future did against its spot is basis.
Linear across looks: sums, never products.
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass, fields

from hedgerow.model.errors import BrokenPromise
from hedgerow.stats.black import Greeks, black_greeks

__all__ = ["OPTION_LINES", "OptionLines", "OptionLook", "OptionTerms", "check_lines_close", "option_lines"]

_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class OptionLines:
    """Dollars gained, by line; costs are below zero.

    `delta`, `gamma`, `theta` and `vega` are the greeks at the start of a look times what spot, time and volatility did in it;
    `basis` is what the future did against its spot, `fx` what the coin did that is paid in besides the one it is on; `higher` is
    what Black's price did beyond all of these, `unmodelled` what the marks did beyond Black's price. `slippage` is what was
    paid beside the mark, `fees` what the venue took.
    """

    delta: float = 0.0
    gamma: float = 0.0
    theta: float = 0.0
    vega: float = 0.0
    basis: float = 0.0
    fx: float = 0.0
    higher: float = 0.0
    unmodelled: float = 0.0
    slippage: float = 0.0
    fees: float = 0.0

    @property
    def total(self) -> float:
        """The sum of all lines."""
        return math.fsum(astuple(self))

    def __add__(self, other: OptionLines) -> OptionLines:
        """Return the lines of both, added one by one."""
        return OptionLines(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


OPTION_LINES = tuple(field.name for field in fields(OptionLines))


@dataclass(frozen=True, slots=True)
class OptionTerms:
    """What an option is: its strike in dollars, its side, and whether premium and payoff are in the coin that it is on."""

    strike: float
    call: bool
    in_coin: bool


@dataclass(frozen=True, slots=True)
class OptionLook:
    """An option at one moment: its mark in the settlement coin, spot and future in dollars, years left, a year's volatility.

    `unit` is what a dollar of the chain, or the stablecoin that it pays in, is worth in the currency of the lines. At expiry `years`
    is 0, the mark what it pays, and the volatility says nothing: give the one before.
    """

    mark: float
    spot: float
    forward: float
    years: float
    volatility: float
    unit: float = 1.0

    def worth(self, terms: OptionTerms) -> float:
        """Return what one unit is worth by its mark."""
        return self.mark * (self.spot if terms.in_coin else 1.0) * self.unit


def option_lines(terms: OptionTerms, units: float, start: OptionLook, end: OptionLook) -> OptionLines:
    """Return where what `units` of an option gained from `start` to `end` came from; sold below zero.

    NaN in a look, and terms that mean nothing, give NaN lines; raises `BrokenPromise` where known lines do not close on the marks.
    """
    greeks, scale = _greeks(terms, start), _scale(terms, start)
    ratio, moved = start.forward / start.spot, end.spot - start.spot
    apart = end.forward / end.spot - ratio
    of_ratio = float(greeks.delta) * start.spot - (float(greeks.price) / ratio if terms.in_coin else 0.0)
    first = scale * units * float(greeks.price)
    then = units * _scale(terms, end) * float(_greeks(terms, end).price)
    known = OptionLines(
        delta=scale * units * float(greeks.delta) * ratio * moved,
        gamma=scale * units * 0.5 * _times(float(greeks.gamma) * ratio**2, moved**2),
        theta=scale * units * float(greeks.theta) * (start.years - end.years),
        vega=scale * units * float(greeks.vega) * (end.volatility - start.volatility),
        basis=scale * units * of_ratio * apart,
        fx=first * (end.unit / start.unit - 1.0),
    )
    worth = units * start.worth(terms), units * end.worth(terms)
    lines = known + OptionLines(
        higher=(then - first) - known.total, unmodelled=(worth[1] - then) - (worth[0] - first)
    )
    check_lines_close(lines, worth[1] - worth[0], abs(units) * max(start.spot, end.spot) * start.unit)
    return lines


def check_lines_close(lines: OptionLines, change_usd: float, gross_usd: float) -> None:
    """Raise `BrokenPromise` unless the lines sum to the change of the marks, to 1e-9 of what the options are on."""
    missed = abs(lines.total - change_usd)
    if missed > _TOLERANCE * max(gross_usd, 1.0):
        raise BrokenPromise(f"the lines of the options miss {missed:g} of {change_usd:g} dollars")


def _greeks(terms: OptionTerms, look: OptionLook) -> Greeks:
    return black_greeks(look.forward, terms.strike, look.years, look.volatility, terms.call)


def _scale(terms: OptionTerms, look: OptionLook) -> float:
    """What one of Black's dollars of expiry is worth now."""
    return look.unit * (look.spot / look.forward if terms.in_coin else 1.0)


def _times(curvature: float, square: float) -> float:
    """A gamma that is unknown at the money at expiry does nothing where nothing moved."""
    return 0.0 if square == 0.0 else curvature * square
