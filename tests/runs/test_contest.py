"""The contest: known betas are found, a better estimator wins, no coin hedges itself, the future stays shut."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from hedgerow.model.contest import Contest
from hedgerow.model.errors import NotEnoughData, UsageError
from hedgerow.model.market import Market
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
    long = contest().rows[1]
    assert long.coverage90 == pytest.approx(0.90, abs=0.05)
    assert long.coverage50 == pytest.approx(0.50, abs=0.08)
    assert long.coverage80 < long.coverage90 < long.coverage95


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
    assert np.isnan(both[0].rmse_next)
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
