"""Which prices no market makes: slips of a decimal point are always asked about, crashes never, and dust does not count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.hedge.slips import Known, allowed, slips_of
from hedgerow.model.market import Market
from hedgerow.testing import market_of

DAY = np.timedelta64(1, "D")


def market(last: float, deviation: float = 0.04, seed: int = 1, hours: float = 24.0) -> Market:
    """A coin with noise, whose last close is so many times the one before; and a calm benchmark."""
    rng = np.random.default_rng(seed)
    coin = 100.0 * np.exp(np.cumsum(rng.normal(0.0, deviation, 120)))
    coin[-1] = coin[-2] * last
    base = 60_000.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, 120)))
    return market_of({"BTC": base, "X": coin}, hours=hours)


@given(
    places=st.integers(1, 9),
    up=st.booleans(),
    deviation=st.floats(0.001, 0.5),
    seed=st.integers(0, 1_000),
    hours=st.sampled_from([1.0, 4.0, 24.0]),
)
def test_a_slip_of_the_decimal_point_is_found_however_wild_the_coin(
    places: int, up: bool, deviation: float, seed: int, hours: float
) -> None:
    factor = 10.0**places if up else 10.0**-places
    (slip,) = slips_of(market(factor, deviation, seed, hours), {"X": 1_000.0})
    assert slip.coin == "X"
    assert slip.price / slip.before.price == pytest.approx(factor)


@given(last=st.floats(0.2501, 3.999), deviation=st.floats(0.001, 0.5), seed=st.integers(0, 1_000))
def test_a_fall_of_three_quarters_in_a_day_is_a_market(last: float, deviation: float, seed: int) -> None:
    assert slips_of(market(last, deviation, seed), {"X": 1_000.0}, ("X",)) == ()


@given(volatility=st.floats(0.0, 3.0), days=st.floats(0.0, 5_000.0), more=st.floats(0.0, 100.0))
def test_what_is_allowed_grows_with_time_between_four_and_eight(
    volatility: float, days: float, more: float
) -> None:
    assert 4.0 <= allowed(volatility, days) <= allowed(volatility, days + more) <= 8.0
    assert allowed(float("nan"), days) == 4.0


def test_ten_deviations_of_a_wild_coin_are_allowed_and_a_calm_one_is_held_to_four() -> None:
    assert allowed(0.03, 1.0) == 4.0
    assert allowed(0.16, 1.0) == pytest.approx(np.exp(1.6))
    assert allowed(0.03, 36.0) == pytest.approx(np.exp(1.8))


def test_one_wild_bar_before_does_not_widen_what_is_allowed() -> None:
    calm, wild = market(5.0, 0.02), market(5.0, 0.02)
    prices = wild.prices.copy()
    prices[50, 1] *= 1_000.0
    assert slips_of(replace(wild, prices=prices), {"X": 1.0})[0].volatility == pytest.approx(
        slips_of(calm, {"X": 1.0})[0].volatility, rel=0.05
    )


def test_a_given_price_is_held_against_both_last_bars_of_which_one_may_be_wrong() -> None:
    bad = market(10.0)
    right, wrong = float(bad.prices[-2, 1]), float(bad.prices[-1, 1])
    assert slips_of(replace(bad, given={"X": right}), {"X": 1.0}) == ()
    assert slips_of(replace(bad, given={"X": wrong}), {"X": 1.0}) == ()
    (slip,) = slips_of(replace(bad, given={"X": right / 1_000.0}), {"X": 1.0})
    assert "1/1,000" in slip.words or "1/10,000" in slip.words


def test_of_a_benchmark_the_bars_count_whatever_was_given() -> None:
    bad = market(0.001)
    right = replace(bad, given={"X": float(bad.prices[-2, 1])})
    (slip,) = slips_of(right, {}, ("X",))
    assert slip.bar
    assert slips_of(right, {}, always=("X",)) == ()


def test_a_price_that_was_looked_at_within_a_week_decides_alone() -> None:
    bad = market(10.0)
    known = Known(float(bad.prices[-1, 1]), bad.as_of - 2 * DAY)
    assert slips_of(bad, {"X": 1.0}, known={"X": known}) == ()
    good = market(1.0)
    known = Known(float(good.prices[-1, 1]) / 1_000.0, good.as_of - 2 * DAY)
    (slip,) = slips_of(good, {"X": 1.0}, known={"X": known})
    assert "2 days before" in slip.words
    old = replace(known, at=good.as_of - 400 * DAY)
    assert len(slips_of(good, {"X": 1.0}, known={"X": old})) == 1  # and later the bars have to agree as well
    assert len(slips_of(bad, {"X": 1.0}, known={"X": Known(float(bad.prices[-1, 1]), old.at)})) == 1


def test_dust_does_not_count_before_and_after_and_what_would_be_worth_much_does() -> None:
    assert slips_of(market(10.0), {"X": 50.0, "BTC": 100_000.0}) == ()
    assert len(slips_of(market(10.0), {"X": 5_000.0, "BTC": 100_000.0})) == 1
    assert len(slips_of(market(0.001), {"X": 50.0, "BTC": 100_000.0})) == 1  # it was half of the book
    assert len(slips_of(market(10.0), {"X": 50.0, "BTC": 100_000.0}, always=("X",))) == 1


def test_a_coin_without_a_price_or_a_past_is_none() -> None:
    one = market_of({"BTC": np.full(3, 60_000.0), "X": np.array([np.nan, np.nan, 5.0])}, hours=24.0)
    assert slips_of(one, {"X": 5.0, "NONE": 1.0, "BTC": 1.0}, ("BTC",)) == ()
    assert slips_of(market(float("nan")), {"X": 5.0}) == ()
