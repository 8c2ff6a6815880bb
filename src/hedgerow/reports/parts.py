"""The parts of a page, and how they are put into one file: no request, no script, everything from outside escaped."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

__all__ = ["Figure", "Section", "rendered"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its caption, its text summary and the table of its numbers; `empty` says why there is no chart."""

    svg: str
    caption: str
    summary: str
    names: list[str]
    rows: list[list[str]]
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: its heading, lines of facts, and figures."""

    heading: str
    facts: list[tuple[str, str]]
    figures: list[Figure]


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
    style = (folder / "page.css").read_text(encoding="utf-8")
    return environment.get_template(template).render(style=style, **values)
