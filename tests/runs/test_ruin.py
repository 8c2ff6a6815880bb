"""Whether accounts live through drawn ways: against the formula where it holds, move by move, and whoever draws."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.hedge.margin import Stake, equity_after, maintenance_after, survivable_move
from hedgerow.hedge.ruin import Survival, first_gone, hedged_accounts
from hedgerow.hedge.survival import HedgeAccount
from hedgerow.model.errors import BadInput
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.runs.ruin import Draws, survival_chances
from hedgerow.runs.spread import Workers
from hedgerow.stats.risk import first_passage_probability
from hedgerow.stats.risk.resampled import resampled_moves
from hedgerow.venues.catalogue import catalogue
from hedgerow.venues.simulated import simulated_market

MARKET = simulated_market()
CONTRACTS = [i for i in catalogue(MARKET) if i.underlying == "BTC"]
LINEAR = next(i for i in CONTRACTS if i.payoff is Payoff.LINEAR and i.settle == "USDT")
INVERSE = next(i for i in CONTRACTS if i.payoff is Payoff.INVERSE)


def account(instrument: Instrument, dollars: float, equity: float) -> HedgeAccount:
    price = MARKET.prices[-1, MARKET.column(instrument.underlying)]
    stakes = (Stake(instrument, dollars, float(price), 1.0),)
    return HedgeAccount(instrument.venue, instrument.settle, stakes, equity, 1.0)


def test_steady_returns_are_liquidated_as_often_as_the_formula_says() -> None:
    """TV31: a short that is liquidated 40 % up, volatility 60 % a year, 30 days looked at every hour: 0.0403."""
    hourly = np.random.default_rng(3).normal(0.0, 0.6 / math.sqrt(365.0 * 24.0), (400_000, 1))
    short = account(LINEAR, -60_000.0, 24_000.0)
    reach = survivable_move(short.stakes, short.equity_usd, in_coin=False)
    assert reach is not None
    paths, gone = 20_000, 0
    for place in range(paths // 1_000):
        moves = resampled_moves(hourly, (1_000, 720), 1, 7, place)
        gone += int((first_gone(short, (0,), moves) < 720).sum())
    formula = first_passage_probability(
        1.0, 1.0 + reach, 0.6, 30.0 / 365.0, monitor_years=1.0 / (365.0 * 24.0)
    )
    error = math.sqrt(formula * (1.0 - formula) / paths)
    assert abs(gone / paths - formula) < 4.0 * error, (gone / paths, formula)


@given(
    st.sampled_from([LINEAR, INVERSE]),
    st.floats(-5e6, 5e6).filter(lambda x: abs(x) > 1e3),
    st.floats(0.05, 2.0),
    st.integers(0, 2**32),
)
def test_each_step_is_equity_against_maintenance(
    instrument: Instrument, dollars: float, share: float, seed: int
) -> None:
    one = account(instrument, dollars, abs(dollars) * share)
    moves = np.random.default_rng(seed).uniform(-0.9, 2.0, (20, 12, 1))
    for path, found in zip(moves[:, :, 0], first_gone(one, (0,), moves).tolist(), strict=True):
        spare = [
            equity_after(one.stakes, one.equity_usd, m, in_coin=one.in_coin)
            - maintenance_after(one.stakes, m)
            for m in path.tolist()
        ]
        assert found == next((i for i, left in enumerate(spare) if left <= 0.0), len(path))


def test_ways_are_pieces_of_what_was_and_go_nowhere_on_average() -> None:
    returns = np.random.default_rng(1).normal(0.01, 0.02, (50, 2))
    moves = resampled_moves(returns, (4_000, 30), 10, 7)
    assert moves.shape == (4_000, 30, 2)
    np.testing.assert_allclose(moves[:, -1].mean(axis=0), 0.0, atol=4 * 0.02 * math.sqrt(30 / 4_000))
    steps = (1.0 + moves[0, 1:10]) / (1.0 + moves[0, :9]) - 1.0  # the first piece after its first row
    centred = returns - returns.mean(axis=0)
    start = int(np.argmin(np.abs(centred - steps[0]).sum(axis=1)))
    np.testing.assert_allclose(steps, centred[(start + np.arange(9)) % 50], atol=1e-12)
    assert not np.array_equal(moves, resampled_moves(returns, (4_000, 30), 10, 7, 1))
    np.testing.assert_array_equal(moves, resampled_moves(returns, (4_000, 30), 10, 7, 0))
    with pytest.raises(BadInput):
        resampled_moves(np.array([[np.nan]]), (1, 1), 1, 7)


@pytest.fixture
def ticket(tmp_path: Path) -> object:
    from hedgerow.files.portfolio import read_portfolio
    from hedgerow.hedge.policy import Policy

    place = tmp_path / "book.csv"
    place.write_text("symbol,quantity\nETH,40\nSOL,400\nUSDT,20000\n", encoding="utf-8")
    return Policy(collateral="15000USDT").plan(read_portfolio(place), MARKET, catalogue(MARKET))


@pytest.mark.slow
def test_processes_draw_what_this_one_does(ticket: object) -> None:
    from hedgerow.hedge.ticket import Ticket

    assert isinstance(ticket, Ticket)
    draws = Draws(3_500, 30.0)
    one = survival_chances(ticket.plan, ticket.worth, MARKET, draws)
    assert one == survival_chances(ticket.plan, ticket.worth, MARKET, draws, Workers(2))
    assert 0.05 < one[0].chance < 0.95
    assert one[0].chance_half < one[0].chance
    assert one[0].formula == ticket.plan.margin[0].liquidation_probability
    without = replace(
        MARKET, prices=MARKET.prices[-40:], volumes_usd=MARKET.volumes_usd[-40:], times=MARKET.times[-40:]
    )
    assert math.isnan(survival_chances(ticket.plan, ticket.worth, without, draws)[0].chance)


def test_an_account_of_which_nobody_told_the_margin_is_unknown(ticket: object) -> None:
    from hedgerow.hedge.ticket import Ticket

    assert isinstance(ticket, Ticket)
    untold = replace(ticket.plan, margin=tuple(replace(each, told=False) for each in ticket.plan.margin))
    assert [math.isnan(each.equity_usd) for each in hedged_accounts(untold, ticket.worth)] == [True]
    assert math.isnan(survival_chances(untold, ticket.worth, MARKET, Draws(100, 30.0))[0].chance)


def test_nobody_gone_is_no_chance_of_nothing() -> None:
    never = Survival("paper/USDT", 0.0, 0.0, 0.0, 0.0, 30.0, 1_000, 24.0)
    assert never.at_most == pytest.approx(0.003)
