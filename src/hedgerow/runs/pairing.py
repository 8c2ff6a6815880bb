"""A pair that is held, followed look by look: what the market did to it, what is alpha, and when somebody should look.

followed(sums, beta_usd, stderr_usd, prices) -> PairSums        sums over the looks, each factor's move on the beta before it
standing_of_pair(pair, entries, sums, verdict, sight) -> PairStanding
findings_of_pair(standing, limits) -> findings
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from hedgerow.hedge.alarms import Finding, standing_of
from hedgerow.hedge.pairs import together
from hedgerow.hedge.terms import funding_ahead
from hedgerow.hedge.valuation import contract_price, price_of
from hedgerow.hedge.watch import Thresholds
from hedgerow.model.display import percent_text
from hedgerow.model.market import Market
from hedgerow.model.orders import contracts_of
from hedgerow.model.pairs import PairLegStanding, PairStanding
from hedgerow.model.ports import Record
from hedgerow.model.watched import Look
from hedgerow.runs.ledger import Entry, ledger_of

__all__ = ["PairSums", "entries_since", "findings_of_pair", "followed", "recalled", "standing_of_pair"]

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class PairSums:
    """Dollars that the factors' moves made of the betas that were left, one a factor, and what the betas' errors make of that.

    `beta_usd`, `stderr_usd` and `prices` are of the last look at which they were known.
    """

    market_usd: tuple[float, ...] = ()
    error_usd: tuple[float, ...] = ()
    beta_usd: tuple[float, ...] = ()
    stderr_usd: tuple[float, ...] = ()
    prices: tuple[float, ...] = ()

    @property
    def market(self) -> float:
        """All factors together."""
        return sum(self.market_usd)

    @property
    def error(self) -> float:
        """All factors together: errors of betas stay the same from look to look, so each factor's add up."""
        return math.hypot(*self.error_usd) if self.error_usd else 0.0


def followed(
    sums: PairSums, beta_usd: tuple[float, ...], stderr_usd: tuple[float, ...], prices: tuple[float, ...]
) -> PairSums:
    """Return the sums after a look: the move since the last one on the beta that it left. What is unknown waits for the next look.

    An error that is not known leaves theirs unknown.
    """
    known = bool(beta_usd) and len(prices) == len(beta_usd)
    if not known or not all(math.isfinite(x) for x in (*beta_usd, *prices)):
        return sums
    zero = (0.0,) * len(beta_usd)
    market, error = sums.market_usd or zero, sums.error_usd or zero
    if sums.prices:
        moves = [now / before - 1.0 for now, before in zip(prices, sums.prices, strict=True)]
        market = tuple(m + b * r for m, b, r in zip(market, sums.beta_usd, moves, strict=True))
        error = tuple(e + s * r for e, s, r in zip(error, sums.stderr_usd, moves, strict=True))
    return PairSums(market, error, beta_usd, stderr_usd, prices)


def recalled(looks: Iterable[Look], factors: tuple[str, ...]) -> PairSums:
    """Return the sums of the looks of a diary: a watch that starts again goes on with them."""
    sums = PairSums()
    for look in looks:
        given = {row.name: float(row.number) for row in look.prices}
        prices = tuple(given.get(factor, math.nan) for factor in factors)
        sums = followed(sums, look.left_usd, look.left_stderr_usd, prices)
    return sums


def entries_since(records: Iterable[Record], begun: int) -> Mapping[str, Entry]:
    """Return what the ledger's contracts came to after the record `begun`: realised, funding and fees of before taken off."""
    every = tuple(records)
    before = ledger_of(r for r in every if r.seq < begun).entries
    found = dict(ledger_of(every).entries)
    for name, old in before.items():
        now = found[name]
        found[name] = replace(
            now,
            realised=now.realised - old.realised,
            funding=_less(now.funding, old.funding),
            fees=_less(now.fees, old.fees),
        )
    return found


def _less(now: Mapping[str, Decimal], before: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {coin: amount - before.get(coin, _ZERO) for coin, amount in now.items()}


def standing_of_pair(
    pair: tuple[str, str],
    entries: Iterable[Entry],
    sums: PairSums,
    factors: tuple[str, ...],
    market: Market,
) -> PairStanding:
    """Return how a pair stands: `entries` of its contracts since it was opened, `sums` up to this look."""
    test = together(*pair, market)
    gap = test.gap if test is not None and math.isfinite(test.level) else math.nan
    return PairStanding(
        pair[0],
        pair[1],
        tuple(_leg(entry, market) for entry in entries),
        factors,
        sums.beta_usd,
        sums.stderr_usd,
        sums.market,
        sums.error,
        gap,
    )


def _leg(entry: Entry, market: Market) -> PairLegStanding:
    contract, units = entry.leg.instrument, entry.quantity
    price, quote = contract_price(market, contract), _coin(market, contract.quote)
    open_usd = 0.0 if entry.leg.entry is None else float(units) * (price - float(entry.leg.entry) * quote)
    contracts = contracts_of(contract, units)
    dollars = float(contracts) * contract.dollar_delta(price)
    return PairLegStanding(
        contract,
        contracts,
        dollars,
        float(entry.realised) * _coin(market, contract.settle) + open_usd,
        _dollars(entry.funding, market),
        _dollars(entry.fees, market),
        -dollars * funding_ahead(contract, market).expected,
    )


def _dollars(coins: Mapping[str, Decimal], market: Market) -> float:
    return sum(float(amount) * _coin(market, coin) for coin, amount in coins.items())


def _coin(market: Market, coin: str) -> float:
    """Dollars of a coin; what has no price is a dollar, as margin is taken."""
    price = price_of(market, coin)
    return price if price > 0.0 else 1.0


def findings_of_pair(standing: PairStanding, limits: Thresholds) -> tuple[Finding, ...]:
    """Return the pair's stops: what it lost, as a fraction of its long leg, and how far its prices are apart."""
    name = f"{standing.long}-{standing.short}"
    lost = -standing.total_usd / standing.long_usd if standing.long_usd > 0.0 else math.nan
    loss = f"the pair lost {-standing.total_usd:,.0f} dollars, {percent_text(lost, 1)} of its long leg"
    gap = f"the prices are {abs(standing.gap):.1f} deviations apart"
    advice = "Nothing is closed by itself: `hedgerow halt --flatten` closes both legs."
    apart = abs(standing.gap)
    return (
        Finding("pair", f"{name} loss", standing_of(lost, *limits.pair_loss), "critical", loss, advice),
        Finding("pair", f"{name} gap", standing_of(apart, *limits.pair_gap), "critical", gap, advice),
    )
