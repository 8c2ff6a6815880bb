"""How an account is set up at the venue's core: what may change when, and what coins may leave."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.exchange.venue.desk import INVERSE, LINEAR, ME, codes, isolated, opened, place, run, trader

from hedgerow.exchange.venue import (
    Configured,
    Credited,
    HedgeSet,
    MarginMoved,
    balances_of,
    free_coins,
    leg_key,
    liquidation_of,
)
from hedgerow.model.instruments import MarginTier
from hedgerow.model.legs import ZERO

KEY = leg_key(LINEAR.name, "net")


def test_settings_only_change_when_they_may() -> None:
    state = opened()
    steps = (
        (Configured(1, ME, LINEAR.name, "cross", Decimal(20)), "no_change"),
        (Configured(1, ME, LINEAR.name, None, Decimal(126)), "leverage"),
        (Configured(1, ME, LINEAR.name, None, Decimal("0.5")), "leverage"),
        (Configured(1, ME, "paper:XYZ", None, Decimal(2)), "not_tradable"),
        (Configured(1, ME, LINEAR.name, "isolated"), ""),
        (HedgeSet(1, ME, hedge=False), "no_change"),
        (HedgeSet(1, ME, hedge=True), ""),
    )
    for event, code in steps:
        assert codes(run(state, event)[1]) == [code]
    resting, _ = run(state, place(2, "a", "0.1", "59000"))
    assert codes(run(resting, HedgeSet(3, ME, hedge=True))[1]) == ["not_flat"]
    assert codes(run(resting, Configured(3, ME, LINEAR.name, "isolated"))[1]) == ["not_flat"]
    assert codes(run(resting, Configured(3, ME, LINEAR.name, None, Decimal(50)))[1]) == [""]


def test_leverage_falls_only_as_far_as_the_coins_go_and_the_tier_allows() -> None:
    tiered = replace(LINEAR, tiers=(MarginTier(0.0, 0.004, 125.0), MarginTier(50_000.0, 0.01, 50.0)))
    state = trader(tiered, "1", "60000", "1300", leverage=Decimal(50))
    assert codes(run(state, Configured(5, ME, tiered.name, None, Decimal(40)))[1]) == ["margin"]
    assert codes(run(state, Configured(5, ME, tiered.name, None, Decimal(100)))[1]) == ["leverage"]
    assert codes(run(state, Configured(5, ME, tiered.name, None, Decimal(50)))[1]) == ["no_change"]
    rich, _ = run(state, Credited(4, ME, "USDT", Decimal(500)))
    assert codes(run(rich, Configured(5, ME, tiered.name, None, Decimal(40)))[1]) == [""]


def test_isolated_margin_is_moved_as_far_as_maintenance_allows() -> None:
    state = isolated(LINEAR, "-1", 10)
    name = LINEAR.name
    assert codes(run(state, MarginMoved(5, ME, name, Decimal(1_000_000)))[1]) == ["margin"]
    assert codes(run(state, MarginMoved(5, ME, name, Decimal(-5_900)))[1]) == ["margin"]
    assert codes(run(state, MarginMoved(5, ME, INVERSE.name, Decimal(1)))[1]) == ["leg"]
    more, outcomes = run(state, MarginMoved(5, ME, name, Decimal(4_000)))
    assert codes(outcomes) == [""]
    assert more.account(ME).margins[KEY] == 10_000
    first, second = (liquidation_of(s.listings, s.account(ME), KEY) for s in (state, more))
    assert first is not None
    assert second is not None
    assert second - first == pytest.approx(Decimal(4_000 / 1.004), abs=Decimal("0.2"))
    cross = run(opened(), place(1, "a", "1"))[0]
    assert codes(run(cross, MarginMoved(5, ME, name, Decimal(1)))[1]) == ["not_flat"]


def test_coins_that_carry_cannot_be_taken_and_bonus_carries() -> None:
    state, _ = run(opened(4_000), place(1, "a", "-1"))
    assert codes(run(state, Credited(2, ME, "USDT", Decimal(-1_000)))[1]) == ["margin"]
    assert codes(run(state, Credited(2, ME, "USDT", Decimal(-900)))[1]) == [""]
    assert codes(run(state, Credited(2, ME, "USDT", Decimal(-1), "earn"))[1]) == ["margin"]
    state, _ = run(state, Credited(2, ME, "USDT", Decimal(500), "bonus"))
    kinds = {b.kind: b for b in balances_of(state, state.account(ME))}
    assert kinds["bonus"].free == ZERO
    assert (
        kinds["derivatives"].free
        == free_coins(state.listings, state.account(ME), "USDT", [], state.rules) - 500
    )
