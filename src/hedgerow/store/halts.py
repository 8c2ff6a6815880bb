"""Halts beside a journal: a line for each, because stopping has to work when the journal does not.

A process that was stopped in the middle of a transaction holds SQLite's lock; nobody holds this file. A line is added
in one write and flushed to the disk; the last one of an account counts. What cannot be read halts everything.

With a journal on a server the lines are there, for all machines, in a table that no transaction of a journal ever locks.
A halt is first written to a file of this machine, so that it stops what trades here even while the server is away, and
taken off it once the server has it. Both count. While the server does not say whether anything is halted, nothing that adds
risk leaves: who asks ends by an error, and is started again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hedgerow.model.errors import JournalFailed
from hedgerow.store.lines import Lines, add_line, beside, lines_in
from hedgerow.store.server import Server, Where

__all__ = ["ALL", "Halt", "Halts", "halts_of"]

ALL = "*"
"""The name that stands for every account."""

_NOT_HALTED = "NOT halted. End the trading processes themselves: `hedgerow status` names them."
_ONLY_HERE = (
    "Halted on THIS machine alone, and until it is lifted here. Another machine may go on where it reaches the server: halt"
    " there too, or end what trades there; and halt once more when the server answers."
)
_ASK_AGAIN = "Nothing that adds risk was sent. See that the server can be reached, and start again."
_NOT_LIFTED = "NOT lifted: what was halted still is. Let this user write there, and lift again."


@dataclass(frozen=True, slots=True)
class Halt:
    """Why an account is halted, and since when."""

    account: str
    at: int
    why: str


@dataclass(frozen=True, slots=True)
class Halts:
    """The halts in one place, which need not exist, and where that is a server those that this machine alone knows of."""

    path: Lines
    here: Path | None = None

    def set(self, account: str, at: int, why: str | None) -> None:
        """Halt an account, or with None lift its halt; durable when it returns. Raises `JournalFailed`."""
        said = why if why is None else why.strip() or "no reason was given"
        if said is not None:
            self.at_once(account, at, said)
        halted_here = self.here is not None and account in _in(self.here)
        advice = _NOT_LIFTED if said is None else _ONLY_HERE if halted_here else _NOT_HALTED
        _add(self.path, account, at, said, advice=advice)
        if self.here is not None and halted_here:
            _add(self.here, account, at, None, advice=_NOT_LIFTED)

    def at_once(self, account: str, at: int, why: str) -> None:
        """Halt what this machine trades, before anything is asked of a server; nothing to do where there is none. `set` has to follow.

        Raises `JournalFailed`.
        """
        if self.here is not None:
            _add(self.here, account, at, why.strip() or "no reason was given", advice=_NOT_HALTED)

    def now(self) -> Mapping[str, Halt]:
        """Return the halts in force by account."""
        return {**(_in(self.here) if self.here is not None else {}), **_in(self.path)}

    def why(self, account: str) -> str | None:
        """Return why an account may not take risk, None where it may.

        Raises `JournalFailed` where a server cannot say: it may answer again, and a trade that a halt ends is over.
        """
        for place in (self.here, self.path):
            found = {} if place is None else _in(place, patient=not isinstance(place, Path))
            halt = found.get(account) or found.get(ALL)
            if halt is not None:
                return halt.why
        return None

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


def _add(lines: Lines, account: str, at: int, why: str | None, *, advice: str) -> None:
    line = json.dumps({"account": account, "at": at, "why": why})
    try:
        add_line(lines, line)
    except OSError as failed:
        raise JournalFailed(f"{lines} cannot be written: {failed.strerror}", advice=advice) from None


def _in(place: Lines, *, patient: bool = False) -> dict[str, Halt]:
    """The halts in a place. One that cannot be read halts all, unless one is `patient`: then it raises `JournalFailed`."""
    try:
        lines = lines_in(place)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as why:
        if patient:
            said = f"whether anything is halted is not known: {getattr(why, 'strerror', why)}"
            raise JournalFailed(said, advice=_ASK_AGAIN) from None
        return {ALL: Halt(ALL, 0, f"{_name(place)} cannot be read: {why}")}
    found: dict[str, Halt] = {}
    for line in lines:
        halt = _read(line, _name(place))
        found.pop(halt.account, None)
        if halt.why:
            found[halt.account] = halt
    return found


def _name(place: Lines) -> str:
    return place.name if isinstance(place, Path) else str(place)


def _read(line: str, name: str) -> Halt:
    try:
        said = json.loads(line)
        return Halt(str(said["account"]), int(said["at"]), str(said["why"] or ""))
    except (ValueError, KeyError, TypeError):
        return Halt(ALL, 0, f"a line of {name} cannot be read")


def halts_of(journal: Where) -> Halts:
    """Return the halts beside a journal."""
    here = journal.here / "halts-here" if isinstance(journal, Server) and journal.here is not None else None
    return Halts(beside(journal, "halts"), here)
