"""Options in the book: worth, dollar beta, curve and hedge against a whole revaluation with QuantLib, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import QuantLib
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hedge.books import betas_of, book, contract, market, spot
from tests.hedge.chains import INDEX

from hedgerow.hedge.crash import book_by_beta, book_in_crash, crash_powers
from hedgerow.hedge.exposure import Exposure, expose
from hedgerow.hedge.options.curve import book_beta_after, book_options
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.ticket import Ticket
from hedgerow.hedge.valuation import Valuation, value
from hedgerow.model.market import Market
from hedgerow.model.option_chain import OptionChain, OptionQuote
from hedgerow.model.option_names import option_named
from hedgerow.model.portfolio import Portfolio, Position, PositionKind

BETAS = {"BTC": 1.0, "ETH": 1.25, "SOL": 1.6, "USDT": 0.0}
SPOTS = {"BTC": INDEX, "ETH": 3_000.0, "SOL": 150.0, "USDT": 1.0}
DAYS = 40
AT = market(dict.fromkeys(SPOTS, np.ones(120))).as_of
Row = tuple[str, float, bool, float, float]
"""Coin, strike as a share of the spot, call, quantity, volatility."""


def name_of(coin: str, share: float, call: bool) -> str:
    ends = str(AT + np.timedelta64(DAYS, "D"))[:10]
    return f"{coin}-{ends}-{share * SPOTS[coin]:g}-{'C' if call else 'P'}"


def quantlib(forward: float, strike: float, volatility: float, call: bool) -> float:
    kind = QuantLib.Option.Call if call else QuantLib.Option.Put
    deviation = volatility * math.sqrt(DAYS / 365.0)
    return float(QuantLib.blackFormula(kind, strike, forward, deviation))


def chain(
    coin: str,
    rows: Sequence[Row],
    move: float = 0.0,
    *,
    settle: str = "",
    basis: float = 1.02,
    half: float = 0.0,
) -> OptionChain:
    """What the rows' options cost after the coin's `move`, the future at `basis` times it, `half` of the price to either side."""
    spot_usd = SPOTS[coin] * (1.0 + move)
    forward, paid = spot_usd * basis, settle or coin
    quotes = []
    for of, share, call, _, volatility in rows:
        if of == coin:
            strike = share * SPOTS[coin]
            price = quantlib(forward, strike, volatility, call) / (forward if paid == coin else 1.0)
            ends = AT + np.timedelta64(DAYS, "D")
            name = name_of(coin, share, call)
            sides = (price * (1 - half), price * (1 + half), price)
            quotes.append(OptionQuote(name, ends, strike, call, *sides, forward))
    return OptionChain("test", coin, paid, AT, spot_usd, Decimal("0.1"), tuple(quotes), "chains.csv")


def the_market(rows: Sequence[Row], move: float = 0.0, **more: Any) -> Market:
    """The coins after the factor's `move`, every one by its beta, with a chain of each."""
    wave = 1.0 + 0.02 * np.sin(np.arange(120.0))
    moved = {s: max(BETAS[s] * move, -1.0) for s in SPOTS}
    found = market({s: SPOTS[s] * (1.0 + moved[s]) * wave / wave[-1] for s in SPOTS})
    coins = dict.fromkeys(row[0] for row in rows)
    options = {coin: chain(coin, rows, moved[coin], **more) for coin in coins}
    return replace(found, options=options)


def holding(row: Row) -> Position:
    coin, share, call, quantity, _ = row
    told = option_named(name_of(coin, share, call))
    assert told is not None
    return Position(told.text, Decimal(repr(quantity)), PositionKind.DERIVATIVE, underlying=coin, option=told)


def the_book(rows: Sequence[Row], **coins: float) -> Portfolio:
    held = coins or {"BTC": 0.5, "ETH": 8.0, "SOL": 60.0, "USDT": 9_000.0}
    return book(*(spot(s, q) for s, q in held.items()), *(holding(row) for row in rows))


def seen(rows: Sequence[Row], move: float = 0.0, **more: Any) -> Valuation:
    at = the_market(rows, move, **more)
    return value(the_book(rows), at)


def whole(rows: Sequence[Row], move: float, settle: str, basis: float) -> float:
    """What the book of `the_book` is worth after the factor's move: coins, and QuantLib's price of every option there."""
    moved = {s: SPOTS[s] * max(1.0 + BETAS[s] * move, 1e-6) for s in SPOTS}
    coins = {"BTC": 0.5, "ETH": 8.0, "SOL": 60.0, "USDT": 9_000.0}
    total = sum(quantity * moved[s] for s, quantity in coins.items())
    for coin, share, call, quantity, volatility in rows:
        forward = moved[coin] * basis
        price = quantlib(forward, share * SPOTS[coin], volatility, call)
        total += quantity * price / (1.0 if settle else basis)
    return total


def exposed(rows: Sequence[Row], **more: Any) -> Exposure:
    return expose(seen(rows, **more), betas_of(BETAS))


