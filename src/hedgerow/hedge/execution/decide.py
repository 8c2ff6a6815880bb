"""What comes next, from the state alone: whatever event brought it here, the same state asks for the same."""

from __future__ import annotations

from decimal import Decimal

from hedgerow.hedge.execution.checks import reference
from hedgerow.hedge.execution.ending import end, finished, priced
from hedgerow.hedge.execution.messages import Cancel, Configure, DeadMan, Look, Query, Send
from hedgerow.hedge.execution.options import covers
from hedgerow.hedge.execution.programme import Purpose, client_id, intent_of
from hedgerow.hedge.execution.promises import keep_plan
from hedgerow.hedge.execution.state import NEVER, ExecutionState, LegState, Turn, Work
from hedgerow.hedge.execution.wanted import Wish, deadline, settled, why_not, wish
from hedgerow.model.amounts import round_to_tick
from hedgerow.model.orders import Order, OrderState

__all__ = ["decide"]

_ZERO = Decimal(0)
_HAIR = 5_000
"""How long a cancellation may go unheard before it is asked for again."""
_LONG = 4
"""How many settle times an order may be unknown before somebody is told."""


def decide(turn: Turn, *, asks: bool) -> None:
    """Ask for everything that is due: at most one order, and that first, while what it rests on is fresh.

    Questions are asked only where `asks`, at the turns of the clock: answers must not breed questions without an end. What only time
    changes is looked at there, too.
    """
    if turn.state.ended is not None:
        return
    _begin_right(turn)
    _keep_within(turn)
    if asks:
        _times(turn)
    for index in range(len(turn.state.legs)):
        if _trade(turn, index):
            break
    else:
        _protect(turn)
    _cancels(turn)
    if asks:
        _look(turn)
        _dead_man(turn)
        _warn(turn)
        end(turn)


def _begin_right(turn: Turn) -> None:
    """A plan is for the position it was made for."""
    for leg in turn.state.legs:
        moved = not leg.work and leg.held is not None and leg.held != leg.leg.start and not leg.foreign
        if moved and not turn.state.replan:
            turn.note(
                replan=f"{leg.leg.name}: {leg.held} units are held, the plan was made for {leg.leg.start}"
            )


def _times(turn: Turn) -> None:
    """What the clock changes: a deadline passed, a grace used up, a leg that fell out."""
    state = turn.state
    for index, leg in enumerate(state.legs):
        style = leg.leg.style
        over = state.at >= deadline(state, leg) and leg.done != leg.leg.planned
        leaves = style.at_deadline == "leave" or (style.at_deadline == "unwind" and _unbegun(state))
        if over and leaves and not leg.blocked and not state.unwinding:
            turn.leg(index, blocked="its time is up")
        unwinds = style.at_deadline == "unwind" and (over or leg.blocked) and any(x.done for x in state.legs)
        if unwinds and not turn.state.unwinding:
            turn.note(unwinding=True)
            for place in range(len(state.legs)):
                turn.leg(place, blocked="")
    late = all(state.at >= deadline(state, leg) + state.programme.rules.grace_ms for leg in state.legs)
    if late and not state.given_up:
        turn.note(given_up=True)


def _unbegun(state: ExecutionState) -> bool:
    """Whether nothing was traded of a plan with options: what was not begun in time is left, and needs no undoing."""
    return covers(state) and not any(leg.done or leg.open_work for leg in state.legs)


def _trade(turn: Turn, index: int) -> bool:
    """Send the leg's next order, if it may go; True where one went."""
    state = turn.state
    leg = state.legs[index]
    if state.given_up or leg.blocked or not settled(state, leg) or not _patient(turn, leg):
        return False
    wanted = wish(state, index)
    if wanted is None:
        return False
    intent, attempt = _name(turn, index, wanted.purpose)
    if attempt >= state.programme.rules.attempts:
        why = leg.work[-1].why or "the venue does not take the order"
        turn.leg(index, blocked=why)
        turn.alarm("critical", f"{leg.leg.name} cannot be traded", why)
        return False
    order = wanted.order(leg.leg, client_id(state.programme.account, intent, attempt))
    if why_not(state, index, order):
        return False
    _send(turn, index, order, wanted, (intent, attempt))
    return True


