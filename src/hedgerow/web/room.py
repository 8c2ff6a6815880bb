"""What the page has in its hands: a book read anew when its file changes, plans by target, and what the journal says now."""

from __future__ import annotations

import shlex
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

from hedgerow.app.books import is_account
from hedgerow.app.contracts import contracts_of
from hedgerow.app.desk import Desk, beta, choose, market_of, open_desk, plan, policy_of, value
from hedgerow.app.plans import MODES, Mode, keep_hedge, place_of
from hedgerow.app.shelf import Shelf, runs_path
from hedgerow.app.standing import mark, marks, standing
from hedgerow.app.watch import approvers
from hedgerow.config import BetaSettings, Settings
from hedgerow.hedge.exposure import Exposure
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.ranking import Ranking
from hedgerow.hedge.ticket import Ticket
from hedgerow.hedge.valuation import Valuation
from hedgerow.model.errors import HedgerowError, UsageError
from hedgerow.model.instruments import Instrument
from hedgerow.model.trades import ModeState
from hedgerow.model.watched import Look
from hedgerow.reports.wire import plan_json
from hedgerow.reports.wording import plain_text
from hedgerow.store.approvals import approvals_of
from hedgerow.web.journals import Kept

__all__ = ["Room", "Seen", "waits"]

_TICKETS = 200
_LIVE_S = 60.0
_OLD_S = 1.0
_FURTHEST = 5.0
_LATE = 2.5
Made = TypeVar("Made")
_FILES = ("prices", "funding", "books", "open_interest", "sectors", "venues", "chain")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the journals say: each mode, who said yes to what waits, and `changed`, by which a page knows it is old.

    `needed` is how many have to. `look_s` are seconds since the newest look was first seen here; None while there is none.
    `running`: the account was taken and not given back, and its lease lasts or a look came when one was due.
    """

    modes: tuple[ModeState, ...]
    yes: dict[str, tuple[str, ...]]
    needed: int
    changed: str
    look_s: float | None
    running: bool

    @property
    def paper(self) -> ModeState:
        """The mode without money."""
        return self.modes[0]

    @property
    def watches(self) -> tuple[tuple[ModeState, str, Look], ...]:
        """Every watch of both modes with its last look."""
        return tuple((mode, name, look) for mode in self.modes for name, look in mode.watches)

    def mode_of(self, book: str) -> ModeState:
        """Return the mode that a book is watched in: real money before paper, paper where it is in none."""
        return next((mode for mode in reversed(self.modes) if book in dict(mode.watches)), self.paper)

    def look_of(self, book: str) -> Look | None:
        """Return the last look of a book's watch."""
        return dict(self.mode_of(book).watches).get(book)

    def hedged(self, book: str) -> bool:
        """Whether the ledger or a last look has a position: a look that traded saw what was there before."""
        mode = self.mode_of(book)
        held = (row.units for _, look in mode.watches for row in look.held or ())
        booked = (entry.quantity for account in mode.accounts for entry in account.entries)
        return any(held) or any(booked)

    def asks(self, look: Look) -> bool:
        """Return whether a look's proposal wants another yes."""
        return (
            look.proposal is not None
            and waits(look)
            and len(self.yes.get(look.proposal.name, ())) < self.needed
        )


def waits(look: Look) -> bool:
    """Return whether a look's proposal still asks somebody."""
    return look.waits


