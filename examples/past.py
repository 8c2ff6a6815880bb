"""A hedge walked through half a year of the simulated market, kept in a folder, read back, and told as a page.

python examples/past.py run
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import hedgerow as hr
from hedgerow.files.runs import read_run, write_run
from hedgerow.reports.run_page import RunReport, run_page

HERE = Path(__file__).parent


def main(folder: Path) -> hr.RunResult:
    """Write the run into `folder`, with its page beside it, and return what is read back."""
    policy = hr.Policy(target_beta=(0.0,), instruments=("BTCUSDT",), rebalance="threshold:0.05")
    run = hr.backtest(
        policy,
        hr.read_portfolio(HERE / "book.csv"),
        hr.simulated_market(),
        hr.catalogue,
        settings=hr.BacktestSettings(start=np.datetime64("2026-01-01")),
    )
    write_run(folder, run, policy)
    again = read_run(folder)
    page = run_page(RunReport(again, hr.effectiveness(again)))
    (folder / "report.html").write_text(page, encoding="utf-8")
    print(again)
    print(f"the page is {folder / 'report.html'}")
    return again


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "run"))
