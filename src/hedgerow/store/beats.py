"""Signs of life of watches: a small document for each beside the journal, written after every look, read by whoever watches the watch.

beats_of(journal).beat(Beat(source, at, every_s, "auto", stopped=False))
beats_of(journal).all() -> the last sign of every watch

They hold this machine's own time: a paper account's clock may be elsewhere. Losing one in a power cut loses nothing.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass

from hedgerow.model.errors import HedgerowError
from hedgerow.store.documents import Drawer, Sheet, put, stems_in, text_of
from hedgerow.store.folders import private_folder
from hedgerow.store.server import Server, Where

__all__ = ["Beat", "Beats", "beats_of"]


@dataclass(frozen=True, slots=True)
class Beat:
    """When a watch looked last, in milliseconds of UTC by this machine's clock, and how often it means to.

    `stopped`: it ended in order, and is not expected to look again; `port` is where it answers `/healthz`, or None. `failed` is why it could
    not even begin to look, "" where it could.
    """

    source: str
    at: int
    every_s: float
    mode: str
    stopped: bool = False
    port: int | None = None
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Beats:
    """The signs of life in one folder, which need not exist."""

    folder: Sheet

    def beat(self, beat: Beat) -> None:
        """Leave a sign; raises nothing where it cannot be written: that it is missing is what tells."""
        path = self.folder / f"{hashlib.sha256(beat.source.encode()).hexdigest()[:24]}.json"
        told = json.dumps(asdict(beat))
        if isinstance(path, Drawer):
            with suppress(HedgerowError):
                put(path, told)
            return
        begun = path.with_suffix(".begun")
        with suppress(OSError):
            private_folder(path.parent)
            begun.write_text(told, encoding="utf-8")
            begun.replace(path)

    def all(self) -> tuple[Beat, ...]:
        """Return the last sign of every watch, by name; one that cannot be read is passed over."""
        found = []
        with suppress(OSError, HedgerowError):
            for stem in stems_in(self.folder):
                with suppress(OSError, HedgerowError, ValueError, TypeError):
                    found.append(Beat(**json.loads(text_of(self.folder / f"{stem}.json") or "")))
        return tuple(sorted(found, key=lambda each: each.source))


def beats_of(journal: Where) -> Beats:
    """Return the signs of life beside a journal."""
    if isinstance(journal, Server):
        return Beats(Drawer(journal, "beats"))
    return Beats(journal.with_name(f"{journal.name}-beats"))
