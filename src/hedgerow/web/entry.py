"""Who may come in: a token of this installation, a link that works once, and sessions that outlive a restart.

entry = entry_of(folder)
entry.redeem(entry.code) -> True, once
"""

from __future__ import annotations

import hmac
import os
import secrets
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hedgerow.model.errors import BadConfig

__all__ = ["HOST", "Entry", "entry_of", "same"]

HOST = "127.0.0.1"
"""The only address that is listened to."""

_NAME = "web-token"
_LINK_S = 600.0
_SESSION_S = 7 * 86_400
_LEAST = 32


@dataclass(slots=True)
class Entry:
    """The token, and the link of this start; `clock` says seconds since 1970."""

    token: str
    clock: Callable[[], float] = time.time
    code: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    _until: float = field(init=False)

    def __post_init__(self) -> None:
        self._until = self.clock() + _LINK_S

    def redeem(self, code: str) -> bool:
        """Return whether this is the link's code; it is used up when it was right."""
        right = bool(self.code) and self.clock() <= self._until and same(code, self.code)
        if right:
            self.code = ""
        return right

    def knows(self, token: str) -> bool:
        """Return whether this is the installation's token."""
        return same(token, self.token)

    def session(self) -> str:
        """Return a new session, signed: when it began, a number drawn, the signature."""
        plain = f"{int(self.clock())}.{secrets.token_urlsafe(18)}"
        return f"{plain}.{self._signed('session', plain)}"

    def admits(self, session: str) -> bool:
        """Return whether a session is one of ours, and younger than a week."""
        plain, _, mark = session.rpartition(".")
        began = plain.partition(".")[0]
        if not same(mark, self._signed("session", plain)) or not began.isdecimal():
            return False
        return 0 <= self.clock() - int(began) <= _SESSION_S

    def pledge(self, session: str) -> str:
        """Return what a form of this session carries, so that no other page can send it."""
        return self._signed("form", session)

    def _signed(self, what: str, text: str) -> str:
        return hmac.new(self.token.encode(), f"{what}:{text}".encode(), "sha256").hexdigest()


def same(one: str, other: str) -> bool:
    """Return whether two texts are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode(errors="surrogatepass"), other.encode(errors="surrogatepass"))


def entry_of(folder: Path) -> Entry:
    """Return the way in of the installation whose state lies in `folder`; its token is made at the first start.

    Raises `BadConfig` where the token cannot be kept, or others may read it.
    """
    path = folder / _NAME
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make(path)
        token = _read(path)
    except OSError as why:
        said = f"{path}: the page's token cannot be kept: {why.strerror}"
        raise BadConfig(
            said, advice="Let this user write there, or give another folder with --state."
        ) from None
    if len(token) < _LEAST:
        raise BadConfig(f"{path}: this is no token", advice="Remove the file: a new one is made.")
    return Entry(token)


def _make(path: Path) -> None:
    """Put a token there in one piece, readable by its owner alone, unless there is one."""
    begun = path.with_name(f"{_NAME}-{secrets.token_hex(8)}")
    opened = os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(opened, secrets.token_urlsafe(32).encode())
    finally:
        os.close(opened)
    try:
        os.link(begun, path)
    except FileExistsError:
        return
    finally:
        begun.unlink()


def _read(path: Path) -> str:
    opened = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    try:
        kind = os.fstat(opened)
        if not stat.S_ISREG(kind.st_mode) or (os.name == "posix" and kind.st_mode & 0o077):
            raise BadConfig(
                f"{path}: others may read the page's token",
                advice=f"chmod 600 {path}, or remove it: a new one is made.",
            )
        return os.read(opened, 200).decode("ascii", errors="replace").strip()
    finally:
        os.close(opened)
