"""The only place that knows which files, which venue and which store: settings in, answers out.

Every name is loaded when it is first asked for: what stops trading or looks at a journal does not wait for what reckons.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hedgerow.app.desk import (
        Desk,
        beta,
        choose,
        open_desk,
        parse_instruments,
        plan,
        policy_of,
        value,
    )
    from hedgerow.app.history import Course, Tested, Times, backtest, compare
    from hedgerow.app.kept import Question, Replayed, ask, keep, keepable, recalled, replay, told, untaken
    from hedgerow.app.option_plans import Taken, taken
    from hedgerow.app.options import Protected, ProtectionTerms, options_beside, protect
    from hedgerow.app.pairs import Paired, PairTerms, pair
    from hedgerow.app.plans import keep_hedge, keep_pair
    from hedgerow.app.survival import survival
    from hedgerow.app.sweeps import Workshop, sweep
    from hedgerow.app.typed import numbers
    from hedgerow.app.universes import Crowd, universe
    from hedgerow.app.workers import workers_of

__all__ = [
    "Course",
    "Crowd",
    "Desk",
    "PairTerms",
    "Paired",
    "Protected",
    "ProtectionTerms",
    "Question",
    "Replayed",
    "Taken",
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
    "options_beside",
    "pair",
    "parse_instruments",
    "plan",
    "policy_of",
    "protect",
    "recalled",
    "replay",
    "survival",
    "sweep",
    "taken",
    "told",
    "universe",
    "untaken",
    "value",
    "workers_of",
]

_HOMES = {
    "desk": (
        "Desk",
        "beta",
        "choose",
        "open_desk",
        "parse_instruments",
        "plan",
        "policy_of",
        "value",
    ),
    "history": (
        "Course",
        "Tested",
        "Times",
        "backtest",
        "compare",
    ),
    "kept": (
        "Question",
        "Replayed",
        "ask",
        "keep",
        "keepable",
        "recalled",
        "replay",
        "told",
        "untaken",
    ),
    "option_plans": (
        "Taken",
        "taken",
    ),
    "options": (
        "Protected",
        "ProtectionTerms",
        "options_beside",
        "protect",
    ),
    "pairs": (
        "Paired",
        "PairTerms",
        "pair",
    ),
    "plans": (
        "keep_hedge",
        "keep_pair",
    ),
    "survival": ("survival",),
    "sweeps": (
        "Workshop",
        "sweep",
    ),
    "typed": ("numbers",),
    "universes": (
        "Crowd",
        "universe",
    ),
    "workers": ("workers_of",),
}
_HOME_OF = {name: f"hedgerow.app.{home}" for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a name from the room it lives in."""
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'hedgerow.app' has no attribute {name!r}")
    found = getattr(import_module(home), name)
    globals()[name] = found
    return found
