"""The parts of a page, and how they are put into one file: no request, no script, everything from outside escaped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

__all__ = ["Figure", "Section", "is_number", "rendered"]

_NUMBER = re.compile(
    r"(?:[±+−<] ?)*\$?[\d,]+(?:\.\d+)?(?: ?%|[eE][+-]?\d+| [A-Z]{2,10})?"
    r"|\d{4}-\d\d(?:-\d\d)?(?: \d\d:\d\d UTC)?|unknown|never"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its caption, its text summary and the table of its numbers; `empty` says why there is no chart.

    `narrow` is the same chart drawn for a phone; without it the broad one is scrolled. The table is `opened` where it
    is the figure itself.
    """

    svg: str
    caption: str
    summary: str
    names: list[str]
    rows: list[list[str]]
    empty: str = ""
    narrow: str = ""
    opened: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: its heading, lines of facts, figures, and a table (names, rows) that is always open."""

    heading: str
    facts: list[tuple[str, str]]
    figures: list[Figure]
    table: tuple[list[str], list[list[str]]] | None = None


def rendered(template: str, **values: Any) -> str:
    """Return the page that `template` makes of `values`, its style inside."""
    from jinja2 import Environment, FunctionLoader, select_autoescape

    folder = files("hedgerow.reports") / "templates"
    environment = Environment(
        loader=FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8")),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["number"] = is_number
    style = (folder / "page.css").read_text(encoding="utf-8")
    return environment.get_template(template).render(style=style, **values)


def is_number(cell: str) -> bool:
    """Return whether a cell is to stand on the right in one line: a number with its unit, or a date."""
    return bool(_NUMBER.fullmatch(cell))
