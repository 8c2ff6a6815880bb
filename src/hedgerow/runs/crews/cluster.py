"""A Ray cluster as workers: shares go wherever there is a core; those of a node that is lost are done by others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from socket import create_connection
from typing import Any

from hedgerow.model.errors import ClusterFailed, MissingExtra
from hedgerow.runs.crews.crew import Done, Share, Work, Workers
from hedgerow.runs.crews.sharing import TRIES, died, release, shared_out

__all__ = ["Cluster"]

_ANSWER_S = 5.0
_TRIES_S = "RAY_gcs_server_port_wait_time_s"


class Cluster:
    """A Ray cluster that this session is connected to, or connects to for this work and leaves after it."""

    def __init__(self, work: Work[Any], shared: object, workers: Workers) -> None:
        self._ray = _ray()
        self._mine = not self._ray.is_initialized()
        self._waiting: dict[Any, Share] = {}
        if self._mine:
            _connect(self._ray, workers)
        self._task = self._ray.remote(shared_out).options(
            max_retries=TRIES, num_cpus=1, scheduling_strategy="SPREAD"
        )
        self._given = (self._ray.put(work), self._ray.put(shared))
        self._wanted = release()

    @property
    def width(self) -> int:
        """The cores of the nodes that are there now."""
        return max(int(self._ray.cluster_resources().get("CPU", 1)), 1)

    @property
    def busy(self) -> int:
        """How many shares are out."""
        return len(self._waiting)

    def hand(self, share: Share) -> None:
        """Hand out a share."""
        self._waiting[self._task.remote(*self._given, share, self._wanted)] = share

    def done(self) -> list[Done]:
        """Return the shares that are back."""
        ready, _ = self._ray.wait(list(self._waiting), num_returns=1)
        return [self._got(ref, self._waiting.pop(ref)) for ref in ready]

    def close(self) -> None:
        """Give up what is not done; leave a cluster that was connected to for this."""
        for ref in self._waiting:
            self._ray.cancel(ref)
        self._waiting.clear()
        if self._mine:
            self._ray.shutdown()

    def _got(self, ref: Any, share: Share) -> Done:
        wrong = self._ray.exceptions
        try:
            found: Done = self._ray.get(ref)
        except wrong.RayTaskError as why:
            if isinstance(why.cause, (wrong.RaySystemError, ImportError)):
                raise ClusterFailed(
                    "a worker cannot load what it is to compute",
                    advice="Install the same hedgerow on every node, in the environment that Ray was started from.",
                ) from why
            raise why.cause from None
        except (wrong.WorkerCrashedError, wrong.NodeDiedError, wrong.OutOfMemoryError) as why:
            raise died(share) from why
        except wrong.RayError as why:
            raise ClusterFailed(f"the Ray cluster failed: {str(why).splitlines()[0]}") from why
        return found


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        raise MissingExtra(
            "Ray is not installed", advice="Install it: pip install 'hedgerow[cluster]', or leave --ray out."
        ) from None
    return ray


def _connect(ray: Any, workers: Workers) -> None:
    """Connect to the cluster that is named, or start processes for this work alone."""
    address = workers.address or os.environ.get("RAY_ADDRESS", "")
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if not address:
        ray.init(address="local", num_cpus=max(workers.count, 1), include_dashboard=False, **quiet)
        return
    try:
        _answers(address)
        with _soon():
            ray.init(address=address, **quiet)
    except (OSError, RuntimeError, ValueError) as why:
        raise ClusterFailed(
            f"no Ray cluster answers at {address}: {str(why).splitlines()[0]}",
            advice="Start its head with `ray start --head`, and give that address as cluster.address or RAY_ADDRESS.",
        ) from why


def _answers(address: str) -> None:
    """Raise `OSError` where nobody listens at `host:port`: Ray itself tries for a quarter of an hour, and says nothing."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        create_connection((host.strip("[]"), int(port)), _ANSWER_S).close()


@contextmanager
def _soon() -> Iterator[None]:
    """Let Ray try once, half a minute, where something listens that does not speak with us."""
    before = os.environ.get(_TRIES_S)
    os.environ[_TRIES_S] = before or "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_TRIES_S]
