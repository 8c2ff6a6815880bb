"""Margin at the venue's core, against the venues' documented examples, and what it closes when margin runs out."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exchange.venue.desk import (
    INVERSE,
    LINEAR,
    ME,
    QUANTO,
    codes,
    fills,
    isolated,
    levels,
    opened,
    place,
    run,
    trader,
)

from hedgerow.exchange.venue import (
    Credited,
    Deleveraged,
    FeesSet,
    Listed,
    Marked,
    Quoted,
    adl_light,
    adl_score,
    cross_equity,
    cross_maintenance,
    filters_of,
    holdings_of,
    leg_key,
    liquidation_of,
)
from hedgerow.model.instruments import Instrument, MarginTier
from hedgerow.model.legs import ZERO, value_of

KEY = leg_key(LINEAR.name, "net")


def tiers_of(rows: list[list[float]]) -> tuple[MarginTier, ...]:
    return tuple(MarginTier(row[0], row[-1], 125.0) for row in rows)


def test_TV23_maintenance_by_tier_is_exact(vectors: dict[str, Any]) -> None:
    v = vectors["TV23_tiers"]
    filters = filters_of(replace(LINEAR, tiers=tiers_of(v["btc_floor_mmr"])))
    assert [float(b.cum) for b in filters.brackets] == pytest.approx(v["cum"])
    value = Decimal("109.488") * Decimal("31967.27")
    assert float(filters.maintenance(value)) == pytest.approx(v["mm_btc_doc"], rel=1e-12)
    assert (
        filters.maintenance(Decimal(250_000))
        == Decimal(1200)
        == filters.maintenance(Decimal("249999.99999")).quantize(1)
    )


def test_TV24_a_cross_account_is_liquidated_where_the_venue_s_page_says(vectors: dict[str, Any]) -> None:
    """Binance's own example, to the cent: two longs in one wallet, and the same two alone."""
    v = vectors["TV24_binance_lp"]
    btc = replace(LINEAR, tiers=tiers_of(vectors["TV23_tiers"]["btc_floor_mmr"]), tick=Decimal("0.01"))
    rows: list[list[float]] = [
        [0.0, 0.005],
        [10e3, 0.0065],
        [100e3, 0.01],
        [500e3, 0.02],
        [1e6, 0.05],
        [2e6, 0.1],
    ]
    eth = replace(btc, symbol="ETHUSDT", underlying="ETH", tiers=tiers_of(rows))
    state = trader(btc, "109.488", "32481.98", "1535443.01")
    state, _ = run(
        state,
        Credited(3, ME, "USDT", Decimal(10) ** 9),
        Listed(3, eth),
        Marked(3, {eth.name: Decimal("1456.84")}),
        Quoted(3, eth.name, (), levels(("1456.84", 5000))),
        FeesSet(3, ME, eth.name, ZERO, ZERO),
        place(4, "eth", "3683.979", instrument=eth),
        Marked(5, {eth.name: Decimal("1335.18"), btc.name: Decimal("31967.27")}),
        Credited(6, ME, "USDT", -(Decimal(10) ** 9)),
    )
    told = {
        h.instrument: float(h.liquidation or 0)
        for i in (btc, eth)
        for h in holdings_of(state, state.account(ME), i)
    }
    assert told == {
        btc.name: pytest.approx(v["btc_cross"], abs=0.011),
        eth.name: pytest.approx(v["eth_cross"], abs=0.011),
    }
    assert float(cross_maintenance(state.listings, state.account(ME), "USDT")) == pytest.approx(
        71200.81144 + 356512.508
    )
    for contract, units, entry, wanted in (
        (btc, "109.488", "32481.98", v["btc_isolated"]),
        (eth, "3683.979", "1456.84", v["eth_isolated"]),
    ):
        alone = trader(contract, units, entry, "1535443.01")
        price = liquidation_of(alone.listings, alone.account(ME), leg_key(contract.name, "net"))
        assert float(price or 0) == pytest.approx(wanted, abs=0.011)


