"""What a watch has traded lately, by its looks and by the journal: a process may die after a trade and before its look.

Spending(tail, store, account, memory).so_far(sight) -> what was spent, each trade once
Spending(…).last(sight, traded_at) -> the instant of the last trade
"""

from __future__ import annotations

from hedgerow.model.ports import Store
from hedgerow.model.watched import Proposal
from hedgerow.runs.bounds import Spent
from hedgerow.runs.diary import Memory, plan_mark
from hedgerow.runs.hand import dollars_of
from hedgerow.runs.story import story_of
from hedgerow.runs.tail import Tail
from hedgerow.runs.watching import Sight

__all__ = ["Spending"]

_DAY_MS = 86_400_000


class Spending:
    """The trades that bounds count. Those that a look told of are known by it, all others are read from the journal."""

    def __init__(self, tail: Tail, store: Store, account: str, memory: Memory) -> None:
        self._tail, self._store, self._account = tail, store, account
        self._told, self._marks = list(memory.spent), set(memory.spent_on)
        self._read: dict[str, Spent] = {}
        self._going_on: set[str] = set()

    def tell(self, spent: Spent, proposal: Proposal | None) -> None:
        """Count a trade that is in a look; nothing where nothing was traded."""
        if spent.traded_usd and proposal is not None:
            self._told.append(spent)
            self._marks.add(plan_mark(proposal.name))

    def so_far(self, sight: Sight) -> tuple[Spent, ...]:
        """Return the trades of the last day, costs at the prices of `sight`."""
        since = sight.at - _DAY_MS
        plans = self._tail.plans(since)
        missing = {
            plan: at
            for plan, at in plans.items()
            if plan.startswith("watch-") and not any(plan.startswith(mark) for mark in self._marks)
        }
        self._read = {plan: was for plan, was in self._read.items() if plan in missing}
        for plan, at in missing.items():
            if plan not in self._read or plan in self._going_on:
                legs = story_of(self._store.read(self._account, self._tail.before(plan)), plan).legs
                self._read[plan] = Spent(at, *dollars_of(legs, sight))
        self._going_on = set(missing) if self._tail.unfinished() else set()
        self._told = [each for each in self._told if each.at >= since]
        read = (each for each in self._read.values() if each.traded_usd)
        return (*self._told, *read)

    def last(self, sight: Sight, traded_at: int | None) -> int | None:
        """Return when was traded last; `traded_at` is what the last look knows."""
        return max((each.at for each in self.so_far(sight)), default=traded_at)
