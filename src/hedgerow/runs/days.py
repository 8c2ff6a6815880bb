"""A day of the hedge: what it promised in the morning, and what the coins and it did until the next.

day_of(before, sight, verdict, policy) -> DayRow | None        at the first look of a day (UTC), None at the others
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

from hedgerow.hedge.exposure import joint_error
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.pool import HEDGE_TAG
from hedgerow.hedge.valuation import Valuation, contract_price, price_of
from hedgerow.model.arrays import FloatArray
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.instruments import Instrument
from hedgerow.model.risk import RiskModel
from hedgerow.model.watched import DayRow, MarkRow
from hedgerow.runs.watching import Sight, Verdict

__all__ = ["day_of"]

_DAY_MS = 86_400_000


def day_of(before: DayRow | None, sight: Sight, verdict: Verdict, policy: Policy) -> DayRow | None:
    """Return the day's record, where one is due and everything needed is known.

    What the day before held is followed by prices alone: what was traded meanwhile is not in it.
    """
    exposure, learned = verdict.exposure, verdict.learned
    if exposure is None or learned is None:
        return None
    if before is not None and sight.at // _DAY_MS <= before.at // _DAY_MS:
        return None
    worth = exposure.worth.counted(frozenset(policy.exclude))
    coins, contracts = _coins(worth), _contracts(worth)
    betas, factor = learned.known.betas, exposure.factors[0]
    own = {name: usd for name, usd in coins.items() if name in betas.symbols}
    beta = sum(usd * float(betas.of(name)[0]) for name, usd in own.items())
    prices = _prices(sight, coins, factor)
    removed, against = _promise(learned.known.model, coins, contracts)
    moves = (None, None, None) if before is None else _moved(before, sight)
    return DayRow(
        sight.at,
        tuple(MarkRow(name, usd, prices[name]) for name, usd in sorted(coins.items())),
        tuple(
            MarkRow(c.name, usd, contract_price(sight.hedge, c))
            for c, usd in sorted(contracts.items(), key=lambda pair: pair[0].name)
        ),
        MarkRow(factor, 0.0, prices[factor]),
        removed,
        against,
        beta,
        float(joint_error(own, betas)[0]),
        *moves,
    )


def _coins(worth: Valuation) -> dict[str, float]:
    """Dollars by coin of everything that is not the hedge; coins that are worth a dollar by design move nothing."""
    found: dict[str, float] = {}
    own = (holding for holding in worth.holdings if HEDGE_TAG not in holding.position.tags)
    for coin, usd in (delta for holding in own for delta in holding.delta_usd):
        if not is_stablecoin(coin):
            found[coin] = found.get(coin, 0.0) + usd
    return found


def _contracts(worth: Valuation) -> dict[Instrument, float]:
    """Dollars by contract of the hedge."""
    return {
        holding.position.instrument: holding.delta_usd[0][1]
        for holding in worth.holdings
        if holding.position.instrument is not None
        and HEDGE_TAG in holding.position.tags
        and holding.delta_usd
    }


def _prices(sight: Sight, coins: Iterable[str], factor: str) -> dict[str, float]:
    return {name: price_of(sight.market, name) for name in (*coins, factor)}


def _promise(
    model: RiskModel, coins: Mapping[str, float], contracts: Mapping[Instrument, float]
) -> tuple[float | None, float | None]:
    """The share of variance that the hedge removes, and its correlation with the coins, by the covariance of the morning."""
    known = set(model.symbols)
    hedge: dict[str, float] = {}
    for contract, usd in contracts.items():
        hedge[contract.underlying] = hedge.get(contract.underlying, 0.0) + usd
    if not {*coins, *hedge} <= known or not hedge:
        return None, None
    w, h = _weights(model, coins), _weights(model, hedge)
    own, both, other = (float(a @ model.covariance @ b) for a, b in ((w, w), (w, h), (h, h)))
    if not (own > 0.0 and other > 0.0):
        return None, None
    return -(2.0 * both + other) / own, -both / math.sqrt(own * other)


def _weights(model: RiskModel, dollars: Mapping[str, float]) -> FloatArray:
    found = np.zeros(len(model.symbols))
    for name, usd in dollars.items():
        found[model.index((name,))[0]] += usd
    return found


def _moved(before: DayRow, sight: Sight) -> tuple[float | None, float | None, float | None]:
    """What the holdings of a day before have gained since: coins, hedge, and the factor's return."""
    listed = {c.name: c for c in (*sight.contracts, *(held.instrument for held in sight.held or ()))}

    def now(row: MarkRow) -> float:
        if row.name in listed:
            return contract_price(sight.hedge, listed[row.name])
        return price_of(sight.market, row.name)

    def gained(rows: Iterable[MarkRow]) -> float | None:
        total = sum(row.dollars * (now(row) / row.price - 1.0) for row in rows)
        return float(total) if math.isfinite(total) else None

    move = now(before.factor) / before.factor.price - 1.0
    return gained(before.coins), gained(before.hedge), move if math.isfinite(move) else None
