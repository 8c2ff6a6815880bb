"""What the options of the book gained since an earlier chain, by line, as text and as JSON."""

from __future__ import annotations

from typing import Any

from hedgerow.hedge.options.attribution import OPTION_LINES, OptionLines
from hedgerow.hedge.options.since import OptionGain, OptionsSince
from hedgerow.model.display import plain
from hedgerow.reports.layout import instant
from hedgerow.reports.wording import amount, count

__all__ = ["since_cells", "since_json"]

_SHOWN = ("delta", "gamma", "theta", "vega", "basis")


def since_cells(found: OptionsSince, money: str) -> tuple[list[str], list[list[str]]]:
    """Return of each option what it gained, and where that came from; the rest is what no greek explains."""
    names = [f"held since {instant(found.start)}", "gained", *_SHOWN, "rest"]
    rows = [_row(each, money) for each in found.gains]
    if len([each for each in found.gains if not each.reason]) > 1:
        rows.append(["together", *_cells(found.known, money)])
    return names, rows


def _row(each: OptionGain, money: str) -> list[str]:
    name = f"{count(each.units)} × {each.symbol}"
    return [name, *([each.reason, *[""] * (len(_SHOWN) + 1)] if each.reason else _cells(each.lines, money))]


def _cells(lines: OptionLines, money: str) -> list[str]:
    shown = [getattr(lines, name) for name in _SHOWN]
    return [
        amount(dollars, money, signed=True) for dollars in (lines.total, *shown, lines.total - sum(shown))
    ]


def since_json(found: OptionsSince) -> dict[str, Any]:
    """Return the gains as plain data: every line, in dollars; null where it is not known."""
    return {
        "from": plain(found.start),
        "to": plain(found.end),
        "options": [
            {
                "symbol": each.symbol,
                "units": each.units,
                "gained_usd": None if each.reason else plain(each.lines.total),
                "lines": None
                if each.reason
                else {name: plain(getattr(each.lines, name)) for name in OPTION_LINES},
                "reason": each.reason,
            }
            for each in found.gains
        ],
    }
