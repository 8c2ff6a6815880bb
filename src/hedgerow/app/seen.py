"""What somebody has seen: alarms that are on, and messages that did not get through.

acknowledged(settings, "Ann") -> how many alarms, how many messages
unacknowledged(journal, notices) -> alarms that nobody has seen yet
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hedgerow.app.dealing import wall_ms
from hedgerow.app.plans import MODES, place_of
from hedgerow.app.standing import Watching, watchings
from hedgerow.config import Settings
from hedgerow.model.errors import UsageError
from hedgerow.model.watched import AlarmRow

if TYPE_CHECKING:
    from hedgerow.store.notices import Notices

__all__ = ["acknowledged", "unacknowledged"]


def acknowledged(settings: Settings, who: str) -> tuple[int, int]:
    """Note that somebody has seen every alarm that is on and every message that did not get through, and return how many.

    Raises `UsageError` for nobody's name and `JournalFailed` where it cannot be written down.
    """
    from hedgerow.store.journal import look_into
    from hedgerow.store.notices import notices_of

    if not who.strip():
        raise UsageError("nobody is called that", advice="Give --who NAME.")
    alarms = messages = 0
    for mode in MODES:
        path = place_of(settings, mode).journal
        notices = notices_of(path)
        unsent = [notice.message.name for notice in notices.unsent()]
        if unsent:
            notices.seen(unsent, who.strip(), wall_ms())
            messages += len(unsent)
        if not path.exists():
            continue
        with look_into(path) as journal:
            on = [key for each in watchings(journal) for key, _ in unacknowledged(each, notices)]
        if on:
            notices.acknowledge(on, who.strip(), wall_ms())
            alarms += len(on)
    return alarms, messages


def unacknowledged(
    watching: Watching, notices: Notices
) -> tuple[tuple[tuple[str, str, str, int], AlarmRow], ...]:
    """Return the alarms of a watch that are on and that nobody has seen, each with its key."""
    known = notices.acknowledged()
    keys = (((watching.source, row.watch, row.about, row.since), row) for row in watching.look.alarms)
    return tuple((key, row) for key, row in keys if key not in known)
