"""A process that is killed anywhere is started again, and nothing is traded twice, lost or miscounted."""

from __future__ import annotations

import pytest
from tests.chaos.kills import Kill, drawn, hits, lived, points
from tests.store.servers import PostgreSQL, Stores, used

SAMPLED = 7
"""Every seventh point in a usual check; `./check kills` takes all of them, twenty seeds each."""


def test_there_are_at_least_forty_points_and_each_has_one_name() -> None:
    names = points()
    assert len(names) >= 40
    assert len(set(names)) == len(names)


@pytest.mark.slow
def test_a_kill_at_a_point_is_survived() -> None:
    usual = hits(1)
    verdicts = {name: lived(1, *drawn(name, 1, usual)) for name in points()[::SAMPLED]}
    assert {name: v.violations for name, v in verdicts.items() if v.violations} == {}
    assert all(name in v.killed for name, v in verdicts.items())


@pytest.mark.slow
def test_a_kill_is_survived_with_the_journal_on_a_server(postgresql: PostgreSQL) -> None:
    before = used.set(Stores(postgresql))
    try:
        for point in ("journal.append.written", "journal.append.committed", "executor.before_send"):
            verdict = lived(3, Kill(point, 4), whole=False)
            assert (verdict.violations, verdict.killed) == ([], [point])
    finally:
        used.reset(before)


@pytest.mark.slow
@pytest.mark.parametrize(
    "second", ["recover.recalled", "recover.restarted", "journal.append.written", "executor.before_send"]
)
def test_a_kill_during_recovery_is_survived(second: str) -> None:
    verdict = lived(2, Kill("executor.after_send", 2), Kill(second))
    assert verdict.violations == []
    assert verdict.killed == ["executor.after_send", second]
