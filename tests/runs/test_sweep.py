"""A sweep comes to what single runs come to, whoever computes it, in whatever order, and in as many goes as it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.hedge.plans import contracts
from tests.runs.test_backtest import history, rows

from hedgerow.files.sweeps import read_tries, write_sweep, write_tries
from hedgerow.hedge.effectiveness import effectiveness
from hedgerow.hedge.policy import Policy
from hedgerow.model.errors import BadInput, UsageError
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.sweeps import Sweep, Tried
from hedgerow.runs import backtest
from hedgerow.runs.grid import Point, grid, parse_grid
from hedgerow.runs.spread import Workers
from hedgerow.runs.sweep import How, Question, key_of, sweep

POLICY = Policy(instruments=("BTCUSDT",))
WORDS = ["rebalance=threshold:0.05,calendar:7,usd:3000", "target_beta=0,0.5", "estimator=ols:60,ols:80"]


def known(_: Market) -> tuple[Instrument, ...]:
    return contracts()


def question() -> Question:
    return Question(rows(), history(), known, fingerprint="test")


def points(words: Sequence[str] = WORDS) -> tuple[Point, ...]:
    return grid(POLICY, parse_grid(words))


def same(one: Sweep, other: Sweep) -> None:
    assert [r.tried.setting for r in one.rows] == [r.tried.setting for r in other.rows]
    for a, b in zip(one.rows, other.rows, strict=True):
        np.testing.assert_allclose(a.tried.hedged, b.tried.hedged, rtol=0, atol=1e-9)
        for name in ("cost_a_year", "funding_a_year", "turnover_a_year", "outside_band", "least_distance"):
            assert getattr(a.tried, name) == pytest.approx(getattr(b.tried, name), rel=1e-9), name
        assert a.score == pytest.approx(b.score, rel=1e-9)


def test_compiled_plain_and_several_processes_agree() -> None:
    compiled = sweep(points(), question(), How("compiled"))
    assert {row.tried.engine for row in compiled.rows} == {"compiled"}
    few = points()[:3]
    same(sweep(few, question(), How("plain")), sweep(few, question(), How("compiled")))
    same(sweep(few, question(), How("plain", Workers(2))), sweep(few[::-1], question(), How("compiled")))


def test_a_row_is_what_a_backtest_of_it_is_judged_as() -> None:
    point = points()[1]
    found = effectiveness(backtest(point.policy, rows(), history(), known), intervals=False)
    row = next(r for r in sweep(points(), question()).rows if r.tried.setting == point.setting)
    assert row.variance_removed == pytest.approx(found.variance_removed.middle, rel=1e-9)
    assert row.residual_beta == pytest.approx(found.residual_beta.middle, rel=1e-6)
    assert row.tried.cost_a_year == pytest.approx(found.cost_a_year, rel=1e-9)
    assert row.drawdown_hedged == pytest.approx(found.drawdown_hedged, rel=1e-9)
    assert row.es95_hedged == pytest.approx(found.es95_hedged, rel=1e-9)


def test_the_best_is_first_and_luck_is_told() -> None:
    done = sweep(points(), question())
    scores = [row.score for row in done.rows]
    assert scores == sorted(scores)
    assert done.luck >= 0.0
    assert done.low <= scores[0] <= done.high
    assert done.rows[0].confidence == pytest.approx(1.0)
    assert any("were tried" in note for note in done.notes)


def test_a_stopped_sweep_goes_on_where_it_was(tmp_path: Path) -> None:
    """The process dies after its first batch; the second go computes only what is missing, and the end is the same."""

    class Killed(Exception):
        pass

    kept: list[Tried] = []

    def keep(tries: Sequence[Tried]) -> None:
        write_tries(tmp_path, tries)
        kept.extend(tries)
        raise Killed

    with pytest.raises(Killed):
        sweep(points(), question(), keep=keep)
    before = read_tries(tmp_path)
    assert 0 < len(before) < len(points())
    anew: list[Tried] = []
    done = sweep(points(), question(), known=before, keep=anew.extend)
    assert len(anew) == len(points()) - len(before)
    same(done, sweep(points(), question()))
    assert write_sweep(tmp_path, done).exists()


def test_tries_of_other_inputs_or_policies_are_not_taken_for_these() -> None:
    point = points()[0]
    key = key_of(point, question())
    assert key != key_of(point, replace(question(), fingerprint="other"))
    assert key != key_of(replace(point, policy=replace(point.policy, horizon_days=31.0)), question())
    assert key != key_of(replace(point, times=replace(point.times, estimate_days=3.0)), question())


def test_what_the_compiled_engine_cannot_express_goes_to_the_plain_one() -> None:
    mixed = points(["instruments=BTCUSDT,1", "rebalance=calendar:20"])
    engines = {r.tried.setting["instruments"]: r.tried.engine for r in sweep(mixed, question()).rows}
    assert engines == {"BTCUSDT": "compiled", "1": "plain"}
    with pytest.raises(UsageError, match="choice of contracts"):
        sweep(mixed, question(), How("compiled"))


def test_a_policy_that_cannot_be_run_keeps_a_row_that_says_why() -> None:
    done = sweep(points(["instruments=BTCUSDT,NOSUCH", "rebalance=calendar:20"]), question())
    assert done.rows[-1].tried.refused.startswith("no contract is called NOSUCH")
    assert np.isnan(done.rows[-1].score)
    with pytest.raises(UsageError, match="no contract is called NOSUCH"):
        sweep(points(["instruments=NOSUCH"]), question())
    with pytest.raises(UsageError, match="nothing"):
        sweep((), question())


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    (tmp_path / "tries-00000.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(BadInput, match="no part of a sweep"):
        read_tries(tmp_path)
