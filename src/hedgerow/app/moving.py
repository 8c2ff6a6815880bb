"""What is remembered in one place, moved to another: a folder to a server, a server to a folder."""

from __future__ import annotations

from dataclasses import replace

from hedgerow.app.plans import MODES, Mode, place_of
from hedgerow.config import Settings
from hedgerow.model.errors import UsageError
from hedgerow.store.server import state_of

__all__ = ["move"]


def move(settings: Settings, to: str) -> tuple[tuple[Mode, str, int], ...]:
    """Move both modes to another folder or server, and return of each where it is and how many records there are.

    Raises `UsageError` where there is nothing to move, and what `moved` raises.
    """
    from hedgerow.store.move import moved

    there = replace(settings, trade=replace(settings.trade, state=state_of(to)))
    pairs = [(mode, place_of(settings, mode).journal, place_of(there, mode).journal) for mode in MODES]
    done = [(mode, str(target), moved(source, target)) for mode, source, target in pairs if source.exists()]
    if not done:
        raise UsageError("there is nothing to move", advice="Say with --state where it is now.")
    return tuple(done)
