"""Runs that were kept, on the command line: `replay` and `report`."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Group, Parameter

from hedgerow import app as steps
from hedgerow.app.shelf import holds_runs
from hedgerow.cli.options import Output
from hedgerow.cli.output import answer, progress, written
from hedgerow.model.errors import HedgerowError, UsageError

if TYPE_CHECKING:
    from hedgerow.reports.run_page import RunReport

__all__ = ["FileOptions", "replay", "report"]

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
    adl: Annotated[str | None, Parameter(help="The script of what the venue took.")] = None


def report(
    run: Path,
    /,
    *,
    format: Annotated[  # noqa: A002  the option's name
        Literal["html", "md", "json", "png"] | None,
        Parameter(help="html (default): one page; md: text; json: numbers; png: the charts."),
    ] = None,
    out: Annotated[
        Path | None, Parameter(help="File to write; page and picture go into the run's folder without it.")
    ] = None,
    output: Output | None = None,
) -> int:
    """Tell a stored run: what the hedge did, what it cost, where the money came from.

    Parameters
    ----------
    run
        Folder of a run, as `backtest --out` wrote it; or of several, which are then told side by side.
    """
    shown = output or Output()
    if holds_runs(run):
        return _side_by_side(run, format, shown)
    kind = format or ("json" if shown.json else "html")
    if shown.json and kind != "json":
        raise UsageError(f"--json and --format {kind} are two answers", advice="Give one of them.")
    with progress(shown) as said:
        said("reading the run")
        found = steps.recalled(run)
        said("drawing the report")
        content = _MADE[kind](found)
    place = out or (run / f"report.{kind}" if kind in {"html", "png"} else None)
    if place is None:
        sys.stdout.write(content if isinstance(content, str) else content.decode())
    else:
        written(place, content)
    return 0


def _side_by_side(folder: Path, kind: str | None, shown: Output) -> int:
    from hedgerow.app.shelf import Shelf
    from hedgerow.reports.shelf_text import shelf_json, shelf_text

    if kind not in {None, "json"}:
        raise UsageError(f"several runs have no --format {kind}", advice="Give one run, or --json.")
    with progress(shown) as said:
        said("reading the runs")
        runs = Shelf(folder).all()
    shown = dataclasses.replace(shown, json=shown.json or kind == "json")
    answer(lambda: shelf_json(runs), lambda: shelf_text(runs), shown)
    return int(any(isinstance(found, HedgerowError) for found in runs.values()))


def _page(found: RunReport) -> str:
    from hedgerow.reports.run_page import run_page

    return run_page(found)


def _text(found: RunReport) -> str:
    from hedgerow.reports.run_formats import run_markdown

    return run_markdown(found)


def _numbers(found: RunReport) -> str:
    from hedgerow.reports.run_wire import report_json
    from hedgerow.reports.wire import encode

    return encode(report_json(found.run, found.found, found.policy, found.files)) + "\n"


def _picture(found: RunReport) -> bytes:
    from hedgerow.reports.run_formats import run_picture

    return run_picture(found)


_MADE: dict[str, Callable[[RunReport], str | bytes]] = {
    "html": _page,
    "md": _text,
    "json": _numbers,
    "png": _picture,
}


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
