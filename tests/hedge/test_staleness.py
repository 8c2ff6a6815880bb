"""When a plan may no longer be traded."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from hedgerow.hedge.staleness import Basis, Freshness, stale

MADE = 1_800_000_000_000
MINUTE = 60_000
NAME = "paper:BTCUSDT"
BASIS = Basis(MADE, {NAME: 60_000.0}, {NAME: Decimal(-3)})
HELD = {NAME: Decimal("-3.0")}


def rules(now: int = MADE, price: float = 60_000.0, held: dict[str, Decimal] | None = None) -> list[str]:
    found = stale(BASIS, now, {NAME: price}, HELD if held is None else held, Freshness())
    assert all(refusal.detail and refusal.remedy for refusal in found)
    return [refusal.rule for refusal in found]


@pytest.mark.parametrize(
    ("minutes", "refused"), [(0, []), (60, []), (61, ["plan age"]), (600, ["plan age"]), (-1, ["plan age"])]
)
def test_age(minutes: int, refused: list[str]) -> None:
    assert rules(MADE + minutes * MINUTE) == refused


@pytest.mark.parametrize(
    ("price", "refused"),
    [
        (61_199.0, []),
        (58_801.0, []),
        (61_201.0, ["price move"]),
        (58_799.0, ["price move"]),
        (math.nan, ["price move"]),
        (0.0, ["price move"]),
    ],
)
def test_price(price: float, refused: list[str]) -> None:
    assert rules(price=price) == refused


@pytest.mark.parametrize(
    ("held", "refused"),
    [
        ({NAME: Decimal(-3)}, []),
        ({NAME: Decimal(0)}, ["position"]),
        ({NAME: Decimal(3)}, ["position"]),
        ({NAME: Decimal("-3.001")}, ["position"]),
        ({}, ["position"]),
    ],
)
def test_position_unknown_is_not_flat(held: dict[str, Decimal], refused: list[str]) -> None:
    assert rules(held=held) == refused


def test_everything_is_told_at_once() -> None:
    assert rules(MADE + 61 * MINUTE, 1.0, {}) == ["plan age", "price move", "position"]
    assert stale(Basis(MADE, {}, {}), MADE, {}, {}, Freshness()) == ()