@dataclass(slots=True)
class Room:
    """One book with its settings, which `config` (None: no file) keeps; `playing`: with the example.

    `runs` is the folder whose runs are shown, None: that of the state folder. Everything is reckoned by one thread at a time, as a command would.
    """

    settings: Settings
    book: str
    config: Path | None = None
    playing: bool = False
    runs: Path | None = None
    closed: bool = False
    _lock: RLock = field(default_factory=RLock)
    _journal: RLock = field(default_factory=RLock)
    _desk: tuple[tuple[object, ...], float, Desk] | None = None
    _betas: tuple[Exposure, tuple[str, ...]] | None = None
    _choice: tuple[Exposure, Ranking, tuple[str, ...]] | None = None
    _tickets: OrderedDict[float | None, Ticket] = field(default_factory=OrderedDict)
    _figures: dict[str, Any] = field(default_factory=dict)
    _seen: tuple[float, Seen] | None = None
    _newest: tuple[dict[str, int], float] | None = None
    _read: tuple[object, float, tuple[ModeState, ...]] | None = None
    kept: Kept = field(init=False)
    shelf: Shelf = field(init=False)
    _pace: float = field(init=False)

    def __post_init__(self) -> None:
        self._pace = self.settings.watch.every_s
        self.kept = Kept(self.settings, self.book)
        self.shelf = Shelf(self.runs or runs_path(self.settings))

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
                self._figures.clear()
            return held[2]

    def contracts(self) -> tuple[Instrument, ...]:
        """Return the contracts that rows of a book may name, also while the book's file cannot be read."""
        with self._lock:
            try:
                return self.desk().catalogue
            except HedgerowError:
                factor = policy_of(self.settings).factor
                market, _ = market_of(self.settings.data, factor, self.settings.data.source)
                return contracts_of(self.settings, market)

    def give(self, coin: str, given: BetaSettings | None) -> None:
        """Take a coin's beta as given from now on; None: measure it."""
        with self._lock:
            betas = {name: one for name, one in self.settings.betas.items() if name != coin}
            self.settings = replace(self.settings, betas=betas if given is None else {**betas, coin: given})
            self._desk = None

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

    def drawn(self, name: str, make: Callable[[], Made]) -> Made:
        """Return what is made of the book as it is, its figures for one, made once."""
        with self._lock:
            self.desk()
            if name not in self._figures:
                self._figures[name] = make()
            found: Made = self._figures[name]
            return found

    def keep(self, target_beta: float | None) -> str:
        """Keep the plan for a target so that it can be traded once it is approved, and return its id.

        It is the plan that `hedgerow plan --target-beta` keeps. Raises `UsageError` where there is nothing to trade.
        """
        with self._lock:
            ticket = self.ticket(target_beta)
            settings = self.settings
            if target_beta is not None:
                aimed = _aimed(self.desk(), target_beta).target_beta
                hedge = replace(settings.hedge, target_beta=aimed, target_beta_usd=None, target_vol=None)
                settings = replace(settings, hedge=hedge)
            document = plan_json(ticket)
            kept = keep_hedge(settings, self.desk(), ticket, document, self.book)
        if kept.why_not is not None:
            raise UsageError(
                f"this plan is not kept: {kept.why_not or 'there is nothing to trade, or something is unknown or refused'}",
                advice="See what the plan says on the page of the hedge.",
            )
        return str(document["plan_id"])

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
        modes = self._modes()
        watched = [(mode, name, look) for mode in modes for name, look in mode.watches]
        yes = {
            look.proposal.name: approvers(self.settings, look.proposal.name, mode.mode)
            for mode, _, look in watched
            if look.proposal is not None and waits(look)
        }
        ats = {_key(mode, name): look.at for mode, name, look in watched}
        age = self._age(ats)
        running = any(
            account.taken and (account.left_ms > 0 or (age is not None and age <= _LATE * self._pace))
            for mode in modes
            for account in mode.accounts
        )
        records = [(each.account, each.records) for mode in modes for each in mode.accounts]
        halts = [sorted(mode.halts.items()) for mode in modes]
        said = [mark(approvals_of(place_of(self.settings, mode).journal).path) for mode in MODES]
        plans = [mark(place_of(self.settings, mode).plans) for mode in MODES]
        troubles = [mode.trouble for mode in modes]
        changed = _brief((ats, running, halts, sorted(yes.items()), troubles, records, said, plans))
        return Seen(modes, yes, self.settings.watch.approvals, changed, age, running)

    def _modes(self) -> tuple[ModeState, ...]:
        """Both modes, read anew where a file of theirs has changed; else as they were, with leases that ran on."""
        written, now = tuple(marks(self.settings, mode) for mode in MODES), time.monotonic()
        if self._read is None or self._read[0] != written:
            self._read = (written, now, tuple(standing(self.settings, mode) for mode in MODES))
        gone = round((now - self._read[1]) * 1_000)
        return tuple(_later(mode, gone) for mode in self._read[2])

    def _age(self, ats: dict[str, int]) -> float | None:
        """Seconds since the looks were first seen as they are; at the first time, since the journal was written."""
        if not ats:
            return None
        now = time.time()
        if self._newest is None or self._newest[0] != ats:
            before = {} if self._newest is None else self._newest[0]
            gaps = [(at - before[name]) / 1_000 for name, at in ats.items() if name in before]
            self._pace = max([self.settings.watch.every_s, *gaps])
            began = (
                now
                if self._newest is not None
                else max(_written(self.settings, mode, 0.0) for mode in MODES) or now
            )
            self._newest = (ats, began)
        return max(now - self._newest[1], 0.0)

    def _stamp(self) -> tuple[object, ...]:
        data = self.settings.data
        files = (getattr(data, name) for name in _FILES)
        book = None if is_account(self.book) else self.book
        return tuple(None if path is None else mark(Path(path)) for path in (book, *files))


def _aimed(desk: Desk, target_beta: float) -> Policy:
    if not -_FURTHEST <= target_beta <= _FURTHEST:
        raise UsageError(
            f"a target beta of {target_beta:g} means nothing here",
            advice=f"Give one between −{_FURTHEST:g} and {_FURTHEST:g}.",
        )
    others = (desk.policy.target_beta or ())[1:] or (0.0,) * (len(desk.policy.factors) - 1)
    return replace(desk.policy, target_beta=(target_beta, *others), target_beta_usd=None, target_vol=None)


def _later(mode: ModeState, gone_ms: int) -> ModeState:
    accounts = (replace(each, left_ms=max(each.left_ms - gone_ms, 0)) for each in mode.accounts)
    left = tuple(each if each.left_ms else replace(each, holder="") for each in accounts)
    return replace(mode, accounts=left)


def _brief(marks: tuple[object, ...]) -> str:
    """A word that is another one wherever `marks` are others: short enough for every page and every event."""
    return blake2b(repr(marks).encode(), digest_size=12).hexdigest()


def _key(mode: ModeState, book: str) -> str:
    return book if mode.mode == "paper" else f"{mode.mode}:{book}"


def _written(settings: Settings, mode: Mode, now: float) -> float:
    """When a mode's journal was written last, seconds since 1970; now where that is not known."""
    return max((mark[0] / 1e9 for mark in marks(settings, mode)[:2] if mark is not None), default=now)
