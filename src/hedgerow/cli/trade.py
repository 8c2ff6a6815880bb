"""Step 5 on the command line: `trade`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from hedgerow.app.trade import Refused
from hedgerow.app.trade import trade as traded
from hedgerow.cli.options import Output, settings_of
from hedgerow.cli.output import answer, progress

__all__ = ["trade"]

_FINE = {"complete"}
_CODES = {"refused": 6, "frozen": 7, "halted": 8}


def trade(
    plan_id: str,
    /,
    *,
    live: Annotated[
        bool, Parameter(help="--paper (default), or --live with real money.", negative="--paper")
    ] = False,
    output: Output | None = None,
) -> int:
    """Trade a plan that `plan` or `pair` printed: every order written down before it is sent, read back at the end.

    Killed in the middle, the same command finishes what was begun. A plan goes stale by age, by a price that moved and by
    a position that is not what it was made for; then it is refused.

    Parameters
    ----------
    plan_id
        The first signs of the plan's id.
    """
    shown = output or Output()
    settings = settings_of(shown)
    with progress(shown) as report:
        done = traded(settings, plan_id, "live" if live else "paper", report)
    from hedgerow.reports import trade_text as told

    if isinstance(done, Refused):
        refused = done
        answer(
            lambda: told.refused_json(refused.plan_id, refused.refusals),
            lambda: told.refused_text(refused.plan_id, refused.refusals),
            shown,
        )
        return 1
    answer(
        lambda: told.trade_json(done), lambda: told.trade_text(done, settings.data.currency.upper()), shown
    )
    return 0 if done.outcome in _FINE else _CODES.get(done.outcome, 1)
