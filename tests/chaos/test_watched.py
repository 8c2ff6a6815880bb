"""A watch that is killed anywhere is started again: nothing is traded, told or decided twice, and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest
from tests.chaos import watched
from tests.chaos.kills import OF_THE_WATCH, Kill, Verdict, drawn, named

from hedgerow.model.ports import Level
from hedgerow.outlets.courier import Courier
from hedgerow.runs import monitor

SEEDS = (2, 6, 8)
SAMPLED = 8
"""Of the points that are not the watch's own every eighth in a usual check; `./check kills --watch` takes all, twenty seeds each."""
OWN = sorted(name for name in named() if name.partition(".")[0] in OF_THE_WATCH)


def test_every_point_of_the_watch_is_one_of_its_matrix() -> None:
    assert len(OWN) >= 13
    assert set(OWN) <= set(watched.points())
    assert named() >= watched.UNREACHED.keys()


def _died_at(point: str) -> Verdict:
    """Return what comes of dying there, by the first seed that comes by."""
    verdict = Verdict()
    for seed in SEEDS:
        verdict = watched.lived(seed, *drawn(point, seed, watched.hits(seed)))
        if point in verdict.killed or verdict.violations:
            break
    return verdict


@pytest.mark.slow
@pytest.mark.parametrize("point", [*OWN, *[each for each in watched.points() if each not in OWN][::SAMPLED]])
def test_a_watch_that_is_killed_at_a_point_goes_on(point: str) -> None:
    verdict = _died_at(point)
    assert verdict.violations == []
    assert point in verdict.killed
    assert verdict.ready_ms


@pytest.mark.slow
def test_a_watch_that_is_killed_again_while_it_recovers_goes_on() -> None:
    verdict = watched.lived(
        2, Kill("executor.after_send"), Kill("watch.before_finish"), Kill("watch.before_look")
    )
    assert verdict.violations == []
    assert verdict.killed == ["executor.after_send", "watch.before_finish", "watch.before_look"]


def _broken(verdict: Verdict) -> set[str]:
    return {line.partition(" ")[0] for line in verdict.violations}


@pytest.mark.slow
def test_an_alarm_that_is_called_over_before_that_is_written_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call, call_over = monitor._call, monitor._call_over

    def both(*words: Any) -> None:
        call(*words)
        call_over(*words)

    monkeypatch.setattr(monitor, "_call", both)
    monkeypatch.setattr(monitor, "_call_over", lambda *_: None)
    found = [_broken(watched.lived(2, Kill("watch.before_look", visit))) for visit in range(1, 8)]
    assert any("W5" in each for each in found)


@pytest.mark.slow
def test_a_message_that_is_sent_before_it_is_written_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    leave = Courier.leave

    def hasty(courier: Courier, source: str, level: Level, title: str, text: str, **more: Any) -> None:
        courier.send("phone", level, title, text)
        leave(courier, source, level, title, text, **more)

    monkeypatch.setattr(Courier, "leave", hasty)
    assert "W5" in _broken(watched.lived(2, Kill("notices.before_add")))
