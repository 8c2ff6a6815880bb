"""Messages until they have been sent, and who has seen what: a file of lines beside the journal, that needs neither lease nor lock.

notices_of(journal).told(message, ("phone",), held=False)
notices_of(journal).unsent(now) -> what did not reach anybody it was for
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from hedgerow.model.errors import JournalFailed
from hedgerow.model.notices import Message, Notice
from hedgerow.store.lines import Lines, add_line, beside, lines_in
from hedgerow.store.server import Where

__all__ = ["Notices", "notices_of"]

_UNDER_WAY_MS = 300_000
Alarm = tuple[str, str, str, int]
"""Which account and book, which watch, about what, on since."""


def _nothing(_: str) -> None:
    """Be the hook of who has none."""


@dataclass(frozen=True, slots=True)
class Notices:
    """The messages in one file, which need not exist. Lines are only added; one that cannot be read is passed over."""

    path: Lines
    _point: Callable[[str], None] = _nothing

    def told(self, message: Message, targets: Sequence[str], *, held: bool) -> None:
        """Note a message before it is sent; durable when it returns. Raises `JournalFailed`."""
        self._add(
            {
                "is": "told",
                "name": message.name,
                "at": message.at,
                "level": message.level,
                "source": message.source,
                "title": message.title,
                "text": message.text,
                "targets": list(targets),
                "held": held,
            }
        )

    def sent(self, names: Sequence[str], target: str, at: int) -> None:
        """Note that messages reached a target. Raises `JournalFailed`."""
        self._add({"is": "sent", "names": list(names), "target": target, "at": at})

    def failed(self, names: Sequence[str], target: str, at: int, why: str) -> None:
        """Note that messages did not reach a target. Raises `JournalFailed`."""
        self._add({"is": "failed", "names": list(names), "target": target, "at": at, "why": why})

    def seen(self, names: Sequence[str], who: str, at: int) -> None:
        """Note that somebody has seen messages, however they came to him. Raises `JournalFailed`."""
        self._add({"is": "seen", "names": list(names), "who": who, "at": at})

    def acknowledge(self, alarms: Sequence[Alarm], who: str, at: int) -> None:
        """Note that somebody has seen alarms. Raises `JournalFailed`."""
        self._add({"is": "acknowledged", "alarms": [list(each) for each in alarms], "who": who, "at": at})

    def acknowledged(self) -> frozenset[Alarm]:
        """Return the alarms that somebody has seen."""
        return frozenset(self.acknowledged_by())

    def acknowledged_by(self) -> dict[Alarm, str]:
        """Return the alarms that somebody has seen, and who said so last."""
        found: dict[Alarm, str] = {}
        for line in self._lines():
            if line.get("is") == "acknowledged":
                with suppress(KeyError, TypeError, ValueError):
                    found |= {
                        (str(source), str(watch), str(about), int(since)): str(line["who"])
                        for source, watch, about, since in line["alarms"]
                    }
        return found

    def all(self) -> tuple[Notice, ...]:
        """Return every message with what became of it, in order."""
        found: dict[str, Notice] = {}
        for line in self._lines():
            try:
                _apply(found, line)
            except (KeyError, TypeError, ValueError):
                continue
        return tuple(found.values())

    def unsent(self, now: int | None = None) -> tuple[Notice, ...]:
        """Return what did not reach everybody it was for and nobody has seen: all of it, or what should have been sent by `now`."""
        rows = (one for one in self.all() if one.missing and not one.seen)
        if now is None:
            return tuple(rows)
        late = now - _UNDER_WAY_MS
        return tuple(one for one in rows if one.why or (not one.held and one.message.at < late))

    def _lines(self) -> Iterator[dict[str, Any]]:
        try:
            lines = lines_in(self.path)
        except (OSError, UnicodeDecodeError):
            return
        for line in lines:
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if isinstance(said, dict):
                yield said

    def _add(self, said: dict[str, object]) -> None:
        self._point("notices.before_add")
        try:
            add_line(self.path, json.dumps(said))
        except OSError as why:
            raise JournalFailed(
                f"{self.path} cannot be written: {why.strerror}",
                advice="Make room, or let this user write there.",
            ) from None
        self._point("notices.added")


def _apply(found: dict[str, Notice], line: dict[str, Any]) -> None:
    if line["is"] == "told":
        name = str(line["name"])
        said = (line["level"], str(line["source"]), str(line["title"]), str(line["text"]))
        message = Message(name, int(line["at"]), *said)
        found[name] = Notice(message, tuple(map(str, line["targets"])), held=bool(line["held"]))
        return
    for name in line["names"]:
        if name in found:
            found[name] = _after(found[name], line)


def _after(notice: Notice, line: dict[str, Any]) -> Notice:
    match line["is"]:
        case "sent":
            missing = tuple(each for each in notice.missing if each != line["target"])
            return replace(notice, missing=missing, why=notice.why if missing else "")
        case "failed":
            return replace(notice, why=f"{line['target']}: {line['why']}")
        case "seen":
            return replace(notice, seen=str(line["who"]))
        case _:
            return notice


def notices_of(journal: Where, point: Callable[[str], None] = _nothing) -> Notices:
    """Return the messages beside a journal; `point` is called with the name of every persistence point."""
    return Notices(beside(journal, "notices"), point)
