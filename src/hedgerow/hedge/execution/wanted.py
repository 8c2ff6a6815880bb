"""What a leg should trade next: how much, by which order, and every reason why not now."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hedgerow.hedge.execution.checks import price_fault, reference, smallest, too_small
from hedgerow.hedge.execution.options import quote_limit, uncovers
from hedgerow.hedge.execution.programme import ProgrammeLeg, Purpose
from hedgerow.hedge.execution.state import ExecutionState, LegState, settled
from hedgerow.model.amounts import Rounding, round_to_tick, to_lots
from hedgerow.model.option_contracts import is_option
from hedgerow.model.orders import Order, OrderKind, OrderState, lot_units, units_of

__all__ = ["Wish", "deadline", "led", "settled", "why_not", "wish"]

_ZERO = Decimal(0)
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Wish:
    """An order as it should be, without its id."""

    quantity: Decimal
    purpose: Purpose
    part: int
    reduce_only: bool
    kind: OrderKind = "market"
    price: Decimal | None = None

    def order(self, leg: ProgrammeLeg, client_id: str) -> Order:
        """Return the order under this id."""
        return Order(client_id, leg.instrument, self.quantity, self.kind, self.price, self.reduce_only)


def deadline(state: ExecutionState, leg: LegState) -> int:
    """Return the instant at which the leg's time is up."""
    return state.programme.at + leg.leg.style.deadline_ms


def wish(state: ExecutionState, index: int) -> Wish | None:
    """Return what the leg should trade next, None where there is nothing that can be traded."""
    leg = state.legs[index]
    if leg.blocked or leg.quote is None or price_fault(leg.quote, state.programme.rules, leg.leg.instrument):
        return None
    if state.unwinding:
        return _undo(state, index)
    return _onward(state, index)


def _undo(state: ExecutionState, index: int) -> Wish | None:
    leg = state.legs[index]
    done, held = leg.done, leg.held
    if not done or held is None:
        return None
    reduces = held * done > 0 and abs(done) <= abs(held)
    quantity = _at_most(leg, _piece(leg, -done, state.programme.ahead))
    small = too_small(leg.leg.instrument, quantity, _price(leg), reduce_only=reduces)
    if small or _too_far_apart(state, index, quantity) or uncovers(state, index):
        return None
    return Wish(quantity, "unwind", 0, reduces)


def _piece(leg: LegState, quantity: Decimal, ahead: Decimal | None) -> Decimal:
    """Return what one order undoes: all of it, or half of what a leg may be ahead, if that leaves no rest too small to trade."""
    if ahead is None:
        return quantity
    piece = to_lots(abs(leg.leg.planned) * ahead / 2, lot_units(leg.leg.instrument), "toward_zero")
    rest = abs(quantity) - piece
    if rest <= 0 or too_small(leg.leg.instrument, rest, _price(leg)):
        return quantity
    return piece.copy_sign(quantity)


def _too_far_apart(state: ExecutionState, index: int, quantity: Decimal) -> bool:
    """Return whether an order would bring a leg further ahead of those after it, or behind another, than is allowed."""
    ahead, leg = state.programme.ahead, state.legs[index]
    if ahead is None:
        return False
    then = (leg.done + quantity) / leg.leg.planned
    if state.unwinding:
        others = (*state.legs[:index], *state.legs[index + 1 :])
        return max((each.done / each.leg.planned for each in others), default=then) - then > ahead
    after = state.legs[index + 1 :]
    return then - min((each.done / each.leg.planned for each in after), default=then) > ahead


def _onward(state: ExecutionState, index: int) -> Wish | None:
    leg = state.legs[index]
    style, late = leg.leg.style, state.at >= deadline(state, leg)
    allowed = _allowed(state, index)
    room = allowed - leg.done
    if not room or room * leg.leg.planned < 0:
        return None
    found = _next_part(leg, room, whole=late and state.programme.ahead is None)
    if found is None or _too_far_apart(state, index, found[0]):
        return None
    quantity, part, reduce_only, canary = found
    if allowed != leg.leg.planned and not canary and not led(state, index):
        quantity = _without_crumbs(leg, quantity, reduce_only=reduce_only)
        if not quantity:
            return None
    if late:
        return Wish(quantity, "finish", part, reduce_only)
    if is_option(leg.leg.instrument) and (canary or style.kind == "market"):
        at = quote_limit(leg)
        return None if at is None else Wish(quantity, "trade", part, reduce_only, "limit", at)
    price = _limit(leg)
    return Wish(
        quantity,
        "trade",
        part,
        reduce_only,
        "market" if canary else style.kind,
        None if canary else price,
    )


