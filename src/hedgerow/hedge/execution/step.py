"""One event at a time: `step(state, event) -> (state', commands)`. The same in every life: live, paper, simulated, replayed."""

from __future__ import annotations

from itertools import pairwise

from hedgerow.hedge.execution.decide import decide
from hedgerow.hedge.execution.learn import learn
from hedgerow.hedge.execution.messages import Command, Event, Tick
from hedgerow.hedge.execution.state import ExecutionState, Turn

__all__ = ["replayed", "step"]


def step(state: ExecutionState, event: Event) -> tuple[ExecutionState, tuple[Command, ...]]:
    """Return the state after `event` and what is asked for. At most one order among it, and that first.

    Time never goes back: an event that is dated before the last counts as at the same instant. Raises `BrokenPromise`
    where an order would break the plan.
    """
    at = max(state.at, event.at)
    exposed = state.exposed_ms + (at - state.at if _uneven(state) else 0)
    turn = Turn(state._replace(at=at, exposed_ms=exposed))
    learn(turn, event)
    decide(turn, asks=isinstance(event, Tick))
    return turn.state, tuple(turn.commands)


def _uneven(state: ExecutionState) -> bool:
    """True while one leg is further on than another."""
    if len(state.legs) < 2:
        return False
    done = [(leg.done, leg.leg.planned) for leg in state.legs]
    return any(a * q != b * p for (a, p), (b, q) in pairwise(done))


def replayed(state: ExecutionState, events: list[Event]) -> ExecutionState:
    """Return the state that a journal's events lead to."""
    for event in events:
        state, _ = step(state, event)
    return state
