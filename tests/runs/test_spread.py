"""The same results from this process and from several; workers that die, work that fails, and who stops asking."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.model.errors import ClusterFailed, NotEnoughData
from hedgerow.runs.crews import sharing
from hedgerow.runs.crews.crew import Done, Share
from hedgerow.runs.spread import Workers, spread
from hedgerow.runs.spread import _handed as handed

pytestmark = pytest.mark.slow
POINTS = {f"p{i}": i for i in range(20)}
WHOLE = {key: (key, point * 3) for key, point in POINTS.items()}


def times(key: str, point: int, factor: int) -> tuple[str, int]:
    return key, point * factor


def told(shares: object) -> dict[str, tuple[str, int]]:
    return {key: (key, found) for share in shares for key, found in share}  # type: ignore[attr-defined]


def test_processes_give_what_this_one_does() -> None:
    assert told(spread(times, 3, POINTS)) == told(spread(times, 3, POINTS, Workers(2))) == WHOLE
    assert list(spread(times, 3, {}, Workers(2))) == []


def dies_once(key: str, point: int, mark: str) -> tuple[str, int]:
    if point == 7 and not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return key, point * 3


def test_a_worker_that_is_killed_is_replaced_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    found = [row for share in spread(dies_once, str(tmp_path / "mark"), POINTS, Workers(2)) for row in share]
    assert (tmp_path / "mark").exists()
    assert sorted(found) == sorted(WHOLE.values())


def dies(key: str, point: int, _: object) -> tuple[str, int]:
    if point == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return key, point


def test_work_that_kills_its_workers_ends_in_words() -> None:
    with pytest.raises(ClusterFailed, match="4 workers died one after another"):
        list(spread(dies, None, POINTS, Workers(2)))


def fails(key: str, point: int, _: object) -> tuple[str, int]:
    if point == 3:
        raise NotEnoughData("too short", advice="Give more.")
    return key, point


@pytest.mark.parametrize("count", [1, 2])
def test_what_the_work_raises_comes_out_as_it_was(count: int) -> None:
    with pytest.raises(NotEnoughData) as why:
        list(spread(fails, None, POINTS, Workers(count)))
    assert (why.value.message, why.value.advice) == ("too short", "Give more.")


def rests(key: str, point: int, _: object) -> tuple[str, int]:
    time.sleep(0.2)
    return key, point


def test_who_stops_asking_stops_the_work() -> None:
    shares = spread(rests, None, {str(i): i for i in range(10_000)}, Workers(2))
    assert next(iter(shares))
    begun = time.monotonic()
    shares.close()  # type: ignore[attr-defined]
    assert time.monotonic() - begun < 30.0  # 10,000 points would take a quarter of an hour


def test_other_versions_are_refused() -> None:
    with pytest.raises(ClusterFailed, match="this process hedgerow 0"):
        sharing.shared_out(times, 3, [("a", 1)], ("hedgerow 0",))


def test_a_solver_with_a_library_of_its_own_makes_no_other_version() -> None:
    """This process has solved something, the workers have not."""
    assert sharing._computes("/v/site-packages/numpy.libs/libscipy_openblas64_-1.so")
    assert sharing._computes("/v/site-packages/scipy/.dylibs/libscipy_openblas.dylib")
    assert sharing._computes("/usr/lib/x86_64-linux-gnu/openblas-pthread/libblas.so.3")
    assert not sharing._computes("/v/site-packages/scs.libs/libopenblas-r0-1.3.15.so")
    assert not sharing._computes("/v/site-packages/scs/.dylibs/libopenblas.dylib")


class Told:
    """A crew without workers: shares come back last first, each point in `point_s` seconds."""

    def __init__(self, width: int, point_s: float) -> None:
        self.width, self.point_s = width, point_s
        self.out: list[Share] = []
        self.sizes: list[int] = []
        self.most = 0

    @property
    def busy(self) -> int:
        return len(self.out)

    def hand(self, share: Share) -> None:
        self.out.append(share)
        self.sizes.append(len(share))
        self.most = max(self.most, len(self.out))

    def done(self) -> list[Done]:
        share = self.out.pop()
        return [Done([key for key, _ in share], len(share) * self.point_s)]

    def close(self) -> None:
        self.out.clear()


@given(count=st.integers(0, 400), width=st.integers(1, 9), point_s=st.floats(1e-6, 100.0))
def test_every_point_is_handed_out_once_and_never_too_many(count: int, width: int, point_s: float) -> None:
    crew, points = Told(width, point_s), {str(i): i for i in range(count)}
    found = [key for share in handed(crew, points) for key in share]
    assert sorted(found) == sorted(points)
    assert crew.most <= 2 * width
    assert all(size == 1 or size * point_s <= 1.0 + 1e-6 for size in crew.sizes)
    if count > 20 * width and point_s < 0.1:
        assert len(crew.sizes) < count
