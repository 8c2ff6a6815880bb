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
from hedgerow.app.history import Course, Tested, Times, backtest, compare, keep
from hedgerow.app.pairs import pair
from hedgerow.app.sweeps import Workshop, sweep

__all__ = [
    "Course",
    "Desk",
    "Tested",
    "Times",
    "Workshop",
    "backtest",
    "beta",
    "choose",
    "compare",
    "keep",
    "numbers",
    "open_desk",
    "pair",
    "parse_instruments",
    "plan",
    "policy_of",
    "sweep",
    "value",
]
