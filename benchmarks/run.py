"""Every table of this folder: `./check bench`, or `./check bench rolling startup` for some of them.

Each runs in a process of its own, with the threads that its rows name on every side. `--json` prints one list of rows
`{workload, ours_s, peer, peer_s, ratio, target, ok}`; `--write` renews docs/reference/speed.md. The exit status is 1 where
a row falls short.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.race import Row, text_of

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "speed.md"
MARK = "<!-- measured -->"
TABLES = (
    "startup",
    "rolling",
    "minutes",
    "recursive",
    "backtests",
    "lots",
    "liquidation",
    "lake",
    "durability",
)
TWO_THREADS = {"minutes"}


def measured(name: str) -> list[Row]:
    """Run one table in a fresh process and return its rows; raises `SystemExit` where it breaks."""
    threads = "2" if name in TWO_THREADS else "1"
    limits = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(limits, threads), "PYTHONWARNINGS": "ignore"}
    environment["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.run", "--one", name],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"{name} broke:\n{done.stderr[-2000:]}")
    return [Row(**row) for row in json.loads(done.stdout.splitlines()[-1])]


def rows_of(name: str) -> list[dict[str, Any]]:
    """Return the rows of one table, in this process."""
    made: list[Row] = importlib.import_module(f"benchmarks.{name}").rows()
    return [row.to_dict() for row in made]


def there_are() -> list[str]:
    """The tables in this folder."""
    return [name for name in TABLES if (ROOT / "benchmarks" / f"{name}.py").exists()]


def main(words: list[str]) -> int:
    """Exit status: 0 if every row asked for holds, 1 if one does not, 2 for a name there is not."""
    if words[:1] == ["--one"]:
        print(json.dumps(rows_of(words[1])))
        return 0
    flags = {word for word in words if word.startswith("--")}
    names = [word for word in words if word not in flags] or there_are()
    unknown = [name for name in names if name not in there_are()] + sorted(flags - {"--json", "--write"})
    if unknown:
        print(f"no table called {', '.join(unknown)}; there are {', '.join(there_are())}", file=sys.stderr)
        return 2
    found: list[Row] = []
    for name in names:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        found += measured(name)
    table = text_of(found)
    print(json.dumps([row.to_dict() for row in found], indent=2) if "--json" in flags else table)
    if "--write" in flags:
        head = PAGE.read_text(encoding="utf-8").split(MARK)[0]
        PAGE.write_text(f"{head}{MARK}\n\n{table}\n", encoding="utf-8")
    return 0 if all(row.ok for row in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