PUT: Row = ("BTC", 0.9, False, 2.0, 0.55)
SOLD: Row = ("BTC", 1.2, True, -1.5, 0.50)
OTHER: Row = ("ETH", 0.8, False, 10.0, 0.8)
ROWS = (PUT, SOLD, OTHER)

some_row = st.tuples(
    st.sampled_from(["BTC", "ETH"]),
    st.sampled_from([0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.4]),
    st.booleans(),
    st.integers(-30, 30).filter(bool).map(lambda n: n / 10),
    st.floats(0.25, 1.2),
)
some_rows = st.lists(some_row, min_size=1, max_size=5, unique_by=lambda row: row[:3])


@settings(max_examples=60)
@given(some_rows, st.sampled_from(["", "USDT"]), st.floats(0.97, 1.05))
def test_the_curve_is_a_whole_revaluation(rows: list[Row], settle: str, basis: float) -> None:
    """Every point of the curve is the difference of two books, each valued anew on QuantLib's prices of there."""
    at = exposed(rows, settle=settle, basis=basis)
    found = book_options(at)
    assert found is not None
    assert at.unknown == ()
    assert at.worth.total_usd == pytest.approx(whole(rows, 0.0, settle, basis), rel=1e-9)
    gained = [whole(rows, m, settle, basis) - whole(rows, 0.0, settle, basis) for m in found.moves]
    assert found.profit_usd == pytest.approx(np.array(gained), abs=0.01)
    assert found.profit_usd == pytest.approx(book_by_beta(at, found.moves), rel=1e-12)


@settings(max_examples=40)
@given(some_rows, st.sampled_from(["", "USDT"]))
def test_the_dollar_beta_is_the_slope_of_that_revaluation(rows: list[Row], settle: str) -> None:
    at, step = exposed(rows, settle=settle), 1e-3
    up, down = (seen(rows, side * step, settle=settle).total_usd for side in (1.0, -1.0))
    slope = (up - down) / (2.0 * step)
    scale = abs(slope) + sum(abs(row[3]) * SPOTS[row[0]] for row in rows)
    assert float(at.beta_usd[0]) == pytest.approx(slope, abs=2e-4 * scale)
    found = book_options(at)
    assert found is not None
    middle = seen(rows, settle=settle).total_usd
    bent = (up - 2.0 * middle + down) / step**2
    assert found.gamma_usd == pytest.approx(bent, abs=2e-3 * scale + 1e-3 * abs(bent))
    assert book_beta_after(at, np.zeros(1))[0] == pytest.approx(float(at.beta_usd[0]), rel=1e-12)


def test_an_option_paid_in_coins_is_its_net_delta_and_its_worth(vectors: dict[str, Any]) -> None:
    """TV19's put: −0.2500 coins of its own, 0.0225 in its premium, which is a coin's; in all Black's −0.2275."""
    put = vectors["TV19_put"]
    quote = OptionQuote(
        "x",
        AT + np.timedelta64(30, "D"),
        put["K"],
        False,
        put["price_btc"],
        put["price_btc"],
        0.0,
        put["F"],
    )
    told = OptionChain("test", "BTC", "BTC", AT, put["F"], Decimal("0.1"), (quote,), "x")
    at = replace(
        the_market(()),
        as_of=AT,
        options={"BTC": told},
        given={"BTC": put["F"]},
        times=np.array([], "M8[ms]"),
        prices=np.zeros((0, 4)),
        volumes_usd=np.zeros((0, 4)),
    )
    day = str(quote.expiry)[:10]
    name = option_named(f"BTC-{day}-{put['K']:g}-P")
    row = Position(
        f"BTC-{day}-{put['K']:g}-P", Decimal(1), PositionKind.DERIVATIVE, underlying="BTC", option=name
    )
    (held,) = value(book(row), at).holdings
    assert held.value_usd == pytest.approx(put["price_usd"], rel=1e-9)
    (coin, own), (settle, worth) = held.delta_usd
    assert (coin, settle) == ("BTC", "BTC")
    assert own / put["F"] == pytest.approx(put["net_transaction_delta"], rel=1e-8)
    assert worth == held.value_usd
    assert (own + worth) / put["F"] == pytest.approx(put["delta_bs"], rel=1e-8)


def test_what_is_sold_is_the_mirror_of_what_is_bought() -> None:
    long, short = ((("BTC", 0.9, False, side * 2.0, 0.55),) for side in (1.0, -1.0))
    bought, sold = book_options(exposed(long)), book_options(exposed(short))
    bare = exposed(())
    assert bought is not None
    assert sold is not None
    for name in ("beta_usd", "gamma_usd", "vega_usd", "theta_usd"):
        assert getattr(bought, name) == pytest.approx(-getattr(sold, name), rel=1e-12)
    assert bought.beta_usd < 0.0 < bought.gamma_usd
    assert bought.vega_usd > 0.0 > bought.theta_usd
    alone = book_by_beta(bare, bought.moves)
    assert bought.profit_usd - alone == pytest.approx(alone - sold.profit_usd, abs=1e-6)


