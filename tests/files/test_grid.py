"""Bars on one grid: the cases in which other libraries return a confident wrong beta (peers §3)."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from tests.files.made import COINS, DAYS, close_of, daily_lines, day_of, hourly_lines, written

from hedgerow.files.prices import read_market
from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import BadPrices
from hedgerow.model.market import Market


def kinds(market: Market, coin: str) -> set[str]:
    return {flag.kind for flag in market.flags if flag.symbol == coin}


def log_returns(market: Market, coin: str) -> FloatArray:
    returns: FloatArray = np.diff(np.log(market.prices[:, market.column(coin)]))
    return returns


def daily_stamps(shift_hours: int = 0, shifted: str = "") -> list[str]:
    """Daily bars written as stamps, those of one coin later by some hours."""
    return [
        f"{day_of(day)}T{shift_hours if coin == shifted else 0:02d}:00:00,{coin},{close_of(coin, day)}"
        for day in range(DAYS)
        for coin in COINS
    ]


def test_stamps_one_hour_off_leave_daily_returns_unchanged_with_a_flag(tmp_path: Path) -> None:
    clean = read_market(written(tmp_path, daily_stamps(), "ts,symbol,close"))
    moved = read_market(written(tmp_path, daily_stamps(1, "ETH"), "ts,symbol,close", name="moved.csv"))
    for coin in COINS:
        np.testing.assert_array_equal(log_returns(clean, coin), log_returns(moved, coin))
    assert kinds(moved, "ETH") == {"stamps"}
    assert kinds(moved, "BTC") == set()
    assert kinds(clean, "ETH") == set()


def test_stamps_half_a_day_off_are_left_out_with_a_flag(tmp_path: Path) -> None:
    market = read_market(written(tmp_path, daily_stamps(12, "ETH"), "ts,symbol,close"))
    assert not np.isfinite(market.prices[:, market.column("ETH")]).any()
    (flag,) = [flag for flag in market.flags if flag.symbol == "ETH"]
    assert "left out" in flag.detail


def test_one_extra_bar_of_the_factor_is_harmless(tmp_path: Path) -> None:
    lines = hourly_lines()
    clean = read_market(written(tmp_path, lines, "ts,symbol,close"))
    extra = "2025-01-02T05:30:00,BTC,61000"
    more = read_market(written(tmp_path, [*lines, extra], "ts,symbol,close", name="extra.csv"))
    np.testing.assert_array_equal(clean.prices, more.prices)
    np.testing.assert_array_equal(clean.times, more.times)
    assert kinds(more, "BTC") == {"stamps"}


def test_holes_stay_holes(tmp_path: Path) -> None:
    lines = daily_lines()
    chance = random.Random(3)  # noqa: S311 - reproducible holes, no secret
    kept = [line for line in lines if "BTC" in line or chance.random() > 0.3]
    full, holed = (
        read_market(written(tmp_path, lines)),
        read_market(written(tmp_path, kept, name="holed.csv")),
    )
    missing = ~np.isfinite(holed.prices)
    assert int(missing.sum()) == len(lines) - len(kept)
    np.testing.assert_array_equal(holed.prices[~missing], full.prices[~missing])
    np.testing.assert_array_equal(holed.times, full.times)


def test_a_late_listing_is_unknown_before_it(tmp_path: Path) -> None:
    lines = [line for line in daily_lines() if "SOL" not in line or line >= day_of(20)]
    market = read_market(written(tmp_path, lines))
    sol = market.prices[:, market.column("SOL")]
    assert not np.isfinite(sol[:20]).any()
    assert np.isfinite(sol[20:]).all()


@pytest.mark.parametrize("bad", ["0", "-5", "inf", "-inf"])
def test_what_cannot_be_a_price_is_left_out_and_flagged(bad: str, tmp_path: Path) -> None:
    lines = [
        f"{day_of(10)},ETH,{bad}" if line.startswith(f"{day_of(10)},ETH") else line for line in daily_lines()
    ]
    market = read_market(written(tmp_path, lines))
    assert np.isnan(market.prices[10, market.column("ETH")])
    assert kinds(market, "ETH") == {"bad tick"}


def test_a_spike_that_reverts_is_left_out_and_flagged(tmp_path: Path) -> None:
    spike = f"{day_of(10)},ETH,{close_of('ETH', 10) * 10}"
    lines = [spike if line.startswith(f"{day_of(10)},ETH") else line for line in daily_lines()]
    market = read_market(written(tmp_path, lines))
    assert np.isnan(market.prices[10, market.column("ETH")])
    assert kinds(market, "ETH") == {"spike"}


def test_a_crash_that_stays_is_kept(tmp_path: Path) -> None:
    lines = [
        f"{day_of(d)},{coin},{close_of(coin, d) * (0.1 if coin == 'ETH' and d >= 10 else 1)}"
        for d in range(DAYS)
        for coin in COINS
    ]
    market = read_market(written(tmp_path, lines))
    assert np.isfinite(market.prices).all()
    assert kinds(market, "ETH") == set()


def test_a_price_that_does_not_move_is_kept_and_flagged(tmp_path: Path) -> None:
    lines = [*daily_lines(), *(f"{day_of(d)},DEAD,1.25" for d in range(DAYS))]
    market = read_market(written(tmp_path, lines))
    assert kinds(market, "DEAD") == {"stuck"}
    assert np.isfinite(market.prices[:, market.column("DEAD")]).all()


def test_a_stablecoin_may_stand_still(tmp_path: Path) -> None:
    lines = [*daily_lines(), *(f"{day_of(d)},USDC,1" for d in range(DAYS))]
    assert kinds(read_market(written(tmp_path, lines)), "USDC") == set()


def test_identical_duplicates_are_one_bar(tmp_path: Path) -> None:
    lines = daily_lines()
    twice = read_market(written(tmp_path, [*lines, *lines], name="twice.csv"))
    np.testing.assert_array_equal(read_market(written(tmp_path, lines)).prices, twice.prices)


def test_two_prices_for_one_bar_are_refused(tmp_path: Path) -> None:
    lines = [*daily_lines(), f"{day_of(4)},ETH,1234.5"]
    with pytest.raises(BadPrices, match=r"ETH has two prices for the bar that closes 2025-01-06.*1234\.5"):
        read_market(written(tmp_path, lines))


def test_one_bar_is_no_history(tmp_path: Path) -> None:
    with pytest.raises(BadPrices, match="fewer than two bars"):
        read_market(written(tmp_path, daily_lines(days=1)))


@pytest.mark.market_data
def test_spikes_of_yahoo_are_taken_out(data_dir: Path) -> None:
    market = read_market(data_dir / "daily_close.parquet", source="yahoo_spot")
    with np.errstate(invalid="ignore"):
        log = np.log(market.prices)
        there, back = np.abs(log[1:-1] - log[:-2]), np.abs(log[2:] - log[:-2])
        assert not ((there > 0.7) & (back < 0.15)).any()


def test_a_jump_that_stays_is_kept_and_asked_about(tmp_path: Path) -> None:
    lines = [
        f"{day_of(d)},{coin},{close_of(coin, d) * (0.001 if coin == 'ETH' and d >= 10 else 1)}"
        for d in range(DAYS)
        for coin in COINS
    ]
    market = read_market(written(tmp_path, lines))
    assert np.isfinite(market.prices).all()
    (flag,) = market.flags
    assert (flag.kind, flag.symbol) == ("jump", "ETH")
    assert "is it the same coin?" in flag.detail


def test_the_way_back_from_a_spike_is_none(tmp_path: Path) -> None:
    lines = [f"{day_of(d)},BTC,{1000 if d == 1 else 100 + d}" for d in range(4)]
    (flag,) = read_market(written(tmp_path, lines)).flags
    assert (flag.kind, flag.detail[:6]) == ("spike", "1 bar ")


def test_what_comes_after_as_of_makes_no_spike(tmp_path: Path) -> None:
    lines = [f"{day_of(d)},BTC,{1000 if d == 3 else 100 + d}" for d in range(6)]
    path = written(tmp_path, lines)
    known = read_market(path, as_of=day_of(3))
    assert known.prices[-1, 0] == 1000
    assert [flag.kind for flag in known.flags] == []
    assert {flag.kind for flag in read_market(path).flags} == {"spike"}


def test_without_as_of_the_market_ends_with_the_factor(tmp_path: Path) -> None:
    lines = [*daily_lines(), f"{day_of(DAYS)},ETH,3000"]
    market = read_market(written(tmp_path, lines))
    assert market.as_of == np.datetime64(day_of(DAYS), "ms")
    assert len(market.times) == DAYS


def test_a_quote_coin_without_an_early_price_is_assumed_there_and_flagged(tmp_path: Path) -> None:
    lines = [*daily_lines(), *(f"{day_of(d)},USDT,0.9{d % 7}" for d in range(10, DAYS))]
    market = read_market(written(tmp_path, lines), quote="USDT")
    assert kinds(market, "USDT") == {"quote"}
    assert market.prices[0, 0] == close_of("BTC", 0)
    assert market.prices[10, 0] == close_of("BTC", 10) * 0.93


def test_in_a_gap_of_the_quote_coin_nothing_has_a_price(tmp_path: Path) -> None:
    quoted = [f"{day_of(d)},USDT,0.99{d % 7}" for d in range(DAYS) if d != 5]
    market = read_market(written(tmp_path, [*daily_lines(), *quoted]), quote="USDT")
    assert not np.isfinite(market.prices[5]).any()
    assert np.isfinite(market.prices[4]).all()
