"""`compare(market, estimators)`: which estimator and which instruments hedge best, walk-forward and out of sample.

At every step betas are estimated on what was known, the hedge is held until the next step, and what it left is kept.
Coins that are no more traded were candidates while they were. No coin is hedged with itself unless asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass

import numpy as np

from hedgerow.hedge.returns import ReturnKind
from hedgerow.model.coins import GOLD, is_stablecoin
from hedgerow.model.contest import Contest
from hedgerow.model.errors import NotEnoughData, UsageError
from hedgerow.model.market import Market
from hedgerow.runs.books import Draw, drawn
from hedgerow.runs.contenders import Contender, Label, label_of
from hedgerow.runs.foresight import EARLY_EVERY
from hedgerow.runs.held import BookStance, Course, Held, Stance, Stances, returns_of
from hedgerow.runs.panel import cut
from hedgerow.runs.score import Scored, scored
from hedgerow.runs.spread import Workers, spread

__all__ = ["ContestSettings", "compare"]

_EARLY_DAYS = 120.0


@dataclass(frozen=True, slots=True)
class ContestSettings:
    """`train_days` before the first window, betas anew every `step_days`, tested against the next `test_days`.

    `books` random books of `coins` coins each, of the coins whose volume ranks within `book_ranks` (None: of all), drawn
    anew every `draw_days`. `start` is the first step at the earliest. `returns` simple or log;
    `own` lets a coin be hedged with itself. Impact is that of hedges of `notional_usd` of each asset; `auto` chooses
    its contracts anew every `choose_days`.
    """

    train_days: float = 365.0
    step_days: float = 7.0
    test_days: float = 60.0
    books: int = 50
    coins: int = 10
    start: np.datetime64 | None = None
    seed: int = 0
    returns: ReturnKind = "simple"
    own: bool = False
    notional_usd: float = 100_000.0
    choose_days: float = 112.0
    book_ranks: tuple[int, int] | None = None
    draw_days: float = 182.0


def compare(
    market: Market,
    estimators: Iterable[str],
    instruments: Iterable[str] = ("BTC",),
    settings: ContestSettings | None = None,
    report: Callable[[float], None] = lambda _: None,
    workers: Workers | None = None,
) -> Contest:
    """Return one row for each estimator (a specification) and label: BTC, BTC+ETH, basket:N or auto.

    `basket:N` are the N most traded coins at each step, mixed for the least variance of each asset with its beta held
    at zero; `auto` as many as are worth their trades, up to 12. Books are hedged as one with either: at most N contracts
    chosen for the book, and kept while nothing else is worth the trade. `workers` share the rows: the figures are the same.
    Raises `UsageError` for a label nobody knows or named twice, `NotEnoughData` for too short a market, and what `spread`
    raises.
    """
    chosen = settings or ContestSettings()
    pairs = [(spec, label_of(text, market)) for text in instruments for spec in estimators]
    if len(set(pairs)) < len(pairs) or not pairs:
        raise UsageError("nobody to compare, or somebody twice", advice="Name each estimator and label once.")
    factors = sorted({factor for _, label in pairs for factor in label.factors})
    course = _course(market, chosen, factors)
    draws = drawn(course, chosen, frozenset() if chosen.own else frozenset(factors))
    found: dict[str, Stances] = {}
    alone = workers is None or (workers.count <= 1 and not workers.ray)
    ground = _Ground(chosen, course, draws, _part_of(report, found, len(pairs)) if alone else None)
    for share in spread(_run, ground, {str(i): pair for i, pair in enumerate(pairs)}, workers):
        found |= dict(share)
        report(len(found) / len(pairs))
    done = [Scored(spec, label, Held(course, *found[str(i)])) for i, (spec, label) in enumerate(pairs)]
    return Contest(
        scored(done, chosen),
        market.times[course.steps[0]],
        market.times[-1],
        len(market.times) - int(course.steps[0]),
        market.source,
        market.simulated,
        _notes(market, chosen),
    )


def _part_of(report: Callable[[float], None], found: Sized, count: int) -> Callable[[float], None]:
    """Tell the progress of one contender as a part of all, after those that are `found`."""
    return lambda done: report((len(found) + done) / count)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What every contender is given; `tell` hears how far one is where it runs in this process."""

    settings: ContestSettings
    course: Course
    draws: tuple[Draw, ...]
    tell: Callable[[float], None] | None


def _run(key: str, pair: tuple[str, Label], ground: _Ground) -> tuple[str, Stances]:
    """Return what a specification with a label holds at each step; a `Work` of `spread`."""
    (spec, label), asked, course = pair, ground.settings, ground.course
    contender = Contender(spec, label, asked.returns, asked.own, asked.choose_days, asked.notional_usd)
    factors = label_of("+".join(label.factors), course.market)
    plain = Contender(spec, factors, asked.returns, own=True, choose_days=1.0)
    nobody = Draw(np.empty((0, 1), dtype=np.int64), fresh=True)
    early = [plain.stance(cut(course.market, t), course.assets, nobody)[0] for t in course.early.tolist()]
    stances: list[Stance] = []
    books: list[BookStance] = []
    for t, draw in zip(course.steps.tolist(), ground.draws, strict=True):
        stance, hedged = contender.stance(cut(course.market, t), course.assets, draw)
        stances.append(stance)
        books.append(hedged)
        if ground.tell is not None:
            ground.tell(len(stances) / len(course.steps))
    return key, (early, stances, books)


def _course(market: Market, settings: ContestSettings, factors: list[str]) -> Course:
    """The steps at which betas are estimated, and those before them, once all factors trade, that intervals learn from."""
    per_day = market.bars_per_day
    first = round(settings.train_days * per_day)
    if settings.start is not None:
        first = max(first, int(np.searchsorted(market.times, settings.start)))
    step = max(round(settings.step_days * per_day), 1)
    if first + step >= len(market.times):
        raise NotEnoughData(
            f"{len(market.times)} bars are too few to train on {settings.train_days:g} days and test after them",
            advice="Give a longer price file or a shorter --train.",
        )
    listed = np.isfinite(market.prices[:, [market.column(f) for f in factors]]).argmax(axis=0).max()
    begin = int(listed) + round(_EARLY_DAYS * per_day)
    early = np.arange(first - EARLY_EVERY * step, begin - 1, -EARLY_EVERY * step)
    assets = np.array([not is_stablecoin(s) and s not in GOLD for s in market.symbols], dtype=bool)
    return Course(
        market,
        returns_of(market, settings.returns),
        np.arange(first, len(market.times) - 1, step, dtype=np.int64),
        early[::-1].astype(np.int64),
        assets,
    )


def _notes(market: Market, settings: ContestSettings) -> tuple[str, ...]:
    size = f"{settings.notional_usd:,.0f} dollars of each asset"
    lines = [
        "Hedges are held in dollars a dollar of the asset until the next step.",
        _books_note(settings),
        f"Trades cost 5 bp, half the modelled spread, and impact as for {size}; the first is not counted.",
    ]
    if not market.funding:
        lines.append("No funding was given: shorts are taken to receive 0.01 % every 8 hours, modelled.")
    if settings.returns == "log":
        lines.append("Returns are logarithms, which do not add across coins: for reproducing tables.")
    return tuple(lines)


def _books_note(settings: ContestSettings) -> str:
    ranks = settings.book_ranks
    among = f"of ranks {ranks[0]} to {ranks[1]} by volume" if ranks else "of any rank"
    return (
        f"Books: {settings.coins} coins each, equal dollars, {among}, drawn anew every {settings.draw_days:g} days;"
        " hedged as one, re-hedged at every step."
    )