def test_a_wider_quote_makes_the_error_wider() -> None:
    """The spread of a quote is in the error of the coin, of the whole and of what a hedge leaves."""
    near, wide = (exposed(ROWS, half=half) for half in (0.0, 0.1))
    assert near.stderr_usd[0] < wide.stderr_usd[0]
    doubts = {h.name.text: h.delta_doubt for h in wide.options}
    coins = {row.symbol: row for row in wide.rows}
    own = sum(doubts[name_of(*row[:3]).upper()] for row in ROWS if row[0] == "BTC")
    assert coins["BTC"].stderr_usd[0] == pytest.approx(own, rel=1e-9)  # the factor's own beta has none
    assert coins["SOL"].stderr_usd[0] == {r.symbol: r for r in near.rows}["SOL"].stderr_usd[0]
    parts = [row.stderr_usd[0] for row in wide.rows]
    assert wide.stderr_usd[0] == pytest.approx(
        math.hypot(*parts), rel=1e-9
    )  # covariance of the test is diagonal


def ticket(rows: Sequence[Row], **policy: Any) -> Ticket:
    at = the_market(rows)
    return Policy(overrides={}, **policy).plan(the_book(rows), at, (contract(),))


def test_a_plan_says_what_a_hedged_book_with_a_sold_put_loses_in_a_crash() -> None:
    """The loss as QuantLib prices the put there: the beta that is left says nothing of it."""
    row: Row = ("BTC", 0.9, False, -3.0, 0.55)
    found = Policy().plan(the_book([row], BTC=2.0, USDT=50_000.0), the_market([row]), (contract(),))
    (leg,) = found.plan.legs

    def worth(move: float) -> float:
        spot_usd = INDEX * (1.0 + move)
        put = quantlib(1.02 * spot_usd, 0.9 * INDEX, 0.55, False) / 1.02
        return 2.0 * spot_usd - 3.0 * put + leg.signed_usd * move

    assert abs(float(found.plan.after_usd[0])) < 500.0
    loss, rise = worth(0.0) - worth(-0.4), worth(0.0) - worth(0.4)
    assert min(loss, rise) > 5_000.0
    (line,) = (line for line in found.warnings if line.startswith("With this hedge the book"))
    assert line == (
        f"With this hedge the book loses {loss:,.0f} if BTC falls by 40 % at once, and loses {rise:,.0f} if it rises by as much."
    )


def test_a_hedge_takes_out_the_net_delta_and_says_how_far_it_holds() -> None:
    found = ticket(ROWS)
    plan, exposure = found.plan, found.exposure
    options = book_options(exposure, plan)
    assert options is not None
    assert options.hedged_usd is not None
    assert options.hedged_left_usd is not None
    assert options.holds is not None
    here = int(np.flatnonzero(options.moves == 0.0)[0])
    assert options.hedged_usd[here] == 0.0
    assert options.hedged_left_usd[here] == pytest.approx(float(plan.after_usd[0]), abs=1e-6)
    assert abs(plan.after_usd[0]) <= 0.001 * INDEX
    holds = options.holds
    assert holds.within_usd >= float(plan.stderr_usd[0])
    hedge = plan.legs[0].signed_usd

    def drift(move: float) -> float:
        left = book_beta_after(exposure, np.array([move]))[0] + hedge * (1.0 + move)
        return float(abs(left - plan.after_usd[0]))

    for edge in (holds.low, holds.high):
        assert edge is not None
        assert drift(edge) <= holds.within_usd < drift(edge + math.copysign(0.001, edge))
    said = " ".join(found.warnings)
    assert "The hedge holds" in said
    assert "Margin of options that were sold" in said


def test_stress_rows_price_options_anew() -> None:
    """A put that is out of the money gains more in a deep fall than its delta says, and loses less in a rise."""
    found, bare = ticket((PUT,)), ticket(())
    held = found.exposure.options[0]
    for name, move in (("BTC −30 %", -0.3), ("BTC +30 %", 0.3)):
        (mine,) = [row for row in found.stress if row.name == name]
        (other,) = [row for row in bare.stress if row.name == name]
        gained = float(held.profit_usd(np.array([move]))[0])
        assert mine.book_usd - other.book_usd == pytest.approx(gained, abs=1e-6)
        assert gained > held.greeks.delta_usd * move


def test_in_a_crash_the_worse_of_both_falls_counts() -> None:
    at, moves = exposed(ROWS), np.array([-0.4, -0.1, 0.2])
    powers = crash_powers("BTC", tuple(BETAS))
    worse, plain = book_in_crash(at, moves, powers), book_by_beta(at, moves)
    assert (worse <= plain + 1e-9).all()
    assert worse[2] == plain[2]


def test_without_options_nothing_is_said() -> None:
    found = ticket(())
    assert book_options(found.exposure) is None
    assert found.exposure.options == ()
    assert not any("ption" in line for line in found.warnings)


def test_an_excluded_option_is_not_hedged() -> None:
    name = name_of(*PUT[:3]).upper()
    found = ticket((PUT,), exclude=(name,))
    assert found.exposure.options == ()
    assert found.exposure.beta_usd[0] == pytest.approx(float(ticket(()).exposure.beta_usd[0]))
    assert found.worth.total_usd > ticket(()).worth.total_usd
