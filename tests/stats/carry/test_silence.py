"""Settlements that are assumed where funding is not known: never twice, never from the future, never zero."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.model.arrays import TimeArray
from hedgerow.stats.carry import assumed_settlements, prior_funding

BEGIN = np.datetime64("2025-01-01T00:00", "ms")
HOUR = np.timedelta64(1, "h")
USUAL = prior_funding(8.0).mean


def prints(*hours: float) -> TimeArray:
    return BEGIN + (np.array(hours) * 3.6e6).astype("timedelta64[ms]")


def hours(known: TimeArray, until: float, since: float = 0.0) -> list[float]:
    times, _ = assumed_settlements(known, prints(since)[0], prints(until)[0])
    return [float(x) for x in (times - BEGIN) / np.timedelta64(1, "h")]


def test_without_any_print_there_are_three_settlements_a_day() -> None:
    times, rates = assumed_settlements(prints(), BEGIN, BEGIN + 72 * HOUR)
    assert len(times) == 8  # the ninth, of the last midnight, is not overdue yet
    assert rates == pytest.approx(np.full(8, USUAL))


@pytest.mark.parametrize("step", [1.0, 4.0, 8.0])
def test_whole_prints_leave_nothing_out_however_late_they_are(step: float) -> None:
    late = np.random.default_rng(1).uniform(0.0, 0.2, 60)
    whole = prints(*(np.arange(60) * step + late))
    assert hours(whole, float(59 * step) + 0.5) == []


def test_a_longer_interval_is_no_hole() -> None:
    assert hours(prints(0, 4, 8, 16, 24, 32), 32.5) == []
    assert hours(prints(*range(0, 240, 24)), 216.5)[2:] == []  # its first day shows that it is a day


def test_a_hole_is_filled_and_the_end_too() -> None:
    assert hours(prints(0, 8, 40, 48), 50.0) == [17.0, 25.0, 33.0]
    assert hours(prints(0, 8), 40.0) == [17.0, 25.0, 33.0]


def test_before_the_first_print_the_usual_hours_count() -> None:
    assert hours(prints(40, 48), 50.0, since=1.0) == [9.0, 17.0, 25.0, 33.0]


@given(st.lists(st.floats(0.0, 500.0), max_size=40), st.floats(1.0, 500.0), st.floats(0.0, 300.0))
def test_what_is_assumed_depends_on_no_later_print(at: list[float], until: float, since: float) -> None:
    known, end = prints(*sorted(at)), max(until, since)
    whole = hours(known, 600.0, since)
    cut = hours(known[known <= prints(end)[0]], end, since)
    assert cut == [hour for hour in whole if hour <= end + 1e-9]


@given(st.lists(st.floats(0.0, 500.0), max_size=40))
def test_no_more_than_a_day_is_ever_without_a_settlement(at: list[float]) -> None:
    known = prints(*sorted(at))
    seen = sorted({*((known - BEGIN) / HOUR).astype(float).tolist(), *hours(known, 600.0)})
    assert np.diff([0.0, *seen, 600.0]).max() <= 25.0 + 1e-6
