"""From a ticket to the chance that its accounts are liquidated, drawn from the market's own returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hedgerow.app.desk import Desk, Report
from hedgerow.hedge.ruin import Survival
from hedgerow.hedge.ticket import Ticket

if TYPE_CHECKING:
    from hedgerow.runs.spread import Workers

__all__ = ["survival"]


def survival(
    desk: Desk, ticket: Ticket, paths: int, workers: Workers, seed: int, report: Report = lambda _: None
) -> tuple[Survival, ...]:
    """Return the chance of each account of the ticket's plan over its horizon, the hedge left alone meanwhile.

    Errors as `runs.ruin.survival_chances`.
    """
    from hedgerow.runs.ruin import Draws, survival_chances

    draws = Draws(paths, desk.policy.horizon_days, seed=seed)
    return survival_chances(
        ticket.plan,
        ticket.worth,
        desk.hedge_market,
        draws,
        workers,
        lambda done, whole: report(f"drawing ways: {done} of {whole}"),
    )
