"""What all books share: betas, covariance, and the contracts one of which hedges a book."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from hedgerow.hedge.policy import Policy
from hedgerow.hedge.pool import BENCHMARKS, benchmarks_of, candidates_for, only_named
from hedgerow.hedge.riskmodel import risk
from hedgerow.hedge.selection import LEAST_SLOPE
from hedgerow.hedge.terms import Terms, terms_of
from hedgerow.hedge.valuation import value
from hedgerow.model.arrays import FloatArray
from hedgerow.model.betas import Betas
from hedgerow.model.errors import UsageError
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.portfolio import Portfolio, Position
from hedgerow.model.risk import RiskModel

__all__ = ["Universe"]


@dataclass(frozen=True, slots=True, eq=False)
class Universe:
    """One policy on one market: prices (N,) of `symbols` and the coin each moves with, betas, covariance, contracts.

    `terms` are the contracts that can be used, in order of their names. `own` (N,) are the rows of `betas` that the
    symbols move with, −1 where the beta is unknown.
    """

    policy: Policy
    market: Market
    symbols: tuple[str, ...]
    prices: FloatArray
    own: tuple[int, ...]
    betas: Betas
    model: RiskModel
    terms: tuple[Terms, ...]

    @classmethod
    def of(
        cls,
        policy: Policy,
        market: Market,
        catalogue: tuple[Instrument, ...],
        symbols: tuple[str, ...],
        hedge_market: Market | None = None,
    ) -> Universe:
        """Return what books of `symbols` share: every coin of the market and theirs estimated once.

        Raises `UsageError` for a policy that weighs a book's contracts against each other (several factors or contracts,
        a volatility) or that has collateral of its own: those plan one book at a time.
        """
        _check(policy)
        worth = value(Portfolio(tuple(Position(s, Decimal(1)) for s in symbols)), market)
        moved = [h.delta_usd[0][0] if h.delta_usd else "" for h in worth.holdings]
        assets = tuple(dict.fromkeys([*filter(None, moved), *market.symbols]))
        pool = _pool(policy, hedge_market or market, catalogue)
        betas = policy.estimate(market, tuple(dict.fromkeys([*assets, *(c.underlying for c in pool)])))
        model = risk(market, betas)
        known = {s: i for i, s in enumerate(betas.symbols) if np.isfinite(betas.beta[i]).all()}
        offered = [terms_of(contract, betas, hedge_market or market) for contract in pool]
        named = isinstance(policy.instruments, tuple)
        usable = [
            t
            for t in offered
            if not t.unusable
            and abs(float(t.beta[0])) >= LEAST_SLOPE
            and (named or not only_named(t.instrument, None))
        ]
        return cls(
            policy,
            market,
            symbols,
            np.array([h.price_usd for h in worth.holdings]),
            tuple(known.get(coin, -1) for coin in moved),
            betas,
            model,
            tuple(sorted(usable, key=lambda t: t.instrument.name)),
        )


def _pool(policy: Policy, market: Market, catalogue: tuple[Instrument, ...]) -> tuple[Instrument, ...]:
    """The contracts that one is chosen from: the named one, or those on the factor, on BTC and on ETH."""
    if policy.instruments != 1:
        return candidates_for(policy.instruments, policy.factors, Portfolio(()), market, catalogue)
    found = benchmarks_of(policy.factors, catalogue)
    if not found:
        raise UsageError(
            f"no contract on {', '.join(dict.fromkeys((*policy.factors, *BENCHMARKS)))} is listed",
            advice="Name the contract that is to hedge: --instruments SYMBOL.",
        )
    return found


def _check(policy: Policy) -> None:
    named = policy.instruments if isinstance(policy.instruments, tuple) else ()
    reasons = {
        "several factors": len(policy.factors) > 1,
        "several contracts": policy.instruments != 1 and len(named) != 1,
        "a target volatility": policy.target_vol is not None,
        "collateral of its own": policy.collateral is not None,
    }
    asked = [name for name, holds in reasons.items() if holds]
    if asked:
        raise UsageError(
            f"many books are not planned at once with {' and '.join(asked)}",
            advice="Take one factor and one contract, or plan each book alone.",
        )
