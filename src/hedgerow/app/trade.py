"""Step 5: a plan that was kept is traded, on paper, and measured again with what is held then."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from hedgerow.app.dealing import Dealing, dealing, wall_ms
from hedgerow.app.desk import Desk, Report, market_of, open_desk
from hedgerow.app.plans import (
    Mode,
    basis_of,
    freshness_of,
    legs_of,
    place_of,
    planned,
    question_of,
    same_book,
)
from hedgerow.config import Settings
from hedgerow.hedge.execution import Ticketed, Wanted
from hedgerow.hedge.plan import Refusal
from hedgerow.model.errors import BadConfig, BrokenPromise, UnknownSymbol
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.orders import contracts_of, units_of
from hedgerow.model.portfolio import Position, PositionKind
from hedgerow.model.ports import AccountModes, Level
from hedgerow.model.trades import BetaMoved, LegTraded, Traded
from hedgerow.runs.executor import Executor
from hedgerow.runs.story import story_of
from hedgerow.runs.trading import Asked, carried, held_now, unfinished

if TYPE_CHECKING:
    from hedgerow.store.plans import KeptPlan

__all__ = ["Refused", "trade"]


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
    plan = planned(settings, mode, prefix)
    question = question_of(plan, settings)
    same_book(plan)
    report("reading prices")
    market, catalogue, desk = _market(plan, question, report)
    wanted = _wanted(plan, catalogue)
    contracts = [want.instrument for want in wanted]
    with dealing(place_of(settings, mode), market, contracts) as at:
        return _Hand(plan, question, at, desk).trade(wanted, mode, report)


@dataclass(frozen=True, slots=True)
class _Hand:
    """A plan at an account."""

    plan: KeptPlan
    settings: Settings
    at: Dealing
    desk: Desk | None

    def trade(self, wanted: tuple[Wanted, ...], mode: Mode, report: Report) -> Traded | Refused:
        """Finish what is unfinished, else begin."""
        told = _Told()
        executor = Executor(self.at.doors, self.at.journal, self.at.clock, told)
        before = unfinished(self.at.journal, self.at.account)
        name = self.plan.plan_id if before is None else before.plan
        credited: Mapping[str, Decimal] = {}
        report("trading" if before is None else "finishing what was begun")
        if before is not None:
            done = asyncio.run(executor.run(self.at.account, self.at.holder))
        else:
            credited = self.at.provide(self.plan.capital)
            found = asyncio.run(
                carried(executor, self.at.doors, self.at.journal, self.at.holder, self._asked(wanted))
            )
            if found.refusals:
                return Refused(name, found.refusals)
            done = found.done
        if done is None:
            raise BrokenPromise("a trade ended without an outcome")
        story = story_of(self.at.journal.read(self.at.account), name)
        held = asyncio.run(held_now(self.at.doors, [leg.instrument for leg in story.legs]))
        legs = tuple(replace(leg, held=held[leg.instrument.name]) for leg in story.legs)
        beta = self._beta(legs) if name == self.plan.plan_id else None
        return Traded(
            name,
            mode,
            self.at.account,
            done.outcome,
            done.why,
            before is not None,
            story.lines,
            legs,
            credited,
            beta,
            tuple(told.lines),
        )

    def _asked(self, wanted: tuple[Wanted, ...]) -> Asked:
        leverage = Decimal(str(self.settings.trade.leverage))
        ticket = Ticketed(
            self.plan.plan_id,
            self.at.account,
            self.at.clock.now(),
            wanted=AccountModes(hedge=False, margin_mode="cross", leverage=leverage),
        )
        return Asked(ticket, wanted, basis_of(self.plan), freshness_of(self.settings), wall_ms())

    def _beta(self, legs: Sequence[LegTraded]) -> BetaMoved | None:
        """Measure the book again with what is held now beside it."""
        if self.desk is None:
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
    """Return the contracts' prices, the contracts there are, and for a hedge the desk to measure its book at."""
    from hedgerow.venues.catalogue import catalogue

    if plan.book is None:
        market, _ = market_of(settings.data, settings.hedge.factor, settings.data.source)
        return market, catalogue(market), None
    desk = open_desk(settings, plan.book["path"], report)
    return desk.hedge_market, desk.catalogue, desk


def _wanted(plan: KeptPlan, catalogue: Sequence[Instrument]) -> tuple[Wanted, ...]:
    """Return the plan's legs in signed units of the contracts as they are now."""
    known = {each.name: each for each in catalogue}
    found = []
    for leg in legs_of(plan):
        name = f"{leg['venue']}:{leg['instrument']}"
        if name not in known:
            raise UnknownSymbol(f"{name} is no longer traded", advice="Plan again.")
        contracts = Decimal(leg["contracts_exact"])
        found.append(
            Wanted(known[name], units_of(known[name], contracts if leg["side"] == "buy" else -contracts))
        )
    return tuple(found)
