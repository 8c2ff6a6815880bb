"""The steps in a notebook: each line's result is the next line's input, and all of them show themselves.

python examples/plan.py
"""

from __future__ import annotations

from pathlib import Path

import hedgerow as hr

HERE = Path(__file__).parent


def main() -> hr.Ticket:
    """Walk through steps 1 to 4, then do the same as one policy."""
    market = hr.simulated_market()  # or hr.read_market("closes.parquet", source="bybit_perp")
    contracts = hr.catalogue(market)
    book = hr.read_portfolio(HERE / "book.csv")

    worth = hr.value(book, market)  # 1  dollars by asset
    betas = hr.estimate(market, (*worth.assets, "BTC"), "BTC")  # with standard errors
    exposure = hr.expose(worth, betas)  # 2  dollars of BTC that the book moves like
    model = hr.risk(market, betas)
    bitcoin = tuple(c for c in contracts if c.underlying == "BTC")
    ranking = hr.rank(bitcoin, exposure, market, risk=model)  # 3  cost, carry, basis risk, margin
    sized = hr.size(exposure, ranking, model)  # 4  whole contracts
    for result in (worth, betas, exposure, ranking, sized):
        print(result)

    half = hr.Policy(factor="BTC", target_beta=(0.5,))  # the same as one frozen value
    ticket = half.plan(book, market, contracts)
    print(ticket)
    for row in ticket.stress[:3]:
        print(f"  {row.name}: {row.net_usd:,.0f} with the hedge, {row.book_usd:,.0f} without")
    return ticket


if __name__ == "__main__":
    main()
