"""How the watch trades: its decision as a plan of its own, by the executor, with what came of it in dollars."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from hedgerow.hedge.execution import Done, Ticketed
from hedgerow.hedge.plan import Refusal
from hedgerow.hedge.valuation import contract_price, price_of
from hedgerow.hedge.watch import TRADED_IN
from hedgerow.model.errors import (
    Halted,
    HedgerowError,
    StateUnknown,
    UnknownSymbol,
    VenueRefused,
    VenueUnreachable,
)
from hedgerow.model.instruments import Instrument
from hedgerow.model.orders import contracts_of
from hedgerow.model.ports import Clock, Lease, Level, Notifier, Store
from hedgerow.model.trades import LegTraded
from hedgerow.model.watched import Proposal
from hedgerow.runs.diary import plan_mark
from hedgerow.runs.executor import Executor
from hedgerow.runs.listening import listened
from hedgerow.runs.points import pp
from hedgerow.runs.proposing import basis_of
from hedgerow.runs.reconcile import Doors
from hedgerow.runs.story import story_of
from hedgerow.runs.tail import Tail
from hedgerow.runs.trading import Asked, carried
from hedgerow.runs.watching import Sight

if TYPE_CHECKING:
    from hedgerow.runs.monitor import Watched

__all__ = ["Dealt", "Hand", "dollars_of", "unreached"]

_Answer = TypeVar("_Answer")
_FAILURES = (StateUnknown, Halted, UnknownSymbol, VenueRefused, VenueUnreachable)
_SOON_MS = 5_000


@dataclass(frozen=True, slots=True)
class Dealt:
    """What came of a decision: its `proposal` and who approved it, `waiting` for whom, `refusals`, or what was `sent` and what it cost.

    `silent` says why the venue could not be reached, "" where it could; `declined` what it said where it refused the orders.
    `put_in` are coins of margin that a paper account was given for it; `expects_usd` what it is to cost by the plan, None: not said.
    """

    proposal: Proposal | None = None
    approved_by: str = ""
    waiting: str = ""
    refusals: tuple[Refusal, ...] = ()
    sent: bool = False
    outcome: str = ""
    legs: tuple[LegTraded, ...] = ()
    traded_usd: float = 0.0
    cost_usd: float = 0.0
    silent: str = ""
    declined: str = ""
    put_in: Mapping[str, Decimal] = field(default_factory=dict)
    expects_usd: float | None = None


@dataclass(frozen=True, slots=True)
class _OfPlan:
    """Calls what happens to a plan under its name: an alarm that stands is not told again, and this is news of another.

    What is in `told` was told when the same trade was refused before, and is not told again.
    """

    notifier: Notifier
    plan: str
    told: str = ""

    def notify(self, level: Level, title: str, text: str) -> None:
        """Pass a message on."""
        if text and text in self.told:
            return
        self.notifier.notify(level, f"{title}, plan {self.plan.removeprefix('watch-')}", text)


@dataclass(frozen=True, slots=True)
class Hand:
    """The executor as the watch uses it."""

    watched: Watched
    doors: Doors
    store: Store
    clock: Clock
    notifier: Notifier
    tail: Tail
    executor: Callable[..., Executor] = Executor

    async def finish(self, lease: Lease) -> Dealt | None:
        """Finish what a life before left unfinished, and return why that is not possible now. Else errors as `Executor.run`."""
        if not self.tail.unfinished():
            return None
        hand = self._executor(self.tail.newest)
        pp("watch.before_finish")
        try:
            await self._heard(hand, hand.run(lease.account, lease))
        except _FAILURES as why:
            return Dealt(refusals=(_refusal(why),), silent=_silence(why))
        pp("watch.finished")
        return None

    async def trade(
        self,
        asked: Proposal,
        orders: Mapping[Instrument, Decimal],
        sight: Sight,
        lease: Lease,
        ahead: Decimal | None = None,
        *,
        told: str = "",
    ) -> Dealt:
        """Trade a proposal's orders, the legs of a roll at most `ahead` of each other.

        What the venue or the journal does not allow comes back as refusals. Nobody is called again for what is in `told`.
        """
        now = self.clock.now()
        contracts = {contract.name: count for contract, count in orders.items()}
        name = f"{plan_mark(asked.name)}{now}"
        ticket = Ticketed(name, self.watched.account, now, wanted=TRADED_IN, ahead=ahead)
        wanted = Asked(ticket, contracts, basis_of(asked), self.watched.rules.freshness, now)
        hand = self._executor(name, told)
        pp("watch.before_trade")
        try:
            found = await self._heard(hand, carried(hand, self.doors, self.store, lease, wanted))
        except _FAILURES as why:
            return Dealt(asked, refusals=(_refusal(why),), sent=True, silent=_silence(why))
        pp("watch.traded")
        if found.done is None:
            return Dealt(asked, refusals=found.refusals)
        legs = story_of(self.store.read(self.watched.account, self.tail.before(found.plan)), found.plan).legs
        traded, cost = dollars_of(legs, sight)
        silent = self._hung(hand) if found.held is None else ""
        done = Dealt(
            asked,
            refusals=_short(found.done),
            sent=True,
            outcome=found.done.outcome,
            legs=legs,
            silent=silent,
            declined=_declined(hand, found.done),
        )
        return replace(done, traded_usd=traded, cost_usd=cost)

    def _hung(self, hand: Executor) -> str:
        """Why what is held could not be read back after a trade, "" where that was said at once."""
        hung = hand.state is not None and self.clock.now() - hand.state.at > _SOON_MS
        return "the venue did not say what is held after the trade" if hung else ""

    def _executor(self, plan: str, told: str = "") -> Executor:
        return self.executor(self.doors, self.store, self.clock, _OfPlan(self.notifier, plan, told))

    def _heard(self, hand: Executor, work: Awaitable[_Answer]) -> Awaitable[_Answer]:
        """Work, with the account's stream beside it where there is one: what it says are hints."""
        return listened(hand, self.doors, work) if self.watched.streams else work


