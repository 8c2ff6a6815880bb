"""What a run learns from the past at one bar: betas, covariance, and what its no-trade band is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hedgerow.hedge.policy import Policy
from hedgerow.hedge.pool import candidates_for, find, only_named
from hedgerow.hedge.rebalance import Drift
from hedgerow.hedge.riskmodel import risk
from hedgerow.hedge.slips import without_slips
from hedgerow.hedge.valuation import value
from hedgerow.model.arrays import BoolArray, FloatArray
from hedgerow.model.betas import Betas
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.errors import UsageError
from hedgerow.model.instruments import Instrument
from hedgerow.model.journal import Estimated
from hedgerow.model.market import Market
from hedgerow.model.risk import RiskModel
from hedgerow.runs.marginal import marginal_costs
from hedgerow.runs.past import Past
from hedgerow.stats.risk import DAYS_A_YEAR

__all__ = ["RECENT_DAYS", "Known", "Moving", "drift_of", "drifting", "estimated", "in_reach", "learn"]

RECENT_DAYS = 90.0


@dataclass(frozen=True, slots=True)
class Known:
    """Betas and covariance as of the last estimation, the contracts that may be used, the book's own betas (N, K).

    `sure` (N,) is False for coins that have none: they are not in the book, or have no price.
    """

    betas: Betas
    model: RiskModel
    contracts: tuple[Instrument, ...]
    beta: FloatArray
    sure: BoolArray


def learn(policy: Policy, past: Past, t: int, hedged_with: tuple[str, ...] = ()) -> Known:
    """Return betas and covariance, at bar `t`, of the book and of all contracts that the policy may look at.

    `hedged_with` are coins whose contracts are open, looked at or not.

    Raises `UsageError` where a coin of the book has no beta yet, and where a named contract cannot be margined.
    """
    panel, book = past.panel, past.panel.book_at(t)
    market, hedge = past.views(t)
    usable = in_reach(past.catalogue(hedge), policy, market)
    pool = candidates_for(policy.instruments, policy.factors, book, hedge, usable, own=policy.own)
    names = [c.underlying for c in pool] + [c.settle for c in usable]
    betas = policy.estimate(
        market, tuple(dict.fromkeys([*value(book, market).assets, *panel.symbols, *names, *hedged_with]))
    )
    beta = np.array([betas.of(s) for s in panel.symbols])
    known, held = np.isfinite(beta).all(axis=1), (panel.units[t] != 0.0) & panel.live[t]
    unknown = [s for s, lacks in zip(panel.symbols, held & ~known, strict=True) if lacks]
    if unknown:
        raise UsageError(
            f"at {str(market.as_of)[:10]} the beta of {', '.join(unknown)} is unknown",
            advice="Start later (--from), give it (--beta COIN=x), or take the coin out of the book.",
        )
    # Nothing is held of the others, or it stands at its last price: no beta of theirs is a factor of anything but 0.
    return Known(betas, risk(market, betas), usable, np.where(known[:, None], beta, 0.0), known)


def estimated(time: np.datetime64, betas: Betas) -> list[Estimated]:
    """Return every beta of an estimation as a row of the record."""
    stderr = betas.stderr
    return [
        Estimated(time, coin, factor, float(betas.beta[i, k]), float(stderr[i, k]))
        for i, coin in enumerate(betas.symbols)
        for k, factor in enumerate(betas.factors)
    ]


def in_reach(contracts: tuple[Instrument, ...], policy: Policy, market: Market) -> tuple[Instrument, ...]:
    """Return the contracts that a run may look at: those that the policy names, and perpetuals with margin at hand.

    That is dollars, or the coin that the policy gives as collateral. A dated contract has to be named, as its price may
    be a derived one. Raises `UsageError` where a named contract is margined in another coin than the one given.
    """
    given = policy.rules.collateral
    priced = tuple(c for c in contracts if c.underlying in market.symbols)
    names = policy.instruments if isinstance(policy.instruments, tuple) else ()
    named = {find(priced, name).name for name in names}
    for contract in priced:
        if contract.name not in named or is_stablecoin(contract.settle) or given is None:
            continue
        if given.coin != contract.settle:
            raise UsageError(
                f"{contract.symbol} is margined in {contract.settle}, and the collateral is {given.coin or 'stablecoins'}",
                advice=f"Give {contract.settle} as --collateral, or leave it out: the run then puts in what is needed.",
            )

    coin = None if given is None else given.coin
    return tuple(c for c in priced if c.name in named or not only_named(c, coin))


def drifting(
    policy: Policy, past: Past, known: Known, t: int, held_usd: Mapping[str, float] | None = None
) -> Drift:
    """Return what bands are made of: how the dollar beta of today's book moved in the last 90 days, and what trades cost.

    `held_usd` are the dollars of each open contract.
    """
    panel, bars_per_day = past.panel, past.market.bars_per_day
    spot = panel.worth[t]
    held = np.where(panel.hedged[t] != 0.0, panel.hedged[t] * panel.prices[t], 0.0)
    recent = panel.prices[max(t - round(RECENT_DAYS * bars_per_day), 0) : t + 1]
    _, hedge = past.views(t)
    size = max(float(spot.sum()), float(np.abs(spot).sum()))
    moving = Moving(panel.symbols, held, known.beta, recent, bars_per_day, size)
    return drift_of(policy, known, moving, hedge, held_usd)


@dataclass(frozen=True, slots=True)
class Moving:
    """A book as it moves: dollars `held` (N,) of its coins, their `beta` (N, K), their `recent` prices (T, N), its size."""

    symbols: tuple[str, ...]
    held: FloatArray
    beta: FloatArray
    recent: FloatArray
    bars_per_day: float
    size_usd: float


def drift_of(
    policy: Policy, known: Known, moving: Moving, hedge: Market, held_usd: Mapping[str, float] | None = None
) -> Drift:
    """Return what bands are made of, from how the dollar beta of the book moved in its recent prices; what is no market's move is none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        moves = without_slips(np.nan_to_num(moving.recent[1:] / moving.recent[:-1] - 1.0))
    a_bar = np.std(moves @ (moving.held[:, None] * moving.beta), axis=0)
    lead = [known.model.index((f,))[0] for f in known.betas.factors]
    return Drift(
        stderr_usd=_joint(known.betas, moving.symbols, moving.held, moving.beta.shape[1]),
        volatility=np.sqrt(np.diag(known.model.covariance)[lead] * DAYS_A_YEAR),
        drift_usd=np.maximum(a_bar * np.sqrt(moving.bars_per_day * DAYS_A_YEAR), 1e-9),
        cost=marginal_costs(policy, hedge, known.contracts, known.betas, held_usd or {}, a_bar),
        aversion=policy.risk_aversion / moving.size_usd,
        size_usd=moving.size_usd,
    )


def _joint(betas: Betas, symbols: tuple[str, ...], held: FloatArray, count: int) -> FloatArray:
    """Standard errors (K,) of the dollar beta of `held` (N,) dollars, from the joint covariance."""
    places, coins = [betas.symbols.index(s) for s in symbols], len(betas.symbols)
    joint = betas.covariance.reshape(coins, count, coins, count)[places][:, :, places]
    variance = [float(held @ joint[:, k, :, k] @ held) for k in range(count)]
    return np.sqrt(np.maximum(variance, 0.0))
