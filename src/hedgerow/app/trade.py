"""Step 5: a plan that was kept is traded, on paper, and measured again with what is held then."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from hedgerow.app.dealing import PAPER_ACCOUNT, Dealing, dealing, wall_ms
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
from hedgerow.hedge.execution import Ticketed
from hedgerow.hedge.plan import Refusal
from hedgerow.model.errors import BadConfig
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.orders import contracts_of
from hedgerow.model.portfolio import Position, PositionKind
from hedgerow.model.ports import AccountModes, Level
from hedgerow.model.trades import BetaMoved, LegTraded, Traded
from hedgerow.runs.executor import Executor
from hedgerow.runs.story import story_of
from hedgerow.runs.trading import Asked, carried, unfinished

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
    plan, place = planned(settings, mode, prefix), place_of(settings, mode)
    question = question_of(plan, settings)
    fresh = _begun(place) is None
    if fresh:
        same_book(plan)
    report("reading prices")
    market, catalogue, desk = _market(plan, question, report)
    contracts = [each for each in catalogue if each.name in plan.held]
    with dealing(place, market, contracts) as at:
        report("trading" if fresh else "finishing what was begun")
        return _Hand(plan, question, at, desk).trade(mode)


def _begun(place: Place) -> str | None:
    """Return the plan that the journal holds unfinished: it is finished whatever became of its book."""
    from hedgerow.store.journal import look_into

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
        credited = at.provide(self.plan.capital) if fresh else {}
        found = asyncio.run(carried(executor, at.doors, at.journal, at.holder, self._asked()))
        if found.done is None:
            return Refused(found.plan, found.refusals)
        story = story_of(at.journal.read(at.account), found.plan)
        held = found.held or {}
        legs = tuple(replace(leg, held=held.get(leg.instrument.name)) for leg in story.legs)
        return Traded(
            found.plan,
            mode,
            at.account,
            found.done.outcome,
            found.done.why,
            found.recovered,
            story.lines,
            legs,
            credited,
            self._beta(legs) if found.plan == self.plan.plan_id else None,
            tuple(told.lines),
        )

    def _asked(self) -> Asked:
        leverage = Decimal(str(self.settings.trade.leverage))
        ticket = Ticketed(
            self.plan.plan_id,
            self.at.account,
            self.at.clock.now(),
            wanted=AccountModes(hedge=False, margin_mode="cross", leverage=leverage),
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
