"""What the watch rolls, and why: the same reasons as a backtest's, the same ways and costs as a roll by hand.

roll_due(held, contracts, hedge, betas, at) -> Due | None
lasting(contracts, at)                                   the contracts that a hedge may be opened in
held_names(names, held)                                  a dated contract that is named is whichever of its kind is held
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from hedgerow.hedge.pool import undated
from hedgerow.hedge.roll_costs import Way, apart, way_on, way_said
from hedgerow.hedge.rolls import ROLLING, RollRule, days_left, far_of, reason_to_roll
from hedgerow.hedge.valuation import price_of
from hedgerow.model.betas import Betas
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market

__all__ = ["Due", "held_names", "lasting", "named", "roll_due"]

_NEXT_LOOK_DAYS = 1.0
"""A watch looks at least once a day."""


@dataclass(frozen=True, slots=True)
class Due:
    """A roll that is due: both legs in signed contracts, the reason with its costs, how far apart the legs may be.

    `cost_usd` is what both trades are to cost.
    """

    orders: Mapping[Instrument, Decimal]
    reason: str
    ahead: Decimal | None
    cost_usd: float


def roll_due(
    held: Iterable[tuple[Instrument, Decimal]],
    contracts: Sequence[Instrument],
    hedge: Market,
    betas: Betas,
    at: np.datetime64,
    rule: RollRule = ROLLING,
) -> Due | None:
    """Return the first roll that is due of what is held, signed; None: none, or nothing is listed to roll into.

    Within its window a contract is rolled in any case. Before it, where the gain in carry is above the cost, by prices of
    their own: a basis that is only modelled is no reason to trade.
    """
    for near, count in held:
        far = far_of(near, contracts, at, rule) if 0.0 < days_left(near, at) <= rule.early_days else None
        if far is None:
            continue
        way = way_on(near, far, count, betas, hedge, days_left(far, at))
        reason = _reason(way, hedge, at, rule) if way.far_contracts else ""
        if reason:
            perpetual = next((c for c in contracts if c.family == near.family and c.expiry is None), None)
            beside = None
            if perpetual is not None:
                beside = way_on(near, perpetual, count, betas, hedge, way.days)
            said = f"{near.symbol}: {reason}; {way_said(way, beside)}"
            orders = {near: way.near_contracts, far: way.far_contracts}
            return Due(orders, said, apart(way)[0], way.trading_usd)
    return None


def _reason(way: Way, hedge: Market, at: np.datetime64, rule: RollRule) -> str:
    own = all(np.isfinite(price_of(hedge, each.symbol)) for each in (way.near, way.far))
    prices = way.prices if own else (way.prices[0], way.prices[0])
    traded = abs(way.near_usd) + abs(way.far_usd)
    rate = way.trading_usd / traded if traded > 0.0 else 0.0
    units = way.near_usd / way.prices[0]
    return reason_to_roll(way.near, way.far, units, prices, rate, at, _NEXT_LOOK_DAYS, rule)


def lasting(contracts: Sequence[Instrument], at: np.datetime64) -> tuple[Instrument, ...]:
    """Return the contracts that are not about to be rolled, and those that are with nothing listed to roll them into."""
    return tuple(
        c
        for c in contracts
        if days_left(c, at) > ROLLING.start_days
        or (days_left(c, at) > 0.0 and far_of(c, contracts, at) is None)
    )


def named(names: str | int | tuple[str, ...], contracts: Sequence[Instrument]) -> str | int | tuple[str, ...]:
    """Return what is asked for with dated contracts that are no longer among `contracts` named whatever their date."""
    if not isinstance(names, tuple):
        return names
    there = {form.upper() for c in contracts for form in (c.symbol, c.name)}
    return tuple(name if name.strip().upper() in there else undated(name) for name in names)


def held_names(names: tuple[str, ...], held: Sequence[Instrument]) -> tuple[str, ...]:
    """Return the names with a dated contract replaced by the one of its kind that is held: what was rolled is not opened again."""
    kinds = {undated(c.symbol).upper(): c.name for c in reversed(held) if c.expiry is not None}
    return tuple(kinds.get(undated(name).upper().rpartition(":")[2], name) for name in names)
