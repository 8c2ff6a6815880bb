"""Who said yes to what the watch proposes: a file of lines beside the journal, that needs neither lease nor lock."""

from __future__ import annotations

import json
from dataclasses import dataclass

from hedgerow.model.errors import JournalFailed
from hedgerow.store.lines import Lines, add_line, beside, lines_in
from hedgerow.store.server import Where

__all__ = ["Approvals", "approvals_of"]


@dataclass(frozen=True, slots=True)
class Approvals:
    """The approvals in one file, which need not exist. Lines are only added; a name counts once a proposal."""

    path: Lines

    def add(self, proposal: str, who: str, at: int) -> None:
        """Note that somebody approves a proposal; durable when it returns. Raises `JournalFailed`."""
        line = json.dumps({"proposal": proposal, "who": who, "at": at})
        try:
            add_line(self.path, line)
        except OSError as why:
            raise JournalFailed(
                f"{self.path} cannot be written: {why.strerror}", advice="Nothing was approved."
            ) from None

    def of(self, proposal: str) -> tuple[str, ...]:
        """Return who approved a proposal, each once, in order; nobody where the file cannot be read.

        Names that differ in blanks or in capitals alone are one person's.
        """
        try:
            lines = lines_in(self.path)
        except (OSError, UnicodeDecodeError):
            return ()
        names: dict[str, str] = {}
        for line in lines:
            try:
                said = json.loads(line)
                if said["proposal"] == proposal:
                    who = " ".join(str(said["who"]).split())
                    names.setdefault(who.casefold(), who)
            except (ValueError, KeyError, TypeError):
                continue  # a line that cannot be read approves nothing
        return tuple(names.values())


def approvals_of(journal: Where) -> Approvals:
    """Return the approvals beside a journal."""
    return Approvals(beside(journal, "approvals"))
