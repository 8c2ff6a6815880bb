"""Every table of this folder: `./check bench`, or `./check bench rolling startup` for some of them.

Each runs in a process of its own, with the threads that its rows name on every side. `--json` prints one list of rows
`{workload, ours_s, peer, peer_s, ratio, target, ok}`; `--write` renews these tables in docs/reference/speed.md. The exit
status is 1 where a row falls short.
"""

from __future__ import annotations

import importlib
import json
import os
import re
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
    "online",
    "backtests",
    "lots",
    "many",
    "cluster",
    "watch",
    "workers",
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


def renewed(page: str, tables: dict[str, list[Row]]) -> str:
    """Return the page with these tables in place of its old ones, in the order of TABLES; the others stay."""
    head, _, measured_before = page.partition(MARK)
    parts = re.split(r"^### (\w+)\n", measured_before, flags=re.MULTILINE)[1:]
    texts = dict(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))
    texts |= {name: text_of(found) for name, found in tables.items()}
    sections = [f"### {name}\n\n{texts[name]}\n" for name in TABLES if name in texts]
    return "\n".join([f"{head}{MARK}\n", *sections])


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
    tables = {}
    for name in names:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        tables[name] = measured(name)
        if "--write" in flags:
            page = renewed(PAGE.read_text(encoding="utf-8"), {name: tables[name]})
            PAGE.write_text(page, encoding="utf-8")
    found = [row for name in names for row in tables[name]]
    print(json.dumps([row.to_dict() for row in found], indent=2) if "--json" in flags else text_of(found))
    return 0 if all(row.ok for row in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
