"""What was planned and what was traded, as it is kept: plans with who approved them, trades with orders and fills.

deals(settings, "paper") -> Deals
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hedgerow.app.dealing import PAPER_ACCOUNT, data_of, wall_ms
from hedgerow.app.plans import Mode, freshness_of, is_same_book, legs_of, place_of, question_of
from hedgerow.app.standing import WATCH
from hedgerow.config import DataSettings, Settings
from hedgerow.model.deals import Deals, PlanLeg, PlanRow, PlanState, TradeRow
from hedgerow.model.errors import HedgerowError
from hedgerow.model.orders import contracts_of
from hedgerow.model.ports import Record

if TYPE_CHECKING:
    from hedgerow.store.journal import Journal
    from hedgerow.store.plans import KeptPlan

__all__ = ["begun_plans", "deals"]

_PLANS, _TRADES, _MINUTE_MS = 12, 8, 60_000


def deals(settings: Settings, mode: Mode) -> Deals:
    """Return the newest plans and trades of a mode; a journal that cannot be read is told, not raised."""
    from hedgerow.store.plans import all_plans

    place = place_of(settings, mode)
    kept = all_plans(place.plans)[:_PLANS]
    try:
        trades, there = _trades(settings, mode), _paper_of(settings, mode)
    except HedgerowError as why:
        return Deals(mode, tuple(_plan(settings, mode, each, {}, None) for each in kept), (), why.message)
    ended = {name: row.outcome for name, row in trades}
    plans = tuple(_plan(settings, mode, each, ended, there) for each in kept)
    return Deals(mode, plans, tuple(row for _, row in trades)[:_TRADES])


def begun_plans(settings: Settings, mode: Mode) -> frozenset[str]:
    """Return the turns of plans that a mode's journal ever began. Raises what reading it raises."""
    return frozenset(name for name, _ in _trades(settings, mode))


def _trades(settings: Settings, mode: Mode) -> list[tuple[str, TradeRow]]:
    """Every trade with its turn, the newest first."""
    from hedgerow.store.journal import look_into

    path = place_of(settings, mode).journal
    if not path.exists():
        return []
    with look_into(path) as journal:
        rows = [
            row
            for name in journal.streams()
            if not name.startswith(WATCH)
            for row in _of_account(journal, name)
        ]
    return sorted(rows, key=lambda row: -row[1].at)


def _of_account(journal: Journal, account: str) -> list[tuple[str, TradeRow]]:
    from hedgerow.runs.pen import DONE, PROGRAMME
    from hedgerow.runs.story import story_of
    from hedgerow.store.plans import plan_of

    records = tuple(journal.read(account))
    begins = [place for place, record in enumerate(records) if record.kind == PROGRAMME]
    rows = []
    for begin, end in zip(begins, [*begins[1:], len(records)], strict=True):
        part: Sequence[Record] = records[begin:end]
        turn = str(part[0].body["plan"])
        done: Mapping[str, object] = next((record.body for record in part if record.kind == DONE), {})
        story = story_of(part, turn)
        outcome, why = str(done.get("outcome", "")), str(done.get("why", ""))
        rows.append(
            (turn, TradeRow(account, plan_of(turn), part[0].at, outcome, why, story.lines, story.legs))
        )
    return rows


@dataclass(frozen=True, slots=True)
class _Paper:
    """The paper account as it stands: contracts by name (None: not known), and whose prices it lives on (None: nobody's yet)."""

    settings: Settings
    held: Mapping[str, Decimal] | None
    data: DataSettings | None

    def elsewhere(self, kept: KeptPlan) -> bool:
        """Whether a plan is on other prices: it would be refused."""
        mine = question_of(kept, self.settings).data
        return self.data is not None and _prices_of(self.data) != _prices_of(mine)

    def moved(self, kept: KeptPlan) -> bool:
        """Whether a plan was made for another position than there is."""
        if self.held is None:
            return False
        return any(self.held.get(name, Decimal(0)) != Decimal(count) for name, count in kept.held.items())


def _paper_of(settings: Settings, mode: Mode) -> _Paper | None:
    """The paper account; None for real money, whose venues say it when a plan is traded. Raises what reading a journal raises."""
    if mode != "paper":
        return None
    from hedgerow.runs.ledger import ledger_of
    from hedgerow.store.journal import look_into

    place = place_of(settings, mode)
    lives = data_of(place, settings)
    data = None if lives is settings else lives.data
    if not place.journal.exists():
        return _Paper(settings, None, data)
    with look_into(place.journal) as journal:
        ledger = ledger_of(journal.read(PAPER_ACCOUNT))
    held = {name: contracts_of(one, ledger.quantity(name)) for name, one in ledger.instruments.items()}
    return _Paper(settings, held, data)


def _prices_of(data: DataSettings) -> tuple[object, ...]:
    """What tells one market from another; a seed only where the market is made of it."""
    simulated = data.prices is None and data.market is None
    return data.prices, data.market, data.source, data.seed if simulated else None


def _plan(
    settings: Settings, mode: Mode, kept: KeptPlan, ended: Mapping[str, str], there: _Paper | None
) -> PlanRow:
    from hedgerow.store.approvals import approvals_of

    said = approvals_of(place_of(settings, mode).journal).of(kept.turn)
    good_until = kept.made_at + round(freshness_of(settings).max_age_minutes * _MINUTE_MS)
    state, why = _state(kept, ended, good_until, there, enough=len(said) >= settings.watch.approvals)
    document: Mapping[str, Any] = kept.document
    plan: Mapping[str, Any] = document["plan"] if kept.kind == "hedge" else {}
    plan = document if kept.kind == "options" else plan
    cost: Mapping[str, Any] = document.get("cost", {}) if kept.kind == "hedge" else {}
    return PlanRow(
        kept.plan_id,
        kept.kind,
        kept.made_at,
        good_until,
        tuple(_leg(leg) for leg in legs_of(kept)),
        plan.get("beta_after_usd"),
        plan.get("stderr_usd"),
        cost.get("total_usd"),
        said,
        settings.watch.approvals,
        state,
        why,
    )


def _leg(leg: Mapping[str, Any]) -> PlanLeg:
    return PlanLeg(
        leg["venue"], leg["instrument"], leg["side"], leg["contracts_exact"], leg.get("notional_usd")
    )


def _state(
    kept: KeptPlan, ended: Mapping[str, str], good_until: int, there: _Paper | None, *, enough: bool
) -> tuple[PlanState, str]:
    if kept.turn in ended:
        return ("traded", ended[kept.turn]) if ended[kept.turn] else ("under way", "")
    if wall_ms() > good_until:
        return "stale", "it is too old: plan again"
    if not is_same_book(kept):
        return "stale", "the book has changed since: plan again"
    if there is not None and there.elsewhere(kept):
        return "stale", "the paper account lives on other prices: plan again, or give --state DIR"
    if there is not None and there.moved(kept):
        return "stale", "the account holds something else than it was made for: plan again"
    return ("approved" if enough else "waits"), ""