def _patient(turn: Turn, leg: LegState) -> bool:
    """True where neither a refusal nor the pace of slices asks to wait."""
    last = next((w for w in reversed(leg.work) if w.purpose != "protect"), None)
    if last is None:
        return True
    if last.state in {OrderState.REFUSED, OrderState.ABSENT} and not last.filled:
        return turn.at >= last.sent_at + turn.state.programme.rules.again_ms
    hurried = turn.state.unwinding or turn.at >= deadline(turn.state, leg)
    return hurried or turn.at >= last.sent_at + leg.leg.style.gap_ms


def _name(turn: Turn, index: int, purpose: Purpose) -> tuple[str, int]:
    """Return the intent's name and the number of the attempt, which rises only where the last is known not to exist."""
    done = [w for w in turn.state.legs[index].work if w.purpose == purpose]
    plan = turn.state.programme.plan
    if done and done[-1].state in {OrderState.REFUSED, OrderState.ABSENT} and not done[-1].filled:
        last = done[-1]
        limit = turn.state.programme.rules.attempts
        return last.intent, last.attempt + 1 if last.again else limit
    return intent_of(plan, index, len({w.intent for w in done}), purpose), 0


def _send(turn: Turn, index: int, order: Order, wanted: Wish, name: tuple[str, int]) -> None:
    leg = turn.state.legs[index]
    intent, attempt = name
    work = Work(order, intent, attempt, wanted.purpose, wanted.part, OrderState.WRITTEN, turn.at)
    keep_plan(turn.state, index, work)
    turn.leg(index, work=(*leg.work, work))
    turn.wrote()
    turn.commands.insert(0, Send(order, index, wanted.purpose))


def _protect(turn: Turn) -> None:
    """Put a stop behind every leg that is done, and see with our own eyes that it stands."""
    state = turn.state
    for index, leg in enumerate(state.legs):
        stop = leg.stop
        if not leg.leg.guarded or state.unwinding or not finished(turn, index) or not leg.done:
            continue
        if stop is not None and (stop.state not in {OrderState.REFUSED, OrderState.ABSENT} or stop.filled):
            continue
        intent, attempt = _name(turn, index, "protect")
        order = _stop_order(leg, client_id(state.programme.account, intent, attempt))
        if order is None or attempt >= state.programme.rules.attempts:
            turn.alarm("critical", f"{leg.leg.name} has no stop", stop.why if stop else "it cannot be placed")
        elif (stop is None or turn.at >= stop.sent_at + state.programme.rules.again_ms) and not why_not(
            state, index, order, protects=True
        ):
            _send(turn, index, order, Wish(order.quantity, "protect", 0, reduce_only=True), (intent, attempt))
            return


def _stop_order(leg: LegState, name: str) -> Order | None:
    price = None if leg.quote is None else reference(leg.quote)
    done, held = leg.done, leg.held or _ZERO
    if price is None or held * done <= 0 or abs(done) > abs(held):
        return None
    trigger = leg.leg.stop_at
    if trigger is None:
        away = leg.leg.stop or _ZERO
        trigger = round_to_tick(price * (1 - away if done > 0 else 1 + away), leg.leg.instrument.tick)
    elif (
        trigger - price
    ) * done >= 0:  # the price is beyond it already: it would close at once what was just opened
        return None
    return Order(name, leg.leg.instrument, -done, reduce_only=True, stop=trigger) if trigger > 0 else None


