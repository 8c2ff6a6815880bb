"""What counted of files of holdings at a watch's last look, and what was read there once: a look of another process goes on from there.

before = FilesBefore.of(store.read(diary))
before.at("book.csv") -> (row, holdings), None where nothing is known of that file
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from hedgerow.model.portfolio import FileRow, Portfolio
from hedgerow.model.ports import Record
from hedgerow.model.watched import Look
from hedgerow.runs.diary import LOOK, OWNED
from hedgerow.runs.wire import value_of

__all__ = ["FilesBefore", "where"]


@dataclass(frozen=True, slots=True)
class FilesBefore:
    """Files by where they are, each with what counted of it and its holdings; `only` is the file of a look that did not say where it was."""

    known: Mapping[str, tuple[FileRow, Portfolio]] = field(default_factory=dict)
    only: tuple[FileRow, Portfolio] | None = None

    @classmethod
    def of(cls, records: Iterable[Record]) -> FilesBefore:
        """Return what the last look of a diary leaves; a file whose holdings the diary does not hold is not known."""
        last: Record | None = None
        owned: dict[str, Record] = {}
        for record in records:
            if record.kind == OWNED:
                owned[str(record.body["name"])] = record
            last = record if record.kind == LOOK else last
        if last is None:
            return cls()
        look: Look = value_of(last.body)
        rows = [row for row in look.files if row.counts in owned]
        known = {row.where: (row, _held(owned[row.counts])) for row in rows}
        if look.files or look.ground is not None or look.book not in owned:
            return cls(known)
        # Looks on paper of earlier versions: their holdings are one file's, and have its fingerprint.
        return cls(known, (FileRow("", look.book), _held(owned[look.book])))

    def at(self, path: str) -> tuple[FileRow, Portfolio] | None:
        """Return what counted of the file at `path`, and the holdings in it; None where that is not known."""
        return self.known.get(where(path), self.only)


def where(path: str) -> str:
    """Return the fingerprint of where a file is."""
    return sha256(str(Path(path).absolute()).encode()).hexdigest()


def _held(record: Record) -> Portfolio:
    book: Portfolio = value_of(record.body).book
    return book
