"""What holds at the venue whatever happens: money, positions, priority, determinism, and states that nobody changes."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exchange.venue.desk import ASKS, BIDS, INVERSE, LINEAR, MARKS, QUANTO, fills, levels, place, run

from hedgerow.exchange.venue import (
    AllCancelled,
    CancelAsked,
    Configured,
    Credited,
    Funded,
    FundingSet,
    Listed,
    Marked,
    OrderMoved,
    Printed,
    Quoted,
    VenueEvent,
    VenueOutcome,
    VenueState,
    leg_key,
    step,
)
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.legs import ZERO, Leg
from hedgerow.model.orders import Fill

HOUR = 3_600_000
CONTRACTS = (LINEAR, INVERSE, QUANTO)
PEOPLE = ("ann", "bob")
COINS = {"USDT": Decimal(200_000), "BTC": Decimal(4)}


def market() -> VenueState:
    events: list[VenueEvent] = [Listed(0, instrument) for instrument in CONTRACTS]
    events.append(Marked(0, MARKS))
    for instrument in CONTRACTS:
        events.append(FundingSet(0, instrument.name, Decimal("0.0001"), HOUR, HOUR))
        events.append(_book(0, instrument, 0))
    events += [Credited(0, name, coin, coins) for name in PEOPLE for coin, coins in COINS.items()]
    return run(VenueState(), *events)[0]


def _book(at: int, instrument: Instrument, steps: int) -> Quoted:
    """A book `steps` of 0.1 % away from where it began."""
    move = 1 + Decimal(steps) / 1000
    scale = MARKS[instrument.name] / 60_000
    size = 1 if instrument is LINEAR else 60_000
    bids = [((p * scale * move) // instrument.tick * instrument.tick, s * size) for p, s in BIDS]
    asks = [((p * scale * move) // instrument.tick * instrument.tick, s * size) for p, s in ASKS]
    return Quoted(at, instrument.name, tuple(bids), tuple(asks))


def _units(instrument: Instrument, lots: int) -> Decimal:
    step_of = {LINEAR.name: Decimal("0.01"), INVERSE.name: Decimal(1000), QUANTO.name: Decimal(500)}
    return lots * step_of[instrument.name]


PICKS = st.tuples(
    st.sampled_from(["order", "order", "order", "quote", "mark", "print", "cancel", "rate", "all", "mode"]),
    st.sampled_from(CONTRACTS),
    st.sampled_from(PEOPLE),
    st.integers(-300, 300).filter(bool),
    st.integers(-25, 25),
    st.sampled_from(["market", "limit", "post_only", "reduce", "ioc", "stop"]),
)


def _event(n: int, pick: tuple[Any, ...]) -> VenueEvent:
    what, instrument, who, lots, steps, _ = pick
    at, price = n * 600_000, MARKS[instrument.name] * (1 + Decimal(steps) / 1000)
    price = price // instrument.tick * instrument.tick
    others: dict[str, VenueEvent] = {
        "quote": _book(at, instrument, steps),
        "mark": Marked(at, {instrument.name: price}),
        "print": Printed(at, instrument.name, price, _units(instrument, lots)),
        "cancel": CancelAsked(at, who, client_id=f"c{n - 3}"),
        "rate": FundingSet(at, instrument.name, Decimal(steps) / 10_000),
        "all": AllCancelled(at, who),
        "mode": Configured(at, who, instrument.name, "isolated" if lots > 0 else "cross", Decimal(10)),
    }
    return others.get(what) or _order(at, n, pick, str(price))


def _order(at: int, n: int, pick: tuple[Any, ...], price: str) -> VenueEvent:
    _, instrument, who, lots, _, kind = pick
    units, more = str(_units(instrument, lots)), {"account": who, "instrument": instrument}
    if kind == "stop":
        return place(at, f"c{n}", units, stop=price, reduce_only=True, **more)
    if kind in {"limit", "post_only", "ioc"}:
        life = "ioc" if kind == "ioc" else "gtc"
        form = "post_only" if kind == "post_only" else "limit"
        return place(at, f"c{n}", units, price, kind=form, life=life, **more)
    return place(at, f"c{n}", units, reduce_only=kind == "reduce", **more)


@settings(max_examples=80, deadline=None)
@given(st.lists(PICKS, min_size=5, max_size=60))
def test_money_positions_and_reduce_only(picks: list[tuple[Any, ...]]) -> None:
    state = market()
    wallets = {name: dict(COINS) for name in PEOPLE}
    legs = {(name, c.name): Leg(c) for name in PEOPLE for c in CONTRACTS}
    reducing: set[str] = set()
    for n, pick in enumerate(picks, 1):
        event = _event(n, pick)
        if getattr(getattr(event, "order", None), "reduce_only", False):
            reducing.add(f"{event.account} {event.order.client_id}")  # type: ignore[union-attr]
        state, outcomes = step(state, event)
        for outcome in outcomes:
            _fold(outcome, wallets, legs, reducing)
        for name in PEOPLE:
            account = state.account(name)
            assert {c: account.wallet(c) for c in COINS} == wallets[name]
            for contract in CONTRACTS:
                held = account.legs.get(leg_key(contract.name, "net"), Leg(contract))
                assert held == legs[name, contract.name]
            assert set(account.margins) <= set(account.legs)


def _fold(
    outcome: VenueOutcome,
    wallets: dict[str, dict[str, Decimal]],
    legs: dict[tuple[str, str], Leg],
    reducing: set[str],
) -> None:
    """The independent ledger: what the fills and the funding say, added up."""
    if isinstance(outcome, Funded):
        wallets[outcome.account][outcome.payment.coin] += outcome.payment.amount
    if not isinstance(outcome, Fill):
        return
    before = legs[outcome.account, outcome.instrument]
    after, realised = before.traded(outcome.quantity, outcome.price)
    legs[outcome.account, outcome.instrument] = after
    wallets[outcome.account][outcome.fee_coin] += realised - outcome.fee
    if f"{outcome.account} {outcome.client_id}" in reducing or outcome.kind != "trade":
        assert abs(after.quantity) < abs(before.quantity)
        assert after.quantity * before.quantity >= 0


@settings(max_examples=20, deadline=None)
@given(st.lists(PICKS, min_size=5, max_size=40))
def test_same_events_same_outcomes_and_no_state_is_ever_changed(picks: list[tuple[Any, ...]]) -> None:
    events = [_event(n, pick) for n, pick in enumerate(picks, 1)]
    state = market()
    for event in events:
        kept = copy.deepcopy(state)
        after, outcomes = step(state, event)
        assert state == kept
        assert step(kept, event) == (after, outcomes)
        state = after


@settings(max_examples=50, deadline=None)
@given(st.lists(PICKS, min_size=5, max_size=60))
def test_an_order_never_fills_beyond_itself_and_ids_are_new(picks: list[tuple[Any, ...]]) -> None:
    state, seen = market(), set[str]()
    filled: dict[str, Decimal] = {}
    for n, pick in enumerate(picks, 1):
        state, outcomes = step(state, _event(n, pick))
        for outcome in outcomes:
            if isinstance(outcome, Fill):
                assert outcome.trade_id not in seen
                seen.add(outcome.trade_id)
                filled[outcome.order_id] = filled.get(outcome.order_id, ZERO) + outcome.quantity
            if isinstance(outcome, OrderMoved) and outcome.order.order_id:
                moved = outcome.order
                assert moved.filled == filled.get(moved.order_id, ZERO)
                assert abs(moved.filled) <= abs(moved.order.quantity)
                assert moved.filled * moved.order.quantity >= 0


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5)), min_size=2, max_size=12),
    st.integers(1, 60),
)
def test_better_prices_first_then_the_older(resting: list[tuple[int, int]], size: int) -> None:
    """Bob sells into Ann's bids: she is filled in order of price, and at one price in order of time."""
    state = market()
    state, _ = step(state, Quoted(1, LINEAR.name, levels((50_000, 1)), levels((60_010, 100))))
    for n, (ticks, lots) in enumerate(resting):
        price = Decimal(59_990) + ticks
        state, _ = step(state, place(2 + n, f"a{n}", str(lots * Decimal("0.01")), str(price), account="ann"))
    state, outcomes = step(
        state, place(100, "b", str(-size * Decimal("0.01")), "59990", account="bob", life="ioc")
    )
    made = [fill for fill in fills(outcomes) if fill.account == "ann"]
    queue = sorted(range(len(resting)), key=lambda n: (-resting[n][0], n))
    left, expected = size, []
    for n in queue:
        taken = min(left, resting[n][1])
        if taken:
            expected.append((f"a{n}", taken * Decimal("0.01")))
            left -= taken
    assert [(fill.client_id, fill.quantity) for fill in made] == expected
    assert all(fill.maker for fill in made)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(CONTRACTS), st.booleans(), st.integers(1, 9), st.integers(-9, 9)),
        min_size=1,
        max_size=25,
    )
)
def test_two_in_a_closed_world_only_hand_coins_to_each_other(deals: list[tuple[Any, bool, int, int]]) -> None:
    """No outside book: coins and open costs of both, and the fees they paid, are the coins they brought, exactly."""
    state = market()
    for contract in CONTRACTS:
        state, _ = step(state, Quoted(1, contract.name, (), ()))
    fees = dict.fromkeys(COINS, ZERO)
    for n, (contract, turned, lots, ticks) in enumerate(deals):
        at, units = 10 + n * HOUR, _units(contract, lots)
        price = str(MARKS[contract.name] + ticks * contract.tick)
        first, second = PEOPLE[::-1] if turned else PEOPLE
        state, resting = step(
            state, place(at, f"r{n}", str(units), price, account=first, instrument=contract)
        )
        state, taking = step(
            state, place(at + 1, f"t{n}", str(-units), price, account=second, instrument=contract)
        )
        for fill in fills([*resting, *taking]):
            fees[fill.fee_coin] += fill.fee
        state, _ = step(state, AllCancelled(at + 2, first))
        for coin, brought in COINS.items():
            assert sum((_worth(state, name, coin) for name in PEOPLE), ZERO) + fees[coin] == 2 * brought


def _worth(state: VenueState, name: str, coin: str) -> Decimal:
    """Coins and open costs: what realised profit is measured against."""
    account = state.account(name)
    costs = [
        leg.cost if leg.instrument.payoff is not Payoff.INVERSE else -leg.cost
        for leg in account.legs.values()
        if leg.instrument.settle == coin
    ]
    return account.wallet(coin) + sum(costs, ZERO)
