"""Exact quantities."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.model.amounts import decimal_of, lots_of, round_to_tick, to_lots
from hedgerow.model.errors import BadInput, BrokenPromise


def test_TV18_lots(vectors: dict[str, Any]) -> None:
    vector = vectors["TV18_lots"]
    step = Decimal(vector["step"])
    assert to_lots(vector["target"], step, "toward_zero") == Decimal(vector["round_down"])
    assert to_lots(vector["target"], step) == Decimal(vector["round_nearest"])
    residual = (Decimal("1.8257") + to_lots(vector["target"], step)) * 60000 / 100000
    assert float(residual) == pytest.approx(vector["residual_beta_nearest"], rel=1e-9)
    assert int(0.3 / 0.1) == int(vector["float_trap"])
    assert lots_of(Decimal("0.3"), Decimal("0.1"), "toward_zero") == int(vector["decimal_ok"])
    assert float(to_lots(vector["small_target"], step)) * 60000 == pytest.approx(
        vector["small_notional_at_60000"]
    )


@given(
    st.decimals(-(10**9), 10**9, allow_nan=False, places=8),
    st.sampled_from(["0.001", "0.1", "1", "5", "0.00001"]),
)
def test_nearest_lot_leaves_at_most_half_a_lot(amount: Decimal, lot: str) -> None:
    step = Decimal(lot)
    assert abs(to_lots(amount, step) - amount) <= step / 2
    assert abs(to_lots(amount, step, "toward_zero")) <= abs(amount)
    assert to_lots(-amount, step) == -to_lots(amount, step)
    assert to_lots(amount, step) % step == 0


@pytest.mark.parametrize("text", ["abc", "", "1,5", "NaN", "inf", "-Infinity"])
def test_what_is_no_number_says_so(text: str) -> None:
    with pytest.raises(BadInput, match="is not a"):
        decimal_of(text)


def test_a_float_crosses_by_its_shortest_form() -> None:
    assert decimal_of(0.1) == Decimal("0.1")
    assert decimal_of(1e-8) == Decimal("1E-8")


def test_tick_and_bad_lot() -> None:
    assert round_to_tick(60000.07, Decimal("0.1")) == Decimal("60000.1")
    with pytest.raises(BrokenPromise):
        lots_of(Decimal(1), Decimal(0))
