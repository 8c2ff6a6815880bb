"""A pair that is held, watched as a hedge is: on the paper account, or rehearsed in virtual time through past prices.

pair_of(settings, "3f9a1c") -> the kept pair, None where that is no plan of one
watch_pair(settings, plan, say, report, once=False)
rehearse_pair(settings, plan, "2026-03-01", say, report) -> looks

Its book is nothing but its legs. The one that was sized to balance the pair, the short or the third, is what is traded where
the dollar beta leaves its band.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hedgerow.app.asking import passphrase_from
from hedgerow.app.contracts import contracts_of, on_paper
from hedgerow.app.dealing import PAPER_ACCOUNT, Dealing, dealing
from hedgerow.app.desk import Report, market_of, policy_of
from hedgerow.app.outward import outward
from hedgerow.app.paper_watch import (
    Calls,
    PaperWatch,
    Rehearsed,
    Say,
    Stage,
    closes_of,
    rehearsed,
    span_of,
    staged,
    watching,
)
from hedgerow.app.plans import legs_of, place_of, planned, question_of
from hedgerow.app.whose import owner_of_plan, taken_for
from hedgerow.config import Settings
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.valuation import price_of
from hedgerow.model.errors import BadInput, HedgerowError, StateUnknown
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.pairs import PairStanding
from hedgerow.model.portfolio import Portfolio
from hedgerow.model.ports import Store
from hedgerow.model.watched import Look, WatchLine
from hedgerow.runs.pairing import (
    PairSums,
    entries_since,
    findings_of_pair,
    followed,
    recalled,
    standing_of_pair,
)
from hedgerow.runs.pen import PROGRAMME
from hedgerow.store.plans import KeptPlan, plan_of

if TYPE_CHECKING:
    from hedgerow.hedge.alarms import Finding
    from hedgerow.runs.alarming import Looked
    from hedgerow.runs.diary import View
    from hedgerow.store.keys import Ask

__all__ = ["pair_of", "rehearse_pair", "watch_pair"]

_ID = re.compile(r"[0-9a-fA-F]{4,64}")


def pair_of(settings: Settings, book: str) -> KeptPlan | None:
    """Return the kept pair whose id begins so; None for a file of holdings, and where there is no such pair."""
    if Path(book).exists() or not _ID.fullmatch(book.strip()):
        return None
    try:
        plan = planned(settings, "paper", book)
    except HedgerowError:
        return None
    return plan if plan.kind == "pair" else None


@dataclass(frozen=True, slots=True)
class _Pair:
    """A kept pair by its parts."""

    plan: KeptPlan
    policy: Policy
    market: Market
    contracts: tuple[Instrument, ...]

    @property
    def coins(self) -> tuple[str, str]:
        """The coin that is long, and the one that is short."""
        return str(self.plan.document["long"]), str(self.plan.document["short"])

    @property
    def name(self) -> str:
        """What its watch is called."""
        return "-".join(self.coins)

    @property
    def mine(self) -> tuple[str, ...]:
        """Its contracts by name."""
        return tuple(f"{leg['venue']}:{leg['instrument']}" for leg in legs_of(self.plan))


def _pair(settings: Settings, plan: KeptPlan, report: Report) -> tuple[_Pair, Settings]:
    """Read a pair's prices and contracts, and say how it is kept balanced."""
    asked = replace(on_paper(question_of(plan, settings)), watch=settings.watch)
    report("reading prices")
    market, factor = market_of(asked.data, ",".join(plan.document["factors"]), asked.data.source)
    balancing = str(legs_of(plan)[-1]["instrument"])
    usual = policy_of(
        replace(asked, hedge=replace(asked.hedge, target_beta=None, target_beta_usd=None, target_vol=None))
    )
    policy = replace(usual, factor=factor, instruments=(balancing,), own=True, collateral=None)
    from hedgerow.runs.past import with_dollars

    return _Pair(plan, policy, with_dollars(market), contracts_of(asked, market)), asked


@dataclass(slots=True)
class _PairEyes:
    """The market as it was at the instant asked for, and no holdings: the legs are in the account."""

    pair: _Pair
    past: bool
    seen: Callable[[int], object] = lambda _: None
    _closes: list[int] = field(init=False)
    _cut: tuple[int, Market] | None = None

    def __post_init__(self) -> None:
        self._closes = closes_of(self.pair.market)

    def look(self, at: int) -> View:
        """Return what is known at `at`."""
        from hedgerow.runs.diary import View

        self.seen(at)
        market = self._market(at)
        return View(
            Portfolio((), self.pair.name), self.pair.plan.plan_id, market, market, self.pair.contracts
        )

    def _market(self, at: int) -> Market:
        if not self.past:
            return self.pair.market
        from hedgerow.runs.panel import cut

        row = int(np.searchsorted(self._closes, at, side="right")) - 1
        if self._cut is None or self._cut[0] != row:
            self._cut = row, cut(self.pair.market, row)
        return self._cut[1]


