"""Bounds of the watch: each refuses beyond itself, and only there."""

from __future__ import annotations

import pytest

from hedgerow.hedge.watch import Bounds
from hedgerow.runs.bounds import Spent, beyond

NOW = 1_000_000_000_000
MINUTE = 60_000
WIDE = Bounds(None, 1e9, None, 1000, 0.0)


def rules(bounds: Bounds, dollars: float = 100.0, spent: tuple[Spent, ...] = ()) -> list[str]:
    return [each.rule for each in beyond(bounds, {"x": dollars}, spent, NOW, 1_000.0)]


def test_nothing_is_refused_within_wide_bounds() -> None:
    assert rules(WIDE, -1e6) == []


@pytest.mark.parametrize(
    ("bounds", "dollars", "spent", "rule", "says"),
    [
        (Bounds(99.0, 1e9, None, 99, 0.0), -100.0, (), "largest order", "x: $100, at most $99"),
        (
            Bounds(None, 2.0, None, 99, 0.0),
            500.0,
            (Spent(NOW - MINUTE, 1_501.0, 0.0),),
            "turnover a day",
            "$2,001 with this, at most $2,000",
        ),
        (
            Bounds(None, 1e9, 5.0, 99, 0.0),
            1.0,
            (Spent(NOW - MINUTE, 1.0, 5.1),),
            "cost a day",
            "$5 so far, at most $5",
        ),
        (
            Bounds(None, 1e9, None, 2, 0.0),
            1.0,
            (Spent(NOW - MINUTE, 1.0, 0.0),) * 2,
            "trades an hour",
            "2 in the last hour, at most 2",
        ),
        (
            Bounds(None, 1e9, None, 99, 60.0),
            1.0,
            (Spent(NOW - 59_000, 1.0, 0.0),),
            "cool-down",
            "traded 59 seconds ago, at least 60 between trades",
        ),
    ],
)
def test_each_bound_refuses_beyond_itself(
    bounds: Bounds, dollars: float, spent: tuple[Spent, ...], rule: str, says: str
) -> None:
    found = beyond(bounds, {"x": dollars}, spent, NOW, 1_000.0)
    assert [(each.rule, each.detail) for each in found] == [(rule, says)]
    old = tuple(Spent(NOW - 86_400_000, each.traded_usd, each.cost_usd) for each in spent)
    assert rules(bounds, min(dollars, 99.0) if dollars > 0 else -99.0, old) == []


@pytest.mark.parametrize(
    ("bounds", "spent", "rule"),
    [
        (Bounds(None, 1e9, 5.0, 99, 0.0), Spent(NOW - MINUTE, 1.0, float("nan")), "cost a day"),
        (Bounds(None, 2.0, None, 99, 0.0), Spent(NOW - MINUTE, float("nan"), 0.0), "turnover a day"),
    ],
)
def test_what_a_trade_came_to_is_not_known_and_nothing_is_not(
    bounds: Bounds, spent: Spent, rule: str
) -> None:
    """A fee in a coin without a price is a cost that nobody knows, and no reason to go on."""
    assert rules(bounds, 1.0, (spent,)) == [rule]
    (found,) = beyond(bounds, {"x": 1.0}, (spent,), NOW, 1_000.0)
    assert "not known" in found.detail


def test_a_cost_that_is_not_known_matters_to_nobody_who_set_no_bound() -> None:
    assert rules(WIDE, 1.0, (Spent(NOW - MINUTE, 1.0, float("nan")),)) == []
