"""Real journals for lives in virtual time, one after the other in each process."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.store.servers import MEMORY, STORES, Stores, stores

from hedgerow.store.journal import Journal, open_journal
from hedgerow.testing.faults.disk import backing

__all__ = ["standing_on"]


class _Backing:
    """Makes the journal of the next life, and takes the last one's away."""

    def __init__(self, there: Stores, root: Path) -> None:
        self._there, self._root = there, root
        self._last: Journal | None = None

    def make(self, monotonic: Callable[[], int]) -> Journal:
        """Return an empty journal."""
        folder = self._root / str(os.getpid())
        if self._last is not None:
            self._last.close()
            self._there.drop(self._last.path)
            shutil.rmtree(folder)
        folder.mkdir()
        self._last = open_journal(self._there.fresh(folder), monotonic=monotonic)
        return self._last


@contextmanager
def standing_on(name: str, *, lives: bool) -> Iterator[None]:
    """Let schedules use journals in files or on a server; lives in virtual time too, which else have a twin in memory."""
    with stores(name) as there, tempfile.TemporaryDirectory(dir=MEMORY) as root:
        if lives and name in STORES:
            backing.set(_Backing(there, Path(root)).make)
        yield