def _allowed(state: ExecutionState, index: int) -> Decimal:
    """Return how much of the leg may be traded: no larger share than the legs before it have of theirs."""
    leg = state.legs[index].leg
    share = min((before.done / before.leg.planned for before in state.legs[:index]), default=_ONE)
    if share >= _ONE:
        return leg.planned
    rounding: Rounding = "toward_zero" if is_option(leg.instrument) else "nearest"
    return to_lots(leg.planned * max(share, _ZERO), lot_units(leg.instrument), rounding)


def led(state: ExecutionState, index: int) -> bool:
    """Return whether the legs before go no further: each is blocked or has nothing left, or half of the grace is used up."""
    if state.at >= deadline(state, state.legs[index]) + state.programme.rules.grace_ms // 2:
        return True
    return all(_over(state, before) for before in range(index))


def _over(state: ExecutionState, index: int) -> bool:
    leg = state.legs[index]
    if leg.blocked:
        return True
    known = settled(state, leg) and not price_fault(leg.quote, state.programme.rules, leg.leg.instrument)
    return known and wish(state, index) is None


def _without_crumbs(leg: LegState, quantity: Decimal, *, reduce_only: bool) -> Decimal:
    """Return so much of an order that what it leaves can be traded when the legs before have gone on; 0: wait for them."""
    least = smallest(leg.leg.instrument, _price(leg), reduce_only=reduce_only)
    missing = least - abs(leg.leg.planned - leg.done - quantity)
    if missing <= 0:
        return quantity
    smaller = abs(quantity) - missing
    return smaller.copy_sign(quantity) if smaller >= least else _ZERO


def _next_part(leg: LegState, room: Decimal, *, whole: bool) -> tuple[Decimal, int, bool, bool] | None:
    """Return (quantity, part, reduce_only, canary): the rest of the part at hand, joined with the next while too small."""
    total, done = _ZERO, leg.done
    reduce_only, first = True, None
    for number, part in enumerate(leg.leg.parts):
        total += part.quantity
        if abs(total) <= abs(done):
            continue
        first = number if first is None else first
        reduce_only = reduce_only and part.reduce_only
        joins = whole and not part.canary and number + 1 < len(leg.leg.parts)
        if joins and leg.leg.parts[number + 1].reduce_only is part.reduce_only:
            continue
        quantity = _at_most(leg, min(total - done, room, key=abs))
        if not too_small(leg.leg.instrument, quantity, _price(leg), reduce_only=reduce_only):
            return quantity, first, reduce_only, part.canary
    return None


def _at_most(leg: LegState, quantity: Decimal) -> Decimal:
    """Return `quantity`, or the largest order that the venue takes."""
    most = leg.leg.instrument.max_contracts
    if most is None:
        return quantity
    largest = to_lots(units_of(leg.leg.instrument, most), lot_units(leg.leg.instrument), "toward_zero")
    return min(quantity, largest.copy_sign(quantity), key=abs)


def _price(leg: LegState) -> Decimal:
    price = None if leg.quote is None else reference(leg.quote)
    return _ZERO if price is None else price


def _limit(leg: LegState) -> Decimal | None:
    """Return the price of a resting order: its own, or the best on its side."""
    style, quote = leg.leg.style, leg.quote
    if style.kind == "limit":
        return style.price
    if style.kind == "market" or quote is None:
        return None
    best = quote.bid if leg.leg.planned > 0 else quote.ask
    return None if best is None else round_to_tick(best, leg.leg.instrument.tick)


def why_not(state: ExecutionState, index: int, order: Order, *, protects: bool = False) -> tuple[str, ...]:
    """Return every reason why `order` must not leave now; what protects is kept from fewer of them."""
    leg, rules, now = state.legs[index], state.programme.rules, state.at
    budget = rules.writes if order.reduce_only else rules.writes * (1 - rules.kept)
    reasons = [
        (leg.quote_at < now - rules.price_ms, "the price is old"),
        (leg.held_at < now - rules.position_ms, "the position is old"),
        (state.skew is None or state.skew_at < now - rules.skew_for_ms, "the venue's clock is not known"),
        (abs(state.skew or 0) > rules.skew_ms, "the clocks differ"),
        (leg.modes != "right", "the account's modes are not as they must be"),
        (leg.units == "wrong", "the venue counts in other units"),
        (leg.units == "unknown" and bool(leg.held), "the units of the position are not verified"),
        (state.recent >= budget, "this minute's writes are used up"),
        (bool(state.frozen), state.frozen),
        (bool(state.replan) and not protects, state.replan),
        (bool(state.halted) and not order.reduce_only, f"halted: {state.halted}"),
        (order.reduce_only and not _reduces(leg, order), "it would not reduce the position"),
        (any(w.state is OrderState.UNKNOWN for w in leg.work), "the outcome of an order is unknown"),
    ]
    return tuple(why for holds, why in reasons if holds)


def _reduces(leg: LegState, order: Order) -> bool:
    held = leg.held or _ZERO
    return held * order.quantity < 0 and abs(order.quantity) <= abs(held)
