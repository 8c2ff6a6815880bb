"""Runs that lie in one folder, side by side: each with what it came to, and what keeps one from being read.

shelf(folder) -> rows, by name            Shelf(folder).report("plain") -> RunReport
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hedgerow.app.kept import recalled
from hedgerow.app.standing import mark
from hedgerow.config import Settings, state_path
from hedgerow.model.errors import HedgerowError, UsageError

if TYPE_CHECKING:
    from hedgerow.reports.run_page import RunReport

__all__ = ["Shelf", "holds_runs", "runs_path"]

_LAST = "inputs.json"
_MOST = 60


def runs_path(settings: Settings) -> Path:
    """Return the folder whose runs are shown where none is named: `runs` in the state folder."""
    return state_path(settings) / "runs"


def holds_runs(folder: Path) -> bool:
    """Return whether a folder is no run itself and holds some."""
    return not (folder / _LAST).exists() and folder.is_dir() and any(folder.glob(f"*/{_LAST}"))


@dataclass(slots=True)
class Shelf:
    """The runs of a folder. What was read stays read until its files change."""

    folder: Path
    _read: dict[str, tuple[object, RunReport | HedgerowError]] = field(default_factory=dict)

    def names(self) -> tuple[str, ...]:
        """Return the names of the folders that hold a run, the newest first; 60 at most. No link is followed."""
        found = []
        for run in self.folder.iterdir() if self.folder.is_dir() else ():
            at = mark(run / _LAST)
            if at is not None and not run.is_symlink():
                found.append((-at[0], run.name))
        return tuple(name for _, name in sorted(found)[:_MOST])

    def report(self, name: str) -> RunReport:
        """Return the report of a run by its folder's name. Raises `UsageError` for another name, and what reading it raises."""
        if name not in self.names():
            raise UsageError("there is no such run", advice="`hedgerow backtest --out` writes one.")
        found = self._found(name)
        if isinstance(found, HedgerowError):
            raise found
        return found

    def all(self) -> Mapping[str, RunReport | HedgerowError]:
        """Return every run by its name, or why it cannot be read."""
        return {name: self._found(name) for name in self.names()}

    def _found(self, name: str) -> RunReport | HedgerowError:
        at = mark(self.folder / name / _LAST)
        known = self._read.get(name)
        if known is not None and known[0] == at:
            return known[1]
        found: RunReport | HedgerowError
        try:
            found = recalled(self.folder / name)
        except HedgerowError as why:
            found = why
        self._read[name] = (at, found)
        return found
