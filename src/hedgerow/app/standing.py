"""Stopping, and what stands: halts, leases, ledgers, as far as they can be read with everything else dead.

halt(settings, ("paper", "live"), "*", "I want to look first")
standing(settings, "paper") -> ModeState
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hedgerow.app.plans import Mode, Place, place_of
from hedgerow.app.venues import money_of
from hedgerow.config import Settings
from hedgerow.model.errors import HedgerowError, JournalFailed
from hedgerow.model.ports import Record
from hedgerow.model.trades import AccountState, EntryRow, ModeState, WorkerState
from hedgerow.model.watched import Look

if TYPE_CHECKING:
    from hedgerow.runs.ledger import Ledger
    from hedgerow.store.documents import Sheet
    from hedgerow.store.halts import Halt
    from hedgerow.store.journal import Journal
    from hedgerow.store.lines import Lines
    from hedgerow.store.server import Where

__all__ = [
    "Watching",
    "account_names",
    "asleep",
    "entries_of",
    "halt",
    "known_accounts",
    "last_looks",
    "mark",
    "marks",
    "source_of",
    "standing",
    "watchings",
]

_UNDER_WAY_S = 0.25
_TAIL = 50
_DAY_MS = 86_400_000
WATCH = "watch:"
"""How the streams of watches begin."""


def halt(
    settings: Settings, modes: Sequence[Mode], account: str, why: str | None, *, also: bool = False
) -> tuple[Mode, ...]:
    """Halt an account ("*": all) in each mode, or lift its halt with None, and return the modes it is written in.

    With `also`, the reason of a halt that is in force already stays before this one. It needs neither journal nor lease. An order whose last look was before it has left when this returns. Raises
    `JournalFailed` after all modes were tried, where one could not be written.
    """
    from hedgerow.store.halts import halts_of

    done: list[Mode] = []
    failed: JournalFailed | None = None
    places = {mode: halts_of(place_of(settings, mode).journal) for mode in modes}
    for halts in places.values():  # a server that is away may take seconds to say so
        with suppress(JournalFailed):
            if why is not None:
                halts.at_once(account, time.time_ns() // 1_000_000, why)
    for mode, halts in places.items():
        try:
            before = halts.now().get(account) if also else None
            halts.set(account, time.time_ns() // 1_000_000, _with(before, why))
        except JournalFailed as problem:
            failed = problem
        else:
            done.append(mode)
    if failed is not None:
        raise failed
    if why is not None:
        time.sleep(_UNDER_WAY_S)
    return tuple(done)


def _with(before: Halt | None, why: str | None) -> str | None:
    """The reason of a halt with this one after it, unless it is there already."""
    if before is None or why is None:
        return why
    return before.why if why in before.why.split("; ") else f"{before.why}; {why}"


def account_names(place: Place, account: str = "*") -> tuple[str, ...]:
    """Return the accounts of a journal ("*": all) by name, none where it is not there. Raises what reading it raises."""
    from hedgerow.store.journal import look_into

    if not place.journal.exists():
        return ()
    with look_into(place.journal) as journal:
        streams = journal.streams()
    return tuple(each for each in streams if account in {"*", each} and not each.startswith(WATCH))


def known_accounts(settings: Settings, modes: Sequence[Mode]) -> tuple[tuple[str, ...], tuple[Mode, ...]]:
    """Return the accounts that may be halted by name, and the modes whose journal cannot be read.

    The paper account is known before it traded.
    """
    from hedgerow.app.dealing import PAPER_ACCOUNT

    known: list[str] = []
    unread: list[Mode] = []
    for mode in modes:
        known += [PAPER_ACCOUNT] if mode == "paper" else []
        try:
            known += account_names(place_of(settings, mode))
        except HedgerowError:
            unread.append(mode)
    return tuple(dict.fromkeys(known)), tuple(unread)


def standing(settings: Settings, mode: Mode) -> ModeState:
    """Return what one mode's journal and halts say; a journal that cannot be read is told, not raised."""
    from hedgerow.store.halts import halts_of
    from hedgerow.store.notices import notices_of

    path = place_of(settings, mode).journal
    halts = {halt.account: halt.why for halt in halts_of(path).now().values()}
    unsent = notices_of(path).unsent(time.time_ns() // 1_000_000)
    if not path.exists():
        return ModeState(mode, str(path), exists=False, accounts=(), halts=halts, unsent=unsent)
    from hedgerow.store.journal import look_into

    try:
        with look_into(path) as journal:
            accounts, there = _accounts(settings, mode, journal), watchings(journal)
            workers = _workers(path)
    except HedgerowError as why:
        return ModeState(
            mode, str(path), True, (), halts, why.message, why.advice, why.exit_code, unsent=unsent
        )
    watches = tuple((each.book, each.look) for each in there)
    books = {each.source: each.book for each in there}
    known = notices_of(path).acknowledged_by()
    seen = {(books[key[0]], *key[1:]): who for key, who in known.items() if key[0] in books}
    return ModeState(
        mode,
        str(path),
        exists=True,
        accounts=accounts,
        halts=halts,
        watches=watches,
        unsent=unsent,
        asleep=asleep(path, there),
        seen=seen,
        workers=workers,
    )


def _workers(journal: Where) -> tuple[WorkerState, ...]:
    """The processes that share books, where there is a server to share them on."""
    if isinstance(journal, Path):
        return ()
    from hedgerow.store.workers import workers_on

    return tuple(WorkerState(each.name, each.books, left) for each, left in workers_on(journal))


def asleep(journal: Where, there: Sequence[Watching]) -> dict[str, int]:
    """Return the watches that have not looked for a day, and three of their own pauses, by book, with the hours since.

    By this machine's clock; one that left no sign of its life is not among them: nothing is known of it.
    """
    from hedgerow.store.beats import beats_of

    now, beats = time.time_ns() // 1_000_000, {beat.source: beat for beat in beats_of(journal).all()}
    found = {}
    for each in there:
        beat = beats.get(each.source)
        if beat is not None and now - beat.at > max(_DAY_MS, 3_000 * beat.every_s):
            found[each.book] = (now - beat.at) // 3_600_000
    return found


def marks(settings: Settings, mode: Mode) -> tuple[tuple[int, int] | None, ...]:
    """Return what tells that a mode's journal (the first two), halts or approvals were written since: `mark` of each file."""
    from hedgerow.store.approvals import approvals_of
    from hedgerow.store.halts import halts_of

    journal = place_of(settings, mode).journal
    beside = (halts_of(journal).path, approvals_of(journal).path)
    if not isinstance(journal, Path):
        return (mark(journal), None, None, None)  # one number for whatever its server writes
    return tuple(map(mark, (journal, journal.with_name(f"{journal.name}-wal"), *beside)))


def mark(place: Lines | Sheet | Where) -> tuple[int, int] | None:
    """Return when a file was changed, in nanoseconds, and its size; None where there is none to be seen. Of a server, (0, n)."""
    from hedgerow.store.lines import mark_of

    return mark_of(place)


def _accounts(settings: Settings, mode: Mode, journal: Journal) -> tuple[AccountState, ...]:
    from hedgerow.runs.executor import recalled
    from hedgerow.runs.ledger import ledger_of
    from hedgerow.runs.resting import resting
    from hedgerow.store.owners import owners_of
    from hedgerow.store.plans import plan_of

    owners = owners_of(place_of(settings, mode).journal)
    leases = {lease.account: (lease, left) for lease, left in journal.leases()}
    found = []
    for name in dict.fromkeys((*journal.streams(), *leases)):
        if name.startswith(WATCH):
            continue
        records: tuple[Record, ...] = tuple(journal.read(name))
        lease, left = leases.get(name, (None, 0))
        begun = recalled(records).state
        found.append(
            AccountState(
                name,
                lease.holder if lease is not None and left else "",
                left,
                lease.fence if lease is not None else 0,
                len(records),
                records[-1].at if records else None,
                journal.halted(name),
                "" if begun is None else plan_of(begun.programme.plan),
                entries_of(ledger_of(records)),
                taken=lease is not None and bool(lease.holder),
                money="paper" if mode == "paper" else money_of(settings, name.partition(":")[0]),
                hedges=owners.of(name),
                resting=resting(records),
                silent_s=begun.dead_man_s if begun is not None and begun.dead_man else 0,
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Watching:
    """The last look of a watch: of which account and book, and how many looks there were."""

    account: str
    book: str
    look: Look
    looks: int

    @property
    def source(self) -> str:
        """What its messages are about: the account and the book."""
        return source_of(self.account, self.book)


def source_of(account: str, book: str) -> str:
    """Return what a watch's messages say they are about."""
    return f"{account} {book}"


def last_looks(journal: Journal) -> tuple[tuple[str, Look], ...]:
    """Return the last look of every watch in a journal, by the name of its book."""
    return tuple((each.book, each.look) for each in watchings(journal))


def watchings(journal: Journal) -> tuple[Watching, ...]:
    """Return every watch in a journal with its last look."""
    from hedgerow.runs.diary import LOOK
    from hedgerow.runs.wire import value_of

    found = []
    for stream in (each for each in journal.streams() if each.startswith(WATCH)):
        end = journal.last(stream)
        last = None if end is None else _last(journal, stream, LOOK, max(end[0] - _TAIL, 0))
        if last is not None:
            account, _, book = stream.removeprefix(WATCH).rpartition(":")
            found.append(Watching(account, book, value_of(last.body), last.seq))
    return tuple(found)


def _last(journal: Journal, stream: str, kind: str, after: int) -> Record | None:
    """The last record of a kind, from the end of a stream, or from its beginning where the end has none."""
    last = None
    for record in journal.read(stream, after):
        last = record if record.kind == kind else last
    return _last(journal, stream, kind, 0) if last is None and after else last


def entries_of(ledger: Ledger) -> tuple[EntryRow, ...]:
    """Return a ledger's contracts in order of their names."""
    return tuple(
        EntryRow(
            entry.leg.instrument,
            entry.quantity,
            entry.leg.entry,
            entry.realised,
            entry.funding,
            entry.fees,
            entry.fills,
        )
        for _, entry in sorted(ledger.entries.items())
    )
