"""One process of this user at a real account, whichever state folder it remembers in.

with alone("bybit:24617703", holder, str(place)): ...

A journal's lease knows only those who use the same journal. This is a lock by the account's own name in the user's state home,
which the kernel gives back when its holder dies. Another machine, another user and another state home are not seen.

Those who remember on one server (`together`) keep no lock from each other: there the lease is the judge, and whoever is
stopped in the middle loses the account to the next when it ends, as on two machines.
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

_WIDTH = 1_024
"""Bytes that who it is takes up, so that it is told in one write."""


@contextmanager
def alone(account: str, holder: str, place: str, *, together: bool = False) -> Iterator[None]:
    """Hold an account against all other processes of this user; `place` is where this one remembers.

    Raises `LeaseHeld`, which names who holds it and where that one remembers, and `JournalReadOnly` where no lock can be made.
    """
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
        if not (together and _joined(opened, place)):
            if not _locked(opened):
                raise _held(account, opened)
            with suppress(OSError):
                os.ftruncate(opened, 0)
        with suppress(OSError):  # who it is can stay unsaid on a full disk; the lock holds all the same
            os.pwrite(opened, json.dumps({"holder": holder, "state": place}).encode().ljust(_WIDTH), 0)
        if together and not _locked(opened, together=True):
            raise _held(account, opened)
        yield
    finally:
        os.close(opened)


def _joined(opened: int, place: str) -> bool:
    """Whether the lock is now held together with whoever remembers in the same place; else it has to be one's own."""
    return _locked(opened, together=True) and _said(opened).get("state") == place


def _locked(opened: int, *, together: bool = False) -> bool:
    import fcntl

    try:
        fcntl.flock(opened, (fcntl.LOCK_SH if together else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _said(opened: int) -> dict[str, str]:
    """Who holds it, and where that one remembers, as far as the file says by now."""
    try:
        said = json.loads(os.pread(opened, 65_536, 0))
        return {"holder": str(said["holder"]), "state": str(said["state"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _held(account: str, opened: int) -> LeaseHeld:
    said = _said(opened)
    whom = f"process {said['holder']}" if said else "another process"
    where = said.get("state", "its state folder")
    return LeaseHeld(
        f"{account} is held by {whom}, which remembers in {where}",
        advice="One account is traded from one state folder: two would hedge it twice. Give that one by --state, or let it end.",
    )
