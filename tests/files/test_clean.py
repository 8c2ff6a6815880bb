"""Bad ticks by their written rules: what is taken out, what is kept and flagged."""

from __future__ import annotations

import numpy as np
import pytest

from hedgerow.files.clean import flag_ticks, usable
from hedgerow.model.arrays import FloatArray, TimeArray

NAMES = ("AAA",)


def days(count: int) -> TimeArray:
    return np.datetime64("2025-01-01", "ms") + np.arange(count) * np.timedelta64(1, "D")


def cleaned(series: list[float], name: str = "AAA") -> tuple[list[float], list[str]]:
    prices: FloatArray = np.array(series)[:, None]
    flags = flag_ticks(prices, days(len(series)), (name,))
    kept: list[float] = prices[:, 0].tolist()
    return kept, [flag.kind for flag in flags]


def gone(kept: list[float]) -> list[int]:
    return [i for i, price in enumerate(kept) if np.isnan(price)]


@pytest.mark.parametrize("tick", [210.0, 47.0, 1e9, 1e-9])
def test_a_spike_becomes_a_gap(tick: float) -> None:
    kept, kinds = cleaned([100.0, 101.0, tick, 102.0, 103.0])
    assert gone(kept) == [2]
    assert kinds == ["spike"]


@pytest.mark.parametrize("tick", [195.0, 55.0])
def test_a_move_within_a_factor_of_two_is_no_spike(tick: float) -> None:
    assert cleaned([100.0, 101.0, tick, 102.0, 103.0]) == ([100.0, 101.0, tick, 102.0, 103.0], [])


def test_a_spike_is_seen_across_gaps() -> None:
    kept, kinds = cleaned([100.0, np.nan, 1000.0, np.nan, np.nan, 101.0])
    assert gone(kept) == [1, 2, 3, 4]
    assert kinds == ["spike"]


def test_two_spikes_apart_are_both_taken_out() -> None:
    kept, kinds = cleaned([100.0, 1000.0, 101.0, 102.0, 5.0, 103.0])
    assert gone(kept) == [1, 4]
    assert kinds == ["spike"]


def test_a_last_or_first_bar_has_no_two_neighbours() -> None:
    assert cleaned([300.0, 100.0, 101.0, 102.0, 300.0])[1] == []


def test_a_price_that_doubles_and_stays_is_no_spike() -> None:
    assert cleaned([100.0, 101.0, 210.0, 208.0, 215.0])[1] == []


def test_another_coin_under_the_name_is_kept_and_flagged() -> None:
    kept, kinds = cleaned([80.0, 79.0, 0.0001, 0.00011])
    assert gone(kept) == []
    assert kinds == ["jump"]


@pytest.mark.parametrize(("bars", "kinds"), [(10, []), (11, ["stuck"])])
def test_eleven_bars_of_one_price_are_stuck(bars: int, kinds: list[str]) -> None:
    assert cleaned([9.0, *[10.0] * bars, 11.0])[1] == kinds
    assert cleaned([1.01, *[1.0] * bars, 1.01], "USDC")[1] == []


@pytest.mark.parametrize("series", [[], [5.0], [np.nan, 5.0, np.nan], [np.nan, np.nan]])
def test_too_little_is_neither_flagged_nor_changed(series: list[float]) -> None:
    kept, kinds = cleaned(series)
    assert kinds == []
    np.testing.assert_array_equal(kept, series)


def test_what_cannot_be_a_price_is_counted_by_coin() -> None:
    price = np.array([1.0, 0.0, -1.0, np.nan, np.inf, 2.0])
    good, flags = usable(price, np.array([0, 0, 1, 1, 1, 1]), ("A", "B"))
    assert good.tolist() == [True, False, False, False, False, True]
    assert [(f.symbol, f.detail[:6]) for f in flags] == [("A", "1 bar "), ("B", "3 bars")]
