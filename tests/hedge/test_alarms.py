"""Alarms: raised once, kept between the thresholds, cleared once; unknown is not well."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.hedge.alarms import Finding, Raised, standing_of, updated

KEY = ("drift", "BTC")


def found(standing: str, level: str = "warning") -> Finding:
    return Finding("drift", "BTC", standing, level, "off the target")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("measure", "limits", "standing"),
    [
        (3.0, (2.0, 1.0), "bad"),
        (2.0, (2.0, 1.0), "between"),
        (1.0, (2.0, 1.0), "fine"),
        (0.1, (0.2, 0.25), "bad"),
        (0.22, (0.2, 0.25), "between"),
        (0.3, (0.2, 0.25), "fine"),
        (math.inf, (0.2, 0.25), "fine"),
        (math.nan, (2.0, 1.0), "unknown"),
        (5.0, (5.0, 5.0), "fine"),
    ],
)
def test_where_a_measure_stands(measure: float, limits: tuple[float, float], standing: str) -> None:
    assert standing_of(measure, *limits) == standing


@given(st.lists(st.sampled_from(["bad", "between", "fine", "unknown"]), max_size=30))
def test_raises_and_clearings_take_turns(standings: list[str]) -> None:
    active: dict[tuple[str, str], Raised] = {}
    on = False
    for at, standing in enumerate(standings):
        changed = updated(active, [found(standing)], at)
        assert bool(changed.raised) == (standing == "bad" and not on)
        assert bool(changed.cleared) == (standing == "fine" and on)
        on = standing == "bad" or (on and standing != "fine")
        assert (KEY in changed.active) == on
        active = dict(changed.active)


def test_it_keeps_its_beginning_and_is_told_again_when_it_gets_worse() -> None:
    first = updated({}, [found("bad")], 5)
    same = updated(first.active, [found("bad")], 9)
    assert (same.raised, same.active[KEY].since) == ((), 5)
    worse = updated(same.active, [found("bad", "critical")], 12)
    assert [each.since for each in worse.raised] == [5]
    assert updated(worse.active, [found("bad", "critical")], 13).raised == ()


def test_what_is_no_longer_looked_at_is_cleared() -> None:
    on = updated({}, [found("bad")], 5).active
    assert [each.finding.about for each in updated(on, [], 6).cleared] == ["BTC"]
