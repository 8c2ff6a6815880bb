"""A table of windows: each row is what statsmodels and arithmetic say, and the rest of the file changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import numpy as np
import pytest
import statsmodels.api as untyped

import hedgerow as hr
from hedgerow.model.errors import NotEnoughData, UnknownSymbol, UsageError
from hedgerow.model.market import Market
from hedgerow.runs.windows import Window, compare_windows
from hedgerow.testing import beta_market

sm: Any = untyped
BETAS = {"BTC": 1.0, "ETH": 1.2} | {f"C{i:02}": 0.8 + 0.05 * i for i in range(6)}


@cache
def history() -> Market:
    return beta_market(BETAS, days=400, own=0.02, seed=9)


def day(n: int) -> date:
    """The date whose bar is row `n`: a day's bar closes at its end."""
    found: date = (history().times[n] - np.timedelta64(1, "D")).astype("datetime64[D]").astype(object)
    return found


TABLE = [
    (str(day(101 + 40 * k)), day(200 + 40 * k), day(201 + 40 * k), str(day(240 + 40 * k)), "C03")
    for k in range(4)
]


@pytest.mark.parametrize("kind", ["simple", "log"])
def test_every_row_is_statsmodels_by_hand(kind: Any) -> None:
    found = compare_windows(history(), TABLE, ["ols"], ["BTC"], returns=kind)
    assert len(found.rows) == 4
    p = history().prices[:, [history().column("C03"), history().column("BTC")]]
    moves = p[1:] / p[:-1] - 1.0
    moves = np.log1p(moves) if kind == "log" else moves
    for k, row in enumerate(found.rows):
        train, test = moves[100 + 40 * k : 200 + 40 * k], moves[200 + 40 * k : 240 + 40 * k]
        outside = sm.OLS(train[:, 0], sm.add_constant(train[:, 1])).fit()
        ahead = sm.OLS(test[:, 0], sm.add_constant(test[:, 1])).fit(cov_type="HC1")
        assert (row.n_train, row.n_test) == (100, 40)
        assert row.beta[0] == pytest.approx(outside.params[1], rel=1e-9)
        assert row.stderr[0] == pytest.approx(outside.bse[1], rel=1e-9)
        assert row.next_beta[0] == pytest.approx(ahead.params[1], rel=1e-9)
        assert row.next_stderr[0] == pytest.approx(ahead.bse[1], rel=1e-9)
        left = test[:, 0] - outside.params[1] * test[:, 1]
        assert row.he == pytest.approx(1.0 - left.var() / test[:, 0].var(), rel=1e-9)
        assert row.residual_beta[0] == pytest.approx(ahead.params[1] - outside.params[1], abs=1e-12)


def test_two_factors_are_statsmodels_too() -> None:
    row = compare_windows(history(), TABLE[:1], ["ols"], ["BTC+ETH"]).rows[0]
    columns = [history().column(s) for s in ("C03", "BTC", "ETH")]
    moves = history().prices[100:201, columns]
    moves = moves[1:] / moves[:-1] - 1.0
    outside = sm.OLS(moves[:, 0], sm.add_constant(moves[:, 1:])).fit()
    assert row.beta == pytest.approx(tuple(outside.params[1:]), rel=1e-9)


def test_what_lies_outside_a_window_changes_nothing() -> None:
    wild = history().prices.copy()
    wild[:100] *= 3.0
    wild[241:] /= 7.0
    other = compare_windows(replace(history(), prices=wild), TABLE[:1], ["default", "ols"])
    assert other.rows == compare_windows(history(), TABLE[:1], ["default", "ols"]).rows


def test_without_a_coin_every_coin_is_tested_and_shrinkage_sees_them_all() -> None:
    window = Window(*TABLE[0][:4])
    found = compare_windows(history(), [window], ["default"])
    assert [row.coin for row in found.rows] == [s for s in history().symbols if s != "BTC"]
    alone = compare_windows(history(), [replace(window, coin="C03")], ["default"]).rows[0]
    assert alone in found.rows


def test_instants_are_read_as_they_come() -> None:
    start, end, test, until, coin = TABLE[0]
    first = compare_windows(history(), [TABLE[0]]).rows
    midnight = datetime(day(101).year, day(101).month, day(101).day, tzinfo=UTC)
    close = history().times[200]
    assert compare_windows(history(), [(midnight, close, close, until, coin)]).rows == first
    assert compare_windows(history(), [(start, np.datetime64(str(end)), test, until, coin)]).rows == first


def test_it_is_public_and_shows_itself() -> None:
    found = hr.compare_windows(history(), TABLE)
    assert "4 rows" in repr(found)
    assert found.to_polars().height == 4
    assert found.to_dict()["rows"][0]["coin"] == "C03"


@pytest.mark.parametrize(
    "row",
    [
        ("2024-01-01", "2024-02-01"),
        (day(100), day(200), None, day(240)),
        (day(100), day(200), day(150), day(240)),
        ("soon", day(200), day(201), day(240)),
        "2024",
    ],
)
def test_rows_that_mean_nothing_are_refused(row: Any) -> None:
    with pytest.raises(UsageError):
        compare_windows(history(), [row])


def test_what_cannot_be_tested_is_refused() -> None:
    with pytest.raises(UsageError, match="fixed contracts"):
        compare_windows(history(), TABLE, ["ols"], ["basket:6"])
    with pytest.raises(UnknownSymbol, match="NOPE"):
        compare_windows(history(), [(*TABLE[0][:4], "NOPE")])
    with pytest.raises(NotEnoughData, match="to test on"):
        compare_windows(history(), [("1999-01-01", "1999-06-01", "1999-06-02", "1999-07-01", "C03")])
