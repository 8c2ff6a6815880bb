"""What became of a proposal that does not wait for anybody any more.

became_in(journal's place, "1b9c02f4") -> when it was withdrawn or traded, and why
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from hedgerow.model.watched import Look

if TYPE_CHECKING:
    from hedgerow.store.journal import Journal
    from hedgerow.store.server import Where

__all__ = ["became_in"]

_LAST = 20_000
"""How many of the last records of each diary are looked through."""


def became_in(place: Where, prefix: str) -> str:
    """Return what became of the newest thing that a watch asked by a name that begins so; "" where none did lately."""
    from hedgerow.store.journal import look_into

    if not place.exists():
        return ""
    with look_into(place) as journal:
        return _became(journal, prefix)


def _became(journal: Journal, prefix: str) -> str:
    found = ""
    newest = -1
    for looks in _diaries(journal):
        for look, after in looks:
            asked = _asked(look, prefix)
            if asked and look.at > newest and (after is None or _asked(after, prefix) != asked):
                newest, found = look.at, _said(asked[:8], look, after)
    return found


def _diaries(journal: Journal) -> Iterator[Iterator[tuple[Look, Look | None]]]:
    from hedgerow.app.standing import WATCH

    for stream in journal.streams():
        if stream.startswith(WATCH):
            yield _pairs(journal, stream)


def _pairs(journal: Journal, stream: str) -> Iterator[tuple[Look, Look | None]]:
    """Each look with the one after it."""
    from hedgerow.runs.diary import LOOK
    from hedgerow.runs.wire import value_of

    end = journal.last(stream)
    before: Look | None = None
    for record in journal.read(stream, max((0 if end is None else end[0]) - _LAST, 0)):
        if record.kind == LOOK:
            look = value_of(record.body)
            if before is not None:
                yield before, look
            before = look
    if before is not None:
        yield before, None


def _asked(look: Look, prefix: str) -> str:
    """The whole name of what a look proposes or asks by a name that begins so."""
    names = [ask.name for ask in look.asks]
    names += [look.proposal.name] if look.proposal is not None and look.mode == "propose" else []
    return next((name for name in names if name.startswith(prefix)), "")


def _said(name: str, look: Look, after: Look | None) -> str:
    """Return what became of a name that a look asked by and the one `after` it did not."""
    if look.approved_by and look.proposal is not None and look.proposal.name.startswith(name):
        return f"{look.approved_by} approved it, and it was carried out at {_minute(look.at)}: {look.done}"
    if after is None:
        return f"it was asked last at {_minute(look.at)}"
    at = _minute(after.at)
    if after.mode != "propose":
        return f"it was withdrawn at {at}: the watch does not ask any more, its mode is {after.mode}"
    other = after.proposal
    if other is not None and after.waits:
        return (
            f"it was withdrawn at {at}: {other.name[:8]} stands in its place ({other.over or after.reason})"
        )
    return f"it was withdrawn at {at}: {after.reason}"


def _minute(at: int) -> str:
    return f"{str(np.datetime64(at, 'ms'))[:16].replace('T', ' ')} UTC"
