"""What an account's stream tells: hints, folded so that order and repetition of the messages do not matter.

StreamState         orders and fills as the stream has told them so far
told(state, …)      one message into the state: what has filled only grows, what is over stays over, a fill counts once
needs_rest          whether the truth has to be read: an order that is open or does not add up, or a message not understood

`hedgerow.venues.feeds` listens and keeps such a state.

The stream is never the truth. A state that is settled is the same whatever happened to its messages on the way; every
other one says that it needs REST.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fnmatch import fnmatchcase

from hedgerow.model.errors import StateUnknown
from hedgerow.model.orders import TERMINAL, Fill, OrderReport
from hedgerow.venues.door import Door
from hedgerow.venues.fields import StreamTable
from hedgerow.venues.listing import Listings
from hedgerow.venues.raw import Row, instant, number, rows_of, word
from hedgerow.venues.reading import fill_of, report_of

__all__ = ["UNREADABLE", "StreamState", "told"]

UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError)
"""What raises where a message has another form than it should."""


@dataclass(frozen=True, slots=True)
class StreamState:
    """Orders by id and fills by id; `lost` is true after a message that was not understood."""

    orders: Mapping[str, OrderReport] = field(default_factory=dict)
    fills: Mapping[str, Fill] = field(default_factory=dict)
    lost: bool = False

    @property
    def needs_rest(self) -> bool:
        """Whether an order is still open, or its fills do not add up, or something was not understood."""
        if self.lost:
            return True
        sums: dict[str, Decimal] = {}
        for fill in self.fills.values():
            sums[fill.order_id] = sums.get(fill.order_id, Decimal(0)) + fill.quantity
        return set(sums) - set(self.orders) != set() or any(
            order.state not in TERMINAL or sums.get(order.order_id, Decimal(0)) != order.filled
            for order in self.orders.values()
        )


def told(state: StreamState, door: Door, listings: Listings, message: object) -> StreamState:
    """Return the state after a message; one of no interest changes nothing, one that cannot be read makes it `lost`."""
    if not isinstance(message, Mapping):
        return state if message in {"pong", "ping", "Ping", "Pong"} else replace(state, lost=True)
    for table in door.venue.streams:
        said = word(message, table.event)
        if said and any(said == one or fnmatchcase(said, one) for one in table.words):
            try:
                state = _rows(state, door, listings, table, message)
            except (StateUnknown, *UNREADABLE):
                state = replace(state, lost=True)
    return state


def _rows(
    state: StreamState, door: Door, listings: Listings, table: StreamTable, message: Row
) -> StreamState:
    for row in rows_of(message, table.rows):
        state = _row(state, door, listings, table, row)
    return state


def _row(state: StreamState, door: Door, listings: Listings, table: StreamTable, row: Row) -> StreamState:
    names = table.order or table.fill
    listing = listings.named.get(door.raw_of(row, names.symbol)) if names is not None else None
    passed = any(word(row, field) == unwanted for field, unwanted in table.skip.items())
    if listing is None or passed:  # a spot order, or a contract that was listed after us
        return state
    if table.order is not None:
        client = door.client_of(row, table.order.client)
        report = report_of(row, table.order, listing.instrument, door.venue.states, client)
        state = replace(state, orders={**state.orders, report.order_id: _merged(state, report)})
    if table.fill is not None and _is_fill(table, row):
        client = door.client_of(row, table.fill.client)
        fill = fill_of(row, table.fill, listing.instrument, door.whose, client)
        if fill.quantity:
            state = replace(state, fills={**state.fills, fill.trade_id: fill})
    return state


def _is_fill(table: StreamTable, row: Row) -> bool:
    """Whether a row tells of a fill of its own; one venue tells of what filled in sum only."""
    names, (when, wanted) = table.fill, table.fill_when
    if names is None or (when and word(row, when) != wanted):
        return False
    return not when or (number(row, names.quantity) is not None and instant(row, names.at) is not None)


def _merged(state: StreamState, new: OrderReport) -> OrderReport:
    """Of two reports of an order the one that is further on; what is over stays over with the most that filled."""
    old = state.orders.get(new.order_id)
    if old is None:
        return new
    ahead, behind = (new, old) if _further(new) >= _further(old) else (old, new)
    if abs(behind.filled) > abs(ahead.filled):
        ahead = replace(ahead, filled=behind.filled, average=behind.average)
    return ahead


def _further(report: OrderReport) -> tuple[bool, Decimal, str]:
    return report.state in TERMINAL, abs(report.filled), str(report.state)