def test_TV24_a_short_with_one_flat_tier(vectors: dict[str, Any]) -> None:
    v = vectors["TV24_binance_lp"]
    state = trader(replace(LINEAR, tick=Decimal("0.01")), "-1.825", "60000", "20000")
    price = liquidation_of(state.listings, state.account(ME), KEY)
    assert price is not None
    assert 0 <= v["short_example"] - float(price) < 0.01


def test_TV25_an_inverse_long_and_a_short_that_cannot_die(vectors: dict[str, Any]) -> None:
    v = vectors["TV25_coinm_lp"]
    coin = replace(INVERSE, tiers=tiers_of(v["tiers_btc"]), tick=Decimal("0.01"))
    state = trader(coin, "10000000", "45000", "101")
    price = liquidation_of(state.listings, state.account(ME), leg_key(coin.name, "net"))
    assert float(price or 0) == pytest.approx(v["lp_cum_computed"], abs=0.011)
    flat = replace(INVERSE, tick=Decimal("0.01"))
    state = trader(flat, "-60000", "60000", "0.5")
    price = liquidation_of(state.listings, state.account(ME), leg_key(flat.name, "net"))
    assert float(price or 0) == pytest.approx(v["short_2x"], abs=0.01)
    covered = trader(flat, "-60000", "60000", "1")
    assert liquidation_of(covered.listings, covered.account(ME), leg_key(flat.name, "net")) is None


def test_TV26_bybit_s_isolated_inverse_page_of_2026(vectors: dict[str, Any]) -> None:
    v = vectors["TV26_bybit"]
    tiered = replace(INVERSE, tiers=(MarginTier(0.0, 0.005, 100.0),), tick=Decimal("0.0001"))
    for units, wanted in (("-60000", v["inv_short_2026"]), ("60000", v["inv_long_2026"])):
        state = isolated(tiered, units, 10, entry="50000", coins="10")
        (held,) = holdings_of(state, state.account(ME), tiered)
        assert float(held.liquidation or 0) == pytest.approx(wanted, abs=0.0002)


def test_TV26_bybit_s_exact_linear_form_is_the_isolated_one(vectors: dict[str, Any]) -> None:
    v = vectors["TV26_bybit"]
    tiered = replace(LINEAR, tiers=(MarginTier(0.0, 0.005, 100.0),), tick=Decimal("0.0001"))
    for units, wanted in (("-1", v["lin_short_exact"]), ("1", v["lin_long_exact"])):
        state = isolated(tiered, units, 50, entry="20000")
        (held,) = holdings_of(state, state.account(ME), tiered)
        assert float(held.liquidation or 0) == pytest.approx(wanted, abs=0.0002)
        assert held.margin_mode == "isolated"


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([LINEAR, INVERSE, QUANTO]),
    st.sampled_from([-1, 1]),
    st.integers(1, 40),
    st.integers(2, 60),
    st.booleans(),
)
def test_liquidation_comes_at_the_price_that_was_told(
    instrument: Instrument, side: int, lots: int, share: int, alone: bool
) -> None:
    scale = {LINEAR.name: Decimal("0.1"), INVERSE.name: Decimal(6000), QUANTO.name: Decimal(1_000_000)}
    units, entry = str(side * lots * scale[instrument.name]), "3000" if instrument is QUANTO else "60000"
    if alone:
        state = isolated(instrument, units, 10, entry, coins="10000000")
    else:
        worth = abs(value_of(instrument, Decimal(units), Decimal(entry)))
        state = trader(instrument, units, entry, str(worth / share))
    key = leg_key(instrument.name, "net")
    price = liquidation_of(state.listings, state.account(ME), key)
    if price is None:
        return
    before, _ = run(state, Marked(5, {instrument.name: price + side * instrument.tick}))
    assert key in before.account(ME).legs
    after, outcomes = run(state, Marked(5, {instrument.name: price - side * instrument.tick}))
    assert key not in after.account(ME).legs
    assert [f.kind for f in fills(outcomes)] == ["liquidation"]
    assert after.account(ME).wallet(instrument.settle) >= 0


