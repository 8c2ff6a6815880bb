"""One function over many points: in this process, in processes of this machine, or on a Ray cluster.

spread(work, shared, points, Workers(4)) -> lists of results as they are done

`work(key, point, shared)` has to be a function that other processes can import, and to depend on nothing but its arguments:
then the results are the same, to the last bit, whoever computes them and in whatever order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from hedgerow.runs.crews.crew import Crew, Work, Workers
from hedgerow.runs.crews.sharing import one_thread

__all__ = ["Workers", "spread"]

_Found = TypeVar("_Found")
_SHARE_S = 1.0
_AHEAD = 2


def spread(
    work: Work[_Found], shared: object, points: Mapping[str, object], workers: Workers | None = None
) -> Iterator[list[_Found]]:
    """Yield `work(key, point, shared)` of every point, in a list for each share that is done.

    Points are handed out in shares of about a second each, by what those before took, and few more than can be worked on:
    `shared` travels once, and memory does not grow with the number of points. A worker that dies is replaced, and its share
    done anew. Who stops asking stops the work. Raises what `work` raises, `MissingExtra` where Ray is not installed,
    `ClusterFailed` where it cannot be reached or workers die again and again.
    """
    chosen = workers or Workers()
    if not points:
        return
    if not chosen.ray and (chosen.count <= 1 or len(points) == 1):
        for key, point in points.items():
            with one_thread():
                found = work(key, point, shared)
            yield [found]
        return
    crew = _crew(work, shared, chosen, len(points))
    try:
        yield from _handed(crew, points)
    finally:
        crew.close()


def _crew(work: Work[_Found], shared: object, workers: Workers, count: int) -> Crew:
    if workers.ray:
        from hedgerow.runs.crews.cluster import Cluster

        return Cluster(work, shared, workers)
    from hedgerow.runs.crews.processes import Processes

    return Processes(work, shared, min(workers.count, count))


def _handed(crew: Crew, points: Mapping[str, object]) -> Iterator[list[Any]]:
    left, took, known = deque(points), 0.0, 0
    while left or crew.busy:
        while left and crew.busy < _AHEAD * crew.width:
            size = _size(took / known if known else None, len(left), crew.width)
            crew.hand([(key, points[key]) for key in (left.popleft() for _ in range(size))])
        for done in crew.done():
            took, known = took + done.seconds, known + len(done.results)
            yield done.results


def _size(point_s: float | None, left: int, width: int) -> int:
    """How many points to hand out: a second's work, one while that is not known, and never so many that others wait."""
    if point_s is None:
        return 1
    fair = -(-left // (_AHEAD * width))
    return max(min(int(_SHARE_S / max(point_s, 1e-9)), fair), 1)
