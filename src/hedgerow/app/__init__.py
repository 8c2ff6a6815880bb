"""The only place that knows which files, which venue and which store: settings in, answers out."""

from __future__ import annotations

from hedgerow.app.desk import (
    Desk,
    beta,
    choose,
    numbers,
    open_desk,
    parse_instruments,
    plan,
    policy_of,
    value,
)
from hedgerow.app.history import Course, Tested, Times, backtest, compare
from hedgerow.app.kept import Question, Replayed, ask, keep, keepable, recalled, replay, told, untaken
from hedgerow.app.pairs import Paired, PairTerms, pair
from hedgerow.app.plans import keep_hedge, keep_pair
from hedgerow.app.sweeps import Workshop, sweep

__all__ = [
    "Course",
    "Desk",
    "PairTerms",
    "Paired",
    "Question",
    "Replayed",
    "Tested",
    "Times",
    "Workshop",
    "ask",
    "backtest",
    "beta",
    "choose",
    "compare",
    "keep",
    "keep_hedge",
    "keep_pair",
    "keepable",
    "numbers",
    "open_desk",
    "pair",
    "parse_instruments",
    "plan",
    "policy_of",
    "recalled",
    "replay",
    "sweep",
    "told",
    "untaken",
    "value",
]
