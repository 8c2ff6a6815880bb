"""Files that are whole or not there, whenever the power goes."""

from __future__ import annotations

import errno
import os
from pathlib import Path

__all__ = ["add_line", "flush_folder", "private_folder", "put_whole"]


def private_folder(folder: Path) -> None:
    """Make a folder and what is missing above it, for this user alone: what is held and traded is nobody else's business.

    Those that are there stay as they are. Raises `OSError`.
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


def put_whole(data: bytes | memoryview, path: Path, begun: Path, *, private: bool = False) -> None:
    """Put a whole file in its place by way of `begun` beside it: who reads sees the old one or the new one.

    A `private` one, and the folders made for it, are for this user alone.
    """
    if private:
        private_folder(path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = 0o600 if private else 0o666
    with os.fdopen(os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    begun.replace(path)
    flush_folder(path.parent)


def add_line(path: Path, line: str) -> None:
    """Add a line to a file for this user alone, in one write; durable when it returns.

    It begins on a line of its own, whatever a power cut left there. Raises `OSError`, also where not all of it was written.
    """
    private_folder(path.parent)
    whole, new = f"\n{line}\n".encode(), not path.exists()
    opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        if os.write(opened, whole) != len(whole):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(opened)
    finally:
        os.close(opened)
    if new:
        flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Let the names in a folder survive a power cut, where folders can be flushed at all."""
    if os.name == "nt":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
