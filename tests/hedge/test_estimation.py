"""Betas of a market."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.hedge.books import market
from tests.hedge.plans import known_market

from hedgerow.files.prices import read_market
from hedgerow.hedge.estimation import Override, estimate, estimate_path
from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import NotEnoughData, UnknownSymbol
from hedgerow.model.fixed import fixed
from hedgerow.stats.beta.estimator import BetaFit
from hedgerow.stats.beta.huber import Huber
from hedgerow.testing import beta_market, market_of
from hedgerow.venues.simulated import simulated_market

RNG = np.random.default_rng(11)
WALK = 100 * np.exp(np.cumsum(0.03 * RNG.standard_normal(400)))


@pytest.mark.market_data
def test_the_reference_betas_to_the_last_digit(data_dir: Path) -> None:
    made = read_market(data_dir / "daily_close.parquet", source="bybit_perp", as_of="2025-11-12")
    wanted = pl.read_csv(data_dir / "reference_betas.csv")
    coins = tuple(wanted["symbol"])
    one = estimate(made, coins, "BTC", estimator="ols:365", errors="ols")
    assert one.beta[:, 0] == pytest.approx(wanted["beta_btc"].to_numpy(), abs=1e-9)
    assert one.stderr[:, 0] == pytest.approx(wanted["se_ols"].to_numpy(), abs=1e-9)
    rest = wanted.filter(~pl.col("symbol").is_in(["BTC", "ETH"]))
    two = estimate(made, tuple(rest["symbol"]), "BTC,ETH", estimator="ols:365", errors="ols")
    assert two.beta == pytest.approx(rest.select("beta2_btc", "beta2_eth").to_numpy(), abs=1e-9)


@pytest.mark.market_data
def test_a_coin_listed_that_week_is_unknown_not_zero(data_dir: Path) -> None:
    made = read_market(data_dir / "daily_close.parquet", source="bybit_perp", as_of="2024-11-12")
    betas = estimate(made, ("COW", "ETH"), "BTC")
    assert betas.unknown == ("COW",)
    assert np.isnan(betas.beta[0, 0])
    assert "4 returns, 20 needed" in betas.note[0]


def test_the_default_shrinks_to_the_market_file() -> None:
    made = simulated_market(7)
    betas = estimate(made, ("SOL", "TRX"))
    assert betas.method == ("shrink(huber:60:300)",) * 2
    toward = np.sign(betas.prior_mean[0] - betas.raw[:, 0])
    assert np.sign(betas.beta[:, 0] - betas.raw[:, 0]) == pytest.approx(toward)
    assert np.all(betas.stderr <= betas.raw_stderr)


def test_young_coins_get_the_prior_and_newer_ones_are_refused() -> None:
    betas = estimate(simulated_market(7), ("NEWX", "FRSH"))
    assert betas.method == ("prior", "unknown")
    assert betas.beta[0, 0] == betas.prior_mean[0]
    assert betas.stderr[0, 0] == betas.prior_sd[0]
    assert "33 returns" in betas.note[0]
    assert "--beta FRSH=" in betas.note[1]


def test_a_small_file_uses_the_shipped_prior_and_says_so() -> None:
    young = WALK.copy()
    young[:360] = np.nan
    betas = estimate(market({"BTC": WALK, "X": young}), ("X",))
    assert betas.beta[0, 0] == 1.4
    assert betas.stderr[0, 0] == 0.5
    assert "shipped prior" in betas.note[0]
    other = estimate(market({"ETH": WALK, "X": young}), ("X",), "ETH")
    assert other.unknown == ("X",)


def test_stablecoins_factors_and_overrides() -> None:
    betas = estimate(
        known_market(), ("USDT", "BTC", "SOL"), overrides={"SOL": Override((2.0,), note="my view")}
    )
    assert betas.beta[:, 0].tolist() == [0.0, 1.0, 2.0]
    assert betas.method == ("policy", "factor", "override")
    assert betas.note[2] == "my view"


@pytest.mark.parametrize("hours", [1.0, 4.0, 24.0])
@pytest.mark.parametrize("estimator", ["ols:200", "ewls:60:200", "huber:60:200", "default"])
def test_a_coin_against_itself_is_one_for_every_bar_and_gap(hours: float, estimator: str) -> None:
    holed = WALK.copy()
    holed[RNG.choice(np.arange(5, 395), 100, replace=False)] = np.nan
    late = WALK.copy()
    late[:300] = np.nan
    made = market({"BTC": WALK, "X": WALK, "HOLED": holed, "LATE": late}, hours=hours)
    betas = estimate(made, ("X", "HOLED", "LATE"), estimator=estimator)
    assert betas.raw[:, 0] == pytest.approx(1.0, abs=1e-9)


def test_one_extra_factor_bar_moves_nothing() -> None:
    made = known_market()
    plain = estimate(made, ("SOL",), estimator="ols:300")
    prices = np.insert(made.prices, 200, np.nan, axis=0)
    prices[200, 0] = made.prices[199, 0] * 1.01
    times = np.insert(made.times, 200, made.times[199] + np.timedelta64(1, "h"))
    from dataclasses import replace

    extra = replace(
        made, times=times, prices=prices, volumes_usd=np.insert(made.volumes_usd, 200, 1.0, axis=0)
    )
    moved = estimate(extra, ("SOL",), estimator="ols:300")
    assert moved.beta[0, 0] == pytest.approx(plain.beta[0, 0], rel=0.01)


def test_a_delisted_coin_has_no_beta() -> None:
    gone = WALK.copy()
    gone[390:] = np.nan
    betas = estimate(market({"BTC": WALK, "X": gone}), ("X",))
    assert betas.unknown == ("X",)
    assert "no bar since" in betas.note[0]


def test_the_path_ends_where_the_fit_is() -> None:
    made = known_market()
    path = estimate_path(made, ("SOL",), estimator="huber:60:200")
    fit = estimate(made, ("SOL",), estimator="huber:60:200")
    assert path.beta[-1, 0, 0] == pytest.approx(fit.raw[0, 0], rel=1e-9)
    assert np.isnan(path.beta[0, 0, 0])


def test_a_factor_without_history_is_an_error_with_advice() -> None:
    with pytest.raises(UnknownSymbol, match="DOGE has no series"):
        estimate(known_market(), ("SOL",), "DOGE")
    with pytest.raises(NotEnoughData, match="only 9 returns"):
        estimate(market({"BTC": WALK[:10], "X": WALK[:10]}), ("X",))


def test_TV13_alike_factors_warn(vectors: dict[str, Any]) -> None:
    x = np.array([0.01, -0.02, 0.03, 0.015, -0.03] * 20)
    noise = 0.0005 * np.random.default_rng(3).standard_normal(100)
    made = market(
        {"BTC": np.cumprod(1 + x) * 100, "ETH": np.cumprod(1 + x + noise) * 100, "X": np.cumprod(1 + 1.5 * x)}
    )
    betas = estimate(made, ("X",), "BTC,ETH", estimator="ols:90")
    assert betas.condition_number > 100
    assert float(betas.beta.sum()) == pytest.approx(1.5, abs=0.01)


def test_a_price_that_is_stuck_has_no_beta() -> None:
    made = beta_market({"BTC": 1.0, "SOL": 1.6, "ADA": 1.2}, days=300, seed=1)
    stuck = made.prices.copy()
    stuck[-40:, 1] = stuck[-41, 1]
    found = estimate(replace(made, prices=stuck), ("SOL", "ADA"), "BTC")
    assert np.isnan(found.of("SOL")[0])
    assert "has not moved" in found.note[found.symbols.index("SOL")]
    assert np.isfinite(found.of("ADA")[0])


def test_a_factor_that_does_not_move_is_refused() -> None:
    made = beta_market({"BTC": 1.0, "SOL": 1.6}, days=300, seed=1)
    still = made.prices.copy()
    still[:, 0] = 60_000.0
    with pytest.raises(NotEnoughData, match="does not move"):
        estimate(replace(made, prices=still), ("SOL",), "BTC")


def test_books_that_look_at_a_market_that_cannot_change_share_one_estimate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(8)
    factor = rng.normal(0.0, 0.03, 200)
    moves = {f"C{i:02d}": (0.5 + 0.05 * i) * factor + rng.normal(0.0, 0.02, 200) for i in range(25)}
    closes = {coin: np.cumprod(1.0 + each) for coin, each in {"BTC": factor, **moves}.items()}
    market = market_of({**closes, "USDT": np.ones(200)})
    books = (("C01", "C02", "BTC"), ("C05", "USDT", "C03"), ("C07",))
    alone = [estimate(market, assets) for assets in books]
    fits: list[int] = []
    fit = Huber.fit

    def counted(self: Huber, y: FloatArray, x: FloatArray) -> BetaFit:
        fits.append(len(y))
        return fit(self, y, x)

    monkeypatch.setattr(Huber, "fit", counted)
    still = replace(market, prices=fixed(market.prices), times=fixed(market.times))
    parts = [replace(still, prices=still.prices[:], given={"C01": float(i)}) for i in range(3)]
    shared = [estimate(part, assets) for part, assets in zip(parts, books, strict=True)]
    assert len(fits) == 1
    for one, other in zip(alone, shared, strict=True):
        for name in ("beta", "covariance", "raw", "alpha", "resid_vol"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert (one.symbols, one.method, one.note) == (other.symbols, other.method, other.note)
    estimate(
        replace(
            still,
            prices=still.prices[:150],
            times=still.times[:150],
            as_of=still.times[149],
            volumes_usd=still.volumes_usd[:150],
        ),
        books[0],
    )
    estimate(still, books[0], estimator="ols:90")
    assert len(fits) == 2
