"""Step 5: a plan that was kept is traded, on paper or with real money, and measured again with what is held then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hedgerow.app.achieved import Scene, achieved
from hedgerow.app.books import is_account
from hedgerow.app.dealing import PAPER_ACCOUNT, Dealing, dealing, wall_ms
from hedgerow.app.desk import Report, market_of, open_desk
from hedgerow.app.live import (
    Confirm,
    live_dealing,
    live_plan,
    reached,
    venue_named_by,
)
from hedgerow.app.offers import as_shown, begun_in, offer_of
from hedgerow.app.plans import (
    Mode,
    Place,
    basis_of,
    counted_by,
    freshness_of,
    is_same_book,
    legs_of,
    place_of,
    planned,
    question_of,
    same_book,
    same_holdings,
)
from hedgerow.app.styles import NO_PRICES, Manner, Prices, known_of, manner_of
from hedgerow.app.venues import money_of
from hedgerow.app.whose import given_back, owner_of_plan, taken_for
from hedgerow.config import Settings, TradeSettings
from hedgerow.hedge.execution import ANY_MODES, ExecutionState, Ticketed
from hedgerow.hedge.plan import Refusal
from hedgerow.hedge.staleness import Basis, Freshness
from hedgerow.model.errors import BadConfig, BadInput, Halted, HedgerowError, UsageError
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.ports import AccountModes, Level
from hedgerow.model.trades import BetaMoved, LegTraded, Offer, Traded, TradeLine
from hedgerow.runs.executor import Executor
from hedgerow.runs.listening import listened
from hedgerow.runs.reconcile import Doors
from hedgerow.runs.story import Aloud, story_of
from hedgerow.runs.trading import Asked, Carried, called_back, carried, unfinished
from hedgerow.store.documents import stems_in
from hedgerow.store.halts import halts_of
from hedgerow.store.plans import KeptPlan, plan_of

__all__ = ["FLATTEN", "ROLL", "Hand", "Refused", "Tell", "trade"]

FLATTEN = "flatten"
"""What plans are called that close positions."""
OPTIONS = "options"
"""What plans are called that hold options: all of their legs are traded, or none."""
ROLL = "roll"
"""What plans are called that close one contract and open another instead."""
Tell = Callable[[TradeLine], None]


@dataclass(frozen=True, slots=True)
class Refused:
    """A plan that may not be traded as it is, and every reason."""

    plan_id: str
    refusals: tuple[Refusal, ...]


@dataclass(slots=True)
class _Told:
    """A notifier that remembers what it was told; the journal holds it too."""

    lines: list[str] = field(default_factory=list)

    def notify(self, level: Level, title: str, text: str) -> None:
        """Remember a message."""
        self.lines.append(f"{level}: {title}: {text}")


def _nobody(offer: Offer) -> None:
    raise UsageError(f"nobody said yes to trading {offer.account} with real money: nothing was sent")


def trade(
    settings: Settings,
    prefix: str,
    mode: Mode,
    report: Report = lambda _: None,
    *,
    prices: Prices = NO_PRICES,
    confirm: Confirm = _nobody,
    tell: Tell | None = None,
) -> Traded | Refused:
    """Trade the plan whose id begins with `prefix`, or finish what the account's journal holds unfinished.

    `prices` are those of a limit order and of a stop. With real money `confirm` is shown what is about to be sent, and raises where the
    answer is no. `tell` is given each line of the transcript soon after it is in the journal. Raises what finding a plan, holding an account and executing raise, `UsageError` for a style that means
    nothing, and what the gates of `app.live` raise.
    """
    if mode == "live":
        return _trade_live(settings, prefix, report, prices, confirm, tell)
    plan, place = _on_paper(settings, prefix), place_of(settings, mode)
    question = question_of(plan, settings)
    manner = manner_of(_all_or_none(plan, settings.trade), prices, len(legs_of(plan)))
    fresh = begun_in(place, PAPER_ACCOUNT) is None
    if fresh:
        same_book(plan)
    report("reading prices")
    scene, contracts = _scene(plan, question, report, fresh=fresh)
    if fresh and scene.desk is not None:
        same_holdings(plan, scene.desk.book)
    if scene.market is None:
        raise BadInput("the plan's prices cannot be read")
    with dealing(place, scene.market, contracts, question) as at:
        report("trading" if fresh else "finishing what was begun")
        return Hand(plan, question, at, scene, manner, known_of(scene.market, contracts), tell).trade(mode)


def _trade_live(
    settings: Settings,
    prefix: str,
    report: Report,
    prices: Prices,
    confirm: Confirm,
    tell: Tell | None,
) -> Traded | Refused:
    """Open every gate, ask, and trade."""
    plan, venue = live_plan(settings, prefix)
    place, question = place_of(settings, "live"), question_of(plan, settings)
    manner = manner_of(_all_or_none(plan, settings.trade), prices, len(legs_of(plan)))
    report("asking the venue what the key may do")
    there = reached(settings, venue)
    begun = begun_in(place, there.account)
    if begun is None:
        same_book(plan)
        _not_halted(place, there.account)
    confirm(offer_of(settings, plan, there, manner.said, begun))
    report("reading prices")
    try:
        scene, contracts = _scene(plan, question, report, fresh=begun is None)
    except HedgerowError:
        if begun is None:
            raise
        scene, contracts = Scene(None), ()  # what was begun is finished whatever became of the lake
    if begun is None and scene.desk is not None:
        same_holdings(plan, scene.desk.book)
    with live_dealing(settings, place, there, _to_send(plan, begun)) as at:
        as_shown(at.journal, there.account, None if begun is None else begun.programme)
        report("trading" if begun is None else "finishing what was begun")
        return Hand(plan, question, at, scene, manner, known_of(scene.market, contracts), tell).trade("live")


def _to_send(plan: KeptPlan, begun: ExecutionState | None) -> tuple[str, ...]:
    """Return the contracts, by name, whose units have to agree before anything is sent."""
    return tuple(plan.held) if begun is None else tuple(leg.leg.name for leg in begun.legs)


def _not_halted(place: Place, account: str) -> None:
    halts = halts_of(place.journal)
    why = halts.why(account)
    if why is not None:
        raise Halted(f"{account} is halted: {why}", advice=halts.lifting(account))


def _on_paper(settings: Settings, prefix: str) -> KeptPlan:
    """Return a plan for paper; one that is for real money only is named."""
    try:
        return planned(settings, "paper", prefix)
    except UsageError:
        other = planned(settings, "live", prefix) if stems_in(place_of(settings, "live").plans) else None
        if other is None:
            raise
        raise BadConfig(
            f"plan {other.plan_id[:12]} is on contracts of {venue_named_by(other)}, which are traded with real money only",
            advice="Add --live, or plan without `live = true` to trade it on paper.",
        ) from None


@dataclass(frozen=True, slots=True)
class Hand:
    """A plan at an account."""

    plan: KeptPlan
    settings: Settings
    at: Dealing
    scene: Scene
    manner: Manner
    known: Mapping[str, tuple[float, float]]
    tell: Tell | None = None

    def trade(self, mode: Mode) -> Traded | Refused:
        """Finish what is unfinished, else begin, and tell it from the journal."""
        told, at = _Told(), self.at
        fresh = unfinished(at.journal, at.account) is None
        if fresh and self.plan.kind != FLATTEN:  # begun and halted, it would be a plan used up
            _not_halted(place_of(self.settings, mode), at.account)
        place, whose = place_of(self.settings, mode), owner_of_plan(self.plan)
        before = taken_for(place, at, whose, counted_by(self.plan)) if fresh and whose else whose
        credited = at.provide(self.plan.capital) if fresh else {}
        aloud = Aloud(at.clock, at.journal, at.account, self.tell)
        try:
            found = at.ask(lambda doors: self._carried(doors, Executor(doors, at.journal, aloud, told), mode))
        except UsageError:  # traded before: nothing was begun
            at.take_back(credited)
            given_back(place, at, before, whose)
            raise
        aloud.say()
        if found.done is None:
            at.take_back(credited)
            given_back(place, at, before, whose)
            return Refused(plan_of(found.plan), found.refusals)
        if (
            self.plan.kind == ROLL and found.done.outcome == "complete"
        ):  # no stop of ours waits behind what is closed
            at.ask(lambda doors: called_back(doors, at.journal, at.account, at.clock))
        story = story_of(at.journal.read(at.account), found.plan)
        held = found.held or {}
        legs = tuple(replace(leg, held=held.get(leg.instrument.name)) for leg in story.legs)
        outcome, reason = found.done.outcome, found.done.why
        if found.plan.startswith(FLATTEN) and all(leg.held == 0 for leg in legs):
            outcome, reason = "complete", ""  # under a halt, what is over is called halted, closed or not
        name = plan_of(found.plan)
        return Traded(
            name,
            mode,
            at.account,
            outcome,
            reason,
            found.recovered,
            story.lines,
            legs,
            credited,
            self._beta(legs) if name == self.plan.plan_id else None,
            tuple(told.lines),
            "" if self.plan.kind == FLATTEN else self.plan.plan_id,
            found.done.exposed_ms,
            "paper" if mode == "paper" else money_of(self.settings, at.account.partition(":")[0]),
        )

    def _carried(self, doors: Doors, executor: Executor, mode: Mode) -> Awaitable[Carried]:
        """Carry the plan out; at a real venue the account's stream is listened to beside it."""
        work = carried(executor, doors, self.at.journal, self.at.lease, self._asked())
        return listened(executor, doors, work) if mode == "live" else work

    def _asked(self) -> Asked:
        leverage = Decimal(str(self.settings.trade.leverage))
        ticket = Ticketed(
            self.plan.plan_id if self.plan.kind == FLATTEN else self.plan.turn,
            self.at.account,
            self.at.clock.now(),
            self.manner.style,
            self.manner.pace,
            AccountModes(hedge=False, margin_mode="cross", leverage=leverage),
            self.manner.stop,
            self.manner.stop_at,
            ahead=_ahead(self.plan),
        )
        if self.plan.kind == FLATTEN:
            closing = {name: Decimal(count) for name, count in self.plan.held.items()}
            return Asked(
                replace(ticket, wanted=ANY_MODES), closing, Basis(wall_ms(), {}, {}), Freshness(), wall_ms()
            )
        contracts = {
            f"{leg['venue']}:{leg['instrument']}": Decimal(leg["contracts_exact"])
            * (1 if leg["side"] == "buy" else -1)
            for leg in legs_of(self.plan)
        }
        basis, fresh = basis_of(self.plan), freshness_of(self.settings)
        return Asked(ticket, contracts, basis, fresh, wall_ms(), self.known, counted_by(self.plan))

    def _beta(self, legs: Sequence[LegTraded]) -> BetaMoved | None:
        """Measure again with what is held now; None where it is not known: what was traded is told all the same."""
        try:
            return achieved(self.plan, self.settings, self.scene, legs)
        except HedgerowError:
            return None


