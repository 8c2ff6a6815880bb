"""A pull as text and as JSON: what came, what is there now, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Group
from rich.text import Text

from hedgerow.model.lake import LakeFinding, LakeLine
from hedgerow.model.market import iso_time
from hedgerow.reports.lake_text import findings_json, holes_text, lines_json
from hedgerow.reports.layout import columns, instant, line, page

__all__ = ["filled_json", "filled_text"]

_NAMED = 5
Missing = tuple[str, str, str]
"""Kind, coin, why."""
Later = tuple[str, str, np.datetime64]
"""Kind, coin, its first instant."""


def filled_text(
    root: str,
    lines: Sequence[LakeLine],
    rows: Mapping[str, int],
    missing: Sequence[Missing],
    later: Sequence[Later],
    findings: Sequence[LakeFinding],
) -> Group:
    """Return what a pull left behind, for a terminal; `rows` are those written by kind."""
    cells = [
        (one.kind, f"{rows.get(one.kind, 0):,}", f"{one.coins:,}", instant(one.first), instant(one.last))
        for one in lines
    ]
    table = columns(("kind", "new rows", "coins", "from", "to"), cells, left=(0, 3, 4), indent=0)
    said = _missing(missing) + _later(later) + holes_text(findings)
    whole = [] if said else [line("Whole: the venue gave all of it, and no row is missing between others.")]
    return page(line(root), table, *said, *whole)


def _missing(missing: Sequence[Missing]) -> list[Text]:
    """What a venue has not; coins with the same reason on one line."""
    groups: dict[tuple[str, str], list[str]] = {}
    for kind, coin, why in missing:
        groups.setdefault((kind, why), []).append(coin)
    return [line(f"not there: {kind} of {_some(coins)}: {why}") for (kind, why), coins in groups.items()]


def _later(later: Sequence[Later]) -> list[Text]:
    """Series that begin after what was asked for, those of one kind and beginning on one line."""
    groups: dict[tuple[str, str], list[str]] = {}
    for kind, coin, first in later:
        groups.setdefault((kind, instant(first)), []).append(coin)
    return [
        line(f"begins later: {kind} of {_some(coins)}: {first}") for (kind, first), coins in groups.items()
    ]


def _some(coins: Sequence[str]) -> str:
    more = f" and {len(coins) - _NAMED} more" if len(coins) > _NAMED else ""
    return ", ".join(coins[:_NAMED]) + more


def filled_json(
    root: str,
    lines: Sequence[LakeLine],
    rows: Mapping[str, int],
    missing: Sequence[Missing],
    later: Sequence[Later],
    findings: Sequence[LakeFinding],
) -> dict[str, Any]:
    """Return the document of `data pull --json`."""
    return {
        **lines_json(root, lines),
        "written": dict(rows),
        "missing": [{"kind": kind, "coin": coin, "why": why} for kind, coin, why in missing],
        "begins_later": [
            {"kind": kind, "coin": coin, "first": iso_time(first)} for kind, coin, first in later
        ],
        "findings": findings_json(root, findings)["findings"],
        "whole": not missing and not findings,
    }
