"""Rolling regression slopes of a year of minutes × 200 coins, window 1,440, two threads: 840 MB in and 840 MB out.

Before anything is timed: the kernel may take no more than a twentieth of its input in memory besides what it is given,
and 200 windows of each of five kinds of data must be within 1e-13 of the slope in fifty digits. Time is by the wall.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numba
import numpy as np
from benchmarks.race import Peer, Row, race
from benchmarks.rolling import bottleneck, pandas, panel, polars
from tests.stats.kernels.regimes import REGIMES, exact, regime

from hedgerow.stats.kernels.rolling import rolling_beta

MINUTES, COINS, WINDOW, LEAST = 365 * 24 * 60, 200, 1440, 960
MOST_MEMORY, MOST_ERROR, WINDOWS = 0.05, 1e-13, 200


def check_memory(run: Callable[[], object], given: int) -> None:
    """Raise where a call needs more than a twentieth of `given` bytes for itself."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts again from here
    before = peak()
    run()
    if (peak() - before) > MOST_MEMORY * given:
        raise AssertionError(f"{peak() - before} bytes besides {given}")


def peak() -> int:
    """The most memory this process has held, in bytes (Linux)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def check_error(name: str) -> None:
    """Raise where a slope of this kind of data is further than 1e-13 from its true value."""
    y, x = regime(name, rows=20_000)
    found = rolling_beta(y, x, WINDOW, LEAST)
    rng = np.random.default_rng(5)
    for t in rng.integers(WINDOW, len(y), WINDOWS):
        j = int(rng.integers(y.shape[1]))
        window = slice(t - WINDOW + 1, t + 1)
        truth = exact(y[window, j], x[window])
        if not abs(found[t, j] - truth) <= MOST_ERROR * abs(truth):
            raise AssertionError(f"{name}: {found[t, j]!r} in row {t} is {truth!r}")


def rows() -> list[Row]:
    """Return the table."""
    warnings.simplefilter("ignore")
    numba.set_num_threads(min(2, os.cpu_count() or 1))
    for name in REGIMES:
        check_error(name)
    y, x = panel(MINUTES, COINS)
    out, copied = np.zeros_like(y), np.zeros_like(y)
    ours = partial(rolling_beta, y, x, WINDOW, LEAST, out)
    check_memory(ours, y.nbytes)
    few = [np.ascontiguousarray(y[:, i]) for i in range(20)]
    share = 20 / COINS
    return race(
        "rolling beta, a year of minutes × 200 coins, window 1,440, 2 threads",
        ours,
        [
            Peer("polars", partial(polars, few, x, WINDOW, LEAST), 10.0, share=share),
            Peer("pandas", partial(pandas, y[:, :4], x, WINDOW, LEAST), 1.0, share=4 / COINS),
            Peer("bottleneck", partial(bottleneck, y[:, :20], x, WINDOW, LEAST), 1.0, share=share),
            Peer("copying the panel", partial(np.copyto, copied, y), 1 / 5),
        ],
        rounds=3,
        clock=time.perf_counter,
    )
