"""Whether two runs are one: any bit that is another is seen, and the earliest is named."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from tests.runs.test_backtest import run

from hedgerow.model.journal import RunResult
from hedgerow.runs.replay import first_difference

MADE = run()
ARRAYS = [f.name for f in fields(RunResult) if isinstance(getattr(MADE, f.name), np.ndarray)]


def nudged(values: Any, place: int) -> Any:
    """The array with the last bit of one row flipped."""
    changed = np.ascontiguousarray(values).copy()
    changed.view(np.uint64).reshape(len(changed), -1)[place, 0] ^= np.uint64(1)
    return changed


def test_a_run_is_itself_and_so_is_the_run_walked_again() -> None:
    assert first_difference(MADE, MADE) is None
    assert first_difference(MADE, run()) is None


@pytest.mark.parametrize("name", ARRAYS)
def test_the_last_bit_of_a_number_is_seen(name: str) -> None:
    found = first_difference(MADE, replace(MADE, **{name: nudged(getattr(MADE, name), 7)}))
    assert found is not None
    assert found.where.startswith(name)
    assert found.when == MADE.times[7]
    assert repr(found.stored) != repr(found.again)


def test_zero_is_not_minus_zero_and_nan_is_nan() -> None:
    one, other = MADE.traded_usd.copy(), MADE.traded_usd.copy()
    one[3], other[3] = 0.0, -0.0
    found = first_difference(replace(MADE, traded_usd=one), replace(MADE, traded_usd=other))
    assert found is not None
    one[3] = other[3] = np.nan
    assert first_difference(replace(MADE, traded_usd=one), replace(MADE, traded_usd=other)) is None


def test_the_earliest_difference_is_told() -> None:
    changed = replace(MADE, nav_usd=nudged(MADE.nav_usd, 9), lines=nudged(MADE.lines, 4))
    found = first_difference(MADE, changed)
    assert found is not None
    assert (found.where, found.when) == ("lines of alpha", MADE.times[4])


@pytest.mark.parametrize("table", ["events", "betas"])
def test_rows_are_held_against_each_other(table: str) -> None:
    rows = getattr(MADE, table)
    field = "usd" if table == "events" else "beta"
    other = replace(rows[2], **{field: np.nextafter(getattr(rows[2], field), np.inf)})
    changed: dict[str, Any] = {table: (*rows[:2], other, *rows[3:])}
    found = first_difference(MADE, replace(MADE, **changed))
    assert found is not None
    assert (found.where, found.when) == (f"row 2 of {table}", rows[2].time)
    shorter: dict[str, Any] = {table: rows[:-1]}
    fewer = replace(MADE, **shorter)
    for one, another in ((MADE, fewer), (fewer, MADE)):
        found = first_difference(one, another)
        assert found is not None
        assert found.where == f"row {len(rows) - 1} of {table}"
        assert "no more" in str((found.stored, found.again))


def test_words_and_shapes_come_first() -> None:
    found = first_difference(MADE, replace(MADE, currency="EUR", nav_usd=nudged(MADE.nav_usd, 0)))
    assert found is not None
    assert (found.where, found.when, found.stored, found.again) == ("currency", None, "USD", "EUR")
    shorter = first_difference(MADE, replace(MADE, nav_usd=MADE.nav_usd[1:]))
    assert shorter is not None
    assert shorter.where == "shape of nav_usd"
