"""Maintenance tiers from the forms in which venues write them. Pure.

floors       each bracket says where it begins
caps         each says where it ends; it begins where the one before ends
steps        a width and the rise of the rates by step, in contracts, up to a greatest size
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hedgerow.model.errors import StateUnknown
from hedgerow.model.instruments import Instrument, MarginTier, Payoff
from hedgerow.model.orders import units_of
from hedgerow.venues.fields import TierFields
from hedgerow.venues.raw import Row, amount, number, rows_of

__all__ = ["ladder_of"]

_MOST_STEPS = 500
_PER_CENT_FROM = 10


def ladder_of(
    rows: Sequence[Row], names: TierFields, instrument: Instrument, price: Decimal | None
) -> tuple[MarginTier, ...]:
    """Return the brackets, lowest first. `price` turns contracts into money where the venue counts steps in contracts.

    Where a venue says no leverage, the bound is half the inverse of the maintenance rate. Raises `StateUnknown` for rows
    that are no ladder.
    """
    if names.steps:
        found = [tier for row in rows for tier in _stepped(row, names.steps, instrument, price)]
    else:
        brackets = [one for row in rows for one in (rows_of(row, names.rows) if names.rows else (row,))]
        found = _listed(brackets, names)
    ladder = tuple(sorted(found, key=lambda tier: tier.floor))
    floors = [tier.floor for tier in ladder]
    if not ladder or floors[0] != 0 or len(set(floors)) < len(floors):
        raise StateUnknown(
            f"the margin tiers of {instrument.name} are no ladder", advice="Check the venue's page."
        )
    return ladder


def _listed(brackets: Sequence[Row], names: TierFields) -> list[MarginTier]:
    if names.floor:
        return [_tier(amount(row, names.floor), row, names) for row in brackets]
    found, floor = [], Decimal(0)
    for row in sorted(brackets, key=lambda row: amount(row, names.cap)):
        found.append(_tier(floor, row, names))
        floor = amount(row, names.cap)
    return found


def _tier(floor: Decimal, row: Row, names: TierFields) -> MarginTier:
    rate = amount(row, names.mmr)
    leverage = number(row, names.leverage) if names.leverage else None
    initial = number(row, names.initial) if names.initial else None
    # One venue writes per cent in some answers and fractions in others; the leverage beside it tells which.
    if initial and leverage and initial * leverage > _PER_CENT_FROM:
        rate /= 100
    if not 0 < rate < 1:
        raise StateUnknown(f"a maintenance rate of {rate} is none")
    bound = leverage or 1 / (2 * rate)
    return MarginTier(float(floor), float(rate), float(bound))


def _stepped(
    row: Row, names: tuple[str, ...], instrument: Instrument, price: Decimal | None
) -> list[MarginTier]:
    first, width, most, mmr, initial, mmr_rise, initial_rise = (amount(row, name) for name in names)
    if width <= 0:
        return [MarginTier(0.0, float(mmr), float(1 / initial))]
    if price is None:
        raise StateUnknown(
            f"{instrument.name} counts tiers in contracts, and has no price to turn them into money"
        )
    found, floor, step = [], Decimal(0), 0
    while floor < most and step < _MOST_STEPS:
        units = units_of(instrument, floor)
        money = units * price if instrument.payoff is Payoff.LINEAR else units / price
        found.append(
            MarginTier(float(money), float(mmr + step * mmr_rise), float(1 / (initial + step * initial_rise)))
        )
        floor, step = floor + (width if step else first), step + 1
    return found
