"""When a hedge is traded back, and to where."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.hedge.rebalance import Drift, Rebalance, half_width, rebalance_of, review
from hedgerow.model.errors import UsageError


def drift(**changed: float) -> Drift:
    told = {
        "stderr": 3000.0,
        "volatility": 0.6,
        "moved": 40_000.0,
        "cost": 0.0006,
        "aversion": 2e-5,
    } | changed
    return Drift(
        np.array([told["stderr"]]),
        np.array([told["volatility"]]),
        np.array([told["moved"]]),
        np.array([told["cost"]]),
        told["aversion"],
        told.get("size", 1e5),
    )


def gap_of(dollars: float, spec: str, days: float = 0.0, **changed: float) -> Any:
    return review(np.array([dollars]), np.zeros(1), rebalance_of(spec), drift(**changed), days)


def test_the_band_is_that_of_the_vectors_and_its_edge_is_traded_to(vectors: dict[str, Any]) -> None:
    v = vectors["TV34_band"]
    edge = v["half_width"]
    assert gap_of(0.99 * edge, "band").action == "hold"
    found = gap_of(-1.5 * edge, "band")
    assert found.action == "rebalance"
    assert found.aim_usd == pytest.approx([-edge])
    assert half_width(rebalance_of("fixed:2"), drift()) == pytest.approx([v["half_width_fixed"]])
    assert gap_of(9000.0, "fixed:2").aim_usd == pytest.approx([0.0])


@given(st.floats(1e-5, 1e-3), st.floats(0.1, 2.0), st.floats(1e3, 1e6))
def test_cost_times_eight_is_twice_the_band(cost: float, volatility: float, moved: float) -> None:
    one, eight = (
        half_width(Rebalance(), drift(cost=c, volatility=volatility, moved=moved, size=1e12))
        for c in (cost, 8 * cost)
    )
    assert eight == pytest.approx(2 * one, rel=1e-9)


def test_other_rules() -> None:
    assert gap_of(4999.0, "threshold:0.05").action == "hold"
    assert gap_of(5001.0, "threshold:0.05").aim_usd == pytest.approx([0.0])
    assert gap_of(2999.0, "stderr").action == "hold"
    assert gap_of(6001.0, "stderr:2").action == "rebalance"
    assert gap_of(1.0, "calendar:7", 6.9).action == "hold"
    assert gap_of(1.0, "calendar:7", 7.0).action == "rebalance"
    assert gap_of(1.0, "threshold:0.05@30", 30.0).reason == "the calendar says so"
    assert half_width(rebalance_of("band:0.05"), drift()) == pytest.approx([np.sqrt(3) * 5000.0 / 0.6])


def test_of_two_factors_only_the_one_outside_is_traded() -> None:
    both = Drift(np.ones(2), np.full(2, 0.6), np.full(2, 1e4), np.full(2, 0.001), 1e-5, 1e5)
    found = review(np.array([9000.0, 100.0]), np.zeros(2), rebalance_of("threshold:0.05"), both, 0.0)
    assert found.aim_usd == pytest.approx([0.0, 100.0])


@pytest.mark.parametrize(
    "spec", ["band", "band:0.05", "calendar:7", "threshold:0.05@30", "stderr:2", "fixed:2"]
)
def test_a_rule_writes_itself(spec: str) -> None:
    assert rebalance_of(spec).spec == spec
    assert rebalance_of(rebalance_of(spec).spec) == rebalance_of(spec)


@pytest.mark.parametrize("spec", ["", "bands", "band:x", "calendar:0", "threshold:-1", "band@nan"])
def test_what_is_no_rule_is_refused(spec: str) -> None:
    with pytest.raises(UsageError, match="no rule"):
        rebalance_of(spec)


@given(st.sampled_from(["band", "fixed:2"]), st.floats(1e3, 1e9), st.floats(1.0, 1e12))
def test_a_band_of_what_was_measured_is_a_quarter_of_the_book_at_most(
    spec: str, size: float, moved: float
) -> None:
    (found,) = half_width(rebalance_of(spec), drift(size=size, moved=moved))
    (free,) = half_width(rebalance_of(spec), drift(size=1e300, moved=moved))
    assert found == min(free, 0.25 * size)


def test_a_width_that_somebody_chose_is_not_capped() -> None:
    assert half_width(rebalance_of("usd:90000"), drift(size=1e5)) == pytest.approx([90_000.0])
    assert half_width(rebalance_of("threshold:0.6"), drift(size=1e5)) == pytest.approx([60_000.0])
