"""From settings and a chain to options beside the perpetual."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hedgerow.app.chains import chain_of, live_chain_of
from hedgerow.app.desk import Desk, Report, beta, open_desk
from hedgerow.config import Settings
from hedgerow.hedge.valuation import price_of
from hedgerow.model.errors import NotEnoughData, UsageError

if TYPE_CHECKING:
    from hedgerow.hedge.exposure import Exposure
    from hedgerow.hedge.options.plan import OptionsPlan, Wanted
    from hedgerow.hedge.options.since import OptionsSince
    from hedgerow.model.option_chain import OptionChain

__all__ = ["Protected", "ProtectionTerms", "options_beside", "protect", "share_of"]

_APART = 0.02
_OLD = np.timedelta64(36, "h")


@dataclass(frozen=True, slots=True)
class ProtectionTerms:
    """What the options of the command line say, as words: shares as `15%`, the budget a share of net value or dollars.

    `since` is the moment from which on the gains of the book's options are told.
    """

    floor: str | None = None
    crash: str = "40%"
    strike: str = "90%"
    budget: str | None = None
    horizon_days: float = 30.0
    keep: str | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Protected:
    """The answer with the market that the book was measured on."""

    plan: OptionsPlan
    desk: Desk


def protect(
    settings: Settings, book: str | Path, terms: ProtectionTerms, report: Report = lambda _: None
) -> Protected:
    """Return what puts, spreads and collars on the factor would do to `book`; raises what the readers raise, `UsageError`."""
    from hedgerow.hedge.options.plan import Wanted

    floor = None if terms.floor is None else share_of(terms.floor, "--floor")
    crash, strike = share_of(terms.crash, "--crash"), share_of(terms.strike, "--strike", most=1.2)
    if not (math.isfinite(terms.horizon_days) and terms.horizon_days > 0.0):
        raise UsageError(
            f"--horizon {terms.horizon_days:g} is no number of days", advice="Write --horizon 30."
        )
    _in_dollars(settings)
    desk = open_desk(settings, book, report)
    report("estimating betas")
    exposure, warnings = beta(desk)
    report("reading the option chain, putting options beside the perpetual")
    budget = None if terms.budget is None else _budget(terms.budget, exposure.nav_usd)
    keep = None if terms.keep is None else share_of(terms.keep, "--keep", most=1.0)
    if keep is not None and floor is None:
        raise UsageError(
            "options and futures are mixed for a floor, and none is asked for",
            advice="Add --floor 15%: the most to lose in the crash, of net value.",
        )
    wanted = Wanted(floor, crash, budget, terms.horizon_days, strike, keep)
    found = _compared(settings, desk, exposure, wanted)
    said = tuple(dict.fromkeys((*warnings, *found.warnings)))
    since = None if terms.since is None else _since(settings, desk, exposure, found.chain, terms.since)
    return Protected(replace(found, warnings=said, since=since), desk)


def _since(
    settings: Settings, desk: Desk, exposure: Exposure, chain: OptionChain, moment: str
) -> OptionsSince:
    """Return what the book's options gained since the chain of an earlier moment."""
    from hedgerow.hedge.options.since import gained_since

    if settings.data.chain is None or live_chain_of(settings):
        raise UsageError(
            "an earlier chain is in a file, and none was given",
            advice="Give it with --chain: one file with rows of both moments.",
        )
    then = replace(settings, data=replace(settings.data, as_of=moment))
    return gained_since(exposure.options, chain_of(then, desk.market, chain.underlying), chain)


def options_beside(
    settings: Settings, desk: Desk, exposure: Exposure, *, simulated: bool = False
) -> OptionsPlan | str:
    """Return options by beta over the horizon of the settings beside the contracts of `choose`, or why there are none.

    "" where no chain was given; `simulated`: on a simulated market its own will do. Raises `BadPrices` for a chain's file
    that cannot be read.
    """
    from hedgerow.hedge.options.plan import Wanted

    if settings.data.chain is None and not (simulated and desk.market.simulated):
        return ""
    try:
        _in_dollars(settings)
        return _compared(settings, desk, exposure, Wanted(horizon_days=settings.hedge.horizon_days))
    except (UsageError, NotEnoughData) as why:
        return f"{why.message}. {why.advice}"


def _compared(settings: Settings, desk: Desk, exposure: Exposure, wanted: Wanted) -> OptionsPlan:
    from hedgerow.hedge.options.protect import protect as protected

    chain = chain_of(settings, desk.market, desk.policy.factors[0])
    found = protected(exposure, chain, wanted, desk.market, desk.catalogue)
    return replace(found, warnings=tuple(dict.fromkeys((*_gaps(chain, desk), *found.warnings))))


def _in_dollars(settings: Settings) -> None:
    if settings.data.currency.upper() != "USD":
        counted = f"options are counted in dollars, not in {settings.data.currency.upper()}"
        raise UsageError(counted, advice="Leave --currency out: the index of a chain is in dollars.")


def share_of(text: str, option: str, most: float = 0.99) -> float:
    """Return the fraction that `15%` or `0.15` says; raises `UsageError` for what is neither, or not between 0 and `most`."""
    bare = text.strip()
    percent = bare.endswith("%")
    try:
        number = float(bare.removesuffix("%"))
    except ValueError:
        number = math.nan
    share = number / 100.0 if percent else number
    if not 0.0 < share <= most:
        advice = f"Write {option} 15%, or {option} 0.15: above 0 and at most {most * 100:g} %."
        raise UsageError(f'{option} "{bare}" is no share', advice=advice)
    return share


def _budget(text: str, nav_usd: float) -> float:
    """Return dollars: `0.5%` of net value, or `2000`."""
    if text.strip().endswith("%"):
        return share_of(text, "--budget") * nav_usd
    try:
        dollars = float(text.replace(",", ""))
    except ValueError:
        dollars = math.nan
    if not (math.isfinite(dollars) and dollars > 0.0):
        raise UsageError(f'--budget "{text}" is no amount', advice="Write --budget 0.5%, or --budget 2000.")
    return dollars


def _gaps(chain: OptionChain, desk: Desk) -> tuple[str, ...]:
    """Say where the book's market and the chain are not of one moment, or not both real."""
    market, coin = desk.market, chain.underlying
    found = []
    if market.simulated and not chain.simulated:
        found.append(
            "The book is priced on the SIMULATED market, the options are real: only the shares mean anything."
        )
    elif abs(chain.as_of - market.as_of) > _OLD:
        found.append(
            f"The chain is of {str(chain.as_of)[:16]}, the book's prices of {str(market.as_of)[:16]} UTC."
        )
    spot = price_of(market, coin)
    if not market.simulated and math.isfinite(spot) and abs(chain.index_usd / spot - 1.0) > _APART:
        apart = abs(chain.index_usd / spot - 1.0)
        found.append(
            f"{coin} is {chain.index_usd:,.0f} in the chain and {spot:,.0f} in the prices, {apart:.0%} apart."
        )
    if chain.in_coin and not chain.simulated:
        found.append(
            f"Premium and margin are paid in {coin}: {coin} that is held for them moves with the market too; put it into the book."
        )
    return tuple(found)