def _ahead(plan: KeptPlan) -> Decimal | None:
    """By how much of it one leg of a roll may be ahead of the other; None: nothing was said."""
    told = plan.document.get("ahead") if plan.kind == ROLL else None
    return None if told is None else Decimal(str(told))


def _scene(
    plan: KeptPlan, settings: Settings, report: Report, *, fresh: bool
) -> tuple[Scene, tuple[Instrument, ...]]:
    """Return what the plan is measured on, and its contracts as its market has them.

    What was begun is finished without asking an account what it holds.
    """
    from hedgerow.app.contracts import contracts_of as contracts_in
    from hedgerow.app.contracts import dated_of, live_market, priced_now

    if plan.book is not None and is_same_book(plan) and (fresh or not is_account(plan.book["path"])):
        desk = open_desk(settings, plan.book["path"], report)
        market, options = _with_options(plan, settings, desk.hedge_market)
        return Scene(market, desk), (*options, *_of_plan(desk.catalogue, plan))
    market, _ = market_of(settings.data, settings.hedge.factor, settings.data.source)
    rolls = plan.kind == ROLL
    found = dated_of(settings, market, live_market(settings)) if rolls else contracts_in(settings, market)
    market, options = _with_options(plan, settings, market)
    mine = _of_plan(found, plan)
    return Scene(priced_now(settings, market, found, {one.underlying for one in mine})), (*options, *mine)


def _with_options(
    plan: KeptPlan, settings: Settings, market: Market
) -> tuple[Market, tuple[Instrument, ...]]:
    """The market with the chain of a plan's options, and those as contracts."""
    if plan.kind != OPTIONS:
        return market, ()
    from hedgerow.app.option_plans import option_scene

    return option_scene(plan, settings, market)


def _all_or_none(plan: KeptPlan, told: TradeSettings) -> TradeSettings:
    """Options are never crossed at the end of their time: what could not be traded whole is undone, of one leg the rest is left."""
    if plan.kind != OPTIONS:
        return told
    return replace(told, at_deadline="undo" if len(legs_of(plan)) > 1 else "stop")


def _of_plan(contracts: Sequence[Instrument], plan: KeptPlan) -> tuple[Instrument, ...]:
    return tuple(each for each in contracts if each.name in plan.held)
