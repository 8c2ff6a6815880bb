"""How much variance do baskets remove out of sample? `python -m benchmarks.basket_study PRICES --source NAME`.

Random books of ten mid caps, hedged every week with what was known by then, held for seven days, gross of cost: the
best contract on BTC, then baskets of 2, 5 and 10 chosen for the book from the 60 most traded perps, without its own
coins. Prints the median over books of 1 − Var(hedged)/Var(unhedged) and of the hedged book's beta to BTC.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from hedgerow.files.prices import read_market
from hedgerow.hedge.estimation import estimate
from hedgerow.hedge.riskmodel import risk
from hedgerow.model.arrays import FloatArray
from hedgerow.model.coins import GOLD, is_stablecoin
from hedgerow.model.market import Market
from hedgerow.model.risk import RiskModel
from hedgerow.stats.optimise import choose_baskets

COUNTS = (1, 2, 5, 10)
COINS, POOL, WEEK = 10, 60, 7


def cut(market: Market, row: int) -> Market:
    """The market as it stood at the close of `row`."""
    kept = slice(None, row + 1)
    return replace(
        market,
        times=market.times[kept],
        prices=market.prices[kept],
        volumes_usd=market.volumes_usd[kept],
        as_of=market.times[row],
    )


def universe(market: Market) -> list[str]:
    """Coins with a year of bars, most traded first, without BTC, dollars and gold."""
    year: list[bool] = np.asarray(np.isfinite(market.prices[-366:]).all(axis=0)).tolist()
    names = [s for s, whole in zip(market.symbols, year, strict=True) if whole and s != "BTC"]
    names = [s for s in names if not is_stablecoin(s) and s not in GOLD]
    return sorted(names, key=lambda s: -market.daily_volume_usd(s))


def hedges(
    model: RiskModel, betas: dict[str, float], book: list[str], pool: list[str]
) -> dict[int, FloatArray]:
    """Dollars of each coin of the risk model for every count, for one dollar in each coin of the book."""
    allowed = ["BTC", *(s for s in pool if s not in book and s in model.symbols)]
    rows = model.index(tuple(allowed))
    weights = np.zeros(len(model.symbols))
    weights[model.index(tuple(book))] = 1.0
    inner = model.covariance[np.ix_(rows, rows)] + 0.0007**2 * np.eye(len(rows))
    beta = np.array([[betas[s]] for s in allowed])
    gap = np.array([-sum(betas[s] for s in book)])
    scale = 0.5 / len(book)
    steps = choose_baskets(
        2 * scale * inner * 30,
        2 * scale * 30 * (model.covariance[rows] @ weights),
        np.full(len(rows), 0.002),
        beta,
        gap,
        (0,),
        max(COUNTS),
    )
    found: dict[int, FloatArray] = {}
    for step in steps:
        if len(step.members) in COUNTS:
            h = np.zeros(len(model.symbols))
            h[[rows[i] for i in step.members]] = step.h
            found[len(step.members)] = h
    return found


def study(market: Market, books: int, seed: int, weeks: int) -> dict[int, list[FloatArray]]:
    """Weekly out-of-sample returns: for each count (0 is unhedged), one (T,) series a book; −1 is BTC itself."""
    rng = np.random.default_rng(seed)
    first = len(market.times) - 1 - weeks * WEEK
    middle = universe(cut(market, first))[POOL // 3 : POOL * 2]
    chosen = [list(rng.choice(middle, COINS, replace=False)) for _ in range(books)]
    series: dict[int, list[list[float]]] = {count: [[] for _ in chosen] for count in (-1, 0, *COUNTS)}
    for row in range(first, len(market.times) - WEEK, WEEK):
        past = cut(market, row)
        names = universe(past)
        symbols = tuple(dict.fromkeys(["BTC", *names, *(s for book in chosen for s in book)]))
        betas = estimate(past, symbols)
        model = risk(past, betas)
        slopes = {s: float(b) for s, b in zip(betas.symbols, betas.beta[:, 0], strict=True)}
        places = [market.symbols.index(s) for s in model.symbols]
        moves = (
            market.prices[row + 1 : row + 1 + WEEK][:, places] / market.prices[row : row + WEEK][:, places]
            - 1.0
        )
        moves = np.nan_to_num(moves)
        for i, book in enumerate(chosen):
            held = np.zeros(len(model.symbols))
            held[model.index(tuple(book))] = 1.0
            series[0][i] += list(moves @ held)
            series[-1][i] += list(moves[:, model.symbols.index("BTC")])
            for count, h in hedges(model, slopes, book, names[:POOL]).items():
                series[count][i] += list(moves @ (held + h))
    return {count: [np.array(one) for one in rows] for count, rows in series.items()}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("prices")
    parser.add_argument("--source")
    parser.add_argument("--as-of")
    parser.add_argument("--books", type=int, default=40)
    parser.add_argument("--weeks", type=int, default=52)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    market = read_market(asked.prices, source=asked.source, as_of=asked.as_of)
    series = study(market, asked.books, asked.seed, asked.weeks)
    print(
        f"{asked.books} books of {COINS} coins, {asked.weeks} weeks to {str(market.times[-1])[:10]}, seed {asked.seed}"
    )
    print(f"{'contracts':>10}{'variance removed':>20}{'10 % to 90 %':>18}{'beta left':>12}")
    for count in COUNTS:
        removed = [1 - np.var(h) / np.var(u) for h, u in zip(series[count], series[0], strict=True)]
        left = [
            np.cov(h, b)[0, 1] / np.var(b) / COINS for h, b in zip(series[count], series[-1], strict=True)
        ]
        low, high = np.quantile(removed, [0.1, 0.9])
        print(
            f"{count:>10}{np.median(removed):>20.3f}{f'{low:.2f} … {high:.2f}':>18}{np.median(left):>12.3f}"
        )


if __name__ == "__main__":
    main()
