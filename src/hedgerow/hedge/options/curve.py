"""A book with options: what they add to its dollar beta, and book and hedge over moves of the benchmark, revalued together.

    book_options(exposure) -> BookOptions, None where no option is held
    holds_of(exposure, target_usd, band_usd) -> Holds, None where no option is held

Every coin moves by its beta at once and every option is priced anew there, volatilities as they are at their strikes. With
several factors all of them move alike. Formulas: domain §3.5, q·Δ·S·β and q·Γ·S²·β².
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hedgerow.hedge.exposure import AssetExposure, Exposure
from hedgerow.hedge.options.held import HeldOption, beyond_first_order, doubts_of
from hedgerow.hedge.plan import HedgePlan, Leg
from hedgerow.model.arrays import FloatArray

__all__ = ["MOVES", "BookOptions", "Holds", "book_beta_after", "book_options", "holds_of"]

MOVES = np.round(np.arange(-0.50, 0.5001, 0.05), 4)
_FINE = np.round(np.arange(0.001, 0.5001, 0.001), 4)
_DRIFT = 0.05
"""Share of the beta that was hedged by which what is left may drift."""


@dataclass(frozen=True, slots=True)
class Holds:
    """How far the factor may fall (`low`) and rise (`high`) before what is left drifts by more than `within_usd`.

    None: it does not within half its price.
    """

    within_usd: float
    low: float | None
    high: float | None

    @property
    def outside(self) -> bool:
        """Whether it does not hold where the factor is now."""
        return self.low == 0.0 and self.high == 0.0


@dataclass(frozen=True, slots=True)
class BookOptions:
    """The options of a book, and the whole book over `moves` (N,) of the factor.

    `beta_usd` is their part of the book's dollar beta, `gamma_usd` what it changes by per 100 % of the factor, `vega_usd` dollars a
    volatility point, `theta_usd` a day; `doubt_usd` what the spread of their quotes leaves open of the beta. Curves are the
    book's with its options: `profit_usd`, to `first_order_usd` by today's beta, and the dollar beta after the move, `left_usd`.
    With a hedge, `hedged_usd` and `hedged_left_usd` have its legs too, and `holds` says how far it does.
    """

    options: tuple[HeldOption, ...]
    beta_usd: float
    gamma_usd: float
    vega_usd: float
    theta_usd: float
    doubt_usd: float
    moves: FloatArray
    profit_usd: FloatArray
    first_order_usd: FloatArray
    left_usd: FloatArray
    hedged_usd: FloatArray | None = None
    hedged_left_usd: FloatArray | None = None
    holds: Holds | None = None


def book_options(
    exposure: Exposure, plan: HedgePlan | None = None, moves: FloatArray = MOVES
) -> BookOptions | None:
    """Return what the options do to the book over `moves`, and with the hedge of `plan`; None where the book has none."""
    if not exposure.options:
        return None
    betas = {row.symbol: float(np.sum(row.beta)) for row in exposure.rows}
    held = [
        (option, betas[option.coin], option.greeks) for option in exposure.options if option.coin in betas
    ]
    legs = () if plan is None else plan.legs
    profit, left = _profit(exposure, moves), book_beta_after(exposure, moves)
    return BookOptions(
        exposure.options,
        sum(g.delta_usd * beta for _, beta, g in held),
        sum(g.gamma_usd * beta**2 for _, beta, g in held),
        sum(g.vega_usd for _, _, g in held),
        sum(g.theta_usd for _, _, g in held),
        float(np.hypot.reduce([d * betas.get(s, 0.0) for s, d in doubts_of(exposure.options).items()])),
        moves,
        profit,
        float(np.sum(exposure.beta_usd)) * moves,
        left,
        None if plan is None else profit + _legs(legs, moves),
        None if plan is None else left + _legs_left(legs, moves),
        None if plan is None else _holds(exposure, plan),
    )


def book_beta_after(exposure: Exposure, moves: FloatArray) -> FloatArray:
    """Return the book's dollar beta at once after `moves` of the factors, (N,): what fell is less to fall."""
    total = np.zeros(len(moves))
    for row in exposure.rows:
        total += _dollars_after(exposure, row, moves) * float(np.sum(row.beta))
    return total


def _dollars_after(exposure: Exposure, row: AssetExposure, moves: FloatArray) -> FloatArray:
    """Dollars that move with a coin after the factors moved, (N,)."""
    of_coin = _of_coin(float(np.sum(row.beta)), moves)
    mine = [option for option in exposure.options if option.coin == row.symbol]
    linear = row.delta_usd - sum(option.greeks.delta_usd for option in mine)
    return linear * (1.0 + of_coin) + sum((o.delta_usd(of_coin) for o in mine), np.zeros(len(moves)))


def _of_coin(beta: float, moves: FloatArray) -> FloatArray:
    """A coin's moves by its beta: nothing loses more than all of its price."""
    return np.maximum(beta * moves, -1.0)


def _profit(exposure: Exposure, moves: FloatArray) -> FloatArray:
    total = np.zeros(len(moves))
    for row in exposure.rows:
        of_coin = _of_coin(float(np.sum(row.beta)), moves)
        total += row.delta_usd * of_coin + beyond_first_order(exposure.options, row.symbol, of_coin)
    return total


def _beta_of(leg: Leg) -> float:
    """The total beta of a leg's dollars, as the plan has it."""
    return float(np.sum(leg.beta_usd)) / leg.signed_usd if leg.signed_usd else 0.0


def _legs(legs: Sequence[Leg], moves: FloatArray) -> FloatArray:
    """What the hedge gains, (N,): linear in its coin, inverse contracts in dollars too."""
    found = (leg.signed_usd * _of_coin(_beta_of(leg), moves) for leg in legs)
    return sum(found, np.zeros(len(moves)))


def _legs_left(legs: Sequence[Leg], moves: FloatArray) -> FloatArray:
    """The hedge's own dollar beta after the moves, (N,)."""
    found = (leg.signed_usd * _beta_of(leg) * (1.0 + _of_coin(_beta_of(leg), moves)) for leg in legs)
    return sum(found, np.zeros(len(moves)))


def _holds(exposure: Exposure, plan: HedgePlan) -> Holds:
    """How far the factor may move before what is left is off by its own error, or a twentieth of what was hedged."""
    moved = abs(float(np.sum(plan.after_usd - plan.before_usd)))
    within = max(float(np.nan_to_num(plan.stderr_usd).max()), _DRIFT * moved)

    def left(moves: FloatArray) -> FloatArray:
        return book_beta_after(exposure, moves) + _legs_left(plan.legs, moves)

    return _within(left, float(left(np.zeros(1))[0]), within)


def holds_of(exposure: Exposure, target_usd: FloatArray, band_usd: FloatArray) -> Holds | None:
    """Return how far the factor may move before the book's dollar beta (K,) leaves its band by its options; None without any.

    It is (0, 0) where the beta is outside already.
    """
    if not exposure.options:
        return None
    aim, within = float(np.sum(target_usd)), float(np.sum(band_usd))
    return _within(lambda moves: book_beta_after(exposure, moves), aim, within)


def _within(left: Callable[[FloatArray], FloatArray], aim_usd: float, within_usd: float) -> Holds:
    """How far either way what is left stays within so much of the aim; not at all where it is not known."""

    def reach(side: float) -> float | None:
        steps = side * np.concatenate(([0.0], _FINE))
        out = np.flatnonzero(~(np.abs(left(steps) - aim_usd) <= within_usd))
        return float(steps[max(out[0] - 1, 0)]) if len(out) else None

    return Holds(within_usd, reach(-1.0), reach(1.0))
