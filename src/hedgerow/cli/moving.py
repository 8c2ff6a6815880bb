"""`hedgerow move`: what is remembered, to another folder or server."""

from __future__ import annotations

from hedgerow.cli.options import Output, settings_of
from hedgerow.cli.output import answer

__all__ = ["move"]


def move(to: str, /, *, output: Output | None = None) -> int:
    """Move journals and all beside them TO another folder or postgresql://USER@HOST/DATABASE, with their chains.

    Nobody may hold an account meanwhile. What was there before stays, halted, and no account of it can be held again.
    """
    from hedgerow.app.moving import move as move_all

    shown = output or Output()
    done = move_all(settings_of(shown), to)
    told = [{"mode": mode, "to": where, "records": records} for mode, where, records in done]
    lines = [
        f"{mode}: {records:,} records are in {where}, with their digests" for mode, where, records in done
    ]
    said = "\n".join([*lines, "From now on say --state there: what was here is halted for good."])
    answer(lambda: {"moved": told}, lambda: said, shown)
    return 0
