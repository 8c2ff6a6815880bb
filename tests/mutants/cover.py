"""Run the own tests of the modules that money hangs on, and say which of their branches no test takes.

python -m tests.mutants.cover        a table module × branches; fails under 100 %
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / part) for part in ("src", "")]

from tests.mutants.modules import MODULES, ROOT  # noqa: E402 - the path above serves a plain start

__all__ = ["main"]


def main() -> int:
    """Print the table; 1 where a test fails or a branch is never taken."""
    with tempfile.TemporaryDirectory() as place:
        data, told = Path(place, "data"), Path(place, "told.json")
        tests = list(dict.fromkeys(test for own in MODULES.values() for test in own))
        options = [f"--data-file={data}", f"--include={','.join(MODULES)}"]
        pytest = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
        ran = _coverage("run", "--branch", *options, *pytest)
        if ran:
            return ran
        _coverage("json", "-q", *options, f"-o{told}")
        files = json.loads(told.read_text(encoding="utf-8"))["files"]
    sys.stdout.write("| module | branches | taken | % | never |\n|---|---:|---:|---:|---|\n")
    whole = [_row(path, files.get(path)) for path in MODULES]
    return 0 if all(whole) else 1


def _coverage(*words: str) -> int:
    return subprocess.run([sys.executable, "-m", "coverage", *words], cwd=ROOT, check=False).returncode


def _row(path: str, found: dict[str, Any] | None) -> bool:
    """Print one module's line and return whether everything in it was run."""
    if found is None:
        sys.stdout.write(f"| `{path}` | ? | ? | 0 | no test imports it |\n")
        return False
    sums = found["summary"]
    never = [str(line) for line in found["missing_lines"]]
    never += [f"{a}→{'exit' if b < 0 else b}" for a, b in found["missing_branches"]]
    share = 100.0 * sums["covered_branches"] / sums["num_branches"] if sums["num_branches"] else 100.0
    branches, taken = sums["num_branches"], sums["covered_branches"]
    sys.stdout.write(f"| `{path}` | {branches} | {taken} | {share:.0f} | {', '.join(never)} |\n")
    return not never


if __name__ == "__main__":
    raise SystemExit(main())
