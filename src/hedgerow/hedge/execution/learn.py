"""What an event teaches: orders move by evidence, positions and prices age, and fills count in every state."""

from __future__ import annotations

from decimal import Decimal
from typing import assert_never

from hedgerow.hedge.execution.checks import modes_right, units_right
from hedgerow.hedge.execution.messages import (
    CancelReplied,
    DeadManSet,
    Event,
    Failed,
    FillsRead,
    Gap,
    Held,
    ModesRead,
    NotFound,
    NotSent,
    OpenRead,
    Priced,
    Replied,
    Reported,
    Restarted,
    Tick,
    Timed,
)
from hedgerow.hedge.execution.orderbook import absent, fill_seen, reported, standing
from hedgerow.hedge.execution.state import NEVER, LegState, Turn, Work
from hedgerow.model.orders import Accepted, Fill, OrderReport, OrderState, Refused
from hedgerow.model.ports import Holding

__all__ = ["learn"]

_ZERO = Decimal(0)


def learn(turn: Turn, event: Event) -> None:  # noqa: C901, PLR0912 - one line an event, and none may be missing
    """Take in one event; every kind is taken in every state."""
    match event:
        case Tick():
            if turn.state.since == NEVER:
                turn.note(since=turn.at)  # a plan may wait before it is begun
            if event.halted != turn.state.halted:
                turn.note(halted=event.halted)
        case Priced():
            _priced(turn, event)
        case Held():
            _held(turn, event)
        case Timed():
            turn.note(skew=event.skew, skew_at=event.at)
        case ModesRead():
            _modes(turn, event)
        case Replied():
            _replied(turn, event)
        case NotSent():
            _not_sent(turn, event)
        case CancelReplied():
            _cancel_replied(turn, event)
        case Reported():
            _report(turn, event.report, event.asked_at)
        case NotFound():
            _not_found(turn, event)
        case FillsRead():
            _fills_read(turn, event)
        case OpenRead():
            for report in event.reports:
                _open(turn, report, event.asked_at)
        case DeadManSet():
            turn.note(dead_man=event.there, dead_man_s=event.seconds, dead_man_at=event.at)
        case Gap():
            _forget(turn)
        case Restarted():
            _restarted(turn)
        case Failed():
            pass
        case _:
            assert_never(event)


def _places(turn: Turn, name: str) -> list[int]:
    return [i for i, leg in enumerate(turn.state.legs) if leg.leg.name == name]


def _find(turn: Turn, client_id: str, order_id: str = "") -> tuple[int, Work] | None:
    for index, leg in enumerate(turn.state.legs):
        for work in leg.work:
            if (client_id and work.order.client_id == client_id) or (order_id and work.order_id == order_id):
                return index, work
    return None


def _priced(turn: Turn, event: Priced) -> None:
    for ticker in event.tickers:
        for index in _places(turn, ticker.instrument):
            # As old as the older of the two: a venue may answer at once with what it knew long ago.
            turn.leg(index, quote=ticker, quote_at=min(event.asked_at, ticker.at))


def _held(turn: Turn, event: Held) -> None:
    for name in event.asked:
        mine = [h for h in event.holdings if h.instrument == name]
        for index in _places(turn, name):
            if any(h.leg != "net" for h in mine):
                turn.freeze(f"{name} is held in hedge mode: long and short legs apart")
                continue
            _position(turn, index, mine[0] if mine else None, event.asked_at)


def _position(turn: Turn, index: int, holding: Holding | None, asked_at: int) -> None:
    leg = turn.state.legs[index]
    if asked_at < leg.held_at:
        return
    quantity = holding.quantity if holding else _ZERO
    units = leg.units if holding is None else units_right(leg, holding, turn.state.programme.rules)
    leg = turn.leg(index, held=quantity, held_at=asked_at, units=units)
    if units == "wrong":
        turn.freeze(f"{leg.leg.name}: the venue's own notional is not what {quantity} units are worth")
    _compare(turn, index)


def _compare(turn: Turn, index: int) -> None:
    """Hold the position against what fills add up to; a lasting difference freezes."""
    leg, rules = turn.state.legs[index], turn.state.programme.rules
    if leg.held is None or leg.open_work or leg.held_at < leg.changed_at + rules.quiet_ms:
        return
    off = leg.held - leg.expected
    if not off:
        turn.leg(index, off=None, off_at=NEVER)
    elif off != leg.off:
        turn.leg(index, off=off, off_at=leg.held_at)
    elif leg.held_at >= leg.off_at + rules.settle_ms and leg.fills_at >= leg.off_at:
        said = f"{leg.leg.name}: {leg.held} units are held where fills add up to {leg.expected}"
        turn.freeze(said)


