"""Dated contracts on the command line: the ladder of expiries, and one rolled by hand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from cyclopts import Group, Parameter

from hedgerow.app.plans import Mode
from hedgerow.app.roll import Proposed, ladder, proposed
from hedgerow.cli.options import BetaOptions, DataOptions, Output, settings_of
from hedgerow.cli.output import answer, closing, progress
from hedgerow.cli.trade import StyleOptions, trade
from hedgerow.config import Settings
from hedgerow.model.errors import UsageError

__all__ = ["roll"]


_ROLL = Group("Roll", sort_key=3)


@Parameter(name="*", group=_ROLL, show_default=False)
@dataclass(frozen=True, slots=True)
class RollOptions:
    """Into what, how closely, and whether at all."""

    to: Annotated[
        str | None, Parameter(help="A later contract of the same kind, or perp. Without: the next one.")
    ] = None
    propose: Annotated[
        bool, Parameter(help="Only keep and show the plan; `trade` trades it.", negative=())
    ] = False
    leg_risk: Annotated[
        float | None, Parameter(help="Dollars that one leg may be ahead of the other (a fifth of the roll).")
    ] = None
    live: Annotated[bool, Parameter(help="With real money.", negative=())] = False
    yes_live: Annotated[
        str | None,
        Parameter(help="The account's name, in place of typing it: for where there is no terminal."),
    ] = None


def roll(
    contract: str | None = None,
    /,
    *,
    how: RollOptions | None = None,
    style: StyleOptions | None = None,
    data: DataOptions | None = None,
    beta: BetaOptions | None = None,
    output: Output | None = None,
) -> int:
    """Roll a dated contract into a later one, or into the perpetual: on paper, unless you say otherwise.

    Without a contract: everything held that ends, its days left and window, what it can be rolled into and at what cost,
    against the perpetual over the same time. Then nothing is traded; exit code 1 where something is late or has nowhere to go.

    Parameters
    ----------
    contract
        A contract that the account holds; `hedgerow roll` lists those that end.
    """
    shown, asked = output or Output(), how or RollOptions()
    settings, mode = settings_of(shown, data, beta), _mode(asked)
    if contract is None:
        if asked.to is not None or asked.propose or asked.leg_risk is not None:
            raise UsageError("--to, --propose and --leg-risk are about one contract", advice="Name it.")
        return _ladder(settings, mode, shown)
    if asked.leg_risk is not None and not (math.isfinite(asked.leg_risk) and asked.leg_risk > 0.0):
        raise UsageError(f"--leg-risk {asked.leg_risk:g} means nothing", advice="Give dollars above 0.")
    with progress(shown) as report:
        found = proposed(settings, mode, contract, asked.to, asked.leg_risk, report)
    if asked.propose or found.kept.why_not is not None:
        _show(found, shown)
        return int(found.kept.why_not is not None)
    if not shown.json:
        _show(found, shown)
    return trade(
        found.document["plan_id"], live=asked.live, yes_live=asked.yes_live, style=style, output=shown
    )


def _mode(asked: RollOptions) -> Mode:
    if asked.yes_live is not None and not asked.live:
        raise UsageError("--yes-live says yes to real money, and this is paper", advice="Add --live.")
    return "live" if asked.live else "paper"


def _ladder(settings: Settings, mode: Mode, shown: Output) -> int:
    from hedgerow.reports.roll_text import ladder_json, ladder_text

    with progress(shown) as report:
        found = ladder(settings, mode, report)
    money = settings.data.currency.upper()
    answer(
        lambda: ladder_json(found.rungs, found.market, found.now),
        lambda: ladder_text(found.rungs, found.market, found.now, money),
        shown,
    )
    stuck = (
        rung.stage in {"late", "ended"} or (rung.stage == "due" and not rung.ways) for rung in found.rungs
    )
    return int(any(stuck))


def _show(found: Proposed, shown: Output) -> None:
    from hedgerow.reports.roll_text import roll_text

    last = closing(found.document["plan_id"], found.kept)
    answer(
        lambda: found.document,
        lambda: roll_text(found.rung, found.way, found.beside, found.open_usd, found.market, last),
        shown,
    )
