"""Plans that may be traded: one file each, named by the plan's id, unchanged or refused.

keep_plan(folder, plan)          write it, whole; what is older than a month goes
find_plan(folder, "3f9a1c")      the one plan whose id begins so
all_plans(folder)                every one, the newest first
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from hedgerow.model.errors import BadInput, UsageError
from hedgerow.store.documents import Sheet, forget_older, put, stems_in, text_of

__all__ = ["AGAIN", "KeptPlan", "all_plans", "find_plan", "keep_plan", "plan_of"]

_VERSION = 1
_KEPT_MS = 30 * 86_400_000
_ID = re.compile(r"[0-9a-f]{64}")
_SHORTEST = 4
_FIELDS = {
    "made_at": int,
    "document": dict,
    "settings": dict,
    "book": dict | None,
    "held": dict,
    "capital": dict,
}
_KINDS = {"hedge", "pair", "roll", "options"}
AGAIN = "Make it again with `hedgerow plan`, `hedgerow pair`, `hedgerow roll --propose` or `hedgerow options --take`."
"""What helps where a plan cannot be used."""


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """A plan as it was shown, and what it rested on.

    `kind` is hedge, pair, roll or options; `made_at` milliseconds of UTC; `document` the plan's own JSON; `settings` those it was made
    with; `book` path and SHA-256 of the holdings, None for a pair and a roll; `held` contracts of its instruments that the book
    holds, `capital` coins it wants in the account, both as exact text; `quotes` what the coin that a contract is
    quoted in was worth, in the document's currency, by contract; 1 where it is not told.
    """

    plan_id: str
    kind: str
    made_at: int
    document: Mapping[str, Any]
    settings: Mapping[str, Any]
    book: Mapping[str, str] | None
    held: Mapping[str, str]
    capital: Mapping[str, str]
    quotes: Mapping[str, float] = field(default_factory=dict)

    @property
    def turn(self) -> str:
        """What its trade is called in a journal: the same plan, made again, may have another where it still fits."""
        return f"{self.plan_id}@{self.made_at}"


def keep_plan(folder: Sheet, plan: KeptPlan) -> None:
    """Write a plan and return its file; the same plan again is as old as the last time. Raises `OSError`."""
    told = {
        "version": _VERSION,
        "plan_id": plan.plan_id,
        "kind": plan.kind,
        "made_at": plan.made_at,
        "document": plan.document,
        "settings": plan.settings,
        "book": plan.book,
        "held": plan.held,
        "capital": plan.capital,
        "quotes": plan.quotes,
    }
    text = _text(told)
    put(folder / f"{plan.plan_id}.json", json.dumps({"digest": _digest(text), "plan": told}, indent=1))
    forget_older(folder, list(filter(_ID.fullmatch, stems_in(folder))), plan.made_at - _KEPT_MS)


def find_plan(folder: Sheet, prefix: str) -> KeptPlan:
    """Return the plan whose id begins with `prefix`.

    Raises `UsageError` where there is none or more than one, `BadInput` for a file that is not what was written.
    """
    said = prefix.strip().lower()
    found = [name for name in stems_in(folder) if name.startswith(said) and _ID.fullmatch(name)]
    if len(said) < _SHORTEST or not re.fullmatch(r"[0-9a-f]+", said):
        raise UsageError(
            f'"{prefix}" is no plan', advice="Give at least four of the signs that `plan` printed."
        )
    if not found:
        raise UsageError(f"there is no plan {prefix} in {folder}", advice=AGAIN)
    if len(found) > 1:
        raise UsageError(
            f"{len(found)} plans begin with {prefix}",
            advice=f"Say which: {', '.join(n[:12] for n in found)}.",
        )
    return _read(folder, found[0])


def all_plans(folder: Sheet) -> tuple[KeptPlan, ...]:
    """Return every plan that is kept whole, the newest first; a file that is not what was written is passed over."""
    found = []
    for name in filter(_ID.fullmatch, stems_in(folder)):
        with suppress(BadInput):
            found.append(_read(folder, name))
    return tuple(sorted(found, key=lambda plan: (-plan.made_at, plan.plan_id)))


def plan_of(turn: str) -> str:
    """Return the id of the plan that a journal's trade is of."""
    return turn.partition("@")[0]


def _read(folder: Sheet, name: str) -> KeptPlan:
    try:
        whole = json.loads(text_of(folder / f"{name}.json") or "")
        told, digest = whole["plan"], whole["digest"]
        sound = (
            digest == _digest(_text(told))
            and told["plan_id"] == name
            and told["version"] == _VERSION
            and told["kind"] in _KINDS
            and all(isinstance(told[each], kinds) for each, kinds in _FIELDS.items())
            and isinstance(told.get("quotes", {}), dict)
        )
    except (OSError, ValueError, KeyError, TypeError):
        sound = False
    if not sound:
        raise BadInput("this is not the plan that was written", file=f"{name}.json", advice=AGAIN)
    return KeptPlan(**{each: told[each] for each in KeptPlan.__slots__ if each in told})


def _text(told: Mapping[str, Any]) -> str:
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
