"""The project's own files, as the tests of this folder look at them."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "hedgerow"
LOWER_FLOORS = ("model", "stats", "exchange", "hedge")
CODE = ("src", "tests", "benchmarks", "examples")
WRITTEN = (*CODE, "docs", ".ci")


def python_files(*folders: str) -> list[Path]:
    """Every Python file below the folders of the repository, in order."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def lower_floor_files() -> list[Path]:
    return python_files(*(f"src/hedgerow/{room}" for room in LOWER_FLOORS))


def written_files() -> list[Path]:
    """Everything somebody wrote here: code, documents, scripts, the files at the root."""
    below = [path for folder in WRITTEN for path in (ROOT / folder).rglob("*")]
    return sorted(
        path
        for path in [*ROOT.iterdir(), *below]
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith((".venv", ".git"))
    )


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def run_python(*args: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter with the package on its path, as `./hedgerow` starts it."""
    environment = {
        "PYTHONPATH": str(ROOT / "src"),
        "PATH": "/usr/bin:/bin",
        "NO_COLOR": "1",
        "LANG": "C.UTF-8",
        "XDG_STATE_HOME": os.environ.get("XDG_STATE_HOME", os.devnull),
    }
    return subprocess.run(
        [sys.executable, "-P", *args],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
