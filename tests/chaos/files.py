"""What is left of a watch that is killed, looked at from outside: its journal, its messages, and how soon it was ready."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any

from hedgerow.store.journal import Journal, look_into
from hedgerow.store.notices import Notices
from hedgerow.store.postgresql import number_of_writes
from hedgerow.store.server import Server, Where
from hedgerow.testing.faults.history import History
from hedgerow.testing.faults.vigilance import ready_after

__all__ = ["Disk", "late", "messages", "once", "ready", "standing", "taken_over"]

_READY_MS = 10_000
_OVER = "is well again"


class Disk:
    """The journal as the parent sees it: opened when it is asked, and never open while a process is forked."""

    def __init__(self, path: Where, clock: Any) -> None:
        self.path, self._clock = path, clock
        self.dead, self.watch = False, None
        self._open: Journal | None = None
        self._raw: sqlite3.Connection | None = None
        self._version: int | None = None

    def __getattr__(self, verb: str) -> Any:
        if self._open is None:
            self._open = look_into(self.path, monotonic=self._clock.monotonic)
        return getattr(self._open, verb)

    def changed(self) -> bool:
        """Return whether anything was written since this was asked last; the first answer is yes."""
        if isinstance(self.path, Server):
            return self._differs(number_of_writes(self.path))
        if self._raw is None:
            self._raw = sqlite3.connect(self.path)
        (version,) = self._raw.execute("PRAGMA data_version").fetchone()
        return self._differs(version)

    def _differs(self, version: int) -> bool:
        before, self._version = self._version, version
        return version != before

    def close(self) -> None:
        """Let go of the file."""
        for each in (self._open, self._raw):
            if each is not None:
                each.close()
        self._open, self._raw, self._version = None, None, None


def standing(notices: Notices) -> set[str]:
    """Return the titles of alarms that were told, and not that they are over."""
    texts = {notice.message.title: notice.message.text for notice in notices.all()}
    return {title for title, text in texts.items() if text != _OVER and ": " in title}


def messages(notices: Notices, on: Collection[str]) -> Iterator[str]:
    """Each alarm is told once, and over once; all of it was sent, and told is in the end what is `on`."""
    before: dict[str, str] = {}
    for message, missing in ((notice.message, notice.missing) for notice in notices.all()):
        title = message.title
        said = _OVER if message.text == _OVER else message.level
        if ": " in title and before.get(title, _OVER) == said:
            yield f"W5 at {message.at}: {title} is told twice: {said}"
        before[title] = said
        if missing:
            yield f"W5 at {message.at}: {title} was never sent"
    if standing(notices) != set(on):
        yield f"W5: told are {sorted(standing(notices))}, and on are {sorted(on)}"


def once(looks: Sequence[int]) -> Iterator[str]:
    """Each look is written once, and one after the other."""
    if any(later <= before for before, later in pairwise(looks)):
        yield "W8: a look is written twice, or out of order"


def ready(history: History) -> list[int]:
    """Return how long it took from each start until a look knew what is held, in a storm too, or from when a fill that was hidden is seen."""
    return ready_after([(0, "calm", {}), *(line for line in history if line[1] != "storm")])


def late(ready_ms: Sequence[int]) -> Iterator[str]:
    """It is ready soon after each start (W7)."""
    if max(ready_ms, default=0) > _READY_MS:
        yield f"W7: ready {max(ready_ms)} ms after a start"


def taken_over(history: History) -> list[int]:
    """Return how long it took from each death until a look knew what is held, a trade that had to be finished included."""
    died: int | None = None
    found = []
    for at, kind, body in history:
        if kind == "ended" and body["how"] == "killed":
            died = at if died is None else died
        elif kind == "look" and body["known"] and died is not None:
            found.append(at - died)
            died = None
    return found
