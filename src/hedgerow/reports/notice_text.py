"""Targets and messages as text and as JSON: who is told, what a test came to, what did not get through. Never an address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group

from hedgerow.model.notices import Notice
from hedgerow.reports.layout import columns, line, page
from hedgerow.reports.trade_text import stamp

__all__ = [
    "notice_json",
    "notice_lines",
    "targets_json",
    "targets_text",
    "tested_json",
    "tested_text",
]

Row = tuple[str, str, str, str]
"""Name, quietest level, where the address lies, why a test failed."""
_NOBODY = "Nobody is told yet. `hedgerow notify add NAME` asks for an address; docs/how-to/notify.md tells how to write it."


def targets_text(rows: Sequence[Row]) -> Group:
    """Return the targets, for a terminal."""
    if not rows:
        return page(line(_NOBODY))
    table = [(name, f"{level} and louder", where) for name, level, where, _ in rows]
    return page(columns(("target", "is told", "where"), table, left=(0, 1, 2), indent=0))


def targets_json(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the document of `notify list --json`."""
    return {"targets": [{"target": name, "level": level, "where": where} for name, level, where, _ in rows]}


def tested_text(rows: Sequence[Row]) -> Group:
    """Return what a message to each target came to, for a terminal."""
    return page(
        *(
            line(f"{name}: {'taken' if not why else f'NOT SENT: {why}'}", "" if not why else "bold red")
            for name, _, _, why in rows
        )
    )


def tested_json(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the document of `notify test --json`."""
    return {"targets": [{"target": name, "sent": not why, "why": why or None} for name, _, _, why in rows]}


def notice_lines(notices: Sequence[Notice]) -> list[str]:
    """Return what did not get through, a line each, the newest last."""
    return [
        f"not sent to {', '.join(each.missing)}: {each.message.level} of {stamp(each.message.at)}, "
        f"{each.message.source}, {each.message.title}: {each.message.text}"
        + (f" ({each.why})" if each.why else "")
        for each in notices
    ]


def notice_json(notice: Notice) -> dict[str, Any]:
    """Return a message that did not get through as `status --json` has it."""
    said = notice.message
    return {
        "at": stamp(said.at),
        "level": said.level,
        "source": said.source,
        "title": said.title,
        "text": said.text,
        "missing": list(notice.missing),
        "why": notice.why or None,
    }
