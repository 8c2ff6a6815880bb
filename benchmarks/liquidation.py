"""The chance of liquidation by simulation: 100,000 paths of 720 hours against a barrier 40 % up (vector TV31).

All draw one normal number for every path and hour, and look every hour. Ours and JAX walk in single precision, JAX in
the two ways that suit it best, compiled; NumPy and numba without tricks are what one writes first. All must agree with
the closed form within 3 standard errors. The raw generators only fill memory with as many normal numbers, in blocks
that fit the cache: what a simulation that took its numbers from them could not go below. One thread on every side.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numba
import numpy as np
from benchmarks.race import Peer, Row, race

from hedgerow.stats.risk import first_passage_probability, simulated_passage

PRICE, BARRIER, SIGMA, PATHS, HOURS = 60_000.0, 84_000.0, 0.6, 100_000, 720
YEARS, STEP = HOURS / 8760, 1 / 8760
AWAY, SCALE, DRIFT = math.log(BARRIER / PRICE), SIGMA * math.sqrt(STEP), -0.5 * SIGMA**2 * STEP
BLOCK = 1000


def ours(seed: int = 1) -> float:
    """The kernel."""
    return simulated_passage(PRICE, BARRIER, SIGMA, YEARS, shape=(PATHS, HOURS), seed=seed)[0]


def plain_numpy() -> float:
    """Blocks of paths, summed along the hours."""
    rng = np.random.default_rng(1)
    touched = 0
    for _ in range(PATHS // BLOCK):
        moves = rng.standard_normal((BLOCK, HOURS)) * SCALE + DRIFT
        touched += int(np.count_nonzero(np.cumsum(moves, axis=1).max(axis=1) >= AWAY))
    return touched / PATHS


def loops(seed: int, paths: int, hours: int, away: float, scale: float, drift: float) -> float:
    """Two loops, for numba, and its own normal numbers; a path that has touched the barrier is done."""
    np.random.seed(seed)  # noqa: NPY002  numba's generator, as one finds it
    touched = 0
    for _ in range(paths):
        place = 0.0
        for _ in range(hours):
            place += scale * np.random.standard_normal() + drift  # noqa: NPY002
            if place >= away:
                touched += 1
                break
    return touched / paths


def jax_walks() -> dict[str, Callable[[], float]]:
    """JAX, compiled: all paths hour by hour, or a block of paths with all its hours after the other."""
    import jax
    import jax.numpy as jnp

    def step(state: Any, shocks: Any) -> Any:
        place = state[0] + SCALE * shocks + DRIFT
        return (place, jnp.maximum(state[1], place)), None

    def hour_by_hour(key: Any) -> Any:
        start = (jnp.zeros(PATHS), jnp.full(PATHS, -jnp.inf))

        def draw(state: Any, key: Any) -> Any:
            return step(state, jax.random.normal(key, (PATHS,)))

        return (jax.lax.scan(draw, start, jax.random.split(key, HOURS))[0][1] >= AWAY).sum()

    def block(key: Any) -> Any:
        start = (jnp.zeros(BLOCK), jnp.full(BLOCK, -jnp.inf))
        return (jax.lax.scan(step, start, jax.random.normal(key, (HOURS, BLOCK)))[0][1] >= AWAY).sum()

    whole = jax.jit(hour_by_hour)
    blocks = jax.jit(lambda key: jax.lax.map(block, jax.random.split(key, PATHS // BLOCK)).sum())
    key = jax.random.key(1)
    return {
        "JAX, all paths hour by hour": lambda: float(whole(key)) / PATHS,
        "JAX, block by block": lambda: float(blocks(key)) / PATHS,
    }


def raw(generator: type[np.random.BitGenerator]) -> None:
    """As many normal numbers as the paths have hours, and nothing done with them."""
    rng = np.random.Generator(generator(1))
    numbers = np.empty(BLOCK * HOURS // 10)
    for _ in range(PATHS * HOURS // len(numbers)):
        rng.standard_normal(out=numbers)


def as_the_closed_form(mine: object, theirs: object) -> None:
    """Raise where a share is 3 standard errors from the closed form with hourly looks."""
    expected = first_passage_probability(PRICE, BARRIER, SIGMA, YEARS, monitor_years=STEP)
    stderr = math.sqrt(expected * (1.0 - expected) / PATHS)
    np.testing.assert_allclose(np.array([mine, theirs], dtype=float), expected, rtol=0, atol=3.0 * stderr)


def rows() -> list[Row]:
    """Return the table."""
    numba.set_num_threads(1)
    peers = [Peer(name, run, 15.0, as_the_closed_form) for name, run in jax_walks().items()]
    compile_it: Any = numba.njit
    walk = partial(compile_it(loops), 1, PATHS, HOURS, AWAY, SCALE, DRIFT)
    peers += [
        Peer("NumPy", plain_numpy, 15.0, as_the_closed_form),
        Peer("numba without tricks", walk, 15.0, as_the_closed_form),
        Peer("NumPy's SFC64, the numbers alone", partial(raw, np.random.SFC64), 1 / 6),
        Peer("NumPy's PCG64, the numbers alone", partial(raw, np.random.PCG64), 1 / 6),
    ]
    return race("chance of liquidation, 100,000 paths of 720 hours", ours, peers)
