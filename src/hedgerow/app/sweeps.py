"""From settings to a grid of policies walked through the past, resumed where an earlier sweep stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hedgerow.app.books import is_account
from hedgerow.app.desk import Report
from hedgerow.app.history import Times, asked_of
from hedgerow.app.workers import workers_of
from hedgerow.config import Settings
from hedgerow.model.errors import UsageError

if TYPE_CHECKING:
    from hedgerow.model.sweeps import Sweep

__all__ = ["Workshop", "sweep"]


@dataclass(frozen=True, slots=True)
class Workshop:
    """Who computes a sweep and where it is kept: an engine, processes (None: one a core), a Ray cluster, a folder."""

    engine: str = "auto"
    workers: int | None = None
    ray: bool = False
    out: Path | None = None


def sweep(
    settings: Settings,
    book: str | Path,
    words: Sequence[str],
    times: Times,
    hedge_prices: str | None = None,
    workshop: Workshop | None = None,
    report: Report = lambda _: None,
) -> Sweep:
    """Return every policy that `words` vary out of the settings' own, walked through their prices."""
    from hedgerow.files.sweeps import read_tries, write_sweep, write_tries
    from hedgerow.runs.grid import grid, parse_grid
    from hedgerow.runs.sweep import How, Question
    from hedgerow.runs.sweep import sweep as swept

    chosen = workshop or Workshop()
    over = parse_grid(words)
    asked = asked_of(settings, book, times, hedge_prices, report)
    points = grid(asked.policy, over, asked.times)
    question = Question(
        asked.book,
        asked.market,
        asked.catalogue,
        asked.hedge,
        asked.marks,
        _fingerprint(settings, book, hedge_prices) + (repr(asked.book) if is_account(book) else ""),
    )
    folder = chosen.out
    done = swept(
        points,
        question,
        How(_engine(chosen.engine), workers_of(settings, chosen.workers, chosen.ray), settings.data.seed),
        read_tries(folder) if folder else {},
        (lambda tries: write_tries(folder, tries)) if folder else (lambda _: None),
        lambda made, whole: report(f"sweeping: {made} of {whole}"),
    )
    done = replace(done, notes=tuple(dict.fromkeys((*done.notes, *asked.remarks))))
    if folder is not None:
        write_sweep(folder, done)
    return done


def _engine(name: str) -> Literal["auto", "plain", "compiled"]:
    engines: dict[str, Literal["auto", "plain", "compiled"]] = {
        "auto": "auto",
        "plain": "plain",
        "compiled": "compiled",
    }
    if name not in engines:
        raise UsageError(f'there is no engine "{name}"', advice="Give auto, plain or compiled.")
    return engines[name]


def _fingerprint(settings: Settings, book: str | Path, hedge_prices: str | None) -> str:
    """What tells these inputs from others: every file's hash, and how they are read."""
    from hedgerow.files.runs import fingerprint

    data = settings.data
    paths = [None if is_account(book) else str(book), data.prices, hedge_prices, data.funding, data.books]
    asked = replace(data, prices=None, funding=None, books=None)
    return repr(([fingerprint(path) if path else "" for path in paths], asked))
