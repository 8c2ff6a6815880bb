"""The sweep on Ray is the sweep on this machine, to the last bit: `python -m benchmarks.cluster`, with Ray installed.

Ray starts servers of its own and is no dependency of the check, which holds the seam against a stand-in; this walks the
same points through the real one, on two workers and in another order, and compares every number of every row. A busy machine
starts Ray only with `RAY_agent_register_timeout_ms=120000` in the environment.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from decimal import Decimal

from hedgerow.hedge.policy import Policy
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.portfolio import Portfolio, Position
from hedgerow.model.sweeps import Tried
from hedgerow.runs.grid import Point, grid, parse_grid
from hedgerow.runs.spread import on_processes, on_ray
from hedgerow.runs.sweep import Question, walk_plain
from hedgerow.testing import beta_market

_WORDS = ["rebalance=threshold:0.05,calendar:7", "target_beta=0,0.5", "instruments=1,BTCUSDT"]
_BETAS = {"BTC": 1.0, "ETH": 1.2, "SOL": 1.6, "ADA": 1.4}


def contracts(market: Market) -> tuple[Instrument, ...]:
    """Return the contracts of the catalogue, as a worker elsewhere finds them too."""
    from hedgerow.venues.catalogue import catalogue

    return catalogue(market)


def asked() -> tuple[Question, dict[str, Point]]:
    """Return a small question and eight policies."""
    held = {"SOL": 400, "ADA": 50_000, "USDT": 20_000}
    book = Portfolio(tuple(Position(symbol, Decimal(quantity)) for symbol, quantity in held.items()))
    question = Question(book, beta_market(_BETAS, {"BTC": 60_000.0}, days=200, seed=3), contracts)
    points = grid(Policy(), parse_grid(_WORDS))
    return question, {f"{place:03}": point for place, point in enumerate(points)}


def unlike(one: Sequence[Tried], other: Sequence[Tried]) -> list[str]:
    """Return the keys of rows that differ in any bit."""
    found = {row.key: row for row in other}
    return [
        row.key
        for row in one
        if repr(row) != repr(found[row.key]) or row.hedged.tobytes() != found[row.key].hedged.tobytes()
    ]


def main() -> int:
    """Print what both took and whether they agree; 1 where they do not."""
    question, points = asked()
    begun = time.perf_counter()
    here = list(on_processes(walk_plain, question, points, 1))
    between = time.perf_counter()
    there = list(on_ray(walk_plain, question, dict(reversed(points.items())), 2))
    done = time.perf_counter()
    apart = unlike(here, there)
    said = f"unlike: {', '.join(apart)}" if apart else "equal to the last bit"
    sys.stdout.write(
        f"{len(points)} policies: here {between - begun:.1f} s, Ray {done - between:.1f} s, {said}\n"
    )
    return int(bool(apart))


if __name__ == "__main__":
    sys.exit(main())