def _cancels(turn: Turn) -> None:
    state = turn.state
    for index, leg in enumerate(state.legs):
        for work in leg.open_work:
            due = turn.at >= (work.cancelled_at or NEVER) + _HAIR
            if due and turn.may_write() and _unwanted(turn, leg, work):
                turn.work(index, work, work._replace(cancelled_at=turn.at, asked_at=NEVER))
                turn.wrote()
                turn.commands.append(Cancel(work.order))


def _unwanted(turn: Turn, leg: LegState, work: Work) -> bool:
    """True for a live order that should not be: trading stopped, its time is up, or the price has left it behind."""
    state = turn.state
    if work.state is OrderState.WRITTEN:
        return False
    if state.frozen or state.replan or (state.halted and not work.order.reduce_only):
        return True
    if state.given_up or leg.blocked or (state.unwinding and work.purpose != "unwind"):
        return True
    if work.purpose == "trade" and turn.at >= deadline(state, leg):
        return True
    rests = work.order.kind == "post_only" and turn.at >= work.sent_at + leg.leg.style.chase_ms
    return rests and _left_behind(turn, leg, work)


def _left_behind(turn: Turn, leg: LegState, work: Work) -> bool:
    """Return whether the best price of its side is another than the order's; unknown prices leave it where it is."""
    if leg.quote is None or not priced(turn, leg):
        return False
    best = leg.quote.bid if work.order.quantity > 0 else leg.quote.ask
    return best is not None and round_to_tick(best, leg.leg.instrument.tick) != work.order.price


def _look(turn: Turn) -> None:
    state, rules = turn.state, turn.state.programme.rules
    if (
        state.skew is None
        or turn.at >= state.skew_at + rules.skew_for_ms // 2
        or abs(state.skew) > rules.skew_ms
    ):
        _ask(turn, "time", 5 * rules.look_ms, Look("time"))
    if min(leg.quote_at for leg in state.legs) <= turn.at - rules.look_ms:
        _ask(turn, "prices", rules.look_ms, Look("prices"))
    _look_at_positions(turn)
    for index, leg in enumerate(turn.state.legs):
        if leg.modes != "right":
            _look_at_modes(turn, index)
        _look_at_fills(turn, index)
        _ask(turn, f"orders {index}", 30 * rules.look_ms, Look("orders", leg.leg.instrument))
        for work in leg.work:
            _look_at_order(turn, index, work)


def _ask(turn: Turn, question: str, every_ms: int, look: Look) -> None:
    if turn.due(question, every_ms):
        turn.commands.append(look)


def _look_at_positions(turn: Turn) -> None:
    legs, rules = turn.state.legs, turn.state.programme.rules
    unsure = any(
        leg.held is None
        or (not settled(turn.state, leg) and not leg.open_work and turn.at >= leg.changed_at + rules.quiet_ms)
        for leg in legs
    )
    old = min(leg.held_at for leg in legs) <= turn.at - rules.position_ms // 3
    if unsure or old:
        _ask(turn, "positions", rules.look_ms if unsure else 2 * rules.look_ms, Look("positions"))


def _look_at_modes(turn: Turn, index: int) -> None:
    leg = turn.state.legs[index]
    contract = leg.leg.instrument
    flat = leg.held == _ZERO and not leg.work
    if leg.modes == "unknown":
        _ask(turn, f"modes {index}", 2 * turn.state.programme.rules.look_ms, Look("modes", contract))
    elif (
        flat
        and not leg.blocked
        and turn.may_write()
        and turn.due(f"configure {index}", 10 * turn.state.programme.rules.look_ms)
    ):
        turn.wrote()
        turn.commands.append(Configure(contract, leg.leg.wanted))
    elif leg.held is not None and not flat and not leg.blocked:
        why = "the account's modes are not as asked for, and can only be set while flat"
        turn.leg(index, blocked=why)
        turn.alarm("critical", f"{leg.leg.name} cannot be traded", why)


