"""A look that could not begin: what it could not read is written down as a look that saw nothing new, and sent nothing.

failed_look(last, at, why) -> Look
"""

from __future__ import annotations

from dataclasses import replace

from hedgerow.model.watched import AlarmRow, Look
from hedgerow.runs.watching import UNTOLD

__all__ = ["failed_look"]

_ADVICE = "Nothing is sent until it can be read: put it right, and let the watch look again."


def failed_look(last: Look, at: int, why: str) -> Look:
    """Return the look after the `last` one that stopped before anything was seen, with the alarm `not hedged` on.

    Positions are those of the last look, and not known where that one traded. What stands in the files of holdings has to be read twice anew.
    """
    held, coins = (None, None) if last.traded_usd else (last.held, last.coins)
    before = {(row.watch, row.about): row for row in last.alarms}
    was = before.get(("not hedged", "book"))
    row = AlarmRow("not hedged", "book", "critical", at if was is None else was.since, why, _ADVICE)
    before["not hedged", "book"] = row
    return replace(
        last,
        at=at,
        act="stop",
        reason=why if held is not None and coins is not None else UNTOLD,
        trouble="" if held is not None else why,
        blind=why,
        held=held,
        coins=coins,
        learned=False,
        beta_usd=(),
        stderr_usd=(),
        target_usd=(),
        band_usd=(),
        nav_usd=float("nan"),
        orders=(),
        proposal=None,
        approved_by="",
        done="",
        traded_usd=0.0,
        cost_usd=0.0,
        left_usd=(),
        left_stderr_usd=(),
        slack_usd=0.0,
        alarms=tuple(before.values()),
        promised_usd=None,
        day=None,
        closed_by="",
        flow_usd=0.0,
        book_by="",
        slip_by="",
        files=tuple(replace(row, waits="") for row in last.files),
    )
