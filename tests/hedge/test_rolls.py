"""When a dated contract is rolled, and into which."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hedge.books import contract

from hedgerow.hedge.rolls import ROLLING, RollRule, days_left, expiry_of, far_of, reason_to_roll
from hedgerow.model.instruments import Instrument

ENDS = datetime(2025, 6, 27, 8, tzinfo=UTC)


def dated(month: int, day: int, **more: Any) -> Instrument:
    ends = datetime(2025, month, day, 8, tzinfo=UTC)
    made = replace(contract(f"BTCUSDT_25{month:02}{day:02}"), expiry=ends, funding_interval_hours=None)
    return replace(made, **more)


NEAR, FAR, FARTHER = dated(6, 27), dated(9, 26), dated(12, 26)
EXPIRY = np.datetime64("2025-06-27T08:00", "ms")


def before(days: float) -> np.datetime64:
    return EXPIRY - np.timedelta64(round(days * 86_400_000), "ms")


def why(
    days: float, units: float = -2.0, far: float = 60_050.0, bar: float = 1.0, cost: float = 0.001
) -> str:
    return reason_to_roll(NEAR, FAR, units, (60_050.0, far), cost, before(days), bar)


def test_the_next_contract_of_the_kind_is_the_far_one() -> None:
    now = before(10)
    assert far_of(NEAR, [FARTHER, NEAR, FAR, contract()], now) == FAR
    assert far_of(NEAR, [NEAR, contract()], now) is None
    assert far_of(NEAR, [dated(9, 26, settle="USDC"), dated(9, 26, underlying="ETH")], now) is None
    assert far_of(NEAR, [dated(7, 4), FAR], before(0.5)) == dated(7, 4)
    assert far_of(NEAR, [dated(7, 3), FAR], before(0.5)) == FAR
    assert far_of(contract(), [NEAR, FAR], now) is None


def test_a_roll_begins_seven_days_before_expiry_and_not_without_a_reason_earlier() -> None:
    assert "before expiry" in why(7.0)
    assert "before expiry" in why(1.0)
    assert not why(7.01)
    assert not why(13.9)
    assert not why(30.0, far=70_000.0)


def test_it_is_in_time_whatever_the_bars() -> None:
    """The last bar before the last day rolls, however far it is from expiry."""
    assert "too late" in why(8.0, bar=7.5)
    assert "too late" in why(25.0, bar=30.0)
    assert not why(8.0, bar=7.0)


def test_TV21b_the_gain_in_carry_has_a_sign(vectors: dict[str, Any]) -> None:
    """A short gains far − near, a long loses it: the one rolls early, the other waits."""
    v = vectors["TV21b_roll"]
    rate = v["roll_fee_bps"] * 1e-4
    early = [
        reason_to_roll(NEAR, FAR, units, (v["near"], v["far"]), rate, before(12.0), 1.0)
        for units in (v["short_qty"], -v["short_qty"])
    ]
    assert ["carry" in reason for reason in early] == [True, False]
    turned = reason_to_roll(NEAR, FAR, -v["short_qty"], (v["far"], v["near"]), rate, before(12.0), 1.0)
    assert "carry" in turned
    assert not why(12.0, far=60_050.0 * 1.001, cost=0.001)


@given(st.floats(0.0, 100.0), st.floats(0.01, 40.0), st.floats(-5.0, 5.0), st.floats(0.9, 1.1))
def test_nothing_is_rolled_at_or_after_expiry(late: float, bar: float, units: float, ratio: float) -> None:
    assert not why(-late, units, 60_050.0 * ratio, bar)


def test_time_left_is_endless_for_a_perpetual() -> None:
    assert days_left(contract(), before(3)) == float("inf")
    assert expiry_of(contract()) is None
    assert days_left(NEAR, before(3)) == pytest.approx(3.0)
    assert expiry_of(NEAR) == EXPIRY
    assert RollRule() == ROLLING
