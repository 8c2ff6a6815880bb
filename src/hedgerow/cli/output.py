"""Where answers go: text or JSON to stdout, errors and progress to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow.model.errors import BadInput, HedgerowError
from hedgerow.reports.wire import encode, error_json
from hedgerow.reports.wording import plain_text

if TYPE_CHECKING:
    from hedgerow.app.plans import Kept
    from hedgerow.cli.options import Output

__all__ = [
    "answer",
    "closing",
    "computing",
    "followed",
    "measured",
    "progress",
    "show_error",
    "writable",
    "written",
]

_WIDTH_WITHOUT_TERMINAL = 120


def answer(document: Callable[[], dict[str, Any]], text: Callable[[], object], output: Output) -> None:
    """Print the answer to stdout, as JSON or as text; only the one asked for is made."""
    if output.json:
        sys.stdout.write(encode(document()) + "\n")
        return
    from rich.console import Console

    fixed = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _WIDTH_WITHOUT_TERMINAL
    console = Console(width=fixed, highlight=False, emoji=False, markup=False)
    with console.capture() as printed:  # written here, so that a reader who goes away ends like any other
        console.print(text())
    sys.stdout.write(printed.get())


@contextmanager
def progress(output: Output) -> Iterator[Callable[[str], None]]:
    """Show what is being done, and since when, on a terminal's stderr; silent with --json, --quiet and pipes."""
    if output.json or output.quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("starting", total=None)
        yield lambda said: shown.update(task, description=plain_text(said))


@contextmanager
def computing(output: Output) -> Iterator[Callable[[str], None]]:
    """Yield `progress` for work that other programs share in: what they print on stdout is no answer, and goes to stderr."""
    with redirect_stdout(sys.stderr), progress(output) as report:
        yield report


@contextmanager
def followed(
    output: Output, *, still: bool
) -> Iterator[tuple[Callable[[str], None], Callable[[object], None] | None]]:
    """Yield `progress`, and what prints a line above it for good: None where there is no terminal to print on.

    With `still` nothing moves there: a question needs the terminal.
    """
    if output.json or output.quiet or not sys.stderr.isatty():
        yield lambda _: None, None
        return
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, highlight=False, emoji=False, markup=False)
    if still:
        yield lambda _: None, console.print
        return
    columns = (TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task("starting", total=None)
        yield lambda said: shown.update(task, description=plain_text(said)), console.print


@contextmanager
def measured(output: Output) -> Iterator[Callable[[str, float], None]]:
    """Show what is being done and the share that is done, on a terminal's stderr; silent as `progress`."""
    if output.json or output.quiet or not sys.stderr.isatty():
        yield lambda _, __: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("asking what there is", total=1.0)
        yield lambda said, share: shown.update(task, description=plain_text(said), completed=share)


def writable(path: Path) -> None:
    """Raise `BadInput` for a file that could not be written in the end, before the work for it has begun."""
    folder = path.parent
    if path.is_dir() or not folder.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise BadInput("cannot be written", file=str(path), advice="Give a file in a folder that exists.")


def written(path: Path, content: str | bytes) -> None:
    """Write a page or a picture and say so on stderr; raises `BadInput` where it cannot be."""
    try:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as why:
        raise BadInput(
            f"cannot be written: {why.strerror}",
            file=str(path),
            advice="Give a file in a folder that exists.",
        ) from None
    sys.stderr.write(f"wrote {path}\n")


def closing(plan_id: str, kept: Kept) -> str:
    """Return the last line of a plan: how to trade it, or why it was not kept for that ("": nothing to trade)."""
    if kept.why_not is None:
        from hedgerow.reports.trade_text import WHOSE

        how = "on paper" if kept.money in {"", "paper"} else f"at {kept.venue}, {WHOSE[kept.money]}"
        more = "" if kept.mode == "paper" else " --live"
        if kept.beside:
            return (
                f"Nothing was traded. The {kept.venue} account holds {kept.beside} already, which this plan does not count:"
                f" `hedgerow trade` refuses it. Plan with the account in the book: `hedgerow plan venue:all`, with the file and"
                f" venue:{kept.venue} as sources under [book] in the settings."
            )
        return f"Nothing was traded. To trade it {how}:  hedgerow trade {plan_id[:6]}{more}"
    return (
        f"Nothing was traded, and the plan is not kept for trading. {kept.why_not}"
        if kept.why_not
        else "Nothing was traded."
    )


def show_error(error: HedgerowError, *, as_json: bool) -> None:
    """Print an error to stderr, what to do indented below it; with `as_json` also as an object to stdout."""
    if as_json:
        sys.stdout.write(encode(error_json(error)) + "\n")
    sys.stderr.write(f"error: {plain_text(error.message)}\n")
    if error.advice:
        sys.stderr.write(f"  {plain_text(error.advice)}\n")
