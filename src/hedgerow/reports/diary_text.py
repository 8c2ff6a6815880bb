"""The decision journal as text and as JSON: `diary`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType

from hedgerow.model.diary import Diary, DiaryRow, PaidRow
from hedgerow.reports.layout import columns, line, page
from hedgerow.reports.trade_text import coins, stamp
from hedgerow.reports.watch_text import look_json
from hedgerow.reports.wording import amount, plus_minus

__all__ = ["diary_json", "diary_text", "look_said"]


def diary_json(modes: Sequence[Diary]) -> dict[str, Any]:
    """Return the document of `diary --json`, by mode: looks and payments, the newest first."""
    return {
        mode.mode: {
            "trouble": mode.trouble or None,
            "looks": [_look_json(row) for row in mode.looks],
            "funding": [_paid_json(row) for row in mode.funding],
        }
        for mode in modes
    }


def _look_json(row: DiaryRow) -> dict[str, Any]:
    return {
        "account": row.account,
        "book": row.book,
        **look_json(row.look),
        "done": row.look.done,
        "approved_by": row.look.approved_by or None,
        "same_again": row.same,
        "until": stamp(row.until),
    }


def _paid_json(row: PaidRow) -> dict[str, Any]:
    return {
        "account": row.account,
        "instrument": row.instrument,
        "at": stamp(row.at),
        "amount_exact": f"{row.amount:f}",
        "coin": row.coin,
    }


def diary_text(modes: Sequence[Diary]) -> Group:
    """Return each look with its reason, and each payment."""
    parts: list[RenderableType] = []
    for mode in modes:
        parts += [line(f"{mode.mode}: the journal cannot be read: {mode.trouble}")] if mode.trouble else []
        if mode.looks:
            rows = [[_at(row.look.at), row.book, row.look.act, look_said(row)] for row in mode.looks]
            parts += [
                line(f"{mode.mode} · decisions", "bold"),
                columns(["", "book", "", "why"], rows, left=(0, 1, 2, 3)),
            ]
        if mode.funding:
            paid = [
                [_at(row.at), row.instrument, coins({row.coin: row.amount}, signed=True)]
                for row in mode.funding
            ]
            parts += [
                line(f"{mode.mode} · funding, above zero received", "bold"),
                columns(["", "", ""], paid, left=(0, 1)),
            ]
    return page(*(parts or [line("No watch has looked yet.")]))


def look_said(row: DiaryRow) -> str:
    """Return a look in words: why, what was done, who approved, what is left, and how often it was said again."""
    look = row.look
    left = (
        f"left {amount(look.left_usd[0], signed=True)} ± {plus_minus(look.left_error_usd[0])}"
        f", band ± {plus_minus(look.band_usd[0])}"
        if look.left_usd and look.left_error_usd and look.band_usd
        else ""
    )
    again = f"the same {row.same} times more, until {_at(row.until)}" if row.same else ""
    yes = f"approved by {look.approved_by}" if look.approved_by else ""
    alarms = ", ".join(dict.fromkeys(each.watch for each in look.alarms))
    said = (look.reason, look.done, yes, left, f"alarms: {alarms}" if alarms else "", again)
    return "; ".join(filter(None, said))


def _at(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1_000, tz=UTC):%Y-%m-%d %H:%M}"
