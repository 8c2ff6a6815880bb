"""Maintenance margin by bracket: continuous, piecewise linear, from floors and rates alone (domain §6.1)."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import BadInput, BrokenPromise

__all__ = [
    "Bracket",
    "LeverageBracket",
    "Piece",
    "Tier",
    "cum_amounts",
    "initial_margin",
    "maintenance_margin",
    "maintenance_margins",
    "pieces_of",
]


class Bracket(Protocol):
    """What maintenance margin needs to know of a bracket."""

    @property
    def floor(self) -> float:
        """Notional from which the bracket applies."""

    @property
    def mmr(self) -> float:
        """Marginal maintenance rate inside it."""


class LeverageBracket(Bracket, Protocol):
    """A bracket that also limits leverage."""

    @property
    def max_leverage(self) -> float:
        """Largest leverage the venue allows inside it."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A bracket: from the notional `floor` up, the maintenance rate is `mmr` and leverage at most `max_leverage`."""

    floor: float
    mmr: float
    max_leverage: float = math.inf


@dataclass(frozen=True, slots=True)
class Piece:
    """One line of the maintenance function: `mmr` × notional − `cum`."""

    mmr: float
    cum: float


def cum_amounts(tiers: Sequence[Bracket]) -> tuple[float, ...]:
    """Return what each bracket deducts, so that maintenance is continuous at every floor.

    cum_k = cum_{k−1} + floor_k·(mmr_k − mmr_{k−1}), in the unit of the floors; never copied from a venue's page,
    because printed tables are wrong at times (domain §6.1, TV23, TV25). Raises `BadInput` for brackets that do
    not start at 0, whose floors or rates do not rise, or whose rate is outside [0, 1).
    """
    _check(tiers)
    amounts = [0.0]
    for below, above in pairwise(tiers):
        amounts.append(amounts[-1] + above.floor * (above.mmr - below.mmr))
    return tuple(amounts)


def pieces_of(tiers: Sequence[Bracket]) -> tuple[Piece, ...]:
    """Return the lines whose upper envelope is the maintenance margin; rates rise, so the envelope is exact."""
    return tuple(Piece(tier.mmr, cum) for tier, cum in zip(tiers, cum_amounts(tiers), strict=True))


def maintenance_margin(notional: float, tiers: Sequence[Bracket]) -> float:
    """Return the maintenance margin of a position worth `notional` ≥ 0, in the same unit.

    n·mmr_k − cum_k of the bracket that n lies in; at a floor both brackets agree. NaN in, NaN out. Raises
    `BadInput` for unusable brackets, `BrokenPromise` for a negative notional. Domain §6.1, TV23.
    """
    if math.isnan(notional):
        return math.nan
    if notional < 0.0:
        raise BrokenPromise(f"a notional is never negative, got {notional}")
    place = bracket_of(notional, tiers)
    return notional * tiers[place].mmr - cum_amounts(tiers)[place]


def maintenance_margins(notionals: FloatArray, tiers: Sequence[Bracket]) -> FloatArray:
    """Return the maintenance margin (B,) of each of `notionals` (B,) ≥ 0; NaN stays NaN.

    Rates rise, so the bracket that applies is the one whose line is highest. Raises `BadInput` for unusable brackets.
    """
    lines = pieces_of(tiers)
    rates, deducted = np.array([p.mmr for p in lines]), np.array([p.cum for p in lines])
    margins: FloatArray = np.max(notionals[:, None] * rates - deducted, axis=1)
    return margins


def bracket_of(notional: float, tiers: Sequence[Bracket]) -> int:
    """Return the position of the bracket that `notional` lies in; a floor belongs to the bracket it opens."""
    return max(bisect_right([tier.floor for tier in tiers], notional) - 1, 0)


def initial_margin(notional: float, leverage: float, tiers: Sequence[LeverageBracket] = ()) -> float:
    """Return the initial margin of `notional` at `leverage`, or at the bracket's largest where that is less.

    notional / min(leverage, max_leverage of the bracket), in the unit of the notional. NaN in, NaN out. Raises
    `BadInput` where leverage is not positive. Domain §6.
    """
    if leverage <= 0.0:
        raise BadInput(
            f"leverage must be positive, got {leverage}", advice="Give 1 for a fully paid position."
        )
    allowed = tiers[bracket_of(notional, tiers)].max_leverage if tiers else math.inf
    return notional / min(leverage, allowed)


def _check(tiers: Sequence[Bracket]) -> None:
    if not tiers:
        raise BadInput(
            "the margin brackets are unknown", advice="Read them from the venue, or give at least one tier."
        )
    if tiers[0].floor != 0.0:
        raise BadInput(f"the first margin bracket must start at 0, not at {tiers[0].floor}")
    for tier in tiers:
        if not 0.0 <= tier.mmr < 1.0:
            raise BadInput(
                f"a maintenance rate of {tier.mmr} is not a fraction below 1", advice="Give 0.004 for 0.4 %."
            )
    for below, above in pairwise(tiers):
        if not (below.floor < above.floor and below.mmr <= above.mmr):
            raise BadInput(
                f"margin brackets must rise: {below.floor} at {below.mmr}, then {above.floor} at {above.mmr}"
            )
