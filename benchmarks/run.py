"""Every table of this folder, one after the other: `./check bench`, or `./check bench startup` for one of them."""

from __future__ import annotations

import sys

from benchmarks import startup

TABLES = {"startup": startup.main}


def main(names: list[str]) -> int:
    """Exit status: 0 if every table asked for holds, 1 if one does not, 2 for a name there is not."""
    unknown = [name for name in names if name not in TABLES]
    if unknown:
        print(f"no table called {', '.join(unknown)}; there are {', '.join(TABLES)}", file=sys.stderr)
        return 2
    results = []
    for name in names or TABLES:
        print(f"== {name}", flush=True)
        results.append(TABLES[name]())
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
