"""A run's report as Markdown and as one picture: the same sections and the same charts as the page.

run_markdown(report) -> str        run_picture(report) -> PNG
"""

from __future__ import annotations

import re
from html import escape

from hedgerow.reports.charts import INK, SOFT
from hedgerow.reports.parts import Figure, Section
from hedgerow.reports.run_page import ASSUMED, FOOT, RunReport, lead, sections_of, verdict
from hedgerow.reports.run_text import befallen
from hedgerow.reports.wording import plain_text

__all__ = ["run_markdown", "run_picture"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#])")
_WIDTH, _EDGE, _HEAD, _GAP = 900, 20, 96, 54
_SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)"')
_LETTERS = 118


def run_markdown(report: RunReport) -> str:
    """Return the report as Markdown, without charts; nothing that comes from a file is markup."""
    run = report.run
    blocks = ["# Backtest of a hedge"]
    if run.simulated:
        blocks.append("**SIMULATED market: no figure here is real**")
    blocks += [_quoted(lead(run)), _quoted(verdict(report.found))]
    for section in sections_of(report):
        blocks += _section(section)
    said = (*befallen(run), *run.notes)
    if said:
        blocks += [f"## {ASSUMED}", "\n".join(f"- {_quoted(note)}" for note in said)]
    return "\n\n".join([*blocks, FOOT]) + "\n"


def _section(section: Section) -> list[str]:
    blocks = [f"## {section.heading}"]
    if section.table is not None:
        blocks.append(_table(*section.table))
    if section.facts:
        blocks.append("\n".join(f"- {_quoted(name)}: {_quoted(said)}" for name, said in section.facts))
    for figure in section.figures:
        blocks.append(f"**{_quoted(figure.caption)}.** {_quoted(figure.summary)}")
        if figure.rows:
            blocks.append(_table(figure.names, figure.rows))
    return blocks


def _table(names: list[str], rows: list[list[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(
        "| " + " | ".join(cell if cell == "---" else _quoted(cell) for cell in line) + " |" for line in lines
    )


def _quoted(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", plain_text(text))


def run_picture(report: RunReport) -> bytes:
    """Return every chart of the report below each other, with captions, as one PNG."""
    import vl_convert

    drawn = [figure for section in sections_of(report) for figure in section.figures if figure.svg]
    parts, down = [_words(report)], float(_HEAD)
    for figure in drawn:
        part, height = _placed(figure, down)
        parts.append(part)
        down += height
    frame = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{_WIDTH}"'
        f' height="{down:g}"><rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>'
    )
    picture: bytes = vl_convert.svg_to_png(frame, scale=1.5)
    return picture


def _words(report: RunReport) -> str:
    simulated = "SIMULATED market: no figure here is real · " if report.run.simulated else ""
    title = _line(f"{simulated}Backtest of a hedge", 30, 18, INK)
    return title + "".join(
        _line(part, 52 + 17 * place, 12, SOFT) for place, part in enumerate(_wrapped(lead(report.run))[:2])
    )


def _placed(figure: Figure, down: float) -> tuple[str, float]:
    """A chart below its caption, `down` from the top, and the height that both take."""
    found = _SIZE.search(figure.svg)
    height = float(found[2]) if found else 0.0
    summary = _wrapped(figure.summary)
    words = _line(figure.caption, down, 14, INK)
    words += "".join(_line(part, down + 18 + 15 * i, 11, SOFT) for i, part in enumerate(summary))
    top = down + 12 + 15 * len(summary)
    return f'{words}<g transform="translate({_EDGE},{top:g})">{figure.svg}</g>', top - down + height + _GAP


def _line(text: str, down: float, size: int, colour: str) -> str:
    return (
        f'<text x="{_EDGE}" y="{down:g}" font-size="{size}" font-family="system-ui, sans-serif"'
        f' fill="{colour}">{escape(plain_text(text))}</text>'
    )


def _wrapped(text: str) -> list[str]:
    """The text in lines that fit the picture."""
    lines = [""]
    for word in text.split():
        fits = len(lines[-1]) + len(word) < _LETTERS
        lines = [*lines[:-1], f"{lines[-1]} {word}".strip()] if fits else [*lines, word]
    return lines
