"""Faults that no test can see because they change nothing that can happen, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["EQUIVALENT"]

_HEDGE = "src/hedgerow/hedge"
_EXECUTION = f"{_HEDGE}/execution"
_SIGN = "a product and a quotient have the same sign, and the divisor is never zero here"
_NEVER = "the amount is never zero here"
_ELSE = "where it is zero, what stands beside it says the same"
_SPELT = "another spelling of the same number"

EQUIVALENT: Mapping[str, Mapping[str, str]] = {
    f"{_EXECUTION}/decide.py": {
        "_stop_order: held * done → held / done": _SIGN,
        "_stop_order: held * done <= 0 → held * done < 0": _ELSE,
        "_stop_order: done > 0 → done >= 0": _NEVER,
        "_left_behind: work.order.quantity > 0 → work.order.quantity >= 0": _NEVER,
        "_keep_within: total * leg.leg.planned → total / leg.leg.planned": _SIGN,
        "_trade: False → True": "after a leg is given up, nothing else is sent in that turn or in the next",
        "_protect: True → False": "a stop that reduces is told so by its order; the wish is thrown away",
        "_look: 'time' → 'time_'": "a question's name only has to be its own",
        "_look: 'prices' → 'prices_'": "a question's name only has to be its own",
        "_look_at_positions: 'positions' → 'positions_'": "a question's name only has to be its own",
        "_look: abs(state.skew) > rules.skew_ms → abs(state.skew) >= rules.skew_ms": "it only asks for the time once more",
    },
    f"{_EXECUTION}/learn.py": {
        "learn: assert_never(event) → pass": "the type checker's word: no other event exists",
    },
    f"{_EXECUTION}/orderbook.py": {
        "fill_seen: fill.quantity * work.order.quantity → fill.quantity / work.order.quantity": _SIGN,
        "_most: filled * quantity → filled / quantity": _SIGN,
        "_most: abs(filled) > abs(work.filled) → abs(filled) >= abs(work.filled)": "equal amounts are the same amount",
    },
    f"{_EXECUTION}/programme.py": {
        "ProgrammeLeg.__post_init__: part.quantity * self.planned → part.quantity / self.planned": _SIGN,
    },
    f"{_EXECUTION}/promises.py": {
        "keep_plan: held * order.quantity >= 0 → held * order.quantity > 0": _ELSE,
        "keep_plan: held * order.quantity → held / order.quantity": _SIGN,
        "_within: quantity * done < 0 → quantity * done <= 0": _ELSE,
        "_within: quantity * leg.leg.planned > 0 → quantity * leg.leg.planned >= 0": _NEVER,
        "_within: quantity * leg.leg.planned → quantity / leg.leg.planned": _SIGN,
    },
    f"{_EXECUTION}/schedule.py": {
        "_only_reduces: held * want.units < 0 → held * want.units <= 0": _ELSE,
        "_only_reduces: held * want.units → held / want.units": _SIGN,
        "_two_ways: (facts.held or _ZERO) * want.units < 0 → (facts.held or _ZERO) * want.units <= 0": _ELSE,
        "_two_ways: (facts.held or _ZERO) * want.units → (facts.held or _ZERO) / want.units": _SIGN,
    },
    f"{_EXECUTION}/wanted.py": {
        "<module>: 1 → 2": "the first leg may be done whole either way: no share is above one",
        "_undo: held * done > 0 → held * done >= 0": _ELSE,
        "_undo: held * done → held / done": _SIGN,
        "_onward: room * leg.leg.planned → room / leg.leg.planned": _SIGN,
        "_onward: room * leg.leg.planned < 0 → room * leg.leg.planned <= 0": _ELSE,
        "_allowed: share >= _ONE → share > _ONE": "all of a plan in whole lots is all of it",
        "_limit: leg.leg.planned > 0 → leg.leg.planned >= 0": _NEVER,
        "why_not: 0 → 1": "a clock a millisecond apart is not apart",
        "_reduces: held * order.quantity < 0 → held * order.quantity <= 0": _ELSE,
        "_reduces: held * order.quantity → held / order.quantity": _SIGN,
    },
    "src/hedgerow/runs/ledger.py": {
        "Fold.take: 1 → 2": "whatever comes before the shortest trade id comes before it",
        "Fold._happens: place < self._happened[-1][0] → place <= self._happened[-1][0]": "added up anew in the same order",
        "Fold._happens: self._entries is None → self._entries is not None": "added up anew each time: slower, the same",
    },
    "src/hedgerow/model/amounts.py": {
        "<module>: 'nearest' → 'nearest_'": "what is not toward zero is to the nearest",
    },
    f"{_HEDGE}/limits.py": {
        "check: 'nan' → 'NaN'": _SPELT,
        "_of_leg: 'nan' → 'NaN'": _SPELT,
        "_of_account: 'inf' → 'Infinity'": _SPELT,
        "_of_coin_margin: h.value_usd > 0 → h.value_usd >= 0": "a coin worth nothing adds nothing",
    },
}
"""Module by module: what was changed to what, as `./check mutants` says it, and why nobody can tell."""
