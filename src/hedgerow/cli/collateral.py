"""What a rally asks of the margin, on the command line: `collateral`."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from typing import Annotated

from cyclopts import Parameter

from hedgerow.cli.options import Output, settings_of
from hedgerow.cli.output import answer
from hedgerow.cli.standing import Which
from hedgerow.model.errors import UsageError

__all__ = ["collateral"]

_MOST = 10.0


def collateral(
    book: str | None = None,
    /,
    *,
    rally: Annotated[str, Parameter(help="How far every coin rises: 30% or 0.3.")] = "30%",
    distance: Annotated[str, Parameter(help="How far liquidation is to be after it: 40% or 0.4.")] = "40%",
    live: Which = None,
    output: Output | None = None,
) -> int:
    """Say what to move where so that each hedge account survives a rally. From each watch's last look; nothing is moved.

    Exit code 1 where money is missing, or something needed is not known.

    Parameters
    ----------
    book
        Holdings that are watched: then it also says where the book has free coins of that kind.
    """
    from hedgerow.app.collateral import rally_plans
    from hedgerow.app.plans import MODES, Mode
    from hedgerow.reports.collateral_text import collateral_json, collateral_text

    shown = output or Output()
    settings = settings_of(shown)
    rise, reach = _share("--rally", rally), _share("--distance", distance)
    modes: tuple[Mode, ...] = MODES if live is None else (("live",) if live else ("paper",))
    plans = tuple(each for mode in modes for each in rally_plans(settings, mode, rise, reach, book))
    answer(lambda: collateral_json(plans), lambda: collateral_text(plans), shown)
    return int(any(plan.unknown or any(need.lacking_usd > 0.0 for need in plan.needs) for plan in plans))


def _share(name: str, text: str) -> float:
    """A percentage or a fraction below one, as 30% or 0.3; a bare number from one on may be either, and is refused."""
    said = text.strip()
    try:
        number = float(Decimal(said.removesuffix("%")))
    except InvalidOperation:
        number = -1.0
    if not said.endswith("%") and 1.0 <= number < math.inf:
        raise UsageError(
            f"{name} {said} may be {number:g} % or {number * 100.0:,.0f} %",
            advice=f"Write {name} {number:g}% or {name} {number * 100.0:g}%.",
        )
    found = number / 100.0 if said.endswith("%") else number
    if not 0.0 < found <= _MOST:
        raise UsageError(
            f"{name} {said} is no share",
            advice="Give a percentage up to 1000%, as 30%, or a fraction, as 0.3.",
        )
    return found
