"""`survival_chances(plan, worth, market, draws)`: how often accounts are liquidated on drawn ways, by any number of workers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hedgerow.hedge.plan import HedgePlan
from hedgerow.hedge.returns import paired_returns
from hedgerow.hedge.ruin import Survival, first_gone, hedged_accounts
from hedgerow.hedge.survival import HedgeAccount
from hedgerow.hedge.valuation import Valuation
from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import UsageError
from hedgerow.model.market import Market
from hedgerow.runs.spread import Workers, spread
from hedgerow.stats.risk.resampled import resampled_moves

__all__ = ["Draws", "survival_chances"]

_BATCH = 1_000
"""Paths that are drawn at once. It is the same for one worker as for a hundred, and so are the numbers."""
_LEAST_RETURNS = 60


@dataclass(frozen=True, slots=True)
class Draws:
    """How many ways are drawn for how many days, in pieces of how many days, from which seed."""

    paths: int
    days: float
    block_days: float = 5.0
    seed: int = 7


@dataclass(frozen=True, slots=True)
class _Walked:
    """An account and the (R, K) returns that its stakes follow, by columns."""

    account: HedgeAccount
    columns: tuple[int, ...]
    returns: FloatArray


def survival_chances(
    plan: HedgePlan,
    worth: Valuation,
    market: Market,
    draws: Draws,
    workers: Workers | None = None,
    report: Callable[[int, int], None] = lambda _done, _all: None,
) -> tuple[Survival, ...]:
    """Return the chance of each of the plan's accounts, by returns of the contracts' underlyings in `market` over bars they share.

    It is looked at once a bar, as the returns are. An account whose money or prices are not known, or with fewer than sixty
    returns, has NaN. `report` is told how many paths of how many are done. Raises `UsageError` for no paths.
    """
    if draws.paths < 1:
        raise UsageError(f"{draws.paths} paths tell nothing", advice="Give --paths 10000, or more.")
    formulas = {each.account: each.liquidation_probability for each in plan.margin}
    accounts = hedged_accounts(plan, worth)
    walked = {each.name: one for each in accounts if (one := _walked(each, market)) is not None}
    steps = max(round(draws.days * market.bars_per_day), 1)
    block = max(round(draws.block_days * market.bars_per_day), 1)
    sizes = {str(i): min(_BATCH, draws.paths - i * _BATCH) for i in range(-(-draws.paths // _BATCH))}
    gone = {name: np.zeros(2) for name in walked}
    done = 0
    for share in spread(_batch, (walked, steps, block, draws.seed), sizes, workers) if walked else ():
        for size, counts in share:
            done += size
            for name, (all_of_it, half) in counts.items():
                gone[name] += (all_of_it, half)
        report(done, draws.paths)
    hours = market.bar_hours
    return tuple(
        _told(each.name, gone.get(each.name), formulas.get(each.name, math.nan), draws, hours)
        for each in accounts
    )


def _walked(account: HedgeAccount, market: Market) -> _Walked | None:
    names = tuple(dict.fromkeys(stake.instrument.underlying for stake in account.stakes))
    if not math.isfinite(account.equity_usd) or any(name not in market.symbols for name in names):
        return None
    returns = paired_returns(market, (), names).x
    if len(returns) < _LEAST_RETURNS:
        return None
    columns = tuple(names.index(stake.instrument.underlying) for stake in account.stakes)
    return _Walked(account, columns, returns)


def _batch(
    key: str, size: int, shared: tuple[dict[str, _Walked], int, int, int]
) -> tuple[int, dict[str, tuple[int, int]]]:
    """How many paths of a batch each account is gone on, in all the time and in its first half."""
    accounts, steps, block, seed = shared
    counts = {}
    for name, one in accounts.items():
        moves = resampled_moves(one.returns, (size, steps), block, seed, int(key))
        first = first_gone(one.account, one.columns, moves)
        counts[name] = int((first < steps).sum()), int((first < steps / 2).sum())
    return size, counts


def _told(name: str, gone: FloatArray | None, formula: float, draws: Draws, hours: float) -> Survival:
    chance, half = (math.nan, math.nan) if gone is None else (gone / draws.paths).tolist()
    stderr = math.sqrt(chance * (1.0 - chance) / draws.paths)
    return Survival(name, chance, stderr, half, formula, draws.days, draws.paths, hours)
