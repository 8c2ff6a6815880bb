"""What the watch rolls: in time over any calendar, early only where prices of their own pay for it, and never back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hedge.books import contract
from tests.hedge.test_roll_costs import FAR, FARTHER, INEAR, NEAR, NOW, PERPETUAL, betas, market

from hedgerow.hedge.rolls import ROLLING, days_left
from hedgerow.model.instruments import Instrument
from hedgerow.runs.rolling import held_names, lasting, named, roll_due

THERE = market()
BETAS = betas(THERE)
DAY = np.timedelta64(1, "D")


def ending(days: float) -> Instrument:
    ends = datetime(2025, 6, 21, 8, tzinfo=UTC) + timedelta(days=days)
    return replace(contract(f"BTCUSDT_{ends:%y%m%d%H}"), expiry=ends, funding_interval_hours=None)


@given(
    st.lists(st.integers(10, 60), min_size=3, max_size=6),
    st.sampled_from((0.25, 0.5, 1.0)),
    st.sampled_from((-2, 3)),
)
@settings(max_examples=25, deadline=None)
def test_nothing_is_held_into_its_last_day_over_any_calendar(
    gaps: list[int], step: float, count: int
) -> None:
    """Contracts end `gaps` days apart; a look every `step` days. The last one has nowhere to go, and is not looked at."""
    ends = np.cumsum(gaps)
    calendar = [ending(float(days)) for days in ends]
    held, size, rolled = calendar[0], Decimal(count), 0
    for at in np.arange(0.0, float(ends[-2]), step):
        now = NOW + np.timedelta64(round(at * 86_400_000), "ms")
        due = roll_due([(held, size)], calendar, THERE, BETAS, now)
        if due is not None:
            near, far = due.orders
            assert (near, due.orders[near]) == (held, -size)
            assert due.orders[far] * size > 0
            assert days_left(far, now) > days_left(held, now)
            assert due.ahead is None or due.ahead < 1
            held, size, rolled = far, due.orders[far], rolled + 1
        assert days_left(held, now) >= ROLLING.finish_days or held == calendar[-1]
    assert rolled >= 1


def test_a_modelled_basis_is_no_reason_to_roll_early_and_a_measured_one_is() -> None:
    early = NOW - 5 * DAY  # eleven days before its end
    kinds = (NEAR, FAR, PERPETUAL)
    assert roll_due([(NEAR, Decimal(-2))], kinds, THERE, BETAS, early) is None
    priced = market(**{NEAR.symbol: 60_050.0, FAR.symbol: 61_200.0})
    due = roll_due([(NEAR, Decimal(-2))], kinds, priced, BETAS, early)
    assert due is not None
    assert "carry" in due.reason
    assert roll_due([(NEAR, Decimal(2))], kinds, priced, BETAS, early) is None  # a long pays that carry


def test_the_reason_names_the_cost_and_the_perpetual_beside_it() -> None:
    due = roll_due([(PERPETUAL, Decimal(1)), (NEAR, Decimal(-2))], (NEAR, FAR, PERPETUAL), THERE, BETAS, NOW)
    assert due is not None
    for said in (
        "6.0 days before expiry",
        f"into {FAR.symbol} earns",
        "basis modelled",
        f"{PERPETUAL.symbol} instead",
    ):
        assert said in due.reason
    long = roll_due([(NEAR, Decimal(2))], (NEAR, FAR), THERE, BETAS, NOW)
    assert long is not None
    assert f"into {FAR.symbol} costs" in long.reason
    assert "instead" not in long.reason


def test_a_hedge_is_opened_in_what_lasts_or_in_what_there_is() -> None:
    assert lasting((NEAR, FAR, PERPETUAL), NOW) == (FAR, PERPETUAL)
    assert lasting((NEAR, INEAR, PERPETUAL), NOW) == (NEAR, INEAR, PERPETUAL)
    assert lasting((NEAR,), NOW + 7 * DAY) == ()


def test_a_name_of_a_date_is_whatever_of_its_kind_there_is() -> None:
    assert named((NEAR.symbol,), (FAR, FARTHER)) == ("BTCUSDT_QUARTER",)
    assert named((FARTHER.symbol, "paper:BTCUSDT"), (FAR, FARTHER, PERPETUAL)) == (
        FARTHER.symbol,
        "paper:BTCUSDT",
    )
    assert named("auto", (FAR,)) == "auto"
    assert held_names(("BTCUSDT_QUARTER", "ETHUSDT"), (FARTHER, PERPETUAL)) == (FARTHER.name, "ETHUSDT")
    assert held_names((f"paper:{NEAR.symbol}",), (FAR,)) == (FAR.name,)
    assert held_names(("BTCUSDT",), (FAR, PERPETUAL)) == ("BTCUSDT",)
