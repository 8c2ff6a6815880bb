"""Step 5: a plan that was kept is traded, on paper, and measured again with what is held then."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hedgerow.app.dealing import LEASE_MS, PAPER_ACCOUNT, Dealing, data_of, dealing, wall_ms
from hedgerow.app.desk import Desk, Report, market_of, open_desk
from hedgerow.app.plans import (
    Mode,
    Place,
    basis_of,
    freshness_of,
    is_same_book,
    legs_of,
    place_of,
    planned,
    question_of,
    same_book,
)
from hedgerow.config import Settings
from hedgerow.hedge.execution import ANY_MODES, Ticketed
from hedgerow.hedge.plan import Refusal
from hedgerow.hedge.staleness import Basis, Freshness
from hedgerow.model.errors import BadConfig, Halted
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.orders import contracts_of
from hedgerow.model.portfolio import Position, PositionKind
from hedgerow.model.ports import AccountModes, Level
from hedgerow.model.trades import BetaMoved, LegTraded, Traded
from hedgerow.runs.executor import Executor
from hedgerow.runs.ledger import ledger_of
from hedgerow.runs.story import story_of
from hedgerow.runs.trading import Asked, carried, held_now, unfinished
from hedgerow.store.halts import halts_of
from hedgerow.store.journal import look_into
from hedgerow.store.plans import KeptPlan

__all__ = ["Refused", "flatten", "trade"]

_FLATTEN = "flatten"


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


def trade(settings: Settings, prefix: str, mode: Mode, report: Report = lambda _: None) -> Traded | Refused:
    """Trade the plan whose id begins with `prefix`, or finish what the account's journal holds unfinished.

    Raises what finding a plan, holding an account and executing raise; `BadConfig` where real money is not allowed.
    """
    if mode == "live":
        raise BadConfig(
            "real money needs a venue with keys, and none is set up",
            advice="Trade on paper: leave --live out.",
        )
    plan, place = planned(settings, mode, prefix), place_of(settings, mode)
    question = question_of(plan, settings)
    fresh = _begun(place) is None
    if fresh:
        same_book(plan)
    report("reading prices")
    market, catalogue, desk = _market(plan, question, report)
    contracts = [each for each in catalogue if each.name in plan.held]
    with dealing(place, market, contracts, question) as at:
        report("trading" if fresh else "finishing what was begun")
        return _Hand(plan, question, at, desk).trade(mode)


def flatten(settings: Settings, mode: Mode, report: Report = lambda _: None) -> tuple[Traded | Refused, ...]:
    """Close every position of an account that is halted already, by orders that only reduce; none where it is flat.

    Waits for a process that is ending. Raises `LeaseHeld` where it does not end, `BadConfig` for real money.
    """
    if mode == "live":
        raise BadConfig(
            "real money needs a venue with keys, and none is set up",
            advice="Close positions at the venue itself.",
        )
    place = place_of(settings, mode)
    if not place.journal.exists():
        return ()
    settings = data_of(place, settings)
    report("reading prices")
    market, _ = market_of(settings.data, settings.hedge.factor, settings.data.source)
    report("waiting for the account")
    _await_lease(place)
    done: list[Traded | Refused] = []
    with dealing(place, market, (), settings) as at:
        report("closing positions")
        for _ in range(2):  # what was begun ends first
            closing = _closing(at)
            if not closing and unfinished(at.journal, at.account) is None:
                break
            plan = KeptPlan(f"flatten-{wall_ms()}", _FLATTEN, wall_ms(), {}, {}, None, closing, {})
            done.append(_Hand(plan, settings, at, None).trade(mode))
    return tuple(done)


def _closing(at: Dealing) -> dict[str, str]:
    """Return the contracts, signed, that would close what the venue holds of those that the journal knows."""
    known = ledger_of(at.journal.read(at.account)).instruments
    held = asyncio.run(held_now(at.doors, tuple(known.values())))
    return {name: str(-contracts_of(known[name], units)) for name, units in held.items() if units}


def _await_lease(place: Place) -> None:
    """Wait until nobody holds the account, for as long as a lease lasts; who holds it then is told by `dealing`."""
    end = time.monotonic() + LEASE_MS / 1_000
    with look_into(place.journal) as journal:
        while any(left for _, left in journal.leases()) and time.monotonic() < end:
            time.sleep(0.2)


def _begun(place: Place) -> str | None:
    """Return the plan that the journal holds unfinished: it is finished whatever became of its book."""
    if not place.journal.exists():
        return None
    with look_into(place.journal) as journal:
        begun = unfinished(journal, PAPER_ACCOUNT)
        return None if begun is None else begun.plan


@dataclass(frozen=True, slots=True)
class _Hand:
    """A plan at an account."""

    plan: KeptPlan
    settings: Settings
    at: Dealing
    desk: Desk | None

    def trade(self, mode: Mode) -> Traded | Refused:
        """Finish what is unfinished, else begin, and tell it from the journal."""
        told, at = _Told(), self.at
        executor = Executor(at.doors, at.journal, at.clock, told)
        fresh = unfinished(at.journal, at.account) is None
        why = at.journal.halted(at.account)
        if (
            fresh and why is not None and self.plan.kind != _FLATTEN
        ):  # begun and halted, it would be a plan used up
            lifting = halts_of(place_of(self.settings, mode).journal).lifting(at.account)
            raise Halted(f"{at.account} is halted: {why}", advice=lifting)
        credited = at.provide(self.plan.capital) if fresh else {}
        found = asyncio.run(carried(executor, at.doors, at.journal, at.lease, self._asked()))
        if found.done is None:
            return Refused(found.plan, found.refusals)
        story = story_of(at.journal.read(at.account), found.plan)
        held = found.held or {}
        legs = tuple(replace(leg, held=held.get(leg.instrument.name)) for leg in story.legs)
        outcome, reason = found.done.outcome, found.done.why
        if found.plan.startswith(_FLATTEN) and all(leg.held == 0 for leg in legs):
            outcome, reason = "complete", ""  # under a halt, what is over is called halted, closed or not
        return Traded(
            found.plan,
            mode,
            at.account,
            outcome,
            reason,
            found.recovered,
            story.lines,
            legs,
            credited,
            self._beta(legs) if found.plan == self.plan.plan_id else None,
            tuple(told.lines),
            "" if self.plan.kind == _FLATTEN else self.plan.plan_id,
        )

    def _asked(self) -> Asked:
        leverage = Decimal(str(self.settings.trade.leverage))
        ticket = Ticketed(
            self.plan.plan_id,
            self.at.account,
            self.at.clock.now(),
            wanted=AccountModes(hedge=False, margin_mode="cross", leverage=leverage),
        )
        if self.plan.kind == _FLATTEN:
            closing = {name: Decimal(count) for name, count in self.plan.held.items()}
            return Asked(
                replace(ticket, wanted=ANY_MODES), closing, Basis(wall_ms(), {}, {}), Freshness(), wall_ms()
            )
        contracts = {
            f"{leg['venue']}:{leg['instrument']}": Decimal(leg["contracts_exact"])
            * (1 if leg["side"] == "buy" else -1)
            for leg in legs_of(self.plan)
        }
        return Asked(ticket, contracts, basis_of(self.plan), freshness_of(self.settings), wall_ms())

    def _beta(self, legs: Sequence[LegTraded]) -> BetaMoved | None:
        """Measure the book again with what is held now beside it; None where that is not known."""
        if self.desk is None or any(leg.held is None for leg in legs):
            return None
        book = self.desk.book
        names = {leg.instrument.name for leg in legs}
        kept = tuple(p for p in book.positions if p.instrument is None or p.instrument.name not in names)
        book = replace(book, positions=(*kept, *(_position(leg) for leg in legs if leg.held)))
        exposure = self.desk.policy.expose(book, self.desk.market)
        plan = self.plan.document["plan"]
        return BetaMoved(
            exposure.factors[0],
            float(plan["beta_before_usd"]),
            float(plan["beta_after_usd"]),
            float(exposure.beta_usd[0]),
            float(exposure.stderr_usd[0]),
        )


def _position(leg: LegTraded) -> Position:
    contract = leg.instrument
    return Position(
        contract.underlying,
        contracts_of(contract, leg.held or Decimal(0)),
        PositionKind.DERIVATIVE,
        account=contract.venue,
        instrument=contract,
        entry_price=leg.average,
    )


def _market(
    plan: KeptPlan, settings: Settings, report: Report
) -> tuple[Market, tuple[Instrument, ...], Desk | None]:
    """Return the contracts' prices, the contracts there are, and for a hedge whose book is still there the desk."""
    from hedgerow.venues.catalogue import catalogue

    if plan.book is None or not is_same_book(plan):
        market, _ = market_of(settings.data, settings.hedge.factor, settings.data.source)
        return market, catalogue(market), None
    desk = open_desk(settings, plan.book["path"], report)
    return desk.hedge_market, desk.catalogue, desk
