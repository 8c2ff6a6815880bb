"""A file of holdings that may be written while it is read: a change counts from the second look on that reads the same.

file = Settling("book.csv", data, before)
if (data := file.poll()) is not None: ...; file.took(data)

The look before may have been another process's: what counted then, and what was read once, are in its diary.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from hedgerow.app.standing import mark
from hedgerow.files.portfolio import opened_holdings
from hedgerow.model.errors import BadPortfolio
from hedgerow.model.portfolio import FileRow
from hedgerow.runs.files import where

__all__ = ["Settling"]


class Settling:
    """One file. Of it counts `data`, or what counted at the look `before`, where that is known and was something else."""

    def __init__(self, path: str, data: bytes, before: FileRow | None = None) -> None:
        self._path, self._where = Path(path), where(path)
        self._counts = _name(data)
        self._waits: str | None = None
        self._stamp: tuple[int, int] | None = None  # until the file was seen to hold what counts
        self._failed = False
        if before is not None and before.counts != self._counts:
            self._counts, self._waits = before.counts, before.waits or None

    def counts(self, data: bytes) -> bool:
        """Return whether it is `data` that counts."""
        return _name(data) == self._counts

    @property
    def row(self) -> FileRow:
        """What is known of it, for the diary."""
        return FileRow(self._where, self._counts, self._waits or "")

    def poll(self) -> bytes | None:
        """Return what counts from now on, None where nothing new does: what was read once may be half of it.

        It is returned again until it was taken; what stands there after something that could not be taken is waited for as well,
        and nothing counts meanwhile. Raises `BadPortfolio` where that is so, and where there is nothing to be read at two looks.
        """
        stamp = mark(self._path)
        fault: BadPortfolio | None = None
        if stamp is not None and stamp == self._stamp:
            return None
        try:
            data = opened_holdings(self._path)
        except BadPortfolio as why:
            data, fault = b"", why
        name = _name(data)
        if name == self._counts and fault is None:
            self._stamp, self._waits, self._failed = stamp, None, False
            return None
        if name != self._waits:
            self._waits = name
            if self._failed:
                raise fault or BadPortfolio(
                    "changed just now: it counts when the next look reads the same", file=self._path.name
                )
            return None
        self._failed = True  # until it was taken
        if fault is not None:
            raise fault
        return data

    def took(self, data: bytes) -> None:
        """Take note that `data` counts."""
        self._counts, self._waits, self._stamp, self._failed = _name(data), None, None, False


def _name(data: bytes) -> str:
    return sha256(data).hexdigest()
