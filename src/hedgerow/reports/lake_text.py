"""The lake as text and as JSON: what it holds, and what is not whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group
from rich.text import Text

from hedgerow.model.lake import LakeFinding, LakeLine
from hedgerow.model.market import iso_time
from hedgerow.reports.layout import columns, instant, line, page

__all__ = ["findings_json", "findings_text", "holes_text", "lines_json", "lines_text"]

_MOST_HOLES = 5
_NOTHING = "`hedgerow data pull VENUE` fills it."


def lines_text(root: str, lines: Sequence[LakeLine]) -> Group:
    """Return what the lake holds, for a terminal."""
    if not lines:
        return page(line(root), line(f"Nothing yet. {_NOTHING}"))
    rows = [
        (one.venue, one.kind, f"{one.coins:,}", f"{one.rows:,}", instant(one.first), instant(one.last))
        for one in lines
    ]
    table = columns(("venue", "kind", "coins", "rows", "from", "to"), rows, left=(0, 1, 4, 5), indent=0)
    return page(line(root), table)


def lines_json(root: str, lines: Sequence[LakeLine]) -> dict[str, Any]:
    """Return the document of `data list --json`."""
    rows = [
        {
            "venue": one.venue,
            "kind": one.kind,
            "coins": one.coins,
            "rows": one.rows,
            "first": iso_time(one.first),
            "last": iso_time(one.last),
        }
        for one in lines
    ]
    return {"lake": root, "streams": rows}


def findings_text(root: str, found: Sequence[LakeFinding], *, empty: bool = False) -> Group:
    """Return what is not whole, for a terminal; `empty` says that nothing was there to look at."""
    if empty:
        return page(line(root), line(f"Nothing is there, so nothing was checked. {_NOTHING}"))
    if not found:
        return page(line(root), line("Whole: no hole, and every file can be read."))
    advice = "A hole that pulling again does not fill is the venue's: nothing is made up for it."
    return page(line(root), *holes_text(found), line(advice))


def holes_text(found: Sequence[LakeFinding]) -> list[Text]:
    """Return a line for each finding, and below it its first holes."""
    said = []
    for one in found:
        said.append(line(f"{one.venue} {one.kind} {one.coin}: {one.detail}"))
        said += [
            line(f"    {instant(gap.after)} … {instant(gap.before)}: {gap.missing}")
            for gap in one.gaps[:_MOST_HOLES]
        ]
        if len(one.gaps) > _MOST_HOLES:
            said.append(line(f"    and {len(one.gaps) - _MOST_HOLES} more"))
    return said


def findings_json(root: str, found: Sequence[LakeFinding], *, empty: bool = False) -> dict[str, Any]:
    """Return the document of `data check --json`; a lake that holds nothing is not whole."""
    rows = [
        {
            "venue": one.venue,
            "kind": one.kind,
            "coin": one.coin,
            "detail": one.detail,
            "holes": [
                {"after": iso_time(gap.after), "before": iso_time(gap.before), "missing": gap.missing}
                for gap in one.gaps
            ],
        }
        for one in found
    ]
    return {"lake": root, "whole": not found and not empty, "empty": empty, "findings": rows}
