"""Lives under faults: no order twice, none beyond the plan, none lost, and the ledger is what the venue says."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from hedgerow.testing.faults import check_history, live

SEEDS = 60

Line = tuple[int, str, Mapping[str, Any]]


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SEEDS, 20))
def test_lives_under_faults_break_nothing(first: int) -> None:
    verdicts = [live(seed, events=300) for seed in range(first, first + 20)]
    assert {v.seed: v.violations for v in verdicts if v.violations} == {}
    assert sum(v.outcomes["complete"] for v in verdicts) > 0
    assert sum(v.struck.total() for v in verdicts) > 0


def test_the_same_seed_is_the_same_journal() -> None:
    first, second = live(5, events=200), live(5, events=200)
    assert first.digest == second.digest != ""


def test_the_history_checker_sees_what_is_wrong() -> None:
    order: dict[str, Any] = {"client_id": "a", "quantity": Decimal(1), "reduce_only": False}
    intent = {**order, "plan": "p", "instrument": "c", "purpose": "trade"}
    plan: Line = (0, "programme", {"plan": "p", "legs": {"c": (Decimal(0), Decimal(1))}})
    fill: Line = (3, "fill", {"client_id": "a", "instrument": "c", "quantity": Decimal(1)})
    right: list[Line] = [plan, (1, "intent", intent), (2, "sent", order), fill]
    assert check_history(right) == []
    assert check_history([plan, (2, "sent", order)])
    assert check_history([*right, (4, "sent", order)])
    assert check_history([*right, fill])
    assert check_history([plan, (1, "intent", intent), (1, "halt", {"why": "x"}), (2, "sent", order)])
