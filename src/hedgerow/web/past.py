"""What the pages of the past and of the venues say: runs side by side, one run whole, what was verified where."""

from __future__ import annotations

from typing import Any

from hedgerow.app.recollected import recollected
from hedgerow.app.venues import known_venues
from hedgerow.model.checks import Check
from hedgerow.model.errors import HedgerowError, UsageError
from hedgerow.reports.run_page import lead, parts_of, verdict
from hedgerow.reports.run_text import befallen
from hedgerow.reports.shelf_text import SHELF, shelf_rows
from hedgerow.reports.wording import plain_text
from hedgerow.web.room import Room
from hedgerow.web.watched import moment

__all__ = ["history_view", "run_view", "venues_view"]

_SPOKEN = {"verified": "verified", "wrong": "wrong", "not verified": "cannot be verified"}


def history_view(room: Room) -> dict[str, Any]:
    """Return the runs of the shelf side by side, and those that cannot be read."""
    runs = room.shelf.all()
    readable = [name for name, found in runs.items() if not isinstance(found, HedgerowError)]
    return {
        "folder": plain_text(str(room.shelf.folder)),
        "names": list(SHELF),
        "rows": list(zip(readable, shelf_rows(runs), strict=True)),
        "broken": [
            (plain_text(name), plain_text(why.message))
            for name, why in runs.items()
            if isinstance(why, HedgerowError)
        ],
        "book": room.words,
    }


def run_view(room: Room, name: str, part: int = 0) -> dict[str, Any]:
    """Return one run, one part of its report drawn. Raises `UsageError` for a name or a part that is not there."""
    report = room.shelf.report(name)
    parts = parts_of(report)
    headings = [heading for heading in parts if heading != "What was asked" or report.policy or report.files]
    if not 0 <= part < len(headings):
        raise UsageError("a report has no such part", advice="Choose one of those above it.")
    return {
        "name": plain_text(name),
        "key": name,
        "part": part,
        "headings": headings,
        "simulated_run": report.run.simulated,
        "lead": lead(report.run),
        "verdict": verdict(report.found),
        "sections": room.kept.part(report, headings[part], parts[headings[part]]),
        "warnings": [plain_text(note) for note in (*befallen(report.run), *report.run.notes)],
        "unknown": [],
    }


def venues_view(room: Room) -> dict[str, Any]:
    """Return what was verified of this machine now, and of each venue the last time that `doctor` asked it."""
    seen = recollected(room.settings)
    return {
        "machine": [_check(one) for one in room.kept.machine()],
        "venues": [
            {
                "name": plain_text(name),
                "set_up": name in room.settings.venues,
                "at": moment(seen[name].at) if name in seen else "",
                "checks": [_check(one) for one in seen[name].checks] if name in seen else [],
            }
            for name in dict.fromkeys((*room.settings.venues, *seen, *known_venues()))
        ],
    }


def _check(one: Check) -> dict[str, str]:
    return {
        "name": plain_text(one.name),
        "said": "did not answer" if one.unreached else _SPOKEN[one.outcome],
        "tone": one.outcome.replace(" ", "-"),
        "detail": plain_text(one.detail),
    }
