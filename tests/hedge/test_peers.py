"""What goes wrong elsewhere, and must not here (the twelve tests that show it: 1, 2, 7 and 9 concern these steps)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from tests.hedge.books import book, contract, market, spot
from tests.hedge.plans import contracts, known_market, plan, simulated, tv14_book

from hedgerow.hedge.estimation import estimate
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.units import unit_refusal
from hedgerow.model.instruments import Payoff

RNG = np.random.default_rng(29)
WALK = 100 * np.exp(np.cumsum(0.03 * RNG.standard_normal(500)))


@pytest.mark.parametrize("hours", [0.25, 1.0, 8.0, 24.0])
@pytest.mark.parametrize("listed", [0, 100, 430])
@pytest.mark.parametrize("holes", [0, 40, 250])
def test_peers_1_a_coin_against_itself_is_one(hours: float, listed: int, holes: int) -> None:
    own = WALK.copy()
    own[:listed] = np.nan
    own[RNG.choice(np.arange(450), holes, replace=False)] = np.nan
    betas = estimate(market({"BTC": WALK, "X": own}, hours=hours), ("X",), estimator="huber:60:300")
    if betas.n[0] >= 60:
        assert betas.raw[0, 0] == pytest.approx(1.0, abs=1e-9)
        assert betas.raw_stderr[0, 0] == pytest.approx(0.0, abs=1e-9)
    else:
        assert betas.method[0] in {"prior", "unknown"}


def test_peers_1_one_extra_benchmark_bar_moves_a_beta_by_less_than_a_hundredth() -> None:
    noisy = np.cumprod(1 + 1.5 * np.diff(WALK, prepend=WALK[0]) / WALK + 0.01 * RNG.standard_normal(500))
    plain = market({"BTC": WALK, "X": noisy})
    row, hour = 300, np.timedelta64(1, "h")
    extra = replace(
        plain,
        times=np.insert(plain.times, row, plain.times[row] - hour),
        prices=np.insert(plain.prices, row, [WALK[row] * 0.99, np.nan], axis=0),
        volumes_usd=np.insert(plain.volumes_usd, row, 1.0, axis=0),
    )
    before, after = (estimate(m, ("X",), estimator="ols:365").beta[0, 0] for m in (plain, extra))
    assert after == pytest.approx(before, rel=0.01)


def test_peers_2_no_observations_is_unknown_and_blocks() -> None:
    ticket = plan(book(spot("ETH", 10), spot("NEVER", 5)))
    assert ticket.unknown == ("NEVER",)
    assert not ticket.complete
    gone = market({"BTC": WALK, "X": np.where(np.arange(500) < 490, WALK, np.nan)})
    betas = estimate(gone, ("X",))
    assert np.isnan(betas.beta[0, 0])
    assert betas.beta[0, 0] not in {0.0, 1.0}


@pytest.mark.parametrize("payoff", [Payoff.LINEAR, Payoff.INVERSE, Payoff.QUANTO])
def test_peers_7_a_multiplier_ten_times_wrong_is_caught(payoff: Payoff) -> None:
    right = contract(payoff=payoff, multiplier="100" if payoff is Payoff.INVERSE else "0.001")
    reported = right.notional_usd(12, 60000, 60000)
    assert unit_refusal(right, 12, 60000, reported, 60000) is None
    assert unit_refusal(right, -12, 60000, reported * 1.004, 60000) is None
    for factor in (10, Decimal("0.1"), Decimal("1.006"), 10000):
        wrong = replace(right, multiplier=right.multiplier * factor)
        refused = unit_refusal(wrong, 12, 60000, reported, 60000)
        assert refused is not None
        assert refused.rule == "contract units"
    assert unit_refusal(right, 12, float("nan"), reported, 60000) is not None
    assert unit_refusal(right, 12, 60000, 0.0, 60000) is not None


def test_peers_9_a_wrong_way_rally_names_the_account_and_the_top_up() -> None:
    made, contracts = simulated()
    rows = book(spot("SOL", 400), spot("LINK", 900), spot("DOGE", 60000), spot("USDT", 20000))
    ticket = Policy(collateral="15000USDT", instruments=("BTCUSDT",)).plan(rows, made, contracts)
    rally = next(row for row in ticket.stress if row.name == "BTC +30 %")
    assert rally.liquidated == ("paper/USDT",)
    leg, account = ticket.plan.legs[0], ticket.plan.margin[0]
    needed = leg.notional_usd * 0.3 + leg.notional_usd * 1.3 * 0.005 - 50.0
    assert rally.top_up_usd == pytest.approx(needed - account.collateral_usd, rel=0.01)
    saved = f"{15000 + rally.top_up_usd + 1:.0f}USDT"
    enough = Policy(collateral=saved, instruments=("BTCUSDT",)).plan(rows, made, contracts)
    assert next(row for row in enough.stress if row.name == "BTC +30 %").liquidated == ()
    flat = next(row for row in ticket.stress if row.name == "alts flat, rally")
    assert flat.liquidated == ("paper/USDT",)
    assert flat.net_usd < rally.net_usd


def test_a_price_that_is_not_the_last_bars_is_said() -> None:
    made = known_market()
    late = made.prices.copy()
    late[-2:, made.symbols.index("BTC")] = np.nan
    warned = (
        Policy(instruments=("ETHUSDT",)).plan(tv14_book(), replace(made, prices=late), contracts()).warnings
    )
    assert "BTC: its last price is 2 bars old." in warned
    assert not any("bars old" in line for line in plan().warnings)
