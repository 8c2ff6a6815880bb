"""Many policies side by side come to what each comes to alone, whatever runs beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runs.test_backtest import rows
from tests.runs.test_twin import tiered, wild

from hedgerow.hedge.effectiveness import effectiveness
from hedgerow.hedge.limits import Limits
from hedgerow.hedge.policy import Policy
from hedgerow.runs import BacktestSettings
from hedgerow.runs.past import past_of
from hedgerow.runs.twin import twin
from hedgerow.runs.twin.many import walk_all
from hedgerow.runs.twin.staging import knobs_of, learned, stage_of

POLICIES = [
    Policy(
        instruments=("BTCUSDT",),
        rebalance=rule,
        target_beta=(target,),
        limits=Limits(max_leverage=20.0, least_distance=distance),
        collateral=collateral,
    )
    for rule in ("band", "threshold:0.05", "calendar:5")
    for target in (-0.5, 0.0, 0.5)
    for distance in (0.02, None)
    for collateral in (None, "4000USDT")
]


def test_every_walk_is_the_one_it_would_be_alone() -> None:
    times = BacktestSettings()
    past = past_of(POLICIES[0], rows(), wild(), lambda _: tiered(), None, times, None)
    found = learned(POLICIES[0], past)
    alone = [twin(policy, rows(), wild(), lambda _: tiered()) for policy in POLICIES]
    ends = alone[0].day_ends()
    knobs = [knobs_of(policy, found, times.choose_days) for policy in POLICIES]
    together = walk_all(stage_of(past, found), knobs, ends)
    for c, run in enumerate(alone):
        judged = effectiveness(run)
        np.testing.assert_array_equal(together.gained[c], run.gained_usd[ends])
        np.testing.assert_allclose(together.lines[c], run.lines.sum(axis=0), rtol=1e-12, atol=1e-6)
        assert together.traded[c] == pytest.approx(run.traded_usd.sum(), rel=1e-12)
        assert together.liquidations[c] == judged.liquidations
        assert together.outside[c] == pytest.approx(judged.outside_band)
        assert together.least_distance[c] == pytest.approx(judged.least_distance)
    assert together.liquidations.max() > 0
    backwards = walk_all(stage_of(past, found), knobs[::-1], ends)
    np.testing.assert_array_equal(backwards.gained[::-1], together.gained)


def test_what_was_compiled_is_kept_for_these_very_sources() -> None:
    """Numba alone would go on running an old inner function after a change of its file."""
    from hedgerow.runs.twin import compiling, kernel

    folder = compiling._folder()
    assert str(kernel.walk._cache.cache_path).startswith(str(folder))  # type: ignore[attr-defined]
    assert folder.name.startswith("compiled-")


def test_another_aversion_is_another_band() -> None:
    policy = POLICIES[0]
    past = past_of(policy, rows(), wild(), lambda _: tiered(), None, BacktestSettings(), None)
    found = learned(policy, past)
    narrow = knobs_of(replace(policy, risk_aversion=80.0), found, 112.0)
    wide = knobs_of(replace(policy, risk_aversion=10.0), found, 112.0)
    np.testing.assert_allclose(wide.band, 2.0 * narrow.band)
