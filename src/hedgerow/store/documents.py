"""Whole documents beside a journal: files in a folder, or rows of a server's table.

folder / "name.json" -> Sheet                a `Path`, or a `Drawer` where the journal is on a server
put(sheet, text)                             in its place, whole, durable when it returns
text_of(sheet) -> str | None
stems_in(folder) -> ["name"]
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from hedgerow.model.errors import JournalFailed
from hedgerow.store import folders
from hedgerow.store.server import Server

__all__ = ["Drawer", "Sheet", "forget_older", "put", "stems_in", "text_of"]

_ENDING = ".json"


@dataclass(frozen=True, slots=True)
class Drawer:
    """A folder of documents on a server, or one document in it."""

    server: Server
    folder: str
    name: str = ""

    def __truediv__(self, name: str) -> Drawer:
        """Return a document in it."""
        return replace(self, name=name)

    def __str__(self) -> str:
        """Return what people see of it."""
        return f"{self.server}, {self.folder}/{self.name}"


Sheet = Path | Drawer
"""A folder of documents, or one in it."""


def put(sheet: Sheet, text: str) -> None:
    """Put a document in its place, for this user alone. Raises `JournalFailed`."""
    if isinstance(sheet, Drawer):
        from hedgerow.store.shared import put as put_there

        put_there(sheet.server, sheet.folder, sheet.name, time.time_ns() // 1_000_000, text)
        return
    try:
        folders.put_whole(text.encode(), sheet, sheet.with_suffix(".begun"), private=True)
    except OSError as why:
        raise JournalFailed(
            f"{sheet} cannot be written: {why.strerror}", advice="Make room, or let this user write there."
        ) from None


def text_of(sheet: Sheet) -> str | None:
    """Return a document, None where there is none. Raises `OSError` for a file that cannot be read, `JournalFailed`."""
    if isinstance(sheet, Drawer):
        from hedgerow.store.shared import get

        return get(sheet.server, sheet.folder, sheet.name)
    try:
        return sheet.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def stems_in(folder: Sheet) -> list[str]:
    """Return the names of a folder's documents, without their ending."""
    if isinstance(folder, Drawer):
        from hedgerow.store.shared import names

        return [name.removesuffix(_ENDING) for name in names(folder.server, folder.folder)]
    return sorted(path.stem for path in folder.glob(f"*{_ENDING}")) if folder.is_dir() else []


def forget_older(folder: Sheet, stems: list[str], before_ms: int) -> None:
    """Remove those documents that were put before an instant."""
    if isinstance(folder, Drawer):
        from hedgerow.store.shared import remove_older

        remove_older(folder.server, folder.folder, before_ms)
        return
    for path in (folder / f"{stem}{_ENDING}" for stem in stems):
        if path.stat().st_mtime * 1_000 < before_ms:
            path.unlink(missing_ok=True)
