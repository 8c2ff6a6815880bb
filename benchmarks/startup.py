"""Cold starts: the whole program against the libraries it cannot do without, its help against a hello program.

Every row compares two processes started in turn, so that a busy minute of the machine falls on both. Bytecode and
disk caches are warm; the process is cold.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.race import Row, text_of

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 21

IMPORTS = "import numpy, scipy.sparse, polars, cyclopts, rich.table"
HELLO = '''
from cyclopts import App

app = App()

@app.default
def hello(name: str = "world") -> None:
    """Say hello to somebody."""
    print(f"hello {name}")

app()
'''


@dataclass(frozen=True, slots=True)
class Comparison:
    """Our command, the yardstick, and how many times the yardstick it may take."""

    title: str
    against: str
    ours: tuple[str, ...]
    yardstick: tuple[str, ...]
    at_most: float


COMPARISONS = (
    Comparison(
        "hedgerow plan on the embedded market, cold",
        "its imports",
        ("-m", "hedgerow", "plan", "examples/book.csv", "--json"),
        ("-c", IMPORTS),
        2.0,
    ),
    Comparison(
        "hedgerow --help, cold", "a hello program", ("-m", "hedgerow", "--help"), ("-c", HELLO, "--help"), 1.3
    ),
)


def seconds(arguments: Sequence[str]) -> float:
    """Wall time of one fresh interpreter; a command that fails is no measurement."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(ROOT / "src")
    environment["XDG_STATE_HOME"] = str(Path(tempfile.gettempdir()) / "hedgerow-startup")  # plans are kept
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-P", *arguments], cwd=ROOT, env=environment, capture_output=True, check=False
    )
    elapsed = time.perf_counter() - started
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(arguments)}\n{done.stderr.decode(errors='replace')}")
    return elapsed


def measure(comparison: Comparison, rounds: int = ROUNDS) -> tuple[float, float]:
    """Median seconds of ours and of the yardstick over interleaved runs, after one of each to warm the caches."""
    pairs = [(seconds(comparison.ours), seconds(comparison.yardstick)) for _ in range(rounds + 1)][1:]
    ours, yardstick = zip(*pairs, strict=True)
    return statistics.median(ours), statistics.median(yardstick)


def rows() -> list[Row]:
    """Return the table: the yardstick's time over ours, and the least that the limit allows."""
    table = []
    for comparison in COMPARISONS:
        ours, yardstick = measure(comparison)
        ratio, target = yardstick / ours, 1.0 / comparison.at_most
        table.append(
            Row(comparison.title, ours, comparison.against, yardstick, ratio, target, ratio >= target)
        )
    return table


if __name__ == "__main__":
    found = rows()
    print(text_of(found))
    sys.exit(not all(row.ok for row in found))
