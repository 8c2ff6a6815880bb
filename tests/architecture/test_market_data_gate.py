"""Where real prices are required, a run without them fails, and so does one that leaves some of them out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.architecture.sources import ROOT

PLAIN = "def test_plain(): pass\n"
REAL = "@pytest.mark.market_data\ndef test_real(): pass\n"
LEFT_OUT = "@pytest.mark.market_data\n@pytest.mark.skip(reason='absent')\ndef test_left_out(): pass\n"


def run_suite(
    folder: Path, tests: str, *options: str, required: str = "1"
) -> subprocess.CompletedProcess[str]:
    (folder / "test_suite.py").write_text(f"import pytest\n{tests}", encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = market_data\n", encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.market_data_gate", "-p", "no:cacheprovider", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HEDGEROW_REQUIRE_DATA": required},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("tests", "status", "words"),
    [
        (PLAIN + REAL, 0, "real prices: 1 passed"),
        (PLAIN, 1, "no test on real prices ran"),
        (PLAIN + REAL + LEFT_OUT, 1, "1 tests on real prices were skipped"),
    ],
    ids=["ran", "absent", "left out"],
)
def test_required(tmp_path: Path, tests: str, status: int, words: str) -> None:
    done = run_suite(tmp_path, tests)
    assert words in done.stdout, done.stdout + done.stderr
    assert done.returncode == status


def test_counted_also_where_workers_run_the_tests(tmp_path: Path) -> None:
    done = run_suite(tmp_path, PLAIN + REAL, "-n", "1")
    assert "real prices: 1 passed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0


def test_not_required(tmp_path: Path) -> None:
    assert run_suite(tmp_path, PLAIN, required="").returncode == 0
