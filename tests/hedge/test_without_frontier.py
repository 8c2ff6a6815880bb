"""A plan without its frontier is the same plan: what trades by the minute need not weigh baskets that it will not take."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hedge.books import book, contract, open_contract, spot
from tests.hedge.plans import simulated

from hedgerow.hedge.plan import HedgePlan, Leg
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.riskmodel import risk
from hedgerow.hedge.sizing import size
from hedgerow.model.betas import Betas
from hedgerow.model.portfolio import Position
from hedgerow.model.risk import RiskModel

HELD = st.dictionaries(
    st.sampled_from(("SOL", "DOGE", "ADA", "ETH", "XRP", "BTC")),
    st.floats(1e3, 1e6),
    min_size=1,
)
OPEN = st.sampled_from((None, "SHORT", "LONG"))


@cache
def known(factor: str) -> tuple[Betas, RiskModel]:
    """Betas and covariance of the embedded market, estimated once."""
    market, _ = simulated()
    betas = Policy(factor=factor).estimate(market, market.symbols)
    return betas, risk(market, betas)


def planned(policy: Policy, rows: tuple[Position, ...], *, frontier: bool) -> HedgePlan:
    market, offered = simulated()
    betas, covariance = known(policy.factor)
    exposure, ranking, model = policy.rank(
        book(*rows), market, offered, None, betas, covariance, frontier=frontier
    )
    return size(exposure, ranking, model, target_vol=policy.target_vol, instruments=policy.instruments)


@pytest.mark.parametrize(
    "policy",
    [
        Policy(),
        Policy(target_beta=(0.5,)),
        Policy(target_vol=0.2),
        Policy(factor="BTC,ETH"),
        Policy(instruments=("BTCUSDT", "ETHUSDT")),
        Policy(instruments=3),
    ],
    ids=["one", "half", "volatility", "two factors", "names", "three"],
)
@settings(max_examples=10)
@given(held=HELD, stands=OPEN)
def test_nothing_but_the_frontier_is_missing(
    policy: Policy, held: dict[str, float], stands: str | None
) -> None:
    market, _ = simulated()
    rows = tuple(
        spot(s, round(usd / float(market.prices[-1, market.column(s)]), 6)) for s, usd in held.items()
    )
    if stands is not None:
        entry = float(market.prices[-1, market.column("BTC")])
        units = -0.5 if stands == "SHORT" else 0.5
        rows += (open_contract(contract("BTCUSDT", "BTC"), units, round(entry, 2)),)
    whole = planned(policy, rows, frontier=True)
    plain = planned(policy, rows, frontier=False)
    assert [_leg(leg) for leg in plain.legs] == [_leg(leg) for leg in whole.legs]
    assert repr(plain.margin) == repr(whole.margin)  # collateral that nobody gave is NaN
    assert plain.untraded == whole.untraded
    assert plain.notes == whole.notes
    assert plain.after_usd.tolist() == whole.after_usd.tolist()
    assert plain.costs == whole.costs
    if not isinstance(policy.instruments, int) or policy.instruments == 1:
        assert plain.frontier == ()


def _leg(leg: Leg) -> tuple[object, ...]:
    return leg.instrument.name, leg.side, leg.contracts, leg.notional_usd, leg.liquidation_price, leg.costs