def test_a_large_position_is_cut_a_tier_at_a_time() -> None:
    tiered = replace(LINEAR, tiers=(MarginTier(0.0, 0.004, 125.0), MarginTier(50_000.0, 0.05, 125.0)))
    state = trader(tiered, "-2", "60000", "20000")
    state, outcomes = run(state, Marked(5, {tiered.name: Decimal(69_000)}))
    (cut,) = fills(outcomes)
    left = state.account(ME).leg(tiered.name)
    assert left is not None
    assert abs(left.quantity) * 69_000 <= 50_000
    assert cut.fee == state.insurance["USDT"] > 0
    assert cross_equity(state.listings, state.account(ME), "USDT") >= cross_maintenance(
        state.listings, state.account(ME), "USDT"
    )


def test_orders_go_before_positions_and_free_what_they_held() -> None:
    state = trader(LINEAR, "-1", "60000", "3000")
    state, _ = run(state, place(3, "far", "0.01", "50000"))
    _, outcomes = run(state, Marked(5, {LINEAR.name: Decimal(62_900)}))
    assert codes(outcomes)[0] == "liquidated"


def test_a_gap_costs_the_fund_and_the_account_all_it_had() -> None:
    state = trader(LINEAR, "-1", "60000", "5000")
    state, outcomes = run(state, Marked(5, {LINEAR.name: Decimal(90_000)}))
    (closed,) = fills(outcomes)
    assert closed.fee == Decimal(-25_000) == state.insurance["USDT"]
    assert state.account(ME).wallet("USDT") == 0


def test_an_isolated_position_takes_nothing_else_with_it() -> None:
    state = isolated(LINEAR, "-1", 10)
    assert state.account(ME).margins[KEY] == 6_000
    state, outcomes = run(state, Marked(5, {LINEAR.name: Decimal(90_000)}))
    assert state.account(ME).wallet("USDT") == 94_000
    assert not state.account(ME).margins
    assert fills(outcomes)[0].fee == -24_000


def test_an_isolated_position_is_cut_a_tier_at_a_time_for_no_more_than_its_share() -> None:
    """The fee of a cut is at most what stands behind the part that is cut: no other coin pays for it."""
    tiered = replace(LINEAR, tiers=(MarginTier(0.0, 0.004, 125.0), MarginTier(50_000.0, 0.05, 125.0)))
    state = isolated(tiered, "-2", 10, coins="12000")
    state, outcomes = run(state, Marked(5, {tiered.name: Decimal(65_500)}))
    first = fills(outcomes)[0]
    share = first.quantity / 2
    assert 0 < first.fee <= (12_000 - 2 * 5_500) * share
    account = state.account(ME)
    assert account.wallet("USDT") - sum(account.margins.values()) >= 0


def test_winners_pay_what_the_fund_cannot() -> None:
    """ADL: the loser's gap is paid by the best placed on the other side, at the price where the loser had nothing left."""
    state = trader(LINEAR, "-1", "60000", "5000")
    state, _ = run(
        state,
        Credited(3, "ann", "USDT", Decimal(7_000)),
        Credited(3, "bob", "USDT", Decimal(500_000)),
        Quoted(3, LINEAR.name, (), levels((60_000, 5))),
        place(4, "a", "0.9", account="ann"),
        place(4, "b", "0.9", account="bob"),
    )
    state, outcomes = run(state, Marked(5, {LINEAR.name: Decimal(90_000)}))
    closed = [f for f in fills(outcomes) if f.kind == "adl"]
    assert [(f.account, f.quantity) for f in closed] == [("ann", Decimal("-0.9")), ("bob", Decimal("-0.1"))]
    assert {f.price for f in closed} == {Decimal(65_000)}
    assert all(f.fee == 0 for f in closed)
    assert state.insurance["USDT"] == 0


