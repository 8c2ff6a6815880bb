"""What the page has in its hands: a book read anew when its file changes, plans by target, and what the journal says now."""

from __future__ import annotations

import shlex
import time
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import RLock

from hedgerow.app.books import is_account
from hedgerow.app.desk import Desk, beta, choose, open_desk, plan, value
from hedgerow.app.plans import MODES, Mode, place_of
from hedgerow.app.standing import standing
from hedgerow.app.watch import approvers
from hedgerow.config import Settings
from hedgerow.hedge.exposure import Exposure
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.ranking import Ranking
from hedgerow.hedge.ticket import Ticket
from hedgerow.hedge.valuation import Valuation
from hedgerow.model.errors import UsageError
from hedgerow.model.trades import ModeState
from hedgerow.model.watched import Look
from hedgerow.reports.wording import plain_text

__all__ = ["Room", "Seen", "waits"]

_TICKETS = 200
_LIVE_S = 60.0
_OLD_S = 1.0
_FURTHEST = 5.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What the journals say: each mode, who said yes to what waits, and `changed`, by which a page knows it is old.

    `needed` is how many have to. `look_s` are seconds since the newest look was first seen here; None while there is none.
    """

    modes: tuple[ModeState, ...]
    yes: dict[str, tuple[str, ...]]
    needed: int
    changed: str
    look_s: float | None

    @property
    def paper(self) -> ModeState:
        """The mode that is watched."""
        return self.modes[0]

    def look_of(self, book: str) -> Look | None:
        """Return the last look of a book's watch."""
        return dict(self.paper.watches).get(book)

    def asks(self, look: Look) -> bool:
        """Return whether a look's proposal wants another yes."""
        return (
            look.proposal is not None
            and waits(look)
            and len(self.yes.get(look.proposal.name, ())) < self.needed
        )

    @property
    def running(self) -> bool:
        """Whether some process holds an account: without one nothing is watched."""
        return any(account.holder and account.left_ms > 0 for account in self.paper.accounts)


def waits(look: Look) -> bool:
    """Return whether a look's proposal still asks somebody."""
    return look.mode == "propose" and look.proposal is not None and not look.approved_by


@dataclass(slots=True)
class Room:
    """One book with its settings. Everything is reckoned by one thread at a time, as a command would."""

    settings: Settings
    book: str
    closed: bool = False
    _lock: RLock = field(default_factory=RLock)
    _journal: RLock = field(default_factory=RLock)
    _desk: tuple[tuple[object, ...], float, Desk] | None = None
    _betas: tuple[Exposure, tuple[str, ...]] | None = None
    _choice: tuple[Exposure, Ranking, tuple[str, ...]] | None = None
    _tickets: OrderedDict[float | None, Ticket] = field(default_factory=OrderedDict)
    _seen: tuple[float, Seen] | None = None
    _newest: tuple[object, float] | None = None

    @property
    def name(self) -> str:
        """What the book's watch is called."""
        return self.book if is_account(self.book) else Path(self.book).stem

    @property
    def words(self) -> str:
        """The book as a command line takes it."""
        return shlex.quote(plain_text(self.book))

    def desk(self) -> Desk:
        """Return the desk, opened anew where a file has changed. Raises what `open_desk` raises."""
        with self._lock:
            stamp, now = self._stamp(), time.monotonic()
            fixed = self.settings.data.market is None and not is_account(self.book)
            held = self._desk
            if held is None or held[0] != stamp or not (fixed or now - held[1] < _LIVE_S):
                self._desk = held = (stamp, now, open_desk(self.settings, self.book))
                self._betas = self._choice = None
                self._tickets.clear()
            return held[2]

    def value(self) -> Valuation:
        """Return step 1a."""
        return value(self.desk())

    def beta(self) -> tuple[Exposure, tuple[str, ...]]:
        """Return steps 1 and 2 with their warnings."""
        with self._lock:
            desk = self.desk()
            self._betas = self._betas or beta(desk)
            return self._betas

    def choose(self) -> tuple[Exposure, Ranking, tuple[str, ...]]:
        """Return step 3 with its warnings."""
        with self._lock:
            desk = self.desk()
            self._choice = self._choice or choose(desk)
            return self._choice

    def ticket(self, target_beta: float | None = None) -> Ticket:
        """Return steps 1 to 4 by the policy in force, or with another target beta to the first factor.

        Raises `UsageError` for a target no book is hedged to, and what `plan` raises.
        """
        with self._lock:
            desk = self.desk()
            found = self._tickets.get(target_beta)
            if found is None:
                asked = desk if target_beta is None else replace(desk, policy=_aimed(desk, target_beta))
                found = plan(asked)
                self._tickets[target_beta] = found
                while len(self._tickets) > _TICKETS:
                    self._tickets.popitem(last=False)
            return found

    def seen(self) -> Seen:
        """Return what the journals say, at most a second old. What cannot be read is told in it."""
        with self._journal:
            now = time.monotonic()
            if self._seen is None or now - self._seen[0] > _OLD_S:
                self._seen = (now, self._look())
            return self._seen[1]

    def forget(self) -> None:
        """Look at the journals anew the next time: something was written."""
        with self._journal:
            self._seen = None

    def _look(self) -> Seen:
        modes = tuple(standing(self.settings, mode) for mode in MODES)
        looks = [look for _, look in modes[0].watches]
        asked = {look.proposal.name for look in looks if look.proposal is not None and waits(look)}
        yes = {name: approvers(self.settings, name) for name in sorted(asked)}
        ats = [(name, look.at) for name, look in modes[0].watches]
        held = [bool(account.holder and account.left_ms > 0) for account in modes[0].accounts]
        changed = repr((ats, held, [sorted(mode.halts.items()) for mode in modes], yes, modes[0].trouble))
        return Seen(modes, yes, self.settings.watch.approvals, changed, self._age(ats))

    def _age(self, ats: list[tuple[str, int]]) -> float | None:
        """Seconds since the looks were first seen as they are; at the first time, since the journal was written."""
        if not ats:
            return None
        now = time.time()
        if self._newest is None or self._newest[0] != ats:
            began = now if self._newest is not None else _written(self.settings, "paper", now)
            self._newest = (ats, began)
        return max(now - self._newest[1], 0.0)

    def _stamp(self) -> tuple[object, ...]:
        data = self.settings.data
        files = (data.prices, data.funding, data.books, data.open_interest, data.sectors, data.venues)
        book = None if is_account(self.book) else self.book
        return tuple(None if path is None else _changed(Path(path)) for path in (book, *files))


def _aimed(desk: Desk, target_beta: float) -> Policy:
    if not -_FURTHEST <= target_beta <= _FURTHEST:
        raise UsageError(
            f"a target beta of {target_beta:g} means nothing here",
            advice=f"Give one between −{_FURTHEST:g} and {_FURTHEST:g}.",
        )
    others = (desk.policy.target_beta or ())[1:] or (0.0,) * (len(desk.policy.factors) - 1)
    return replace(desk.policy, target_beta=(target_beta, *others), target_beta_usd=None, target_vol=None)


def _changed(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _written(settings: Settings, mode: Mode, now: float) -> float:
    journal = place_of(settings, mode).journal
    found = [_changed(journal), _changed(journal.with_name(f"{journal.name}-wal"))]
    return max((at[0] / 1e9 for at in found if at is not None), default=now)