def _short(done: Done) -> tuple[Refusal, ...]:
    """What the venue refused of a trade, in words; what ended it otherwise was called by who traded."""
    if done.outcome not in {"partial", "refused"}:
        return ()
    said = f"the trade ended {done.outcome}{f': {done.why}' if done.why else ''}"
    advice = "`hedgerow orders` says what the venue answered to each order"
    return (Refusal("trade", said, float("nan"), 0.0, advice),)


def _declined(hand: Executor, done: Done) -> str:
    """What the venue said to a leg that it did not take; "" where a trade ended otherwise."""
    legs = hand.state.legs if hand.state is not None else ()
    return done.why if done.outcome in {"partial", "refused"} and any(leg.blocked for leg in legs) else ""


def _refusal(why: HedgerowError) -> Refusal:
    return Refusal(type(why).__name__, why.message, float("nan"), 0.0, why.advice or "it is tried again")


def _silence(why: HedgerowError) -> str:
    return why.message if isinstance(why, VenueUnreachable) else ""


def unreached(asked: Proposal, silent: str) -> Dealt:
    """Return what comes of a decision while the venue is `silent`: nothing is begun."""
    return Dealt(asked, refusals=(_refusal(VenueUnreachable(silent)),))


def dollars_of(legs: tuple[LegTraded, ...], sight: Sight) -> tuple[float, float]:
    """Dollars traded, and what they cost: fees, and what was paid beyond the arrival price."""
    traded = cost = 0.0
    for leg in legs:
        price = contract_price(sight.hedge, leg.instrument)
        dollars = abs(float(contracts_of(leg.instrument, leg.traded)) * leg.instrument.dollar_delta(price))
        traded += dollars
        cost += float(leg.slippage or 0) * dollars
        cost += sum(float(fee) * price_of(sight.market, coin) for coin, fee in leg.fees.items())
    return traded, cost
