from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from tests.stats.beta.panels import E, X, Y, close, d24, gapped, panel

from hedgerow.model.arrays import FloatArray
from hedgerow.stats.beta.estimator import Errors
from hedgerow.stats.beta.ols import Ols, returns_needed, stderr_rule


def test_TV04_OLS_HAC(vectors: dict[str, Any]) -> None:
    v = vectors["TV04_OLS_HAC"]
    fit, hac, hc1 = d24("ols"), d24("ols@hac"), d24("ols@sandwich")
    assert (fit.alpha[0], fit.beta[0, 0], fit.stderr[0, 0]) == close((v["alpha"], v["beta"], v["se_ols"]))
    assert fit.r2[0] == close(v["r2"])
    assert np.nansum(fit.residuals**2) / (v["n"] - 2) == close(v["resid_var"])
    assert hc1.stderr[0, 0] == close(v["se_HC1"])
    assert hac.stderr[0, 0] == close(v["se_HAC_L2_corr"])
    assert hac.stderr[0, 0] * np.sqrt((v["n"] - 2) / v["n"]) == close(v["se_HAC_L2"])


def test_TV01b_simple_returns_give_another_beta_than_logarithms(vectors: dict[str, Any]) -> None:
    v = vectors["TV01b_beta_simple_vs_log"]
    assert Ols().fit(Y, X).beta[0, 0] == close(v["beta_simple"])
    assert Ols().fit(np.log1p(Y), np.log1p(X)).beta[0, 0] == close(v["beta_log"])


def test_TV01_simple_returns_add_up_to_the_portfolio_and_so_do_their_betas(vectors: dict[str, Any]) -> None:
    v = vectors["TV01_simple_log"]
    weights = np.array(v["w"])
    assert weights @ np.array(v["simple"]) == v["port_simple"]
    assert np.expm1(weights @ np.log1p(v["simple"])) == close(v["exp_wrong"])
    both = np.concatenate([Y, E], axis=1)
    book = both @ weights[:, None]
    assert Ols().fit(book, X).beta[0] == close(weights @ Ols().fit(both, X).beta)
    as_logs = Ols().fit(np.expm1(np.log1p(both) @ weights[:, None]), X).beta[0]
    assert as_logs != pytest.approx(weights @ Ols().fit(both, X).beta, rel=1e-3)


def test_TV32_joint_covariance_knows_that_residuals_move_together(vectors: dict[str, Any]) -> None:
    v = vectors["TV32_se_hedge"]
    fit = Ols().fit(np.concatenate([Y, E], axis=1), X)
    worth = np.array(v["V"])
    assert fit.beta[:, 0] == close(v["betas"])
    assert worth @ fit.beta[:, 0] == close(v["dollar_beta"])
    assert np.sqrt(worth @ fit.covariance @ worth) == close(v["se_usd"])
    assert np.sqrt(worth**2 @ fit.stderr[:, 0] ** 2) == close(v["se_if_independent"])


def test_TV47_how_well_returns_tell_a_beta(vectors: dict[str, Any]) -> None:
    v = vectors["TV47_se_rule"]
    assert stderr_rule(v["beta"], v["rho"], v["n"]) == close(v["se_formula"])
    assert returns_needed(v["beta"], v["rho"], 0.1) == close(v["n_for_se_0p1"])
    assert np.isnan(stderr_rule(1.4, 0.0, 90))
    assert np.isnan(stderr_rule(1.4, 0.6, 2))
    assert np.isnan(returns_needed(1.4, 0.6, 0.0))


def test_rule_is_the_error_of_least_squares() -> None:
    fit = d24("ols")
    assert stderr_rule(fit.beta[0, 0], float(np.sqrt(fit.r2[0])), 24) == close(fit.stderr[0, 0])


@pytest.mark.parametrize("factors", [1, 2, 3])
@pytest.mark.parametrize("kind", ["ols", "hac", "sandwich"])
def test_equals_statsmodels(kind: Errors, factors: int) -> None:
    y, x = panel(factors=factors)
    fit = Ols(120, kind).fit(y, x)
    model = [sm.OLS(y[-120:, i], sm.add_constant(x[-120:])) for i in range(y.shape[1])]
    every: dict[str, dict[str, Any]] = {
        "ols": {},
        "hac": {"cov_type": "HAC", "cov_kwds": {"maxlags": 4, "use_correction": True}},
        "sandwich": {"cov_type": "HC1"},
    }
    for i, done in enumerate(m.fit(**every[kind]) for m in model):
        assert fit.beta[i] == close(done.params[1:])
        assert fit.stderr[i] == close(done.bse[1:])
        assert fit.alpha[i] == close(done.params[0])
        assert fit.r2[i] == close(done.rsquared)
        own = slice(i * factors, (i + 1) * factors)
        assert fit.covariance[own, own] == close(done.cov_params()[1:, 1:])


