"""A perpetual, a put and a collar through 10 October 2025, on assumed volatilities.

python examples/options_through_a_crash.py payoff.svg                                    the simulated market
python examples/options_through_a_crash.py payoff.svg closes.parquet bybit_perp          your closes
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

import hedgerow as hr
from hedgerow.hedge.options.attribution import OPTION_LINES
from hedgerow.hedge.options.walk import History, Walk, walk
from hedgerow.reports.charts import svg
from hedgerow.reports.options_page import chart_walk

HERE = Path(__file__).parent
BEFORE = 100
START, END = np.datetime64("2025-09-12"), np.datetime64("2025-11-12")


def history_of(prices: str | None = None, source: str | None = None) -> tuple[History, int]:
    """Return the example book's coins day by day, with betas estimated before the start, and the start's row."""
    end = str(END - np.timedelta64(1, "D"))
    market = hr.read_market(prices, source=source, as_of=end) if prices else hr.simulated_market(as_of=END)
    known = (
        hr.read_market(prices, source=source, as_of=str(START))
        if prices
        else hr.simulated_market(as_of=START)
    )
    coins = {p.symbol: float(p.quantity) for p in hr.read_portfolio(HERE / "book.csv").positions}
    kept = [symbol for symbol in coins if symbol in market.symbols and symbol != "USDT"]
    betas = hr.estimate(known, tuple(kept), "BTC")
    held = np.array([coins[symbol] for symbol in kept])
    slopes = np.array([float(betas.of(symbol)[0]) for symbol in kept])
    start = int(np.searchsorted(market.times, START))
    past = slice(start - BEFORE, None)
    closes = market.prices[past, [market.column(symbol) for symbol in kept]]
    spot = market.prices[past, market.column("BTC")]
    return History(market.times[past], spot, closes @ held, closes @ (held * slopes)), BEFORE


def main(picture: Path, prices: str | None = None, source: str | None = None, **terms: Any) -> Walk:
    """Walk the example book and draw what each protection made of it."""
    history, start = history_of(prices, source)
    found = walk(history, start, **terms)
    caption = "Perpetual, put and collar through 10 October 2025"
    picture.write_text(svg(chart_walk(found), caption, "Dollars gained since the start"), encoding="utf-8")
    print(f"coins worth ${history.book_usd[start]:,.0f} with ${history.beta_usd[start]:,.0f} of beta")
    for name in ("alone", "perpetual", "put", "collar"):
        gained = getattr(found, name)
        low = float(np.min(gained - np.maximum.accumulate(gained)))
        print(f"{name:10} {gained[-1]:+12,.0f}   worst fall {low:+12,.0f}")
    for name, days in (("put", found.put_lines), ("collar", found.collar_lines)):
        whole = sum(days[1:], days[0])
        told = ((line, getattr(whole, line)) for line in OPTION_LINES)
        print(f"{name:10} " + "  ".join(f"{line} {dollars:+,.0f}" for line, dollars in told if dollars))
    print("paid for the puts:", ", ".join(f"{paid:,.0f}" for paid in found.premium_usd))
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "payoff.svg"), *sys.argv[2:4])
