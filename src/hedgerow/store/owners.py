"""Whose book an account's contracts hedge, and which key it is of: files of lines beside the journal, that outlive every command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from hedgerow.model.errors import JournalFailed
from hedgerow.store.lines import Lines, add_line, beside, lines_in
from hedgerow.store.server import Where

__all__ = ["Owners", "marks_of", "owners_of"]


@dataclass(frozen=True, slots=True)
class Owners:
    """What each account is of, a book or a key, in one file, which need not exist.

    Lines are only added; the last one of an account counts.
    """

    path: Lines
    what: str = "book"

    def set(self, account: str, whose: str, at: int) -> None:
        """Note what an account is of from now on; durable when it returns. Raises `JournalFailed`."""
        try:
            add_line(self.path, json.dumps({"account": account, self.what: whose, "at": at}))
        except OSError as why:
            raise JournalFailed(
                f"{self.path} cannot be written: {why.strerror}",
                advice="Make room, or let this user write there.",
            ) from None

    def of(self, account: str) -> str:
        """Return what an account is of, "" where it was never said.

        A line that was cut short says nothing: nothing was sent on it. Raises `JournalFailed` where the file cannot be read.
        """
        found = ""
        for line in self._lines(json.dumps(account)):
            found = line[self.what] if line["account"] == account else found
        return found

    def accounts_of(self, whose: str) -> tuple[str, ...]:
        """Return the accounts that are of `whose` now. Errors as `of`."""
        said = dict.fromkeys(line["account"] for line in self._lines(json.dumps(whose)))
        return tuple(account for account in said if self.of(account) == whose)

    def _lines(self, part: str) -> Iterator[dict[str, str]]:
        """The whole lines that have a part in them."""
        try:
            lines = lines_in(self.path, errors="replace", part=part)
        except FileNotFoundError:
            return
        except OSError as why:
            raise JournalFailed(
                f"{self.path} cannot be read: {why.strerror}", advice="Let this user read it."
            ) from None
        for line in lines:
            try:
                said = json.loads(line)
                yield {"account": str(said["account"]), self.what: str(said[self.what])}
            except (ValueError, KeyError, TypeError):
                continue


def owners_of(journal: Where) -> Owners:
    """Return whose books the accounts of a journal hedge."""
    return Owners(beside(journal, "books"))


def marks_of(journal: Where) -> Owners:
    """Return by which keys the accounts of a journal were reached: fingerprints, never keys."""
    return Owners(beside(journal, "marks"), "key")