@pytest.mark.parametrize("kind", ["ols", "sandwich", "hac"])
@pytest.mark.parametrize("factors", [1, 2])
def test_the_error_of_a_book_is_that_of_its_own_regression(kind: Errors, factors: int) -> None:
    y, x = panel(factors=factors)
    worth = np.array([3.0, -1.0, 2.0, 0.5, -4.0])
    estimator = Ols(150, kind)
    fit, book = estimator.fit(y, x), estimator.fit(y @ worth[:, None], x)
    spread = np.kron(worth, np.eye(factors))
    assert worth @ fit.beta == close(book.beta[0])
    assert spread @ fit.covariance @ spread.T == close(book.covariance)


def test_joint_covariance_with_gaps_counts_the_rows_both_have() -> None:
    y, x = panel(assets=2)
    y[:80, 0], y[150:, 1] = np.nan, np.nan
    fit = Ols().fit(y, x)
    a, b = slice(80, 200), slice(0, 150)
    f = [x[rows, 0] - x[rows, 0].mean() for rows in (a, b)]
    u = [fit.residuals[rows, i] for i, rows in enumerate((a, b))]
    met = (u[0][:70] @ u[1][80:]) / np.sqrt(118 * 148)
    assert fit.covariance[0, 1] == close(met * (f[0][:70] @ f[1][80:]) / (f[0] @ f[0]) / (f[1] @ f[1]))
    assert np.linalg.eigvalsh(Ols().fit(gapped(panel(assets=30)[0]), x).covariance)[0] > -1e-15


def test_window_is_the_last_returns_of_each_asset() -> None:
    y, x = panel()
    y = gapped(y)
    fit = Ols(60).fit(y, x)
    for i in range(y.shape[1]):
        last = np.flatnonzero(np.isfinite(y[:, i]))[-60:]
        alone = Ols().fit(y[last][:, [i]], x[last])
        assert fit.beta[i] == close(alone.beta[0])
        assert fit.stderr[i] == close(alone.stderr[0])
        assert fit.n[i] == 60


def daily_returns(folder: Path) -> tuple[list[str], FloatArray]:
    table = (
        pl.scan_parquet(folder / "daily_close.parquet")
        .filter(pl.col("source") == "bybit_perp", pl.col("date") >= pl.date(2024, 11, 12))
        .collect()
        .pivot(on="symbol", index="date", values="close_usd")
        .sort("date")
    )
    prices = table.drop("date")
    values = prices.to_numpy().astype(float)
    return prices.columns, values[1:] / values[:-1] - 1.0


@pytest.mark.market_data
def test_equals_the_reference_betas_of_real_prices(data_dir: Path) -> None:
    reference = pl.read_csv(data_dir / "reference_betas.csv")
    symbols, returns = daily_returns(data_dir)
    at = [symbols.index(symbol) for symbol in reference["symbol"]]
    btc, eth = symbols.index("BTC"), symbols.index("ETH")
    one, both = (
        Ols(365).fit(returns[:, at], returns[:, [btc]]),
        Ols(365).fit(returns[:, at], returns[:, [btc, eth]]),
    )
    hc1 = Ols(365, "sandwich").fit(returns[:, at], returns[:, [btc]])
    assert len(at) == 41  # bitcoin itself and forty coins
    for name, found in {
        "beta_btc": one.beta[:, 0],
        "se_ols": one.stderr[:, 0],
        "se_hc1": hc1.stderr[:, 0],
        "alpha_daily": one.alpha,
        "r2": one.r2,
        "n_returns": one.n,
        "beta2_btc": both.beta[:, 0],
        "beta2_eth": both.beta[:, 1],
        "r2_two_factor": both.r2,
    }.items():
        want = reference[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        told = np.isfinite(want)
        assert told.sum() >= 38, name
        assert found[told] == pytest.approx(want[told], rel=1e-9, abs=6e-11), name  # ten digits are printed
