"""What comes due: funding at its own instants, expiry on the averaged index, the dead man's switch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.exchange.venue.desk import INVERSE, LINEAR, ME, codes, fills, levels, opened, order, place, run

from hedgerow.exchange.venue import (
    AllCancelled,
    Configured,
    Credited,
    DeadManSet,
    Funded,
    FundingSet,
    Listed,
    Marked,
    Passed,
    Placed,
    Quoted,
    VenueRules,
    VenueState,
    depth_of,
    forecast_of,
    ticker_of,
)
from hedgerow.model.errors import BrokenPromise
from hedgerow.model.ports import FundingPrint

HOUR = 3_600_000
ENDS = datetime(2026, 3, 27, 8, tzinfo=UTC)
AT = round(ENDS.timestamp() * 1000)
DATED = replace(LINEAR, symbol="BTCUSDT_260327", expiry=ENDS, funding_interval_hours=None)


def paid(outcomes: list[Any]) -> list[Funded]:
    return [o for o in outcomes if isinstance(o, Funded)]


def held(instrument: Any, units: str, mark: float, rate: float) -> VenueState:
    return run(
        opened(1_000_000, instrument=instrument),
        Quoted(0, instrument.name, levels((59_990, 1_000_000)), levels((60_010, 1_000_000))),
        FundingSet(0, instrument.name, Decimal(str(rate)), 8 * HOUR, 8 * HOUR),
        place(1, "a", units, instrument=instrument),
        Marked(2, {instrument.name: Decimal(str(mark))}),
    )[0]


@pytest.mark.parametrize(
    ("units", "turn", "vector"),
    [("-1.825", 1, "cash_short"), ("1.825", 1, "cash_long"), ("-1.825", -3, "cash_short_neg_rate")],
)
def test_TV20_who_pays_whom(vectors: dict[str, Any], units: str, turn: int, vector: str) -> None:
    v = vectors["TV20_funding"]
    state = held(LINEAR, units, v["mark"], turn * v["rate"])
    before = state.account(ME).wallet("USDT")
    state, outcomes = run(state, Passed(8 * HOUR))
    (payment,) = paid(outcomes)
    assert float(payment.payment.amount) == pytest.approx(v[vector], rel=1e-12)
    assert state.account(ME).wallet("USDT") == before + payment.payment.amount


def test_TV20_inverse_funding_is_in_coin(vectors: dict[str, Any]) -> None:
    v = vectors["TV20_funding"]
    state = held(INVERSE, str(int(v["inverse_short_usd"])), v["mark"], v["rate"])
    (payment,) = paid(run(state, Passed(8 * HOUR))[1])
    assert float(payment.payment.amount) == pytest.approx(v["inverse_cash_btc"], abs=1e-12)
    assert payment.payment.coin == "BTC"


def test_every_settlement_that_was_slept_through_is_paid_at_its_own_instant() -> None:
    state = held(LINEAR, "-1", 60_000, 0.0001)
    state, outcomes = run(state, Passed(33 * HOUR))
    assert [p.payment.at for p in paid(outcomes)] == [n * 8 * HOUR for n in (1, 2, 3, 4)]
    assert len({p.payment.payment_id for p in paid(outcomes)}) == 4
    prints = [o for o in outcomes if isinstance(o, FundingPrint)]
    assert {p.interval_hours for p in prints} == {Decimal(8)}
    assert state.at == 33 * HOUR
    forecast = forecast_of(state, LINEAR.name)
    assert forecast is not None
    assert (forecast.at, forecast.forecast) == (40 * HOUR, True)


def test_nobody_pays_without_a_position_at_the_instant() -> None:
    state = held(LINEAR, "-1", 60_000, 0.0001)
    state, _ = run(state, place(8 * HOUR - 1, "b", "1", reduce_only=True))
    assert paid(run(state, Passed(8 * HOUR))[1]) == []
    late = held(LINEAR, "-1", 60_000, 0.0001)
    _, outcomes = run(late, place(8 * HOUR, "b", "1", reduce_only=True))
    assert len(paid(outcomes)) == 1


def test_a_price_of_the_very_instant_counts_in_it() -> None:
    state = held(LINEAR, "-1", 60_000, 0.0001)
    _, outcomes = run(state, Marked(8 * HOUR, {LINEAR.name: Decimal(50_000)}), Passed(8 * HOUR))
    (payment,) = paid(outcomes)
    assert payment.mark == 50_000
    assert payment.payment.amount == 5


def test_isolated_funding_is_paid_from_its_own_margin() -> None:
    state, _ = run(
        opened(),
        FundingSet(0, LINEAR.name, Decimal("0.001"), 8 * HOUR, 8 * HOUR),
        Configured(0, ME, LINEAR.name, "isolated", Decimal(10)),
        place(1, "a", "1"),
    )
    state, _ = run(state, Passed(8 * HOUR))
    assert state.account(ME).margins[f"{LINEAR.name}/net"] == Decimal(6001) - 60
    assert state.account(ME).wallet("USDT") == Decimal(100_000) - Decimal("30.005") - 60


def test_funding_needs_an_interval_and_a_later_instant() -> None:
    with pytest.raises(BrokenPromise, match="interval"):
        run(opened(), FundingSet(0, LINEAR.name, Decimal("0.0001")))
    with pytest.raises(BrokenPromise, match="later"):
        run(opened(), FundingSet(5, LINEAR.name, Decimal("0.0001"), HOUR, 5))
    assert forecast_of(opened(), LINEAR.name) is None


def dated(units: str = "1") -> VenueState:
    return run(
        opened(instrument=DATED),
        Placed(1, ME, replace(order("a", units), instrument=DATED)),
        place(2, "rest", "0.1", "59000", instrument=DATED),
    )[0]


def test_TV22b_a_contract_settles_on_the_average_of_its_index(vectors: dict[str, Any]) -> None:
    v = vectors["TV22b_settlement"]
    state = dated()
    for second in range(3600):
        index = Decimal(60_000) + Decimal("0.05") * second
        state, _ = run(state, Marked(AT - HOUR + second * 1000, {}, {DATED.name: index}))
    before = state.account(ME).wallet("USDT")
    state, outcomes = run(state, Passed(AT))
    (closing,) = fills(outcomes)
    assert closing.kind == "settlement"
    assert float(closing.price) == v["avg_last_1800"]
    assert closing.fee == closing.price * Decimal("0.0005")
    assert state.account(ME).wallet("USDT") == before + closing.price - 60_010 - closing.fee
    assert not state.account(ME).legs
    assert not state.orders
    assert "expired" in codes(outcomes)
    assert state.listing(DATED.name).status == "closed"


def test_the_other_venue_s_window_is_a_rule(vectors: dict[str, Any]) -> None:
    v = vectors["TV22b_settlement"]
    state = dated().ruled(VenueRules(settlement_ms=HOUR))
    for second in range(3600):
        index = Decimal(60_000) + Decimal("0.05") * second
        state, _ = run(state, Marked(AT - HOUR + second * 1000, {}, {DATED.name: index}))
    _, outcomes = run(state, Passed(AT + 5))
    assert float(fills(outcomes)[0].price) == v["avg_last_3600"]
    assert fills(outcomes)[0].at == AT


def test_a_contract_whose_index_was_never_told_settles_at_its_mark() -> None:
    _, outcomes = run(dated("-1"), Passed(AT))
    assert [f.price for f in fills(outcomes)] == [60_000]
    told_before = run(dated("-1"), Marked(AT - 5 * HOUR, {}, {DATED.name: Decimal(61_000)}))[0]
    assert [f.price for f in fills(run(told_before, Passed(AT))[1])] == [61_000]


def test_nothing_reaches_a_contract_that_has_ended() -> None:
    state, _ = run(dated(), Passed(AT))
    state, outcomes = run(
        state,
        Quoted(AT + 1, DATED.name, (), ()),
        Marked(AT + 1, {DATED.name: Decimal(1)}),
        place(AT + 2, "b", "1", instrument=DATED),
    )
    assert codes(outcomes) == ["not_tradable"]
    assert state.listing(DATED.name).mark == 60_000
    assert state.due is None


def test_the_dead_man_cancels_what_is_open_and_only_once() -> None:
    state, _ = run(opened(), place(1, "a", "1", "59000"), DeadManSet(2, ME, 1000))
    assert state.due == 1002
    off, _ = run(state, DeadManSet(500, ME, 0))
    assert off.due is None
    state, outcomes = run(state, Passed(5000))
    assert codes(outcomes) == ["dead_man"]
    assert state.due is None
    state, outcomes = run(state, place(5001, "b", "1", "59000"), Passed(99_000))
    assert codes(outcomes) == [""]
    without = opened(rules=VenueRules(dead_man=False))
    assert codes(run(without, DeadManSet(1, ME, 1000))[1]) == ["not_offered"]


def test_what_is_told_of_prices() -> None:
    state = opened()
    assert ticker_of(state, LINEAR.name).last is None
    state, _ = run(
        state, place(1, "a", "1"), place(2, "b", "0.5", "59995"), Credited(3, ME, "USDT", Decimal(1))
    )
    told = ticker_of(state, LINEAR.name)
    assert [told.last, told.bid, told.ask, told.at] == [60_010, 59_995, 60_020, 0]
    assert depth_of(state, LINEAR.name, 2).bids == levels((59_995, "0.5"), (59_990, 1))
    bare, _ = run(VenueState(), Listed(7, LINEAR))
    empty = ticker_of(bare, LINEAR.name)
    assert (empty.bid, empty.ask, empty.mark, empty.index, empty.at) == (None, None, None, None, 7)
    assert codes(run(state, AllCancelled(4, ME))[1]) == ["asked", ""]
