"""Lines and tables on a page as wide as it happens to be: rich text without boxes, numbers to the right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from hedgerow.reports.wording import plain_text

__all__ = ["Fact", "columns", "facts", "header", "instant", "line", "notes", "page"]

_NARROW, _LABEL = 72, 21

Cell = str | Text
Fact = tuple[str, str, Cell, Cell]
"""Step number, label, statement, aside."""


def instant(moment: np.datetime64) -> str:
    """Return a UTC instant in words; midnight belongs to the day that ends: `2026-06-30 24:00 UTC`."""
    seconds = int(moment.astype("datetime64[s]").astype(np.int64))
    at = datetime.fromtimestamp(seconds, tz=UTC)
    if at.hour == at.minute == at.second == 0:
        return f"{at - timedelta(days=1):%Y-%m-%d} 24:00 UTC"
    return f"{at:%Y-%m-%d %H:%M} UTC"


def line(text: str, style: str = "") -> Text:
    """Return one line; nothing in it is taken for markup or obeyed by a terminal."""
    return Text(plain_text(text), style=style)


def header(simulated: bool, *parts: str) -> Text:
    """Return the first line: what market this is, and the `parts` between middle dots."""
    first = [Text("SIMULATED market", style="bold yellow")] if simulated else []
    return Text(" · ").join([*first, *(line(part) for part in parts if part)])


class _Facts:
    """Statements under each other; where the page is narrow, each below its label."""

    def __init__(self, rows: list[Fact]) -> None:
        self.rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self._narrow() if options.max_width < _NARROW else self._wide()

    def _wide(self) -> Table:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=2, justify="right", style="bold")
        table.add_column(width=_LABEL)
        table.add_column()
        table.add_column(style="dim")
        for number, label, statement, aside in self.rows:
            table.add_row(number, label, _text(statement), _text(aside))
        return table

    def _narrow(self) -> Table:
        table = Table.grid(padding=(0, 1, 0, 0))
        table.add_column(width=2, justify="right", style="bold")
        table.add_column()
        for number, label, statement, aside in self.rows:
            if label:
                table.add_row(number, label)
            table.add_row("", Text("  ").append(_text(statement)))
            if str(aside):
                table.add_row("", Text("  ").append(_text(aside)), style="dim")
        return table


def facts(rows: Iterable[Fact]) -> RenderableType:
    """Return statements under each other, their asides beside them or, on a narrow page, below."""
    return _Facts(list(rows))


def columns(
    names: Sequence[str], rows: Iterable[Sequence[Cell]], left: Sequence[int] = (0,), indent: int = 6
) -> RenderableType:
    """Return a table without lines; the columns numbered in `left` are words, the others numbers."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    for i, name in enumerate(names):
        words = i in left
        table.add_column(name, justify="left" if words else "right", overflow="fold")
    for row in rows:
        table.add_row(*(_text(cell) for cell in row))
    return Padding(table, (0, 0, 0, indent))


def notes(warnings: Iterable[str]) -> Table:
    """Return the warnings, each behind its mark."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=2, justify="right", style="yellow")
    table.add_column()
    for warning in warnings:
        table.add_row("!", line(warning))
    return table


def page(*parts: RenderableType | None) -> Group:
    """Return the parts under each other, one empty line between them."""
    shown: list[RenderableType] = []
    for part in parts:
        if part is not None:
            shown += [Text(""), part] if shown else [part]
    return Group(*shown)


def _text(cell: Cell) -> Text:
    return cell if isinstance(cell, Text) else line(cell)
