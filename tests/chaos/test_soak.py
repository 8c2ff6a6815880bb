"""A watch that runs for a day neither grows nor leaves files open, and misses no look."""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import median

import pytest
from tests.architecture.sources import ROOT


@pytest.mark.slow
def test_a_day_of_the_watch_leaks_neither_memory_nor_descriptors() -> None:
    """In a process of its own, so that the memory is the watch's; half a minute of one core."""
    words = [sys.executable, str(ROOT / "tests" / "chaos" / "soak.py")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=500, check=True)
    day = json.loads(done.stdout)
    assert day["growth"] < 0.05, day["rss_kb"]
    assert median(day["descriptors"][-4:]) <= median(day["descriptors"][:4])
    assert day["looks"] >= 24 * 60
    # The day was one: it traded, was silent, was halted, and called.
    assert day["trades"] >= 30
    assert day["said"]["stop"] >= 30
    assert day["messages"] >= 10  # by the wall: a slow machine puts more alarms into one message
