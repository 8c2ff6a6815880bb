"""The contest: known betas are found, a better estimator wins, no coin hedges itself, the future stays shut."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from hedgerow.model.contest import Contest
from hedgerow.model.errors import NotEnoughData, UsageError
from hedgerow.model.market import FundingPrints, Market
from hedgerow.runs.contest import ContestSettings, compare
from hedgerow.testing import beta_market

BETAS = {"BTC": 1.0, "ETH": 1.2} | {f"C{i:02}": 0.8 + 0.05 * i for i in range(24)}
SETTINGS = ContestSettings(train_days=200, step_days=20, test_days=60, books=20, coins=5)


@cache
def history(days: int = 420) -> Market:
    return beta_market(BETAS, days=days, own=0.02, seed=4)


@cache
def contest() -> Contest:
    return compare(history(), ("ols:30", "ols:180"), ("BTC", "basket:6"), SETTINGS)


def test_a_long_window_wins_where_betas_stand_still() -> None:
    short, long = contest().rows[:2]
    assert (short.estimator, long.estimator) == ("ols:30", "ols:180")
    assert long.pooled_he > short.pooled_he
    assert long.rmse_next < short.rmse_next
    assert long.turnover < short.turnover / 3
    assert long.confidence == 1.0
    assert short.confidence < 0.1
    assert abs(long.residual_beta) < 0.1
    assert long.pooled_low < long.pooled_he < long.pooled_high
    assert long.net_he < long.pooled_he


def test_variance_removed_is_what_the_market_explains() -> None:
    """With residuals of 2 % a day and a market of 3 %, R² is (3β)²/((3β)² + 2²)."""
    betas = np.array([b for s, b in BETAS.items() if s.startswith("C")])
    expected = np.median((3 * betas) ** 2 / ((3 * betas) ** 2 + 4))
    assert contest().rows[1].median_he == pytest.approx(expected, abs=0.06)
    assert contest().rows[1].basket_he > 0.95


def test_intervals_cover_where_betas_stand_still() -> None:
    """With windows behind it the drift goes from the prior's fifth towards none; intervals err to the wide side."""
    asked = replace(SETTINGS, start=np.datetime64("2025-03-01"), books=0)
    long = compare(history(3000), ("ols:180",), ("BTC",), asked).rows[0]
    assert long.drift < 0.12
    assert 0.88 < long.coverage90 < 0.98
    assert 0.48 < long.coverage50 < 0.70
    assert long.coverage80 < long.coverage90 < long.coverage95
    ninety = long.coverage[2]
    assert ninety.low < ninety.share == long.coverage90 < ninety.high


def test_the_future_and_the_order_of_coins_change_nothing() -> None:
    whole = history()
    order = [0, 1, *reversed(range(2, len(whole.symbols)))]
    turned = replace(
        whole,
        symbols=tuple(whole.symbols[i] for i in order),
        prices=whole.prices[:, order],
        volumes_usd=whole.volumes_usd[:, order],
    )
    one, other = (compare(m, ("ols:60",), ("BTC",), SETTINGS).rows[0] for m in (whole, turned))
    assert other.pooled_he == pytest.approx(one.pooled_he, rel=1e-9)
    assert other.turnover == pytest.approx(one.turnover, rel=1e-9)


def test_two_factors_and_a_basket_keep_the_beta_out() -> None:
    both = compare(history(), ("ols:180",), ("BTC+ETH", "ETH"), SETTINGS).rows
    assert [row.instruments for row in both] == ["BTC+ETH", "ETH"]
    assert 0.0 < both[0].rmse_next < 0.5
    basket = contest().rows[3]
    assert basket.instruments == "basket:6"
    assert abs(basket.residual_beta) < 0.1


@pytest.mark.parametrize("label", ["", "NOPE", "basket:0", "basket:x", "BTC+NOPE"])
def test_a_label_nobody_knows_is_refused(label: str) -> None:
    with pytest.raises(UsageError, match="no set of instruments"):
        compare(history(), ("ols:60",), (label,), SETTINGS)


def test_too_short_a_history_is_refused() -> None:
    with pytest.raises(NotEnoughData, match="too few"):
        compare(history(100), ("ols:60",), ("BTC",), SETTINGS)


def test_the_command_has_one_row_for_each(run: Any) -> None:
    words = (
        "--estimators",
        "ols:60,default",
        "--instruments",
        "BTC,basket:6",
        "--from",
        "2025-12-01",
        "--step",
        "30",
    )
    done = run("compare", *words, "--json", "--random-books", "5")
    assert done.status == 0, done.err
    rows = done.json["rows"]
    assert {(r["estimator"], r["instruments"]) for r in rows} == {
        (e, i) for e in ("ols:60", "default") for i in ("BTC", "basket:6")
    }
    wanted = (
        "median_he pooled_he basket_he books_he residual_beta rmse_next turnover cost_per_year coverage90"
    )
    assert all(set(wanted.split()) <= set(row) for row in rows)
    assert done.json["simulated"] is True
    text = run("compare", *words, "--random-books", "5")
    assert "may be best" in " ".join(text.out.split())


