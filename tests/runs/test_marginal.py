"""A no-trade band costs what its own contracts cost at the margin, in both engines."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cache, partial

import numpy as np
import pytest
from tests.hedge.plans import contracts
from tests.runs.test_backtest import history, rows
from tests.runs.test_twin import both

from hedgerow.hedge.charges import entry_rate
from hedgerow.hedge.estimation import estimate
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.terms import terms_of
from hedgerow.model.arrays import FloatArray
from hedgerow.model.betas import Betas
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.runs import backtest
from hedgerow.runs.marginal import marginal_costs


@cache
def betas(*factors: str) -> Betas:
    return estimate(history(), ("BTC", "ETH", "SOL", "ADA"), factors)


def named(symbol: str) -> Instrument:
    found: Instrument = next(c for c in contracts() if c.symbol == symbol)
    return found


def dearer(fee: float) -> tuple[Instrument, ...]:
    return tuple(replace(c, taker_fee=Decimal(repr(fee))) for c in contracts())


def costs(policy: Policy, held: dict[str, float] | None = None, step: float = 1000.0) -> FloatArray:
    known = betas(*policy.factors)
    steps = np.full(len(policy.factors), step)
    return marginal_costs(policy, history(), contracts(), known, held or {}, steps)


def test_it_is_fee_spread_and_impact_of_a_trade_of_one_bars_drift() -> None:
    terms = terms_of(named("BTCUSDT"), betas("BTC"), history())
    found = costs(Policy(instruments=("BTCUSDT",)))
    assert found == pytest.approx([entry_rate(terms, 1000.0)], rel=1e-12)
    assert found[0] > float(terms.instrument.taker_fee)
    assert costs(Policy(instruments=("BTCUSDT",)), step=1e6)[0] > found[0]


def test_a_contract_on_each_factor_is_that_factors_cost() -> None:
    policy = Policy(factor="BTC,ETH", instruments=("ETHUSDT", "BTCUSDT"))
    each = [
        entry_rate(terms_of(named(f"{s}USDT"), betas("BTC", "ETH"), history()), 1000.0)
        for s in ("BTC", "ETH")
    ]
    assert costs(policy) == pytest.approx(each, rel=1e-12)
    assert costs(policy, {named("ETHUSDT").name: -5e4}) == pytest.approx(each, rel=1e-12)


def test_of_several_open_contracts_each_counts_by_its_share() -> None:
    btc, eth = (named(s) for s in ("BTCUSDT", "ETHUSDT"))
    alone = [costs(Policy(), {c.name: -1e4})[0] for c in (btc, eth)]
    mixed = costs(Policy(), {btc.name: -1e4, eth.name: -1e4})[0]
    assert min(alone) < mixed < max(alone) or alone[0] == pytest.approx(alone[1])
    beta = abs(float(betas("BTC").of("ETH")[0]))
    terms = terms_of(eth, betas("BTC"), history())
    assert alone[1] == pytest.approx(entry_rate(terms, 1000.0 / beta) / beta, rel=1e-12)


def test_before_any_is_open_the_cheapest_on_the_factor_counts() -> None:
    on_btc = [c for c in contracts() if c.underlying == "BTC"]
    each = [entry_rate(terms_of(c, betas("BTC"), history()), 1000.0) for c in on_btc]
    assert costs(Policy()) == pytest.approx([min(each)], rel=1e-12)


def test_a_contract_eight_times_as_dear_has_twice_the_band_and_the_twin_knows_it() -> None:
    plain, _ = both(rebalance="band")
    first = plain.band_usd[0, 0]
    terms = terms_of(named("BTCUSDT"), betas("BTC"), _until(history(), plain.times[0]))
    fee = float(terms.instrument.taker_fee)
    step = _a_bar(plain.times[0])
    dear = fee + 7.0 * entry_rate(terms, step)
    wide, _ = both(rebalance="band", known=partial(dearer, dear))
    assert wide.band_usd[0, 0] == pytest.approx(2.0 * first, rel=1e-9)


def _until(market: Market, last: np.datetime64) -> Market:
    kept = int(np.searchsorted(market.times, last, side="right"))
    return replace(
        market,
        times=market.times[:kept],
        prices=market.prices[:kept],
        volumes_usd=market.volumes_usd[:kept],
        as_of=market.times[kept - 1],
    )


def _a_bar(when: np.datetime64) -> float:
    """What the book's dollar beta strays in a bar, as the run knew it then."""
    from hedgerow.runs import BacktestSettings
    from hedgerow.runs.learning import drifting, learn
    from hedgerow.runs.past import past_of

    policy = Policy(instruments=("BTCUSDT",))
    past = past_of(policy, rows(), history(), lambda _: contracts(), None, BacktestSettings(), None)
    t = int(np.searchsorted(past.panel.times, when))
    moved = drifting(policy, past, learn(policy, past, t), t).drift_usd[0]
    return float(moved / np.sqrt(365.0))


def test_a_thin_market_has_a_wider_band() -> None:
    thick = history()
    thin = replace(thick, volumes_usd=thick.volumes_usd / 1000.0)
    widths = [
        backtest(Policy(instruments=("BTCUSDT",)), rows(), market, lambda _: contracts()).band_usd[:, 0]
        for market in (thick, thin)
    ]
    assert (widths[1] > 1.05 * widths[0]).all()
