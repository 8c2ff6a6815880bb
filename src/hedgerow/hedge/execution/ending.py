"""How a programme ends: when nothing is live or unknown, what was done is read back, and every stop was seen."""

from __future__ import annotations

from hedgerow.hedge.execution.checks import price_fault
from hedgerow.hedge.execution.messages import Alarm, Done, Outcome
from hedgerow.hedge.execution.state import NEVER, LegState, Turn
from hedgerow.hedge.execution.wanted import led, settled, wish

__all__ = ["end", "finished", "priced"]


def finished(turn: Turn, index: int) -> bool:
    """Return whether a leg has nothing left that can be traded, as far as prices and the legs before it tell."""
    leg = turn.state.legs[index]
    if turn.state.unwinding and not leg.done and settled(turn.state, leg):
        return True  # there is nothing to undo, whatever its price
    over = not leg.blocked and settled(turn.state, leg) and priced(turn, leg)
    return over and wish(turn.state, index) is None and led(turn.state, index)


def priced(turn: Turn, leg: LegState) -> bool:
    """Return whether there are prices to decide on; without them nothing is wished for, and nothing is finished."""
    return not price_fault(leg.quote, turn.state.programme.rules, leg.leg.instrument)


def end(turn: Turn) -> None:
    """End the programme, where it is over."""
    state = turn.state
    unknown = any(
        w.is_open and (w.purpose != "protect" or w.seen_at == NEVER) for leg in state.legs for w in leg.work
    )
    if unknown:
        return
    ended = _stopped(turn) or _completed(turn)
    if ended is None:
        return
    if state.dead_man_s and state.dead_man:
        return
    outcome, why = ended
    done = Done(outcome, why, state.exposed_ms)
    # Nothing more is asked or set for a plan that is over: answers would come to nobody.
    turn.commands[:] = [command for command in turn.commands if isinstance(command, Alarm)]
    if outcome not in {"complete", "halted"}:
        turn.alarm(
            "critical" if outcome in {"frozen", "partial"} else "warning", f"the plan ended {outcome}", why
        )
    turn.note(ended=done)
    turn.commands.append(done)


def _stopped(turn: Turn) -> tuple[Outcome, str] | None:
    state = turn.state
    if state.frozen:
        return "frozen", state.frozen
    if not all(settled(state, leg) or not leg.work for leg in state.legs):
        return None
    if state.replan:
        return "replan", state.replan
    reducing = any(
        (wanted := wish(state, i)) is not None and wanted.reduce_only for i in range(len(state.legs))
    )
    seen = all(priced(turn, leg) and leg.held is not None for leg in state.legs)
    if state.halted and seen and not reducing:
        return "halted", state.halted
    if state.given_up:
        return "partial", "its time and its grace are up"
    return None


def _completed(turn: Turn) -> tuple[Outcome, str] | None:
    state = turn.state
    legs = state.legs
    if any(not settled(state, leg) or any(w.counted != w.filled for w in leg.work) for leg in legs):
        return _refused_before_anything(turn)
    over = all(leg.blocked or finished(turn, i) for i, leg in enumerate(legs))
    return _verdict(turn) if over and not any(_awaits_stop(turn, leg) for leg in legs) else None


def _verdict(turn: Turn) -> tuple[Outcome, str]:
    legs = turn.state.legs
    blocked = "; ".join(f"{leg.leg.name}: {leg.blocked}" for leg in legs if leg.blocked)
    done = any(leg.done for leg in legs)
    if turn.state.unwinding:
        return (
            ("partial", blocked or "what is left is too small to trade")
            if done
            else ("unwound", "time was up")
        )
    if all(leg.done == leg.leg.planned for leg in legs):
        return "complete", ""
    if not done:
        return "refused", blocked or "nothing of it can be traded"
    return "partial", blocked or "the rest is too small to trade"


def _refused_before_anything(turn: Turn) -> tuple[Outcome, str] | None:
    blocked = [leg for leg in turn.state.legs if leg.blocked]
    if blocked and not any(leg.work for leg in turn.state.legs):
        return "refused", "; ".join(f"{leg.leg.name}: {leg.blocked}" for leg in blocked)
    return None


def _awaits_stop(turn: Turn, leg: LegState) -> bool:
    if leg.leg.stop is None or turn.state.unwinding or leg.blocked or not leg.done:
        return False
    stop = leg.stop
    given_up = any(key.startswith(f"{leg.leg.name} has no stop: ") for key in turn.state.alarms)
    return not given_up and (stop is None or stop.seen_at == NEVER)
