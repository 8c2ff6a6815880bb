"""Whose book an account's contracts hedge: a file of lines beside the journal, that outlives every command."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from hedgerow.model.errors import JournalFailed
from hedgerow.store.folders import add_line

__all__ = ["Owners", "owners_of"]


@dataclass(frozen=True, slots=True)
class Owners:
    """The books in one file, which need not exist. Lines are only added; the last one of an account counts."""

    path: Path

    def set(self, account: str, book: str, at: int) -> None:
        """Note whose contracts an account has from now on; durable when it returns. Raises `JournalFailed`."""
        try:
            add_line(self.path, json.dumps({"account": account, "book": book, "at": at}))
        except OSError as why:
            raise JournalFailed(
                f"{self.path} cannot be written: {why.strerror}",
                advice="Make room, or let this user write there.",
            ) from None

    def of(self, account: str) -> str:
        """Return the book that an account hedges, "" where it was never said.

        A line that was cut short says nothing: nothing was sent on it. Raises `JournalFailed` where the file cannot be read.
        """
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return ""
        except OSError as why:
            raise JournalFailed(
                f"{self.path} cannot be read: {why.strerror}", advice="Let this user read it."
            ) from None
        found = ""
        for line in filter(None, lines):
            try:
                said = json.loads(line)
                found = str(said["book"]) if said["account"] == account else found
            except (ValueError, KeyError, TypeError):
                continue
        return found


def owners_of(journal: Path) -> Owners:
    """Return whose books the accounts of a journal hedge."""
    return Owners(journal.with_name(f"{journal.name}-books"))
