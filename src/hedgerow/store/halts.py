"""Halts beside a journal: a text file with a line for each, because stopping has to work when the journal does not.

A process that was stopped in the middle of a transaction holds SQLite's lock; nobody holds this file. A line is added
in one write and flushed to the disk; the last one of an account counts. What cannot be read halts everything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hedgerow.model.errors import JournalFailed
from hedgerow.store.folders import add_line

__all__ = ["ALL", "Halt", "Halts", "halts_of"]

ALL = "*"
"""The name that stands for every account."""

_NOT_HALTED = "NOT halted. End the trading processes themselves: `hedgerow status` names them."
_NOT_LIFTED = "NOT lifted: what was halted still is. Let this user write there, and lift again."


@dataclass(frozen=True, slots=True)
class Halt:
    """Why an account is halted, and since when."""

    account: str
    at: int
    why: str


@dataclass(frozen=True, slots=True)
class Halts:
    """The halts in one file, which need not exist."""

    path: Path

    def set(self, account: str, at: int, why: str | None) -> None:
        """Halt an account, or with None lift its halt; durable when it returns. Raises `JournalFailed`."""
        said = why if why is None else why.strip() or "no reason was given"
        line = json.dumps({"account": account, "at": at, "why": said})
        try:
            add_line(self.path, line)
        except OSError as failed:
            raise JournalFailed(
                f"{self.path} cannot be written: {failed.strerror}",
                advice=_NOT_LIFTED if why is None else _NOT_HALTED,
            ) from None

    def now(self) -> Mapping[str, Halt]:
        """Return the halts in force by account."""
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as why:
            return {ALL: Halt(ALL, 0, f"{self.path.name} cannot be read: {why}")}
        found: dict[str, Halt] = {}
        for line in filter(None, lines):
            halt = self._read(line)
            found.pop(halt.account, None)
            if halt.why:
                found[halt.account] = halt
        return found

    def why(self, account: str) -> str | None:
        """Return why an account may not take risk, None where it may."""
        found = self.now()
        halt = found.get(account) or found.get(ALL)
        return halt.why if halt else None

    def lifting(self, account: str) -> str:
        """Return in words what lets an account trade again: its own halt and the halt of all are two."""
        there = self.now()
        commands = [
            f"`hedgerow halt{'' if name == ALL else f' {name}'} --lift`"
            for name in (account, ALL)
            if name in there
        ]
        return (
            f"To let it trade again: {' and '.join(commands)}."
            if commands
            else "It may trade by now: try again."
        )

    def _read(self, line: str) -> Halt:
        try:
            said = json.loads(line)
            return Halt(str(said["account"]), int(said["at"]), str(said["why"] or ""))
        except (ValueError, KeyError, TypeError):
            return Halt(ALL, 0, f"a line of {self.path.name} cannot be read")


def halts_of(journal: Path) -> Halts:
    """Return the halts beside a journal."""
    return Halts(journal.with_name(f"{journal.name}-halts"))
