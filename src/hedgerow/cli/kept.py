"""Runs that were kept, on the command line: `replay` and `report`."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Group, Parameter

from hedgerow import app as steps
from hedgerow.cli.options import Output
from hedgerow.cli.output import answer, progress

__all__ = ["FileOptions", "replay"]

_FILES = Group("Files", sort_key=1)


@Parameter(name="*", group=_FILES, show_default=False)
@dataclass(frozen=True, slots=True)
class FileOptions:
    """Where the files are now that the run read; each must be the same to the last byte."""

    book: Annotated[str | None, Parameter(help="The holdings.")] = None
    prices: Annotated[str | None, Parameter(help="The closes.")] = None
    hedge_prices: Annotated[str | None, Parameter(help="The contracts' closes.")] = None
    funding: Annotated[str | None, Parameter(help="The funding prints.")] = None
    books: Annotated[str | None, Parameter(help="The folder of order books.")] = None
    open_interest: Annotated[str | None, Parameter(help="The open interest.")] = None
    sectors: Annotated[str | None, Parameter(help="The sectors.")] = None
    venues: Annotated[str | None, Parameter(help="The venues.")] = None
    index: Annotated[str | None, Parameter(help="The weights of the index.")] = None


def replay(run: Path, /, *, files: FileOptions | None = None, output: Output | None = None) -> int:
    """Decide a stored run again from its inputs; it must agree with itself bit for bit.

    Parameters
    ----------
    run
        Folder of a run, as `backtest --out` wrote it.
    """
    shown = output or Output()
    given = {name: path for name, path in dataclasses.asdict(files or FileOptions()).items() if path}
    with progress(shown) as report:
        done = steps.replay(run, given, report)

    def text() -> object:
        from hedgerow.reports.replay_text import replay_text

        return replay_text(str(run), done.stored.run, done.difference, done.stored.made_with)

    def document() -> dict[str, Any]:
        from hedgerow.reports.replay_text import replay_json

        return replay_json(done.stored.run, done.difference, done.stored.made_with)

    answer(document, text, shown)
    return int(done.difference is not None)
