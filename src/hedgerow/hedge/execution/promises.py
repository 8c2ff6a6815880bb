"""What is asserted before anything leaves, in production too: it is better to stop than to go on in a wrong state."""

from __future__ import annotations

from decimal import Decimal

from hedgerow.hedge.execution.state import ExecutionState, LegState, Work
from hedgerow.model.errors import BrokenPromise
from hedgerow.model.orders import lot_units

__all__ = ["keep_plan"]


def keep_plan(state: ExecutionState, index: int, work: Work) -> None:
    """Raise `BrokenPromise` where an order breaks what the plan allows.

    What was done, what may be live and this order together are never more than planned, counted by fills and, apart
    from that, by the position; an undoing never undoes more than was done; an id is used once.
    """
    leg, order = state.legs[index], work.order
    used = any(order.client_id == w.order.client_id for other in state.legs for w in other.work)
    held, size = leg.held, abs(order.quantity)
    broken = (
        (used, "would use an id again"),
        (bool(leg.open_work), "would follow an order that may be live"),
        (not size or bool(size % lot_units(order.instrument)), "is no whole number of lots"),
        (held is None, "would be sent without a known position"),
        (
            order.reduce_only and held is not None and (held * order.quantity >= 0 or size > abs(held)),
            f"would not reduce the {held} held",
        ),
        (work.purpose != "protect" and not _within(leg, work), f"is more than the {leg.leg.planned} planned"),
    )
    for holds, what in broken:
        if holds:
            raise BrokenPromise(f"{order.client_id} ({order.quantity} units of {leg.leg.name}) {what}")


def _within(leg: LegState, work: Work) -> bool:
    """Return whether fills and position agree on what was done, and the order stays within the plan or the undoing."""
    done, quantity = leg.done, work.order.quantity
    stops = sum((w.filled for w in leg.work if w.purpose == "protect"), Decimal(0))
    if leg.held is None or leg.held - leg.leg.start - leg.foreign - stops != done:
        return False
    if work.purpose == "unwind":
        return quantity * done < 0 and abs(quantity) <= abs(done)
    return quantity * leg.leg.planned > 0 and abs(done + quantity) <= abs(leg.leg.planned)
