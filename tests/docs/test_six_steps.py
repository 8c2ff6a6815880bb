"""The page that leads through the steps runs, block by block."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "six-steps.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_every_python_block_runs_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {}
    assert len(blocks("python")) > 8
    for block in blocks("python"):
        exec(compile(block, "six-steps.md", "exec"), names)  # noqa: S102 — the page is the program under test


@pytest.mark.slow
@pytest.mark.parametrize("line", [line for block in blocks("sh") for line in block.splitlines() if line])
def test_every_command_runs(line: str) -> None:
    words = shlex.split(line)
    assert words[0] == "./hedgerow"
    done = subprocess.run(
        [sys.executable, "-m", "hedgerow", *words[1:]],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    assert done.stdout.strip()
    assert "Traceback" not in done.stderr
