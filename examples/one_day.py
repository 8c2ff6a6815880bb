"""What a beta hedge did on one day: a year's run up to it, and that day's money by line.

python examples/one_day.py 2025-10-10 closes.parquet --source bybit_perp
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import hedgerow as hr

HERE = Path(__file__).parent


def day_of(run: hr.RunResult, day: str) -> dict[str, float]:
    """Return the dollars of every line on `day`, with what the book alone and book and hedge gained."""
    on = (run.times - np.timedelta64(1, "ms")).astype("datetime64[D]") == np.datetime64(day, "D")
    lines = dict(zip(run.line_names, (float(x) for x in run.lines[on].sum(axis=0)), strict=True))
    first = int(np.flatnonzero(on)[0]) - 1
    last = int(np.flatnonzero(on)[-1])
    return {
        "book": float(run.spot_usd[first]),
        "alone": float(run.unhedged_usd[last] - run.unhedged_usd[first]),
        "hedged": float(run.gained_usd[last] - run.gained_usd[first]),
        **lines,
    }


def main(words: list[str] | None = None) -> dict[str, float]:
    """Run a year up to the day and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("day")
    parser.add_argument("prices")
    parser.add_argument("--source")
    asked = parser.parse_args(words)
    market = hr.read_market(asked.prices, source=asked.source, as_of=asked.day)
    book = hr.read_portfolio(HERE / "book.csv")
    start: np.datetime64 = market.times[-60]
    run = hr.backtest(hr.Policy(), book, market, hr.catalogue, settings=hr.BacktestSettings(start=start))
    found = day_of(run, asked.day)
    print(f"{asked.day}: a book of {found['book']:,.0f}")
    for name, dollars in found.items():
        print(f"  {name:12} {dollars:+12,.0f}  {dollars / found['book']:+7.1%}")
    return found


if __name__ == "__main__":
    main()
