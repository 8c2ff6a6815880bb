"""Runs that are kept: written with their whole question, asked again from it, and held against themselves."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgerow.app.books import is_account
from hedgerow.app.desk import Report
from hedgerow.app.history import Tested, Times, backtest
from hedgerow.config import Settings, settings_from
from hedgerow.model.errors import BadInput, UsageError

if TYPE_CHECKING:
    from hedgerow.files.runs import Stored
    from hedgerow.model.journal import Difference
    from hedgerow.reports.run_page import RunReport

__all__ = ["Question", "Replayed", "ask", "keep", "keepable", "recalled", "replay", "told", "untaken"]

_INDEX = "index:"
_DATA = ("prices", "funding", "books", "open_interest", "sectors", "venues", "chain")
_AGAIN = "Run the backtest again with --out."


@dataclass(frozen=True, slots=True)
class Question:
    """All that decides a run: settings, book, times, rule, the contracts' own prices, which engine walks, a script of ADL."""

    settings: Settings
    book: str
    times: Times = field(default_factory=Times)
    rebalance: str | None = None
    hedge_prices: str | None = None
    engine: str = "plain"
    adl: str | None = None

    @property
    def files(self) -> dict[str, str]:
        """Every file that is read, by what it is."""
        data, factor = self.settings.data, self.settings.hedge.factor
        named = {"book": None if is_account(self.book) else self.book, "hedge_prices": self.hedge_prices}
        named["adl"] = self.adl
        named |= {name: getattr(data, name) for name in _DATA}
        named["index"] = factor[len(_INDEX) :] if factor.lower().startswith(_INDEX) else None
        return {name: str(path) for name, path in named.items() if path is not None}

    def reading(self, paths: Mapping[str, str]) -> Question:
        """Return the question with its files at other `paths`."""
        settings = self.settings
        moved: dict[str, Any] = {name: paths[name] for name in _DATA if name in paths}
        data = replace(settings.data, **moved)
        factor = f"{_INDEX}{paths['index']}" if "index" in paths else settings.hedge.factor
        return replace(
            self,
            settings=replace(settings, data=data, hedge=replace(settings.hedge, factor=factor)),
            book=paths.get("book", self.book),
            hedge_prices=paths.get("hedge_prices", self.hedge_prices),
            adl=paths.get("adl", self.adl),
        )


@dataclass(frozen=True, slots=True)
class Replayed:
    """A stored run, and the first thing that was another when it was asked again; None: nothing was."""

    stored: Stored
    difference: Difference | None


def ask(question: Question, report: Report = lambda _: None) -> Tested:
    """Return the run that answers `question`. Errors as `backtest`."""
    q = question
    return backtest(q.settings, q.book, q.times, q.rebalance, q.hedge_prices, report, q.engine, q.adl)


def keep(folder: Path, done: Tested, question: Question) -> None:
    """Write a run into `folder`, with its policy, its question, and the fingerprints of every file it read."""
    from hedgerow.files.runs import write_run

    keepable(question)
    write_run(folder, done.run, done.policy, question, question.files, _versions())


def untaken(folder: Path) -> None:
    """Raise `UsageError` where a run cannot be kept in `folder`, before it is walked."""
    from hedgerow.files.runs import untaken as free

    free(folder)


def keepable(question: Question) -> None:
    """Raise `UsageError` for a question that could not be asked again: on the book of an account."""
    if is_account(question.book):
        raise UsageError(
            "a run on the book of an account cannot be kept: it could not be read again",
            advice="Run it on a file of holdings, or leave --out out.",
        )


def _versions() -> dict[str, str]:
    """What a run's last bits depend on besides its inputs."""
    from hedgerow import __version__

    return {
        "hedgerow": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": platform.machine(),
    }


def told(done: Tested, question: Question) -> RunReport:
    """Return the report of a run that was just made."""
    from hedgerow.files.runs import exact, identified
    from hedgerow.reports.run_page import RunReport

    return RunReport(done.run, done.found, exact(done.policy), identified(question.files))


def recalled(folder: Path) -> RunReport:
    """Return the report of a stored run. Errors as `read_stored`."""
    from hedgerow.files.runs import read_stored
    from hedgerow.hedge.effectiveness import effectiveness
    from hedgerow.reports.run_page import RunReport

    stored = read_stored(folder)
    return RunReport(stored.run, effectiveness(stored.run), stored.policy, stored.files)


def replay(
    folder: Path, elsewhere: Mapping[str, str] | None = None, report: Report = lambda _: None
) -> Replayed:
    """Ask a stored run's question again, of the same files, and hold the answer against the stored one.

    `elsewhere` says where files are now, by what they are. Raises `BadInput` where a file is missing or is not the one
    that the run read, and where the folder holds no question (a run written from Python).
    """
    from hedgerow.files.runs import exact, read_stored
    from hedgerow.model.journal import Difference
    from hedgerow.runs.replay import first_difference

    report("reading the run")
    stored = read_stored(folder)
    question = _question(stored, folder)
    paths = _found(question, stored, dict(elsewhere or {}))
    with _by_their_names(question.files, paths) as names:
        done = ask(question.reading(names), report)
    policy = exact(done.policy)
    if policy != stored.policy:
        name = next(
            name for name in {**stored.policy, **policy} if stored.policy.get(name) != policy.get(name)
        )
        told = Difference(f"policy.{name}", None, stored.policy.get(name), policy.get(name))
        return Replayed(stored, told)
    return Replayed(stored, first_difference(stored.run, done.run))


def _question(stored: Stored, folder: Path) -> Question:
    asked = dict(stored.asked)
    if not asked:
        said = "holds a run without its question: it was written from Python"
        raise BadInput(said, file=str(folder), advice="Only what `backtest --out` wrote can be replayed.")
    try:
        settings = settings_from(asked.pop("settings"), str(folder))
        return Question(settings, times=Times(**asked.pop("times")), **asked)
    except (KeyError, TypeError) as why:
        raise BadInput(
            f"holds no question that can be asked: {why}", file=str(folder), advice=_AGAIN
        ) from None


def _found(question: Question, stored: Stored, elsewhere: dict[str, str]) -> dict[str, str]:
    """Where every file is now; each must hold the bytes that the run read."""
    from hedgerow.files.runs import fingerprint

    paths = question.files
    for name in elsewhere:
        if name not in paths:
            raise UsageError(f"{_option(name)}: this run read no such file", advice="Leave it out.")
    paths |= elsewhere
    for name, path in paths.items():
        known: Any = stored.files.get(name, {}).get("sha256", "")
        pointed = f"Point {_option(name)} at the file with SHA-256 {known}."
        try:
            found = fingerprint(path)
        except OSError as why:
            raise BadInput(f"cannot be read: {why.strerror}", file=path, advice=pointed) from None
        if found != known:
            said = f"is not the file that the run read: its SHA-256 is {found}"
            raise BadInput(said, file=path, advice=pointed)
    return paths


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


@contextmanager
def _by_their_names(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Paths under which files have the names they had: readers tell of them by name, and read some names as a coin."""
    with TemporaryDirectory() as folder:
        paths = {}
        for name, path in now.items():
            paths[name] = path
            if Path(path).name != Path(before[name]).name:
                link = Path(folder) / name / Path(before[name]).name
                link.parent.mkdir()
                link.symlink_to(Path(path).resolve())
                paths[name] = str(link)
        yield paths
