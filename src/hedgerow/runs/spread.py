"""One function over many points: in processes of this machine, or on a Ray cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any, TypeVar

from hedgerow.model.errors import UsageError

__all__ = ["on_processes", "on_ray"]

_Found = TypeVar("_Found")
_Work = Callable[[str, Any, Any], _Found]
_shared: dict[str, Any] = {}


def on_processes(
    work: _Work[_Found], question: object, points: Mapping[str, object], workers: int
) -> Iterator[_Found]:
    """Yield `work(key, point, question)` for every point as it is done, from `workers` processes; 1 is this one."""
    if workers <= 1 or len(points) == 1:
        for key, point in points.items():
            yield work(key, point, question)
        return
    pool = ProcessPoolExecutor(
        min(workers, len(points)), get_context("spawn"), initializer=_remember, initargs=(question,)
    )
    with pool:
        waiting = [pool.submit(_one, work, key, point) for key, point in points.items()]
        try:
            for done in as_completed(waiting):
                yield done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _remember(question: object) -> None:
    _shared["question"] = question


def _one(work: _Work[_Found], key: str, point: object) -> _Found:
    return work(key, point, _shared["question"])


def on_ray(
    work: _Work[_Found], question: object, points: Mapping[str, object], workers: int
) -> Iterator[_Found]:
    """Yield the same from a Ray cluster: the one this session is connected to, else `workers` processes of its own.

    Raises `UsageError` where Ray is not installed.
    """
    try:
        import ray
    except ImportError:
        raise UsageError(
            "Ray is not installed", advice="Install it: pip install 'hedgerow[cluster]', or leave --ray out."
        ) from None
    mine = not ray.is_initialized()
    if mine:
        ray.init(
            num_cpus=max(workers, 1), include_dashboard=False, log_to_driver=False, logging_level="ERROR"
        )
    try:
        asked, task = ray.put(question), ray.remote(work)
        waiting = [task.remote(key, point, asked) for key, point in points.items()]
        while waiting:
            done, waiting = ray.wait(waiting)
            yield from ray.get(done)
    finally:
        if mine:
            ray.shutdown()
