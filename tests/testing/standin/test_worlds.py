"""The worlds that stand-ins open with: each has its own."""

from __future__ import annotations

from decimal import Decimal

from hedgerow.testing.standin.worlds import stand_of


def test_a_price_that_moves_at_one_venue_moves_at_no_other() -> None:
    moved, other = stand_of("bybit"), stand_of("bybit")
    before = other.prices["SOL"]
    moved.prices["SOL"] = Decimal(1)  # type: ignore[index]
    assert (other.prices["SOL"], stand_of("mexc").prices["SOL"]) == (before, before)
