"""Templates and files of the page, all from the installed package; every text that is put in is escaped."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

__all__ = ["STATIC", "rendered", "static"]

STATIC = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""The only files there are besides pages, with their kinds."""


def rendered(template: str, **values: Any) -> str:
    """Return the page that a template makes of `values`."""
    return _environment().get_template(template).render(**values)


@cache
def static(name: str) -> bytes:
    """Return one of `STATIC`."""
    return (files("hedgerow.web") / "templates" / name).read_bytes()


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape

    from hedgerow.reports.parts import is_number
    from hedgerow.web.words import WORDS

    folder = files("hedgerow.web") / "templates"
    made = Environment(
        loader=FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8")),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["words"] = WORDS
    made.tests["number"] = is_number
    made.filters["coded"] = _coded
    return made


def _coded(text: str) -> Markup:
    """A text in which what stands between two backticks is a command; all of it is escaped."""
    from markupsafe import Markup, escape

    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    told = (Markup("<code>{}</code>").format(part) if k % 2 else escape(part) for k, part in enumerate(parts))
    return Markup("").join(told)
