"""What a worker does with a share, wherever it runs."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from threadpoolctl import ThreadpoolController

from hedgerow.model.errors import ClusterFailed
from hedgerow.runs.crews.crew import Done, Share, Work

__all__ = ["TRIES", "died", "one_thread", "release", "shared_out"]

TRIES = 3
"""How often a share is begun anew after its worker died."""


@cache
def release() -> tuple[str, ...]:
    """Return what has to be the same everywhere for results to be: versions of what computes, and kernels of matrices."""
    versions = (f"{name} {version(name)}" for name in ("numpy", "scipy", "numba"))
    blas = (one for one in _libraries().info() if one["user_api"] == "blas" and _computes(one["filepath"]))
    kernels = {f"{one['internal_api']} for {one.get('architecture', 'any')}" for one in blas}
    return f"hedgerow {_own()}", *versions, *sorted(kernels)


def _computes(library: str) -> bool:
    """Whether work multiplies matrices by a library: solvers bring others, which are loaded only where one has solved."""
    folder = Path(library).parent
    owner = folder.parent.name if folder.name == ".dylibs" else folder.name.removesuffix(".libs")
    return not folder.name.endswith("libs") or owner in {"numpy", "scipy"}


@cache
def _own() -> str:
    """A word for this package's own text: another where any line of it is."""
    told, root = sha256(), Path(str(files("hedgerow")))
    for path in sorted(root.rglob("*.py")):
        told.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return told.hexdigest()[:12]


def shared_out(work: Work[object], shared: object, share: Share, wanted: tuple[str, ...]) -> Done:
    """Return what a share comes to. Raises `ClusterFailed` where this worker has other than the `release` that is wanted."""
    if (here := release()) != wanted:
        raise ClusterFailed(
            f"a worker has {', '.join(here)}, this process {', '.join(wanted)}",
            advice="Results would differ in their last digits. Install the same versions on every node; where processors differ,"
            " set OPENBLAS_CORETYPE to one of them on all.",
        )
    begun = time.monotonic()
    with one_thread():
        return Done([work(key, point, shared) for key, point in share], time.monotonic() - begun)


def one_thread() -> AbstractContextManager[object]:
    """Let matrices be multiplied by one thread: sums of several are in another order, and differ in their last bits.

    Workers do not fight over cores then either. It holds for the whole process while it lasts.
    """
    limited: AbstractContextManager[object] = _libraries().limit(limits=1)
    return limited


@cache
def _libraries() -> ThreadpoolController:
    import scipy.linalg  # noqa: F401  brings its own, and only what is loaded is seen

    return ThreadpoolController()


def died(share: Share) -> ClusterFailed:
    """Return the error for a share whose workers died each time."""
    first, more = share[0][0], len(share) - 1
    return ClusterFailed(
        f"{TRIES + 1} workers died one after another at {first}{f' and {more} more' if more else ''}",
        advice="Most often memory ran out: give fewer workers. What was done is kept with --out.",
    )
