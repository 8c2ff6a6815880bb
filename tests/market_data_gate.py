"""Counts the tests on real prices; `./check` loads it, `HEDGEROW_REQUIRE_DATA=1` makes an empty count a failure.

A test that is skipped proves nothing, so one skipped test on real prices fails the run as well.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

outcomes: Counter[str] = Counter()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Called once per phase, in the controlling process also for tests run by its workers."""
    if "market_data" in report.keywords and (report.when == "call" or report.skipped):
        outcomes[report.outcome] += 1


def complaint() -> str:
    """What is wrong with the count, or nothing."""
    if os.environ.get("HEDGEROW_REQUIRE_DATA") != "1":
        return ""
    if outcomes["skipped"]:
        return f"{outcomes['skipped']} tests on real prices were skipped"
    if not outcomes["passed"]:
        return "no test on real prices ran"
    return ""


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    is_worker = hasattr(session.config, "workerinput")
    if not is_worker and not session.config.option.collectonly and complaint():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())) or "none"
    terminalreporter.write_line(f"real prices: {counts}")
    if complaint():
        terminalreporter.write_line(f"FAILED {complaint()}: set HEDGEROW_DATA to the market data", red=True)