def test_an_inverse_gap_is_paid_the_same_way() -> None:
    state = trader(INVERSE, "60000", "60000", "0.2")
    state, _ = run(
        state,
        Credited(3, "ann", "BTC", Decimal(2)),
        Quoted(3, INVERSE.name, levels((60_000, 100_000)), ()),
        place(4, "a", "-60000", account="ann", instrument=INVERSE),
    )
    state, outcomes = run(state, Marked(5, {INVERSE.name: Decimal(40_000)}))
    (closed,) = [f for f in fills(outcomes) if f.kind == "adl"]
    assert closed.price == Decimal(50_000)
    assert abs(state.insurance["BTC"]) < Decimal("1e-9")
    assert state.account(ME).wallet("BTC") == 0


def test_deleveraging_asks_the_best_placed_first() -> None:
    state = opened(10_000)
    state, _ = run(
        state,
        Credited(1, "calm", "USDT", Decimal(1_000_000)),
        Credited(1, "calmer", "USDT", Decimal(9_000_000)),
        place(2, "a", "-0.5"),
        place(2, "b", "-0.5", account="calm"),
        place(2, "c", "-0.5", account="calmer"),
        Marked(3, {LINEAR.name: Decimal(55_000)}),
    )
    state, outcomes = run(state, Deleveraged(4, LINEAR.name, Decimal("-0.7"), Decimal(55_100)))
    assert [(f.account, f.quantity) for f in fills(outcomes)] == [
        (ME, Decimal("0.5")),
        ("calm", Decimal("0.2")),
    ]
    assert run(state, Deleveraged(5, "paper:XYZ", Decimal(-1), Decimal(1)))[1] == []


def test_TV36_the_queue_is_profit_times_leverage(vectors: dict[str, Any]) -> None:
    v = vectors["TV36_adl"]
    state = isolated(LINEAR, "1", 20, entry="100000")
    account = state.account(ME)
    assert account.margins[KEY] == Decimal(5_000)
    assert adl_score(state.listings, account, KEY) == 0.0
    state, _ = run(state, Marked(5, {LINEAR.name: Decimal(120_000)}))
    score = adl_score(state.listings, state.account(ME), KEY)
    assert score == pytest.approx(v["pnl_pct"] * 120_000 / 25_000)
    assert [adl_light(s) for s in (-1.0, 0.0, 0.1, 0.3, 0.7, v["rank"])] == [1, 1, 2, 3, 4, 5]


def test_closing_part_of_an_isolated_position_frees_its_share() -> None:
    state = isolated(LINEAR, "-1", 10)
    state, _ = run(state, Quoted(3, LINEAR.name, (), levels((60_000, 5))), place(4, "b", "0.25"))
    assert state.account(ME).margins[KEY] == 4_500
    state, _ = run(state, place(5, "c", "1.75"))
    left = state.account(ME).leg(LINEAR.name)
    assert left is not None
    assert left.quantity == 1
    assert state.account(ME).margins[KEY] == 6_000


def test_turning_an_isolated_loser_counts_what_it_lost() -> None:
    """Margin that its own loss has eaten carries no new position."""
    state = isolated(LINEAR, "-1", 10, coins="6100")
    state, _ = run(
        state, Marked(3, {LINEAR.name: Decimal(65_000)}), Quoted(3, LINEAR.name, (), levels((65_000, 5)))
    )
    assert codes(run(state, place(4, "b", "1.5"))[1]) == ["margin"]
    assert codes(run(state, place(4, "b", "1.1"))[1])[0] == ""


def test_tiers_that_change_while_open_count_at_once() -> None:
    state = trader(LINEAR, "-1", "60000", "5000")
    before = liquidation_of(state.listings, state.account(ME), KEY)
    tighter = replace(LINEAR, tiers=(MarginTier(0.0, 0.05, 20.0),))
    state, _ = run(state, Listed(4, tighter))
    after = liquidation_of(state.listings, state.account(ME), KEY)
    assert before is not None
    assert after is not None
    assert after < before - 1_000
    _, outcomes = run(state, Marked(5, {LINEAR.name: after + 1}))
    assert [f.kind for f in fills(outcomes)] == ["liquidation"]
