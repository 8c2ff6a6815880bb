"""A watch that cannot begin, because its holdings or prices cannot be read, leaves a trace: a look, a call, a sign for the watchdog.

with traced(settings, place, (account, book), say, ask): open_desk(…)
with traced_at(at, book, out, around, ends): …          the same where the account is held already
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hedgerow.app.dealing import Dealing, holder_of, leased, wall_ms
from hedgerow.app.outward import Outward, Say, outward
from hedgerow.app.plans import Place
from hedgerow.app.standing import source_of, watchings
from hedgerow.config import Settings
from hedgerow.model.errors import BadInput, HedgerowError, NotEnoughData
from hedgerow.model.watched import WatchLine
from hedgerow.store.beats import Beat, beats_of

if TYPE_CHECKING:
    from hedgerow.model.ports import Lease, Store
    from hedgerow.model.watched import Look
    from hedgerow.runs.monitor import Around
    from hedgerow.store.keys import Ask

__all__ = ["traced", "traced_at"]


@contextmanager
def traced(settings: Settings, place: Place, whose: tuple[str, str], say: Say, ask: Ask) -> Iterator[None]:
    """Let what is read in the block leave a trace where it fails and the book of the account (`whose`) was watched before.

    What it raised is raised again, whether or not the trace could be left.
    """
    with _leaving(lambda why: _trace(settings, place, whose, say, ask, why)):
        yield


@contextmanager
def traced_at(
    at: Dealing, book: str, out: Outward, around: Around, ends: Callable[[HedgerowError], bool]
) -> Iterator[None]:
    """Let what fails before a look at a book of an account that is held leave the same trace; `ends`: whether it is not tried again.

    What it raised is raised again, whether or not the trace could be left.
    """

    def leave(why: HedgerowError) -> None:
        from hedgerow.runs.diary import LOOK, diary_of
        from hedgerow.runs.wire import value_of

        last = None
        for record in at.journal.read(diary_of(at.account, book)):
            last = record if record.kind == LOOK else last
        if last is None:
            return
        before: Look = value_of(last.body)
        look = _appended(at.journal, at.lease, (at.account, book), before, (at.clock.now(), _first_line(why)))
        out.failed(at.account, book, look.mode, look.blind, stopped=ends(why))
        _called(around, before, look)

    with _leaving(leave):
        yield


@contextmanager
def _leaving(leave: Callable[[HedgerowError], None]) -> Iterator[None]:
    try:
        yield
    except (BadInput, NotEnoughData) as why:
        try:
            leave(why)
        except HedgerowError as other:
            why.add_note(f"Nobody was told: {other.message}")
        raise


def _trace(
    settings: Settings, place: Place, whose: tuple[str, str], say: Say, ask: Ask, why: HedgerowError
) -> None:
    from hedgerow.store.journal import look_into, open_journal

    if not place.journal.exists():
        return
    with look_into(place.journal) as journal:
        there = {(each.account, each.book): each.look for each in watchings(journal)}
    if whose not in there:
        return
    last = there[whose]
    with open_journal(place.journal) as store, leased(store, holder_of(), whose[0]) as lease:
        look = _appended(store, lease, whose, last, (0, _first_line(why)))  # by the account's own clock
    source, every_s = source_of(*whose), settings.watch.every_s
    sign = Beat(source, wall_ms(), every_s, look.mode, stopped=True, failed=look.blind)
    beats_of(place.journal).beat(sign)
    if not _is_on(last):
        with outward(settings, place, ask) as out:
            _called(out.around(*whose, say), last, look)


def _appended(store: Store, lease: Lease, whose: tuple[str, str], last: Look, what: tuple[int, str]) -> Look:
    """Write down the look after the `last` one: from which instant on it is, and why it could not begin."""
    from hedgerow.runs.diary import LOOK, diary_of
    from hedgerow.runs.failing import failed_look
    from hedgerow.runs.wire import body_of

    look = failed_look(last, max(what[0], last.at + 1), what[1])
    store.append(diary_of(*whose), look.at, [(LOOK, body_of(look))], lease)
    return look


def _is_on(look: Look) -> bool:
    return ("not hedged", "book") in {(row.watch, row.about) for row in look.alarms}


def _called(around: Around, before: Look, after: Look) -> None:
    """Call where the alarm went on with this look."""
    if _is_on(before):
        return
    row = next(each for each in after.alarms if (each.watch, each.about) == ("not hedged", "book"))
    around.notifier.notify(row.level, f"{row.watch}: {row.about}", row.text)
    around.report(WatchLine(row.since, row.level, f"{row.text}. {row.advice}"))


def _first_line(why: HedgerowError) -> str:
    return str(why).partition("\n")[0]
