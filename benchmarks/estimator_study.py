"""Do compositions beat the default estimator? `python -m benchmarks.estimator_study PRICES --source NAME --from DATE`.

What no specification can say, against what is shipped, over the contest's own course and figures, hedged with BTC:
horizons averaged, estimates weighted by their errors, a prior that volatility predicts, a cross-section level taken
from a shorter horizon, and more shrinkage. All are scored where every one of them has a beta.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hedgerow.files.prices import read_market
from hedgerow.hedge.estimation import estimate
from hedgerow.model.arrays import FloatArray
from hedgerow.model.coins import GOLD, is_stablecoin
from hedgerow.model.market import Market
from hedgerow.runs.contenders import label_of
from hedgerow.runs.contest import ContestSettings
from hedgerow.runs.held import Course, Held, Stance, returns_of
from hedgerow.runs.panel import cut
from hedgerow.runs.score import Scored, scored

SHORT, USUAL, LONG = "huber:30d:150d", "huber:60d:300d", "huber:120d:500d"
PLAIN = "ols:180d"
LEAST_ERROR = 1e-3
TRAIN_DAYS, WEEK_DAYS, VOLATILITY_DAYS = 365.0, 7.0, 60.0


@dataclass(frozen=True, slots=True)
class Known:
    """What one step knows of N coins: each estimator's raw and shrunk betas and errors, and their volatility."""

    raw: dict[str, FloatArray]
    shrunk: dict[str, FloatArray]
    error: dict[str, FloatArray]
    volatility: FloatArray


def known(past: Market, coins: tuple[str, ...]) -> Known:
    """Everything the compositions are made of, at the end of `past`; volatility is in units of BTC's."""
    found = {
        spec: estimate(past, coins, "BTC", estimator=f"shrink({spec})")
        for spec in (SHORT, USUAL, LONG, PLAIN)
    }
    prices = past.prices[-round(VOLATILITY_DAYS * past.bars_per_day) - 1 :]
    columns = [past.column(s) for s in (*coins, "BTC")]
    with np.errstate(invalid="ignore"):
        moves = np.abs(prices[1:] / prices[:-1] - 1.0)[:, columns]
    size = np.array([c[np.isfinite(c)].mean() if np.isfinite(c).sum() > 20 else np.nan for c in moves.T])
    return Known(
        {spec: betas.raw[:, 0] for spec, betas in found.items()},
        {spec: betas.beta[:, 0] for spec, betas in found.items()},
        {spec: betas.stderr[:, 0] for spec, betas in found.items()},
        size[:-1] / size[-1],
    )


def averaged(step: Known) -> FloatArray:
    """Three horizons, alike."""
    return np.asarray(np.mean([step.shrunk[spec] for spec in (SHORT, USUAL, LONG)], axis=0))


def by_error(step: Known) -> FloatArray:
    """Horizons and plain least squares, each by its own precision."""
    weights = {spec: np.maximum(step.error[spec], LEAST_ERROR) ** -2.0 for spec in (SHORT, USUAL, PLAIN)}
    total = sum(weights[spec] * step.shrunk[spec] for spec in weights)
    return np.asarray(total / sum(weights.values()))


def by_volatility(step: Known) -> FloatArray:
    """The usual estimate shrunk to a line through log volatility instead of to one mean."""
    raw, error, log = step.raw[USUAL], step.error[USUAL], np.log(step.volatility)
    used = np.isfinite(raw) & np.isfinite(error) & np.isfinite(log)
    if used.sum() < 20:
        return step.shrunk[USUAL]
    line = np.polyfit(log[used], raw[used], 1)
    prior = np.polyval(line, log)
    noise = error**2
    spread = max(float(np.mean((raw - prior)[used] ** 2 - noise[used])), 0.0)
    return np.asarray((spread * raw + noise * prior) / (spread + noise))


def level_of_short(step: Known) -> FloatArray:
    """The usual differences between coins around the short horizon's mean."""
    both = np.isfinite(step.raw[SHORT]) & np.isfinite(step.raw[USUAL])
    return np.asarray(step.shrunk[USUAL] + (step.raw[SHORT] - step.raw[USUAL])[both].mean())


def halfway(step: Known) -> FloatArray:
    """Halfway from the usual estimate to the mean of all coins."""
    return np.asarray(0.5 * step.shrunk[USUAL] + 0.5 * np.nanmean(step.raw[USUAL]))


COMPOSITIONS: dict[str, Callable[[Known], FloatArray]] = {
    "default": lambda step: step.shrunk[USUAL],
    "horizons averaged": averaged,
    "weighted by error": by_error,
    "volatility prior": by_volatility,
    "level of 30 days": level_of_short,
    "halfway to the mean": halfway,
}


def course_of(market: Market, start: str | None) -> Course:
    """A week's steps from `start` on over every coin but BTC."""
    first = round(TRAIN_DAYS * market.bars_per_day)
    if start is not None:
        first = max(first, int(np.searchsorted(market.times, np.datetime64(start))))
    steps = np.arange(first, len(market.times) - 1, round(WEEK_DAYS * market.bars_per_day), dtype=np.int64)
    hedged = [s != "BTC" and not is_stablecoin(s) and s not in GOLD for s in market.symbols]
    none = np.empty(0, dtype=np.int64)
    return Course(market, returns_of(market, "simple"), steps, none, np.array(hedged, dtype=bool))


def main() -> None:
    """Print one line a composition."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prices")
    parser.add_argument("--source")
    parser.add_argument("--from", dest="start")
    parser.add_argument("--as-of")
    asked = parser.parse_args()
    course = course_of(read_market(asked.prices, source=asked.source, as_of=asked.as_of), asked.start)
    held = {name: Held(course) for name in COMPOSITIONS}
    coins = tuple(s for s, on in zip(course.market.symbols, course.assets, strict=True) if on)
    places = [course.market.column(s) for s in coins]
    lead = np.array([course.market.column("BTC")], dtype=np.int64)
    for t in course.steps.tolist():
        step = known(cut(course.market, t), coins)
        found = {name: make(step) for name, make in COMPOSITIONS.items()}
        there = np.isfinite(list(found.values())).all(axis=0)
        for name, values in found.items():
            beta, error = np.full((2, len(course.market.symbols), 1), np.nan)
            beta[places, 0] = np.where(there, values, np.nan)
            error[places, 0] = step.error[USUAL]
            held[name].stances.append(Stance(lead, -beta, beta, error))
    label = label_of("BTC", course.market)
    rows = scored([Scored(name, label, one) for name, one in held.items()], ContestSettings())
    for row in rows:
        print(
            f"{row.estimator:20} median {row.median_he:.4f}  pooled {row.pooled_he:.4f}  basket {row.basket_he:.4f}"
            f"  next {row.rmse_next:.4f}  turnover {row.turnover:5.2f}  may be best {row.confidence:.2f}"
        )


if __name__ == "__main__":
    main()
