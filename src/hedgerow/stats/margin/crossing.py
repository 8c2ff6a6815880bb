"""Where equity meets maintenance margin: the one equation behind every liquidation price (domain §6.2).

A position's notional n is in the unit its tiers are in: quote for linear contracts (n = q·S), coin for inverse ones
(n = U/S). In that unit equity is a straight line, `fixed` + `slope`·n with slope +1 for a linear long or an inverse
short and −1 for a linear short or an inverse long, and maintenance is the highest of the tier lines mmr·n − cum.
Because rates rise with the bracket the margin is convex, so the crossing is the *first* of the lines' crossings that
the position meets, and the bracket it lies in is the bracket whose line gave it: no iteration, no boundary case.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hedgerow.model.errors import BrokenPromise
from hedgerow.stats.margin.tiers import Bracket, Piece, bracket_of, pieces_of

__all__ = [
    "MarginedPosition",
    "critical_notional",
    "critical_notional_by_iteration",
    "difference",
    "equity",
    "pnl",
]

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class MarginedPosition:
    """A position and the money behind it.

    `quantity` is signed, short below zero: base units of a linear contract, dollars of face of an inverse one.
    `wallet` is the margin posted for it and `extra` what was added to an isolated position later; both, like
    `other_maintenance` (ΣMM of the other positions of a cross account) and `other_pnl` (their unrealised profit),
    are in the settlement coin. `taker_fee` is a fraction; only formulas that charge a closing fee use it.
    """

    quantity: float
    entry: float
    wallet: float
    extra: float = 0.0
    other_maintenance: float = 0.0
    other_pnl: float = 0.0
    taker_fee: float = 0.0

    @property
    def side(self) -> float:
        """+1 for a long, −1 for a short."""
        return math.copysign(1.0, self.quantity)

    @property
    def size(self) -> float:
        """The quantity without its sign."""
        return abs(self.quantity)

    @property
    def free(self) -> float:
        """The margin that carries this position: WB − TMM + UPNL of the others."""
        return self.wallet + self.extra - self.other_maintenance + self.other_pnl


def pnl(position: MarginedPosition, price: float, *, inverse: bool = False) -> float:
    """Return the unrealised profit at `price` in the settlement coin (domain §3.3, TV46)."""
    if inverse:
        return position.quantity * (1.0 / position.entry - 1.0 / price)
    return position.quantity * (price - position.entry)


def equity(position: MarginedPosition, price: float, *, inverse: bool = False) -> float:
    """Return the margin left at `price` in the settlement coin: what maintenance is compared with."""
    return position.free + pnl(position, price, inverse=inverse)


def difference(a: float, b: float) -> float:
    """Return a − b, and 0 where rounding alone parts them: a fully paid position must not get a price of 1e-12."""
    gap = a - b
    return 0.0 if abs(gap) <= _ROUNDING * max(abs(a), abs(b)) else gap


def critical_notional(fixed: float, slope: float, pieces: Sequence[Piece]) -> float | None:
    """Return the notional n ≥ 0 at which `fixed` + `slope`·n meets the maintenance lines; None where it never does.

    Slope +1: the position is liquidated at this notional *or below*, and never if the crossing is at or below 0.
    Slope −1: at this notional *or above*; 0 says that it is under water at every price.
    """
    if slope > 0.0:
        meeting = max(-(fixed + piece.cum) / (slope - piece.mmr) for piece in pieces)
        return meeting if meeting > 0.0 else None
    return max(min((fixed + piece.cum) / (piece.mmr - slope) for piece in pieces), 0.0)


def critical_notional_by_iteration(fixed: float, slope: float, tiers: Sequence[Bracket]) -> float | None:
    """Return what `critical_notional` returns, by walking from bracket to bracket until it agrees with itself.

    The plain twin: MM is taken at the bracket of the crossing found with the last bracket's line. Raises
    `BrokenPromise` if no bracket is consistent, which convexity rules out.
    """
    pieces = pieces_of(tiers)
    place, seen = 0, set[int]()
    while place not in seen:
        seen.add(place)
        piece = pieces[place]
        meeting = (fixed + piece.cum) / (piece.mmr - slope)
        if meeting <= 0.0:
            return None if slope > 0.0 else 0.0
        found = bracket_of(meeting, tiers)
        if found == place or _on_the_edge(meeting, tiers, place, found):
            return meeting
        place = found
    raise BrokenPromise("no margin bracket agrees with its own liquidation price")


def _on_the_edge(meeting: float, tiers: Sequence[Bracket], place: int, found: int) -> bool:
    """At a floor two neighbouring lines meet, and rounding may put the crossing on either side of it."""
    floor = tiers[max(place, found)].floor
    return abs(place - found) == 1 and math.isclose(meeting, floor, rel_tol=_ROUNDING)