@dataclass(slots=True)
class _Follower:
    """What is told of the pair at every look, and its stops."""

    pair: _Pair
    account: str
    store: Store
    settings: Settings
    say: Callable[[PairStanding, int], None]
    begun: int = 0
    sums: PairSums = field(default_factory=PairSums)

    def __post_init__(self) -> None:
        from hedgerow.runs.diary import LOOK, diary_of
        from hedgerow.runs.wire import value_of

        mine = (r for r in self.store.read(self.account) if r.kind == PROGRAMME)
        opened = [r.seq for r in mine if plan_of(str(r.body["plan"])) == self.pair.plan.plan_id]
        self.begun = opened[0] if opened else 0
        records = self.store.read(diary_of(self.account, self.pair.name))
        looks = (value_of(r.body) for r in records if r.kind == LOOK)
        self.sums = recalled(looks, self.pair.policy.factors)

    def __call__(self, looked: Looked) -> tuple[Finding, ...]:
        """Follow one look."""
        exposure, market = looked.verdict.exposure, looked.sight.market
        if exposure is None:
            return ()
        prices = tuple(price_of(market, factor) for factor in exposure.factors)
        beta, error = (tuple(float(x) for x in each) for each in (exposure.beta_usd, exposure.stderr_usd))
        self.sums = followed(self.sums, beta, error, prices)
        known = entries_since(self.store.read(self.account), self.begun)
        mine = [known[name] for name in self.pair.mine if name in known]
        found = standing_of_pair(self.pair.coins, mine, self.sums, exposure.factors, market)
        self.say(found, looked.sight.at)
        return findings_of_pair(found, self.settings.watch.rules.thresholds)


def watch_pair(
    settings: Settings,
    plan: KeptPlan,
    say: Say,
    report: Report = lambda _: None,
    *,
    once: bool = False,
    ask: Ask | None = None,
) -> Look | None:
    """Watch a pair on the paper account until it is stopped, or look `once` and return the look. As `app.watch.watch`.

    Raises `StateUnknown` where the account holds other contracts than the pair's: they would be hedged with it.
    """
    pair, asked = _pair(settings, plan, report)
    place = place_of(settings, "paper")
    with (
        outward(settings, place, ask or passphrase_from(None)) as out,
        dealing(place, pair.market, pair.contracts, asked, doubting=True) as at,
    ):
        taken_for(place, at, owner_of_plan(plan), trades=asked.watch.mode != "observe")
        _alone(at, pair)
        follower = _Follower(pair, at.account, at.journal, asked, _teller(say))
        around = replace(out.around(at.account, pair.name, say), more=follower)
        return at.ask(watching(asked, _watched(pair, past=False), (at, place), around, once=once))


def _alone(at: Dealing, pair: _Pair) -> None:
    """Raise where the account holds what is none of the pair's: one account is watched as one."""
    from hedgerow.runs.ledger import ledger_of

    entries = ledger_of(at.journal.read(at.account)).entries
    others = sorted(name for name, entry in entries.items() if entry.quantity and name not in pair.mine)
    if others:
        raise StateUnknown(
            f"{at.account} holds {', '.join(others)} besides the pair",
            advice="Give the pair an account of its own: plan, trade and watch it with --state DIR.",
        )
    if not any(entry.quantity for entry in entries.values()):
        raise BadInput(
            f"the pair {pair.name} is not held",
            advice=f"Trade it first: hedgerow trade {pair.plan.plan_id[:8]}.",
        )


def rehearse_pair(
    settings: Settings, plan: KeptPlan, since: str, say: Say, report: Report = lambda _: None
) -> Rehearsed:
    """Open the pair at `since`, sized on what was known then, watch it to the end of the prices, and return every look and their sum.

    On an account of its own that is forgotten. Errors as `app.watch.rehearse` and `hedge.pairs.pair`.
    """
    pair, asked = _pair(settings, plan, report)
    begins, ends = span_of(pair.market, since)
    stage, known = staged(pair.market, pair.contracts, begins), _PairEyes(pair, past=True).look(begins).market
    asyncio.run(_opened(pair, known, stage))
    follower = _Follower(pair, PAPER_ACCOUNT, stage.store, asked, _teller(say))
    return rehearsed(asked, _watched(pair, past=True), stage, ends, say, follower)


def _watched(pair: _Pair, *, past: bool) -> PaperWatch:
    def eyes(seen: Callable[[int], object]) -> _PairEyes:
        return _PairEyes(pair, past, seen)

    return PaperWatch(pair.name, pair.policy, pair.market, eyes)


async def _opened(pair: _Pair, known: Market, stage: Stage) -> None:
    """Size the pair on what is known, put margin there, and trade both legs."""
    from hedgerow.hedge.execution import Ticketed
    from hedgerow.hedge.pairs import pair as paired
    from hedgerow.hedge.staleness import Basis, Freshness
    from hedgerow.runs.executor import Executor
    from hedgerow.runs.trading import Asked, carried

    told = pair.plan.document
    notional = next(float(leg["notional_usd"]) for leg in legs_of(pair.plan) if leg["side"] == "buy")
    sized = paired(
        *pair.coins,
        notional,
        known,
        pair.contracts,
        factors=pair.policy.factors,
        estimator=pair.policy.estimator,
        balance=told["balance"],
    )
    if not sized.legs:
        raise BadInput(f"no pair at the beginning: {'; '.join(sized.refused)}")
    wanted: dict[str, float] = {}
    for leg in sized.legs:
        coin = leg.instrument.settle
        wanted[coin] = wanted.get(coin, 0.0) + abs(leg.dollars)
    stage.provide(wanted)
    counts = {leg.instrument.name: leg.contracts for leg in sized.legs}
    now, store, doors = stage.clock.now(), stage.store, stage.doors
    asked = Asked(
        Ticketed(pair.plan.plan_id, PAPER_ACCOUNT, now),
        counts,
        Basis(now, {}, dict.fromkeys(counts, Decimal(0))),
        Freshness(),
        now,
    )
    done = await carried(Executor(doors, store, stage.clock, Calls()), doors, store, "rehearsal", asked)
    if done.done is None or done.done.outcome != "complete":
        said = "; ".join(each.detail for each in done.refusals) or (done.done.why if done.done else "")
        raise BadInput(f"the pair could not be opened: {said}")


def _teller(say: Say) -> Callable[[PairStanding, int], None]:
    from hedgerow.reports.pair_text import standing_text

    return lambda standing, at: say(WatchLine(at, "pair", standing_text(standing)))
