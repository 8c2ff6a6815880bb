"""Options on their way to a venue: what is bought comes first and is undone last, so that nothing sold ever stands alone.

An option's order is never sent without a price: what takes is a limit at the quote that was seen, what rests is post-only. Legs
that cannot all be traded are undone in reverse: sold ones first.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

from hedgerow.hedge.execution.state import ExecutionState, LegState, settled
from hedgerow.hedge.plan import Refusal
from hedgerow.model.instruments import Instrument
from hedgerow.model.option_contracts import is_option
from hedgerow.model.orders import contracts_of
from hedgerow.stats.margin.options import option_fee, short_margin

if TYPE_CHECKING:
    from hedgerow.hedge.execution.schedule import LegFacts, Ticketed

__all__ = ["covers", "needs_of_option", "quote_limit", "refusals_of_option", "turn_of", "uncovers"]

_ZERO = Decimal(0)


def turn_of(instrument: Instrument, units: Decimal) -> int:
    """Return when a leg is traded: options that are bought, then futures, then options that are sold."""
    if not is_option(instrument):
        return 1
    return 0 if units > 0 else 2


def covers(state: ExecutionState) -> bool:
    """Return whether the programme has options: its legs are undone in reverse, and what is not begun in time is left."""
    return any(is_option(leg.leg.instrument) for leg in state.legs)


def uncovers(state: ExecutionState, index: int) -> bool:
    """Return whether undoing a leg now would leave a larger share of one after it standing, or may: that one is undone first.

    One that has had orders may have filled more than was heard until nothing of it is live and a position read since says so.
    """
    if not covers(state):
        return False
    return any(after.done or (after.work and not settled(state, after)) for after in state.legs[index + 1 :])


def quote_limit(leg: LegState) -> Decimal | None:
    """Return the price that an option's order takes: the best of the other side, no worse; None where that is not quoted."""
    if leg.quote is None:
        return None
    return leg.quote.ask if leg.leg.planned > 0 else leg.quote.bid


def refusals_of_option(
    ticket: Ticketed, instrument: Instrument, units: Decimal, facts: LegFacts
) -> list[Refusal]:
    """Return why an option cannot be traded as asked: no index, not quoted in that size, or with a stop behind it.

    What only closes is not refused for its quotes: one that nobody bids for must not keep the others open.
    """
    name, found = instrument.name, list[Refusal]()
    if facts.index is None or not facts.index > 0:
        found.append(Refusal("a known index", name, math.nan, 0, "wait for the price of the coin"))
    if ticket.stop is not None or ticket.stop_at is not None:
        found.append(Refusal("a stop", f"{name}: an option has none", 1, 0, "leave the stop out"))
    size, held = abs(units), facts.held or _ZERO
    if ticket.style.kind != "market" or (held * units < 0 and size <= abs(held)):
        return found
    if facts.quoted is None:
        said = f"{name}: nobody {'offers' if units > 0 else 'bids for'} it now"
        found.append(Refusal("a quote", said, math.nan, float(size), "wait, or rest with --style post-only"))
    elif facts.quoted < size:
        there, wanted = (contracts_of(instrument, each).normalize() for each in (facts.quoted, size))
        said = f"{name}: {there:f} are quoted at the best price, and {wanted:f} are wanted"
        remedy = "trade less, or rest with --style post-only"
        found.append(Refusal("quoted size", said, float(facts.quoted), float(size), remedy))
    return found


def needs_of_option(instrument: Instrument, held: Decimal, units: Decimal, facts: LegFacts) -> Decimal:
    """Return the coins that what is opened takes: premium and fee; of sold ones margin and fee less the premium."""
    after = held + units
    grows = units if held * units >= 0 else after if after * units > 0 else _ZERO
    price, index = facts.price or _ZERO, facts.index or _ZERO
    if not grows or not index:
        return _ZERO
    margin = short_margin(instrument, grows, price, index, initial=True) if grows < 0 else _ZERO
    return grows * price + option_fee(instrument, grows, price, index, instrument.taker_fee) + margin