def _modes(turn: Turn, event: ModesRead) -> None:
    for index in _places(turn, event.instrument):
        verdict = modes_right(turn.state.legs[index].leg.wanted, event.modes)
        if verdict != "right" and event.changed:
            turn.leg(index, blocked=f"the venue keeps other modes than asked for: {event.modes}")
        turn.leg(index, modes=verdict)


def _replied(turn: Turn, event: Replied) -> None:
    found = _find(turn, event.client_id)
    if found is None:
        return
    index, work = found
    match event.reply:
        case Accepted(order_id=order_id, report=report):
            known = work._replace(order_id=order_id or work.order_id, state=standing(work, OrderState.ACKED))
            turn.work(index, work, known)
            _adopt_orphans(turn, index)
            if report is not None:
                _report(turn, report, event.at)
        case Refused(code=code, reason=reason, again=again):
            # One that may be sent again is doubted first: only two looks that find no order say that there is none.
            told = OrderState.UNKNOWN if again else OrderState.REFUSED
            said = f"{code} {reason}".strip()
            turn.work(index, work, work._replace(state=standing(work, told), again=again, why=said))
            turn.leg(index, changed_at=turn.at)
        case _:
            state, why = standing(work, OrderState.UNKNOWN), event.reply.reason
            turn.work(index, work, work._replace(state=state, why=why))


def _not_sent(turn: Turn, event: NotSent) -> None:
    found = _find(turn, event.client_id)
    if found is not None:
        index, work = found
        state = standing(work, OrderState.REFUSED)
        turn.work(index, work, work._replace(state=state, again=True, why=event.why))


def _cancel_replied(turn: Turn, event: CancelReplied) -> None:
    found = _find(turn, event.client_id)
    if found is None:
        return
    index, work = found
    # Whatever was answered, only a report says how it ended: ask at once.
    turn.work(index, work, work._replace(asked_at=NEVER))
    if isinstance(event.reply, Accepted) and event.reply.report is not None:
        _report(turn, event.reply.report, event.at)


def _report(turn: Turn, report: OrderReport, asked_at: int) -> None:
    found = _find(turn, report.client_id, report.order_id)
    if found is None:
        _foreign_order(turn, report)
        return
    index, work = found
    after, wrong = reported(work, report, asked_at, turn.state.programme.rules)
    if wrong:
        turn.freeze(f"{turn.state.legs[index].leg.name}: {wrong}")
    _moved(turn, index, work, after)
    _adopt_orphans(turn, index)


def _open(turn: Turn, report: OrderReport, asked_at: int) -> None:
    """An open order under an id of ours that the venue has already named otherwise is a second one."""
    found = _find(turn, report.client_id)
    if found is not None and found[1].purpose != "protect":
        known = found[1].order_id
        if known and report.order_id and known != report.order_id:
            turn.freeze(
                f"{report.instrument}: {report.client_id} is at the venue twice, as {known} and {report.order_id}"
            )
            return
    _report(turn, report, asked_at)


def _foreign_order(turn: Turn, report: OrderReport) -> None:
    """An order with our own mark that we never wrote: somebody else uses our journal's name.

    One that is over already may be news of an earlier plan, which ended before this one was made.
    """
    began = turn.state.programme.at + turn.state.programme.rules.skew_ms
    mine = report.client_id.startswith("hr") and report.reduce_only is False
    now = report.state in {OrderState.ACKED, OrderState.PARTIAL}
    filled = bool(report.filled) and report.at is not None and report.at >= began
    if mine and (now or filled) and _places(turn, report.instrument):
        part = f"{abs(report.filled):f} of {abs(report.quantity):f} units are filled"
        turn.freeze(
            f"{report.instrument}: an order {report.client_id} that this journal never wrote is at the venue"
            f" ({'buy' if report.quantity > 0 else 'sell'}, {part} by now):"
            " another state folder or machine trades this account"
        )


def _moved(turn: Turn, index: int, before: Work, after: Work) -> None:
    turn.work(index, before, after)
    if after.filled != before.filled or (before.is_open and not after.is_open):
        turn.leg(index, changed_at=turn.at, off=None, off_at=NEVER)


