"""Orders at the venue's core: what the battery for venues cannot ask through its doors."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.exchange.venue.desk import (
    ASKS,
    BIDS,
    INVERSE,
    LINEAR,
    ME,
    codes,
    fills,
    last_order,
    levels,
    opened,
    order,
    place,
    run,
)

from hedgerow.exchange.venue import (
    AllCancelled,
    CancelAsked,
    Credited,
    HedgeSet,
    Listed,
    Marked,
    Passed,
    Placed,
    Printed,
    Quoted,
    VenueRules,
    VenueState,
    report_of,
    step,
)
from hedgerow.model.errors import BrokenPromise, UnknownSymbol
from hedgerow.model.orders import OrderState

OTHER = "other"


def with_other() -> VenueState:
    return run(opened(), Credited(0, OTHER, "USDT", Decimal(100_000)))[0]


def test_an_immediate_order_leaves_nothing_in_the_book() -> None:
    state, outcomes = run(opened(), place(1, "a", "4", "60020", life="ioc"))
    assert last_order(outcomes).filled == 3
    assert last_order(outcomes).state is OrderState.EXPIRED
    assert codes(outcomes)[-1] == "killed"
    assert not state.orders


@pytest.mark.parametrize(("size", "filled"), [("3", 3), ("3.001", 0)])
def test_fill_or_kill_is_all_or_nothing(size: str, filled: int) -> None:
    state, outcomes = run(opened(), place(1, "a", size, "60020", life="fok"))
    assert last_order(outcomes).filled == filled
    assert state.listing(LINEAR.name).asks == (ASKS if not filled else ASKS[2:])


def test_fill_or_kill_kills_a_reducing_order_of_more_than_is_held() -> None:
    state, _ = run(opened(), place(1, "a", "0.5"))
    _, outcomes = run(state, place(2, "b", "-0.6", "59000", life="fok", reduce_only=True))
    assert codes(outcomes)[-1] == "killed"
    assert not fills(outcomes)


def test_a_market_order_beyond_the_book_ends_with_what_there_was() -> None:
    rich = opened(10_000_000)
    _, outcomes = run(rich, place(1, "a", "54"))
    assert last_order(outcomes).filled == 53
    assert codes(outcomes)[-1] == "no_liquidity"
    assert report_of(last_order(outcomes)).state is OrderState.EXPIRED


def test_a_market_order_stays_within_the_band() -> None:
    rich = opened(10_000_000, VenueRules(band=Decimal("0.001")))
    _, outcomes = run(rich, place(1, "a", "10"))
    assert last_order(outcomes).filled == 3
    assert max(f.price for f in fills(outcomes)) <= 60_060
    _, outcomes = run(rich, place(1, "a", "1", "60061"))
    assert codes(outcomes) == ["price_band"]


def test_an_empty_book_fills_nothing() -> None:
    state, _ = run(opened(), Quoted(1, LINEAR.name, (), ()))
    _, outcomes = run(state, place(2, "a", "1"))
    assert codes(outcomes) == ["", "no_liquidity"]
    assert report_of(last_order(outcomes)).average is None


def test_one_does_not_trade_with_oneself() -> None:
    state, _ = run(opened(), place(1, "a", "1", "60000"))
    _, outcomes = run(state, place(2, "b", "-2", "59900"))
    assert codes(outcomes)[-1] == "self_trade"
    assert not fills(outcomes)
    state, outcomes = run(state, Quoted(3, LINEAR.name, levels((60_005, 1)), ASKS), place(4, "c", "-2"))
    assert [f.price for f in fills(outcomes)] == [Decimal(60_005)]
    assert codes(outcomes)[-1] == "self_trade"


def test_two_accounts_trade_with_each_other_inside_the_spread() -> None:
    state, _ = run(with_other(), place(1, "a", "1", "60000"))
    state, outcomes = run(state, place(2, "b", "-0.4", account=OTHER))
    mine, theirs = sorted(fills(outcomes), key=lambda f: f.account)
    assert [mine.account, mine.quantity, mine.price, mine.maker] == [ME, Decimal("0.4"), 60_000, True]
    assert [theirs.account, theirs.quantity, theirs.price, theirs.maker] == [
        OTHER,
        Decimal("-0.4"),
        60_000,
        False,
    ]
    assert state.listing(LINEAR.name).bids == BIDS


def test_the_outside_s_size_at_a_price_stands_before_a_resting_order() -> None:
    state, _ = run(with_other(), place(1, "a", "1", "59990"))
    state, outcomes = run(state, place(2, "b", "-1.5", account=OTHER))
    assert [f.quantity for f in fills(outcomes) if f.account == ME] == [Decimal("0.5")]
    assert not state.listing(LINEAR.name).bids or state.listing(LINEAR.name).bids[0][0] == 59_980


def test_trades_of_others_reach_an_order_behind_its_queue() -> None:
    state, _ = run(opened(), place(1, "a", "0.5", "59990"))
    state, outcomes = run(state, Printed(2, LINEAR.name, Decimal(59_990), Decimal("-0.8")))
    assert not fills(outcomes)
    state, outcomes = run(state, Printed(3, LINEAR.name, Decimal(59_990), Decimal("-0.5")))
    assert [f.quantity for f in fills(outcomes)] == [Decimal("0.3")]
    state, outcomes = run(state, Printed(4, LINEAR.name, Decimal(59_980), Decimal(-1)))
    assert [(f.quantity, f.price) for f in fills(outcomes)] == [(Decimal("0.2"), Decimal(59_990))]


def test_a_queue_that_leaves_lets_those_behind_it_forward() -> None:
    state, _ = run(opened(), place(1, "a", "0.5", "59990"))
    thinner = levels((59_990, "0.1"), (59_980, 2))
    state, _ = run(state, Quoted(2, LINEAR.name, thinner, ASKS), Quoted(3, LINEAR.name, BIDS, ASKS))
    _, outcomes = run(state, Printed(4, LINEAR.name, Decimal(59_990), Decimal("-0.2")))
    assert [f.quantity for f in fills(outcomes)] == [Decimal("0.1")]


def test_a_buyer_s_trade_takes_offers_only() -> None:
    state, _ = run(opened(), place(1, "a", "0.5", "60000"), place(2, "b", "-0.5", "60005"))
    _, outcomes = run(state, Printed(3, LINEAR.name, Decimal(60_005), Decimal("0.2")))
    assert [(f.client_id, f.quantity) for f in fills(outcomes)] == [("b", Decimal("-0.2"))]


def test_a_book_that_comes_to_cross_fills_as_far_as_its_size() -> None:
    state, _ = run(opened(), place(1, "a", "2", "59995"))
    crossing = levels((59_993, "0.7"), (59_996, 5))
    state, outcomes = run(state, Quoted(2, LINEAR.name, BIDS, crossing))
    assert [(f.quantity, f.price) for f in fills(outcomes)] == [(Decimal("0.7"), Decimal(59_995))]
    assert state.listing(LINEAR.name).asks == crossing[1:]


def test_reduce_only_orders_end_when_there_is_nothing_left_to_reduce() -> None:
    state, _ = run(opened(), place(1, "a", "1"), place(2, "tp", "-1", "61000", reduce_only=True))
    state, outcomes = run(state, place(3, "b", "-1"))
    assert not state.orders
    assert codes(outcomes)[-1] == "reduce_only"
    found = state.order_of(ME, "tp")
    assert found is not None
    assert found.state is OrderState.EXPIRED


def test_a_taker_reaches_past_reducing_orders_that_promise_one_position_twice() -> None:
    state, _ = run(
        with_other(),
        place(1, "o", "1", account=OTHER),
        Quoted(2, LINEAR.name, BIDS, levels((60_300, 5))),
        *(place(3 + n, f"r{n}", "-1", str(60_100 + n), account=OTHER, reduce_only=True) for n in range(3)),
    )
    state, outcomes = run(state, place(9, "a", "3", "60300"))
    assert [(f.price, f.quantity) for f in fills(outcomes) if f.account == ME] == [
        (Decimal(60_100), Decimal(1)),
        (Decimal(60_300), Decimal(2)),
    ]
    assert not state.account(OTHER).legs
    assert not state.orders


def test_a_stop_that_is_already_past_is_refused_and_one_without_a_position_does_nothing() -> None:
    state, _ = run(opened(), place(1, "a", "1"))
    _, outcomes = run(state, place(2, "s", "-1", stop="60000", reduce_only=True))
    assert codes(outcomes) == ["stop_now"]
    _, outcomes = run(state, place(2, "s", "-1", stop="59000.05", reduce_only=True))
    assert codes(outcomes) == ["tick"]
    state, _ = run(state, place(2, "s", "-1", stop="59000", reduce_only=True), place(3, "b", "-1"))
    assert [o.order.client_id for o in state.orders.values()] == ["s"]
    state, outcomes = run(state, Marked(4, {LINEAR.name: Decimal(58_900)}))
    assert codes(outcomes) == ["reduce_only"]
    assert not state.orders


def test_a_stop_that_opens_needs_margin_when_it_goes_off() -> None:
    off = Marked(2, {LINEAR.name: Decimal(61_000)})
    for coins, code in ((100_000, ""), (10, "margin")):
        _, outcomes = run(opened(coins), place(1, "s", "1", stop="61000"), off)
        assert codes(outcomes)[-1] == code
        assert bool(fills(outcomes)) is (not code)


def test_a_stop_limit_rests_at_its_limit() -> None:
    stop = replace(order("s", "-1", "60500", reduce_only=True), stop=Decimal(59_000))
    state, _ = run(opened(), place(1, "a", "1"), Placed(2, ME, stop))
    state, outcomes = run(state, Marked(3, {LINEAR.name: Decimal(59_000)}))
    assert codes(outcomes) == [""]
    assert last_order(outcomes).rests
    assert not last_order(outcomes).waiting


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"quantity": "0.0005"}, "lot"),
        ({"quantity": "0"}, "lot"),
        ({"quantity": "NaN"}, "lot"),
        ({"quantity": "Infinity"}, "lot"),
        ({"quantity": "1e16"}, "max_quantity"),
        ({"quantity": "1", "price": "NaN"}, "tick"),
        ({"quantity": "1", "price": "-5"}, "tick"),
        ({"quantity": "1", "price": "0"}, "tick"),
        ({"quantity": "1", "kind": "limit"}, "tick"),
        ({"quantity": "1", "price": "59000", "kind": "market"}, "tick"),
        ({"quantity": "0.001", "price": "4000"}, "min_notional"),
        ({"quantity": "1", "leg": "long"}, "leg"),
        ({"quantity": "-1", "reduce_only": True}, "reduce_only"),
        ({"quantity": "900", "price": "59000"}, "margin"),
        ({"quantity": "1", "instrument": INVERSE}, "not_tradable"),
    ],
)
def test_what_is_refused_and_why(asked: dict[str, Any], code: str) -> None:
    wanted = dict(asked)
    quantity, price = str(wanted.pop("quantity")), wanted.pop("price", None)
    state, outcomes = run(opened(), place(1, "a", quantity, price, **wanted))
    assert codes(outcomes) == [code]
    assert last_order(outcomes).state is OrderState.REFUSED
    assert state.order_of(ME, "a") is None
    assert not state.orders


def test_minimum_and_maximum_are_in_contracts() -> None:
    bounded = replace(INVERSE, min_contracts=Decimal(2), max_contracts=Decimal(10))
    state = opened(5, instrument=bounded)
    for units, code in (("100", "min_quantity"), ("1100", "max_quantity"), ("150", "lot"), ("300", "")):
        _, outcomes = run(state, place(1, "a", units, "59000", instrument=bounded))
        assert codes(outcomes) == [code]


def test_a_contract_without_a_mark_does_not_trade() -> None:
    state, _ = run(VenueState(), Listed(0, LINEAR), Credited(0, ME, "USDT", Decimal(1_000)))
    _, outcomes = run(state, place(1, "a", "0.01"))
    assert codes(outcomes) == ["no_price"]


def test_a_contract_that_only_reduces_closes_and_opens_nothing() -> None:
    state, _ = run(opened(), place(1, "a", "1"), Listed(2, LINEAR, "reduce_only"))
    assert codes(run(state, place(3, "b", "-1.5"))[1]) == ["not_tradable"]
    assert codes(run(state, place(3, "b", "-0.5"))[1])[0] == ""
    state, _ = run(state, Listed(4, LINEAR, "closed"))
    assert codes(run(state, place(5, "b", "-0.5", reduce_only=True))[1]) == ["not_tradable"]
    assert run(state, Quoted(6, LINEAR.name, (), ()))[0].listing(LINEAR.name).bids == BIDS


def test_too_many_orders_are_too_many() -> None:
    state = opened(rules=VenueRules(most_orders=2))
    state, outcomes = run(state, *(place(n, f"c{n}", "0.01", "59000") for n in (1, 2, 3)))
    assert codes(outcomes) == ["", "", "too_many"]
    state, outcomes = run(state, AllCancelled(4, ME, LINEAR.name))
    assert codes(outcomes) == ["asked", "asked", ""]


def test_client_ids_by_the_venue_s_way() -> None:
    for ids, again in (("ever", "duplicate_id"), ("open", ""), ("free", "")):
        state, _ = run(opened(rules=VenueRules(ids=ids)), place(1, "a", "0.1"))  # type: ignore[arg-type]
        assert codes(run(state, place(2, "a", "0.1"))[1])[0] == again
    state, _ = run(opened(rules=VenueRules(ids="open")), place(1, "a", "0.1", "59000"))
    assert codes(run(state, place(2, "a", "0.1"))[1]) == ["duplicate_id"]
    state, _ = run(opened(rules=VenueRules(ids="free")), *(place(n, "a", "0.1", "59000") for n in (1, 2)))
    assert len(state.open_orders(ME)) == 2


def test_the_same_client_id_belongs_to_each_account() -> None:
    state, outcomes = run(with_other(), place(1, "a", "0.1"), place(2, "a", "0.1", account=OTHER))
    assert "duplicate_id" not in codes(outcomes)
    one, two = state.order_of(ME, "a"), state.order_of(OTHER, "a")
    assert one is not None
    assert two is not None
    assert one.order_id != two.order_id


def test_cancelling_is_for_one_s_own() -> None:
    state, _ = run(with_other(), place(1, "a", "0.1", "59000"))
    mine = state.order_of(ME, "a")
    assert mine is not None
    assert codes(run(state, CancelAsked(2, OTHER, mine.order_id))[1]) == ["unknown_order"]
    state, outcomes = run(state, CancelAsked(2, ME, mine.order_id))
    assert codes(outcomes) == ["asked"]
    assert codes(run(state, CancelAsked(3, ME, mine.order_id))[1]) == ["order_over"]
    assert codes(run(state, CancelAsked(3, OTHER, mine.order_id))[1]) == ["unknown_order"]


def test_in_hedge_mode_what_goes_against_a_leg_only_reduces_it() -> None:
    state, _ = run(opened(), HedgeSet(1, ME, hedge=True), place(2, "a", "1", leg="long"))
    assert codes(run(state, place(3, "b", "-1", leg="short"))[1])[0] == ""
    _, outcomes = run(state, place(3, "b", "-2", leg="long"))
    assert sum(f.quantity for f in fills(outcomes)) == -1
    assert codes(run(state, place(3, "b", "1", leg="net"))[1]) == ["leg"]
    assert codes(run(state, place(3, "b", "1", leg="short"))[1]) == ["reduce_only"]


def test_many_past_orders_are_all_found() -> None:
    state = opened()
    for n in range(400):
        state, _ = step(state, place(n + 1, f"c{n}", "0.001", "59000", life="ioc"))
    assert all(state.order_of(ME, f"c{n}") is not None for n in range(400))
    assert len(list(state.past)) == 400


def test_time_does_not_go_back_and_books_are_proper() -> None:
    state, _ = run(opened(), Passed(10))
    with pytest.raises(BrokenPromise, match="time"):
        step(state, Passed(9))
    for bids, asks in (
        (levels((60_020, 1)), levels((60_010, 1))),
        (levels((59_980, 1), (59_990, 1)), ()),
        ((), levels((60_010, 0))),
        (levels((-1, 1)), ()),
    ):
        with pytest.raises(BrokenPromise, match="book"):
            step(state, Quoted(10, LINEAR.name, bids, asks))
    with pytest.raises(BrokenPromise, match="no price"):
        step(state, Marked(10, {LINEAR.name: Decimal(0)}))
    with pytest.raises(UnknownSymbol, match="does not list"):
        step(state, Printed(10, "paper:XYZ", Decimal(1), Decimal(1)))