def test_no_coin_hedges_itself_unless_asked() -> None:
    """Hedged with itself a coin has nothing left, and counts as such only where that was wanted."""
    plain = compare(history(), ("ols:60",), ("C05", "basket:3"), SETTINGS).rows
    asked = compare(history(), ("ols:60",), ("C05", "basket:3"), replace(SETTINGS, own=True)).rows
    assert [row.assets for row in plain] == [len(BETAS) - 1] * 2
    assert [row.assets for row in asked] == [len(BETAS)] * 2
    assert asked[1].median_he > plain[1].median_he


def test_logarithms_are_what_was_asked_for() -> None:
    simple, log = (
        compare(history(), ("ols:180",), ("BTC",), replace(SETTINGS, returns=kind)).rows[0]
        for kind in ("simple", "log")
    )
    assert log.pooled_he != simple.pooled_he
    assert log.pooled_he == pytest.approx(simple.pooled_he, abs=0.02)


def test_a_coin_that_dies_counts_until_it_does() -> None:
    prices = history().prices.copy()
    gone = history().symbols.index("C07")
    prices[300:, gone] = np.nan
    row = compare(replace(history(), prices=prices), ("ols:60",), ("BTC",), SETTINGS).rows[0]
    assert row.assets == contest().rows[0].assets
    prices[210:, gone] = np.nan
    row = compare(replace(history(), prices=prices), ("ols:60",), ("BTC",), SETTINGS).rows[0]
    assert row.assets == contest().rows[0].assets - 1


def prints(rate: float) -> dict[str, FundingPrints]:
    """One print a day, for BTC, through the whole history."""
    return {"BTC": FundingPrints("v", history().times, np.full(len(history().times), rate))}


def test_funding_is_measured_where_it_was_printed_and_modelled_elsewhere() -> None:
    """A short of about the mean beta receives the rate of every day, 365 a year."""
    none = contest().rows[1]
    assert none.funding_basis == "modelled"
    paid, earned = (
        compare(replace(history(), funding=prints(rate)), ("ols:180",), ("BTC",), SETTINGS).rows[0]
        for rate in (-0.001, 0.001)
    )
    held = np.mean([b for s, b in BETAS.items() if s != "BTC"])
    assert earned.funding_per_year == pytest.approx(0.365 * held, rel=0.1)
    assert paid.funding_per_year == pytest.approx(-earned.funding_per_year, rel=1e-9)
    assert earned.funding_basis == paid.funding_basis == "measured"
    assert paid.net_he < earned.net_he < earned.pooled_he
    mixed = compare(replace(history(), funding=prints(0.001)), ("ols:180",), ("BTC+ETH",), SETTINGS)
    assert mixed.rows[0].funding_basis == "mixed"


def test_larger_hedges_cost_more_and_trade_no_more() -> None:
    small, large = (
        compare(history(), ("ols:60",), ("BTC",), replace(SETTINGS, notional_usd=usd)).rows[0]
        for usd in (1.0, 1e8)
    )
    assert large.turnover == small.turnover
    assert large.cost_per_year > small.cost_per_year > 0.0005 * small.turnover


def test_auto_takes_more_contracts_where_coins_move_together() -> None:
    """Coins with residuals of their own share nothing: auto stays near BTC alone, and its beta is still out."""
    auto, btc = compare(history(), ("ols:180",), ("auto", "BTC"), SETTINGS).rows
    assert auto.pooled_he == pytest.approx(btc.pooled_he, abs=0.03)
    assert abs(auto.residual_beta) < 0.1


def test_dcc_runs_among_the_others() -> None:
    found = compare(history(), ("dcc", "ols:180"), ("BTC",), replace(SETTINGS, step_days=60)).rows
    assert found[0].estimator == "dcc"
    assert found[0].rmse_next > found[1].rmse_next
    with pytest.raises(UsageError, match="one factor"):
        compare(history(), ("dcc",), ("BTC+ETH",), SETTINGS)


def test_nobody_runs_twice() -> None:
    with pytest.raises(UsageError, match="twice"):
        compare(history(), ("ols:60", "ols:60"), ("BTC",), SETTINGS)


def test_a_factor_that_begins_late_is_waited_for() -> None:
    prices = history(700).prices.copy()
    prices[:250, history(700).symbols.index("ETH")] = np.nan
    late = replace(history(700), prices=prices)
    asked = replace(SETTINGS, train_days=400)
    rows = compare(late, ("ols:60",), ("BTC", "BTC+ETH"), asked).rows
    assert all(row.windows > 3 for row in rows)