def _look_at_fills(turn: Turn, index: int) -> None:
    leg, rules = turn.state.legs[index], turn.state.programme.rules
    missing = leg.off is not None or bool(leg.orphans) or any(w.counted != w.filled for w in leg.work)
    if missing or leg.open_work or leg.fills_at < leg.changed_at:
        every = 2 * rules.look_ms if missing or not leg.open_work else 10 * rules.look_ms
        since = turn.state.programme.at - rules.settle_ms
        _ask(turn, f"fills {index}", every, Look("fills", leg.leg.instrument, since))


def _look_at_order(turn: Turn, index: int, work: Work) -> None:
    if not work.is_open or work.state is OrderState.WRITTEN:
        return
    rules = turn.state.programme.rules
    resting = work.order.kind != "market" or work.seen_at > NEVER
    calm = resting and work.state is not OrderState.UNKNOWN and work.cancelled_at is None
    # A venue that said "not now" is not asked every second whether it meant it.
    every = 3 * rules.look_ms if calm or work.again else rules.look_ms
    if work.purpose == "protect" and work.seen_at > NEVER:
        every = 10 * rules.look_ms
    if turn.at >= work.asked_at + every:
        turn.work(index, work, work._replace(asked_at=turn.at))
        turn.commands.append(Query(work.order, turn.state.programme.at - rules.settle_ms))


def _dead_man(turn: Turn) -> None:
    """While orders rest, let the venue cancel them should we fall silent; never while a stop must stand."""
    state, seconds = turn.state, turn.state.programme.rules.dead_man_s
    resting = any(w.order.kind != "market" for leg in state.legs for w in leg.open_work)
    stops = any(leg.stop is not None and leg.stop.is_open for leg in state.legs)
    wanted = seconds if resting and not stops else 0
    if state.dead_man is False or (not wanted and not state.dead_man_s):
        return
    due = wanted != state.dead_man_s or turn.at >= state.dead_man_at + seconds * 1000 // 3
    # A switch that is not answered must not use up the writes that orders need.
    if due and turn.may_write() and turn.due(f"dead man {wanted}", 5 * turn.state.programme.rules.look_ms):
        turn.wrote()
        turn.commands.append(DeadMan(wanted))


def _warn(turn: Turn) -> None:
    state, rules = turn.state, turn.state.programme.rules
    for leg in state.legs:
        since = max(leg.quote_at, state.programme.at, state.since)
        if turn.at >= since + 3 * rules.price_ms:
            turn.alarm("warning", f"{leg.leg.name} has no price", f"none since {_time_of_day(since)}")
        _warn_of_unknown(turn, leg)
        stop = leg.stop
        unseen = stop is not None and stop.is_open and stop.seen_at == NEVER
        if unseen and stop is not None and turn.at >= stop.sent_at + rules.stop_ms:
            turn.alarm(
                "critical", f"{leg.leg.name} has no stop", f"{stop.order.client_id} was not seen at the venue"
            )


def _time_of_day(at: int) -> str:
    """Return the time of day of milliseconds of UTC, in words."""
    minutes, seconds = divmod(at // 1_000 % 86_400, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d} UTC"


def _warn_of_unknown(turn: Turn, leg: LegState) -> None:
    """Evidence alone settles an order, and somebody has to know when it does not come."""
    for work in leg.open_work:
        if (
            work.state is OrderState.UNKNOWN
            and turn.at >= work.sent_at + _LONG * turn.state.programme.rules.settle_ms
        ):
            said = f"{leg.leg.name}: {work.order.client_id}, {work.why}"
            turn.alarm("critical", "the outcome of an order is not known", said)


def _keep_within(turn: Turn) -> None:
    """More than planned can only come of a venue that lied about an order; then nothing more is sent."""
    for leg in turn.state.legs:
        if not leg.work:
            continue
        total = leg.done + leg.live
        if abs(total) > abs(leg.leg.planned) or total * leg.leg.planned < 0:
            turn.freeze(f"{leg.leg.name}: {total} units done or live of {leg.leg.planned} planned")
