"""What comes of a verdict: said, asked, kept back or traded, as far as the mode and the bounds allow.

actor = Actor(watched, around, hand, lookout, spent, memory)
await actor.act(verdict, seen, lasting, hold) -> Dealt
actor.noted(verdict, dealt, seen, after)                     what the venue refused, for the looks that follow
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from hedgerow.hedge.plan import Refusal
from hedgerow.hedge.watch import WatchRules
from hedgerow.model.ports import Lease
from hedgerow.model.watched import BreakerRow, Proposal
from hedgerow.runs.alarming.facts import OBSERVES
from hedgerow.runs.bounds import Spent, after_of, beyond
from hedgerow.runs.diary import Memory
from hedgerow.runs.hand import Dealt, Hand, unreached
from hedgerow.runs.lasting import Lasting
from hedgerow.runs.lookout import Lookout, Seen
from hedgerow.runs.proposing import asked_orders, over, proposal_of, wish_of
from hedgerow.runs.proving import kept_back
from hedgerow.runs.refusing import asks_once, paused, refused_after
from hedgerow.runs.spending import Spending
from hedgerow.runs.watching import Sight, Verdict, margin_before, stakes_of

if TYPE_CHECKING:
    from hedgerow.runs.monitor import Around, Watched

__all__ = ["Actor"]


class Actor:
    """One watch's way from verdicts to trades; `pending` waits for somebody, and `refused` is the trade that the venue refused last; None: there is none."""

    def __init__(
        self, watched: Watched, around: Around, hand: Hand, lookout: Lookout, spent: Spending, memory: Memory
    ) -> None:
        self._watched, self._around, self._hand = watched, around, hand
        self._lookout, self._spent = lookout, spent
        self.pending = memory.pending
        self.refused = asks_once(memory.last)

    async def act(self, verdict: Verdict, seen: Seen, lasting: Lasting, hold: Callable[[], Lease]) -> Dealt:
        """Do what was decided. `lasting` has the open breaker and the question about the holdings; `hold` makes the lease last. Errors as `Hand.trade`."""
        dealt = await self._done(verdict, seen, lasting, hold)
        return replace(dealt, expects_usd=verdict.cost_usd if verdict.orders else None)

    async def _done(self, verdict: Verdict, seen: Seen, lasting: Lasting, hold: Callable[[], Lease]) -> Dealt:
        rules, before = self._watched.rules, self.pending
        self.pending = None
        if not verdict.orders:
            return Dealt()
        wish = wish_of(self._watched.policy)
        asked = proposal_of(self._watched.account, seen.view.book_id, verdict, seen.sight, wish)
        if rules.mode == "observe":
            return Dealt(asked, waiting=OBSERVES)
        if rules.mode == "propose" and before is not None:
            why = over(before, asked, verdict, seen.sight, rules.freshness)
            asked = replace(asked, over=why) if why else before
        if self._lookout.waited(seen.silent, 0):
            self.pending = asked if rules.mode == "propose" else None
            return unreached(asked, seen.silent)
        by = self._around.approved(asked.name) if rules.mode == "propose" else ""
        waiting = self._waiting(asked, verdict, lasting, by)
        if waiting:
            self.pending = asked if rules.mode == "propose" else None
            return Dealt(asked, waiting=waiting)
        refusals = self._kept_back(verdict, seen, lasting.proof.breaker) if rules.mode == "auto" else ()
        if refusals:
            return Dealt(asked, refusals=refusals)
        put: Mapping[str, Decimal] | None = None
        if self._around.provide is not None:
            put = self._around.provide(margin_before(verdict, seen.sight, self._watched.policy))
        orders = asked_orders(asked, verdict)
        told = self.refused.why if self.refused is not None else ""
        dealt = await self._hand.trade(asked, orders, seen.sight, hold(), verdict.ahead, told=told)
        return replace(dealt, approved_by=by, put_in=put or {})

    def noted(self, verdict: Verdict, dealt: Dealt, seen: Seen, after: Seen) -> None:
        """Remember what the venue refused of a look, or that nothing of it stands any more; people's trades are asked anew."""
        if self._watched.rules.mode == "auto":
            every_s = self._watched.rules.every_s
            self.refused = refused_after(self.refused, verdict, dealt, (seen, after), every_s)

    def _waiting(self, asked: Proposal, verdict: Verdict, lasting: Lasting, by: str) -> str:
        """For whom a verdict waits, "" for nobody. Rolls do not wait for the holdings: they change nothing about them."""
        if self._watched.rules.mode == "propose":
            return "" if by else f"proposal {asked.name[:8]} waits for somebody"
        if lasting.book is None or verdict.act == "roll":
            return ""
        return f"the changed holdings wait for somebody: `hedgerow approve {lasting.book.name[:8]}`"

    def _kept_back(self, verdict: Verdict, seen: Seen, breaker: BreakerRow | None) -> tuple[Refusal, ...]:
        """Why `auto` does not send what is wanted."""
        spent = self._spent.so_far(seen.sight)
        provides = self._around.provide is not None
        broken = kept_back(breaker, seen.sight.held or (), verdict.orders)
        broken += _beyond(self._watched.rules, verdict, seen.sight, spent, provides=provides)
        return broken or paused(self.refused, verdict, seen)


def _beyond(
    rules: WatchRules, verdict: Verdict, sight: Sight, spent: Sequence[Spent], *, provides: bool
) -> tuple[Refusal, ...]:
    """The bounds that a trade would break."""
    assert verdict.exposure is not None  # noqa: S101  it has orders
    stakes = stakes_of(sight, verdict.orders)
    dollars = {stake.instrument.name: stake.dollars for stake in stakes}
    put = {each.account: each.required_usd for each in verdict.margin} if provides else {}
    after = after_of(verdict.exposure.worth, stakes, put)
    gross = verdict.exposure.gross_usd + max(
        verdict.exposure.worth.lent_usd, 0.0
    )  # as at a venue: margin is money there
    return beyond(rules.bounds, dollars, spent, sight.at, gross, after)
