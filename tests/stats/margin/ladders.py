"""Ladders of brackets for the tests of margin."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from hedgerow.stats.margin import Tier

FLAT = (Tier(0, 0.004),)
BTC_COIN = tuple(
    Tier(floor, mmr)
    for floor, mmr in (
        (0, 0.004), (5, 0.005), (10, 0.01), (20, 0.025), (50, 0.05), (100, 0.1), (200, 0.125), (400, 0.15),
    )
)  # fmt: skip


def tiers_of(vector: dict[str, Any]) -> tuple[Tier, ...]:
    """The brackets of TV23."""
    return tuple(Tier(floor, mmr) for floor, _, mmr in vector["btc_floor_mmr"])


@st.composite
def ladders(draw: st.DrawFn, largest: float = 1e7) -> tuple[Tier, ...]:
    """One to seven brackets with rising floors and rates."""
    count = draw(st.integers(1, 7))
    floors = sorted(draw(st.sets(st.floats(largest * 1e-5, largest), min_size=count - 1, max_size=count - 1)))
    rates = sorted(draw(st.lists(st.floats(0.001, 0.5), min_size=count, max_size=count)))
    return tuple(Tier(floor, mmr) for floor, mmr in zip((0.0, *floors), rates, strict=True))
