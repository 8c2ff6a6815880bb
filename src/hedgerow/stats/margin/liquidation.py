"""Liquidation prices, by venue and by the date of the page the formula was read from (domain §6.2).

    formula_for(venue, payoff, on)  -> Formula
    liquidation_price(formula, position, tiers) -> price or None

Venues change their formulas: a position of 2024 is not liquidated by the rule of 2026. Every formula says where it
comes from. All compare the *mark* price, never the last one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from hedgerow.model.errors import BadInput
from hedgerow.stats.margin.crossing import MarginedPosition, critical_notional, difference
from hedgerow.stats.margin.tiers import Bracket, Piece, pieces_of

__all__ = [
    "FORMULAS",
    "INVERSE_AT_MARK",
    "LINEAR_AT_MARK",
    "Formula",
    "formula_for",
    "inverse_at_mark",
    "linear_at_mark",
    "liquidation_price",
]


def linear_at_mark(position: MarginedPosition, pieces: Sequence[Piece]) -> float | None:
    """Return the price where a linear position's equity meets its maintenance at that price; None where none does.

    (WB − TMM + UPNL + cum − side·q·EP) / (q·(mmr − side)) of the bracket the price lies in. Isolated margin is
    cross margin without other positions. 0.0 says a short is under water at every price. Domain §6.2, TV24.
    """
    fixed = difference(position.free, position.quantity * position.entry)
    meeting = critical_notional(fixed, position.side, pieces)
    return None if meeting is None else meeting / position.size


def inverse_at_mark(position: MarginedPosition, pieces: Sequence[Piece]) -> float | None:
    """Return the price where an inverse position's equity in coin meets its maintenance; None where none does.

    U·(mmr + side) / (WB − TMM + UPNL + cum + side·U/EP), cum in coin. A short whose wallet holds all its coin has
    none. Infinity says a long is under water at every price. Domain §6.2, TV25.
    """
    fixed = difference(position.free, -position.quantity / position.entry)
    meeting = critical_notional(fixed, -position.side, pieces)
    if meeting is None:
        return None
    return position.size / meeting if meeting > 0.0 else math.inf


def _bybit_linear_2024(position: MarginedPosition, pieces: Sequence[Piece]) -> float | None:
    """EP ∓ (IM − MM)/size with maintenance at the *entry* value (TV26)."""
    spare = position.free - _maintenance(position.size * position.entry, pieces)
    price = position.entry - position.side * spare / position.size
    return price if price > 0.0 else None


def _bybit_inverse_2024(position: MarginedPosition, pieces: Sequence[Piece]) -> float | None:
    """Q / [PV ± (IM − MM)] with maintenance at the *entry* value, in coin (TV26)."""
    value = position.size / position.entry
    below = value + position.side * (position.free - _maintenance(value, pieces))
    return position.size / below if below > 0.0 else None


def _bybit_linear_2026(position: MarginedPosition, pieces: Sequence[Piece]) -> float | None:
    """(EP·q ∓ IM …)/(q(1 ∓ mmr)); added margin as on the inverse page, long X/(1 − t), short X/(1 + t) (TV26)."""
    return linear_at_mark(_with_fee_on_extra(position, position.side), pieces)


def _bybit_inverse_2026(position: MarginedPosition, pieces: Sequence[Piece]) -> float | None:
    """Q(1 ± mmr) / [Q/EP ± (IM + X/(1 ± t) + ded)], long +, short − (TV26)."""
    return inverse_at_mark(_with_fee_on_extra(position, -position.side), pieces)


def _bybit_inverse_legacy(position: MarginedPosition, pieces: Sequence[Piece]) -> float | None:
    """Equity meets entry maintenance plus the fee of closing at bankruptcy; the short is the mirror of the long.

    B = Q(1 ± fee)/(Q/EP ± balance), LP = Q/(Q/EP ± (balance − MM − fee·Q/B)), long +, short − (TV26).
    """
    side, value, fee = position.side, position.size / position.entry, position.taker_fee
    coins = value + side * position.free
    if coins <= 0.0:
        return None
    bankruptcy = position.size * (1.0 + side * fee) / coins
    below = coins - side * (_maintenance(value, pieces) + fee * position.size / bankruptcy)
    return position.size / below if below > 0.0 else None


def _maintenance(notional: float, pieces: Sequence[Piece]) -> float:
    return max(notional * piece.mmr - piece.cum for piece in pieces)


def _with_fee_on_extra(position: MarginedPosition, slope: float) -> MarginedPosition:
    return replace(position, extra=position.extra / (1.0 - slope * position.taker_fee))


@dataclass(frozen=True, slots=True)
class Formula:
    """One venue's rule, in force from `since` until the next of the same venue, payoff and mode.

    `mode` is isolated, cross or classic (accounts of before unified margin). `solve` takes the maintenance lines.
    """

    venue: str
    payoff: str
    mode: str
    since: date
    solve: Callable[[MarginedPosition, Sequence[Piece]], float | None]
    cite: str


LINEAR_AT_MARK = Formula(
    "any", "linear", "isolated", date.min, linear_at_mark, "domain §6.2: equity = maintenance at mark"
)
INVERSE_AT_MARK = replace(LINEAR_AT_MARK, payoff="inverse", solve=inverse_at_mark)
_BINANCE = "Binance FAQ, liquidation protocol and maintenance margin"
_BYBIT = "Bybit help centre, liquidation price"
_OLDEST = date.min

FORMULAS: tuple[Formula, ...] = (
    Formula("binance", "linear", "isolated", _OLDEST, linear_at_mark, _BINANCE),
    Formula("binance", "linear", "cross", _OLDEST, linear_at_mark, _BINANCE),
    Formula("binance", "inverse", "isolated", _OLDEST, inverse_at_mark, _BINANCE),
    Formula("binance", "inverse", "cross", _OLDEST, inverse_at_mark, _BINANCE),
    Formula("bybit", "linear", "isolated", _OLDEST, _bybit_linear_2024, f"{_BYBIT}, page of 2023-24"),
    Formula("bybit", "inverse", "isolated", _OLDEST, _bybit_inverse_2024, f"{_BYBIT}, page of 2023-24"),
    Formula(
        "bybit",
        "linear",
        "isolated",
        date(2026, 5, 27),
        _bybit_linear_2026,
        f"{_BYBIT}, page of 2026-05-27; the linear case by analogy with the inverse one",
    ),
    Formula(
        "bybit",
        "inverse",
        "isolated",
        date(2026, 5, 27),
        _bybit_inverse_2026,
        f"{_BYBIT}, page of 2026-05-27",
    ),
    Formula(
        "bybit",
        "inverse",
        "classic",
        _OLDEST,
        _bybit_inverse_legacy,
        f"{_BYBIT}, cross margin of classic accounts",
    ),
    Formula("paper", "linear", "isolated", _OLDEST, linear_at_mark, LINEAR_AT_MARK.cite),
    Formula("paper", "linear", "cross", _OLDEST, linear_at_mark, LINEAR_AT_MARK.cite),
    Formula("paper", "inverse", "isolated", _OLDEST, inverse_at_mark, LINEAR_AT_MARK.cite),
    Formula("paper", "inverse", "cross", _OLDEST, inverse_at_mark, LINEAR_AT_MARK.cite),
)


def formula_for(venue: str, payoff: str, on: date, mode: str = "isolated") -> Formula:
    """Return the formula of `venue` that is in force on the date `on`; the oldest known holds for all time before.

    Names match without regard to case. A quanto pays like a linear contract in its settlement coin. Raises
    `BadInput` naming what is known; account-level margin (Bybit unified, Binance portfolio margin) has no price per
    position: use `uni_mmr` and `portfolio_margin_max_rally`.
    """
    wanted = "linear" if payoff.lower() == "quanto" else payoff.lower()
    known = [f for f in FORMULAS if (f.venue, f.payoff, f.mode) == (venue.lower(), wanted, mode.lower())]
    in_force = [f for f in known if f.since <= on]
    if not in_force:
        have = ", ".join(sorted({f"{f.venue} {f.payoff} {f.mode}" for f in FORMULAS}))
        raise BadInput(
            f"no liquidation formula is known for {venue} {payoff} {mode} on {on}",
            advice=f"Known: {have}. LINEAR_AT_MARK and INVERSE_AT_MARK hold where a venue takes equity = maintenance.",
        )
    return max(in_force, key=lambda f: f.since)


def liquidation_price(formula: Formula, position: MarginedPosition, tiers: Sequence[Bracket]) -> float | None:
    """Return the mark price at which `position` is liquidated, in the quote coin; None where there is none.

    `tiers` are in the unit of the position's notional: quote for linear, coin for inverse. A position of quantity 0
    has no such price; NaN in the position gives NaN, which is unknown and not None. Raises `BadInput` for a price
    of entry that is not positive or brackets that cannot be used. Domain §6.2, TV24 to TV26.
    """
    if position.quantity == 0.0:
        return None
    if position.entry <= 0.0:
        raise BadInput(f"the entry price must be positive, got {position.entry}")
    if math.isnan(position.free + position.quantity * position.entry + position.taker_fee):
        return math.nan
    return formula.solve(position, pieces_of(tiers))
