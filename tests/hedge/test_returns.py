"""Returns of coins and factors over the bars they share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hedge.books import market

from hedgerow.hedge.returns import paired_returns

RNG = np.random.default_rng(1)
WALK = 100 * np.exp(np.cumsum(0.03 * RNG.standard_normal(200)))


def test_without_gaps_returns_are_plain() -> None:
    pairs = paired_returns(market({"BTC": WALK, "X": WALK**1.5}), ("X",), ("BTC",))
    assert pairs.x.shape == (199, 1)
    assert pairs.x[:, 0] == pytest.approx(WALK[1:] / WALK[:-1] - 1)
    assert pairs.n.tolist() == [199]
    assert pairs.coverage.tolist() == [1.0]


@given(st.sets(st.integers(1, 198), max_size=120))
def test_over_a_gap_both_returns_span_it(holes: set[int]) -> None:
    holed = WALK.copy()
    holed[sorted(holes)] = np.nan
    pairs = paired_returns(market({"BTC": WALK, "X": holed}), ("X",), ("BTC",))
    x = pairs.x[:, 0, 0] if pairs.x.ndim == 3 else pairs.x[:, 0]
    used = np.isfinite(pairs.y[:, 0])
    assert pairs.y[used, 0] == pytest.approx(x[used], rel=1e-12)
    assert pairs.n[0] == 199 - len(holes)
    assert np.prod(1 + pairs.y[used, 0]) == pytest.approx(WALK[-1] / WALK[0])


def test_a_bar_only_the_coin_has_is_not_used() -> None:
    factor = WALK.copy()
    factor[50] = np.nan
    pairs = paired_returns(market({"BTC": factor, "X": WALK}), ("X",), ("BTC",))
    assert len(pairs.y) == 198
    assert pairs.y[:, 0] == pytest.approx(pairs.x[:, 0])


def test_a_late_listing_counts_from_its_first_bar() -> None:
    late = WALK.copy()
    late[:150] = np.nan
    pairs = paired_returns(market({"BTC": WALK, "X": late}), ("X",), ("BTC",))
    assert pairs.n[0] == 49
    assert pairs.coverage[0] == 1.0
    assert pairs.x.ndim == 2


def test_too_short_a_factor_gives_nothing() -> None:
    pairs = paired_returns(market({"BTC": [1.0, np.nan], "X": [1.0, 2.0]}), ("X",), ("BTC",))
    assert len(pairs.y) == 0
    assert pairs.n.tolist() == [0]