def _fills_read(turn: Turn, event: FillsRead) -> None:
    for index in _places(turn, event.instrument):
        _fills(turn, index, event.fills)
        leg = turn.state.legs[index]
        turn.leg(index, fills_at=max(leg.fills_at, event.asked_at))


def _fills(turn: Turn, index: int, fills: tuple[Fill, ...]) -> None:
    for fill in fills:
        leg = turn.state.legs[index]
        key = f"{fill.venue}|{fill.account}|{fill.trade_id}"
        if key not in leg.keys and fill.instrument == leg.leg.name:
            turn.leg(index, keys=leg.keys | {key})
            _fill(turn, index, fill)


def _fill(turn: Turn, index: int, fill: Fill) -> None:
    leg = turn.state.legs[index]
    found = _find(turn, fill.client_id, fill.order_id)
    if found is not None and found[0] == index:
        after, wrong = fill_seen(found[1], fill)
        if wrong:
            turn.freeze(f"{leg.leg.name}: {wrong}")
        _moved(turn, index, found[1], after)
    elif not fill.client_id and fill.kind == "trade" and _nameless(leg):
        turn.leg(index, orphans=(*leg.orphans, fill))
    elif fill.at >= turn.state.programme.at:
        _foreign(turn, index, fill)


def _nameless(leg: LegState) -> bool:
    """True while an order of ours may be at the venue under an id we have not heard."""
    return any(not work.order_id and work.is_open for work in leg.work)


def _foreign(turn: Turn, index: int, fill: Fill) -> None:
    leg = turn.state.legs[index]
    turn.leg(index, foreign=leg.foreign + fill.quantity, changed_at=turn.at, off=None, off_at=NEVER)
    by = {"adl": "deleveraged", "liquidation": "liquidated", "settlement": "settled"}.get(fill.kind, "traded")
    why = f"{leg.leg.name}: {fill.quantity} units were {by} by somebody else (trade {fill.trade_id})"
    if not turn.state.replan:
        turn.note(replan=why)
    turn.alarm("critical", "position changed from outside", why)


def _adopt_orphans(turn: Turn, index: int) -> None:
    """Give fills without a client id to the order whose venue id is known by now, or to somebody else."""
    leg = turn.state.legs[index]
    if leg.orphans and (not _nameless(leg) or any(_find(turn, "", f.order_id) for f in leg.orphans)):
        turn.leg(index, orphans=())
        for fill in leg.orphans:
            _fill(turn, index, fill)


def _not_found(turn: Turn, event: NotFound) -> None:
    found = _find(turn, event.client_id)
    if found is None:
        return
    index = found[0]
    _fills(turn, index, event.fills)
    for report in event.reports:
        _report(turn, report, event.asked_at)
    again = _find(turn, event.client_id)
    leg = turn.state.legs[index]
    if again is None or not again[1].is_open:
        return
    # A fill without a name is no trace of an order that its name never finds: it becomes somebody else's, and ends the plan.
    # What filled before the plan was made is in the position that it was made for.
    since = turn.state.programme.at
    unmoved = event.held == leg.expected + sum((f.quantity for f in leg.orphans if f.at >= since), _ZERO)
    seen = any(report.client_id == event.client_id for report in event.reports)
    if again[1].filled != found[1].filled or seen:
        return
    _moved(turn, index, again[1], absent(again[1], event.asked_at, unmoved, turn.state.programme.rules))
    _adopt_orphans(turn, index)


def _forget(turn: Turn) -> None:
    """What was read before a break is worth nothing now."""
    since = max(turn.state.since, min(leg.quote_at for leg in turn.state.legs))
    for index, leg in enumerate(turn.state.legs):
        work = tuple(w._replace(asked_at=NEVER) if w.is_open else w for w in leg.work)
        turn.leg(
            index, quote=None, quote_at=NEVER, held=None, held_at=NEVER, work=work, off=None, off_at=NEVER
        )
    turn.note(asked={}, since=since)


def _restarted(turn: Turn) -> None:
    _forget(turn)
    for index, leg in enumerate(turn.state.legs):
        work = tuple(
            w._replace(state=standing(w, OrderState.UNKNOWN), absences=())
            if w.state in {OrderState.WRITTEN, OrderState.SENDING}
            else w
            for w in leg.work
        )
        turn.leg(index, work=work, units="unknown", modes="unknown", fills_at=NEVER)
    turn.note(
        since=turn.at, skew=None, skew_at=NEVER, dead_man=None, dead_man_at=NEVER, dead_man_s=0, halted=None
    )
