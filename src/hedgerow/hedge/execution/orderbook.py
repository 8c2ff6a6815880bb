"""How one order of ours moves: what a report, a fill or its absence makes of it. Nothing goes back by stale news."""

from __future__ import annotations

from decimal import Decimal

from hedgerow.hedge.execution.programme import Rules
from hedgerow.hedge.execution.state import Work
from hedgerow.model.orders import LEGAL, Fill, OrderReport, OrderState, moved

__all__ = ["absent", "fill_seen", "reported", "standing"]

_PENDING = frozenset({OrderState.WRITTEN, OrderState.SENDING, OrderState.UNKNOWN})
_LOOSE = _PENDING | {OrderState.REFUSED, OrderState.ABSENT}
_OVER = frozenset({OrderState.FILLED, OrderState.CANCELLED, OrderState.EXPIRED})


def standing(work: Work, told: OrderState) -> OrderState:
    """Return where an order stands after being told so; old news leave it where better evidence has put it.

    What a venue has reported as over is over, whatever an older answer says; a fill makes it filled, not open.
    """
    before = work.state
    if told is before or told not in LEGAL[before]:
        return before
    if before in _OVER and told is not OrderState.FILLED:
        return before
    if told in {OrderState.UNKNOWN, OrderState.REFUSED} and before not in _PENDING:
        return before
    return moved(before, told)


def reported(work: Work, report: OrderReport, asked_at: int, rules: Rules) -> tuple[Work, str]:
    """Return the order after a venue's report, and what is wrong with that, if anything.

    "Filled", with less than all of it filled, is a contradiction: the order counts as open and is asked for again. It is
    over, and wrong, where the venue still says so a settle time later.
    """
    wrong = ""
    if report.quantity != work.order.quantity:
        wrong = f"the venue says that {work.order.client_id} is for {report.quantity} units, {work.order.quantity} were sent"
    filled, over = _most(work, report.filled)
    told, short_at = report.state, work.short_at
    if told is OrderState.FILLED and abs(filled) < abs(work.order.quantity):
        short_at = asked_at if short_at is None else short_at
        if asked_at < short_at + rules.settle_ms:
            told = OrderState.ACKED
        else:
            over = f"the venue says that {work.order.client_id} is filled, with {filled} of {work.order.quantity}"
    after = work._replace(
        state=_filled_state(work._replace(state=standing(work, told)), filled),
        filled=filled,
        order_id=report.order_id or work.order_id,
        seen_at=max(work.seen_at, asked_at),
        absences=(),
        short_at=short_at,
    )
    return after, wrong or over


def fill_seen(work: Work, fill: Fill) -> tuple[Work, str]:
    """Return the order after one fill of it that was not counted before, and what is wrong with that."""
    counted = work.counted + fill.quantity
    filled, over = _most(work, counted)
    wrong = over
    if fill.quantity * work.order.quantity <= 0:
        wrong = f"fill {fill.trade_id} of {work.order.client_id} is for {fill.quantity} units"
    state = standing(work, OrderState.PARTIAL)
    after = work._replace(
        state=_filled_state(work._replace(state=state), filled),
        filled=filled,
        counted=counted,
        order_id=fill.order_id or work.order_id,
        absences=(),
    )
    return after, wrong


def absent(work: Work, asked_at: int, unmoved: bool, rules: Rules) -> Work:
    """Return the order after a question that found no trace of it.

    It is absent only when twice, long enough apart and after it was sent, neither order nor fill nor a moved position
    was there. One that had filled in part and is nowhere any more is over.
    """
    if not unmoved:
        return work._replace(absences=())
    if asked_at < work.sent_at + rules.quiet_ms:
        return work
    absences = (*work.absences, asked_at)
    if asked_at < absences[0] + rules.settle_ms:
        return work._replace(absences=(absences[0],))
    if work.state is OrderState.PARTIAL:
        return work._replace(state=moved(work.state, OrderState.CANCELLED), absences=absences)
    acked = work.state is OrderState.ACKED
    state = moved(work.state, OrderState.UNKNOWN) if acked else work.state
    why = "accepted, then not to be found" if acked else work.why if work.again else "never arrived"
    return work._replace(state=moved(state, OrderState.ABSENT), absences=absences, again=not acked, why=why)


def _most(work: Work, filled: Decimal) -> tuple[Decimal, str]:
    """Return the larger of two tellings of what filled, and what is wrong with it."""
    quantity = work.order.quantity
    if filled * quantity < 0:
        return work.filled, f"{work.order.client_id} is said to have filled {filled} of {quantity}"
    over = f"{work.order.client_id} filled {filled} of {quantity}" if abs(filled) > abs(quantity) else ""
    return (filled if abs(filled) > abs(work.filled) else work.filled), over


def _filled_state(work: Work, filled: Decimal) -> OrderState:
    if abs(filled) >= abs(work.order.quantity):
        return moved(work.state, OrderState.FILLED)
    if filled and work.state in _LOOSE | {OrderState.ACKED}:
        return moved(work.state, OrderState.PARTIAL)
    return work.state
