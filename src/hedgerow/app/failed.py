"""A watch that cannot begin, because its holdings or prices cannot be read, leaves a trace: a look, a call, a sign for the watchdog.

with traced(settings, place, (account, book), ask): open_desk(…)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from hedgerow.app.dealing import holder_of, leased, wall_ms
from hedgerow.app.outward import Say, outward
from hedgerow.app.plans import Place
from hedgerow.app.standing import source_of, watchings
from hedgerow.config import Settings
from hedgerow.model.errors import BadInput, HedgerowError, NotEnoughData
from hedgerow.model.watched import WatchLine
from hedgerow.store.beats import Beat, beats_of

if TYPE_CHECKING:
    from hedgerow.model.watched import Look
    from hedgerow.store.keys import Ask

__all__ = ["traced"]


@contextmanager
def traced(settings: Settings, place: Place, whose: tuple[str, str], say: Say, ask: Ask) -> Iterator[None]:
    """Let what is read in the block leave a trace where it fails and the book of the account (`whose`) was watched before.

    What it raised is raised again, whether or not the trace could be left.
    """
    try:
        yield
    except (BadInput, NotEnoughData) as why:
        try:
            _trace(settings, place, whose, say, ask, why)
        except HedgerowError as other:
            why.add_note(f"Nobody was told: {other.message}")
        raise


def _trace(
    settings: Settings, place: Place, whose: tuple[str, str], say: Say, ask: Ask, why: HedgerowError
) -> None:
    from hedgerow.store.journal import look_into

    if not place.journal.exists():
        return
    with look_into(place.journal) as journal:
        there = {(each.account, each.book): each.look for each in watchings(journal)}
    if whose in there:
        said = str(why).partition("\n")[0]
        look = _written(place, whose, there[whose], said)
        beat = Beat(source_of(*whose), wall_ms(), settings.watch.every_s, look.mode, stopped=True)
        beats_of(place.journal).beat(replace(beat, failed=said))
        _called(settings, place, whose, say, ask, (there[whose], look))


def _written(place: Place, whose: tuple[str, str], last: Look, said: str) -> Look:
    from hedgerow.runs.diary import LOOK, diary_of
    from hedgerow.runs.failing import failed_look
    from hedgerow.runs.wire import body_of
    from hedgerow.store.journal import open_journal

    account, book = whose
    with open_journal(place.journal) as journal, leased(journal, holder_of(), account) as lease:
        look = failed_look(last, last.at + 1, said)
        journal.append(diary_of(account, book), look.at, [(LOOK, body_of(look))], lease)
    return look


def _called(
    settings: Settings, place: Place, whose: tuple[str, str], say: Say, ask: Ask, looks: tuple[Look, Look]
) -> None:
    """Call where the alarm went on with this look."""
    before, after = ({(row.watch, row.about): row for row in look.alarms} for look in looks)
    row = after["not hedged", "book"]
    if (row.watch, row.about) in before:
        return
    with outward(settings, place, ask) as out:
        around = out.around(*whose, say)
        around.notifier.notify(row.level, f"{row.watch}: {row.about}", row.text)
        around.report(WatchLine(row.since, row.level, f"{row.text}. {row.advice}"))
