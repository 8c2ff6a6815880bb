"""An account's journal as a process that stays follows it: every record is read once, however long the journal grows.

tail = Tail(store, account)
tail.ledger()           what all records so far add up to
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from hedgerow.model.orders import Fill
from hedgerow.model.ports import FundingPaid, Record, Store
from hedgerow.runs.ledger import FILL, FUNDING, Fold, Ledger
from hedgerow.runs.pen import DONE, PROGRAMME
from hedgerow.runs.stops import Stops
from hedgerow.runs.wire import value_of

__all__ = ["Tail"]

_TAKEN = frozenset({"liquidation", "adl"})
_DAY_MS = 86_400_000
_KEPT_MS = 30 * _DAY_MS


class Tail:
    """What one process has read of a stream; a new one reads it from its start. `stops` are the protective ones of it."""

    def __init__(self, store: Store, account: str) -> None:
        self._store, self._account, self._after = store, account, 0
        self._fold = Fold()
        self.stops = Stops()
        self._begun = False
        self._plans: deque[tuple[str, int, int]] = deque()
        self._paid: deque[FundingPaid] = deque()
        self._taken: list[Fill] = []
        self._new: list[FundingPaid] = []
        self.news()

    @property
    def read_to(self) -> int:
        """The place in the stream of the last record that was read."""
        return self._after

    def ledger(self) -> Ledger:
        """Return what the journal adds up to now. Raises `JournalBroken`."""
        self._read()
        return self._fold.ledger()

    def unfinished(self) -> bool:
        """Return whether a programme was begun that has no end yet."""
        self._read()
        return self._begun

    def plans(self, since: int) -> dict[str, int]:
        """Return the plans that were begun from `since` on, a day at most, and when."""
        self._read()
        return {plan: at for plan, at, _ in self._plans if at >= since}

    @property
    def newest(self) -> str:
        """The name of the plan that was begun last, "" before the first."""
        self._read()
        return self._plans[-1][0] if self._plans else ""

    def before(self, plan: str) -> int:
        """Return the place in the stream before a plan of the last day began; 0, its start, for any other."""
        self._read()
        return next((seq - 1 for name, _, seq in self._plans if name == plan), 0)

    def news(self) -> tuple[tuple[Fill, ...], tuple[FundingPaid, ...]]:
        """Return what the venue took (liquidation, ADL) and what funding came since the last call; the first has none."""
        self._read()
        found = tuple(self._taken), tuple(self._new)
        self._taken, self._new = [], []
        return found

    def received(self, since: int) -> Iterable[FundingPaid]:
        """Return the funding payments from `since` on, which is never more than 30 days before the last."""
        self._read()
        return (paid for paid in self._paid if paid.at >= since)

    def _read(self) -> None:
        for record in self._store.read(self._account, self._after):
            self._after = record.seq
            self._fold.take(record)
            self.stops.take(record)
            if record.kind in {PROGRAMME, DONE}:
                self._note(record)
            elif record.kind == FILL and record.body.get("kind") in _TAKEN:
                self._taken.append(value_of(record.body))
            elif record.kind == FUNDING:
                paid: FundingPaid = value_of(record.body)
                self._new.append(paid)
                self._paid.append(paid)
                while self._paid[0].at < paid.at - _KEPT_MS:
                    self._paid.popleft()

    def _note(self, record: Record) -> None:
        self._begun = record.kind == PROGRAMME
        if self._begun:
            self._plans.append((str(record.body["plan"]), record.at, record.seq))
            while self._plans[0][1] < record.at - _DAY_MS:
                self._plans.popleft()
