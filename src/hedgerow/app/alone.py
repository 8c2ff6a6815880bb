"""One process of this user at a real account, whichever state folder it remembers in.

with alone("bybit:24617703", holder, str(place)): ...

A journal's lease knows only those who use the same journal. This is a lock by the account's own name in the user's state home,
which the kernel gives back when its holder dies. Another machine, another user and another state home are not seen.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import quote

from hedgerow.config import Settings, state_path
from hedgerow.model.errors import JournalReadOnly, LeaseHeld

__all__ = ["alone"]


@contextmanager
def alone(account: str, holder: str, place: str) -> Iterator[None]:
    """Hold an account against all other processes of this user; `place` is where this one remembers.

    Raises `LeaseHeld`, which names who holds it and where that one remembers, and `JournalReadOnly` where no lock can be made.
    """
    import fcntl

    path = state_path(Settings()) / "held" / quote(account, safe="")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as why:
        raise JournalReadOnly(
            f"{path}: the lock of {account} cannot be made: {why.strerror}",
            advice="Let this user write there: without it another state folder could trade the same account.",
        ) from None
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise _held(account, opened) from None
        with suppress(OSError):  # who it is can stay unsaid on a full disk; the lock holds all the same
            os.ftruncate(opened, 0)
            os.pwrite(opened, json.dumps({"holder": holder, "state": place}).encode(), 0)
        yield
    finally:
        os.close(opened)


def _held(account: str, opened: int) -> LeaseHeld:
    """Who holds it, as the file says, if it does by now."""
    try:
        said = json.loads(os.pread(opened, 65_536, 0))
        whom, where = f"process {said['holder']}", str(said["state"])
    except (OSError, ValueError, KeyError, TypeError):
        whom, where = "another process", "its state folder"
    return LeaseHeld(
        f"{account} is held by {whom}, which remembers in {where}",
        advice="One account is traded from one state folder: two would hedge it twice. Give that one by --state, or let it end.",
    )
