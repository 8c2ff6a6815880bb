"""The lines of options close on their marks, are QuantLib's greeks times what happened, and say what is left over."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
import QuantLib
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.hedge.options.attribution import (
    OPTION_LINES,
    OptionLines,
    OptionLook,
    OptionTerms,
    check_lines_close,
    option_lines,
)
from hedgerow.hedge.options.held import HeldOption, hold_option
from hedgerow.hedge.options.since import gained_since
from hedgerow.model.errors import BrokenPromise, UsageError
from hedgerow.model.option_chain import OptionChain
from hedgerow.model.option_names import option_named
from hedgerow.model.portfolio import Position, PositionKind
from hedgerow.stats.black import black_price
from hedgerow.venues.simulated import simulated_market
from hedgerow.venues.simulated_chain import simulated_chain

F, K, T, SIGMA = 60_000.0, 54_000.0, 30.0 / 365.0, 0.55


def look(
    terms: OptionTerms, spot: float, ratio: float, years: float, sigma: float, unit: float = 1.0
) -> OptionLook:
    """An option at Black's own price."""
    forward = spot * ratio
    dollars = float(black_price(forward, terms.strike, years, sigma, terms.call))
    return OptionLook(dollars / forward if terms.in_coin else dollars, spot, forward, years, sigma, unit)


moves = st.floats(0.5, 2.0)
sigmas = st.floats(0.1, 2.0)


@given(
    st.booleans(),
    st.booleans(),
    st.floats(-50.0, 50.0),
    st.tuples(moves, st.floats(0.9, 1.1), st.floats(0.9, 1.1), st.floats(0.95, 1.05)),
    st.tuples(sigmas, sigmas, st.floats(0.5, 1.5)),
)
def test_they_close_on_the_marks_to_1e_9(
    call: bool,
    in_coin: bool,
    units: float,
    path: tuple[float, float, float, float],
    marks: tuple[float, float, float],
) -> None:
    """Against the marks themselves, which are not Black's at the end: whatever spot, basis, time, volatility and fx did."""
    terms, (move, first, last, unit) = OptionTerms(K, call, in_coin), path
    start = look(terms, F, first, T, marks[0])
    fair = look(terms, F * move, last, T * 0.6, marks[1], unit)
    end = replace(fair, mark=fair.mark * marks[2])
    paid = (1.0, F) if in_coin else (1.0, 1.0)
    change = units * (end.mark * unit * paid[1] * (move if in_coin else 1.0) - start.mark * paid[1])
    lines = option_lines(terms, units, start, end)
    assert math.fsum(getattr(lines, name) for name in OPTION_LINES) == pytest.approx(
        change, abs=1e-9 * max(abs(units), 1.0) * F
    )
    off = units * (end.mark - fair.mark) * unit * (F * move if in_coin else 1.0)
    assert lines.unmodelled == pytest.approx(off, abs=1e-6)


@pytest.mark.parametrize("in_coin", [False, True])
@pytest.mark.parametrize("call", [False, True])
def test_each_line_is_quantlibs_greek_times_what_happened(call: bool, in_coin: bool) -> None:
    terms = OptionTerms(K, call, in_coin)
    start, end = look(terms, F, 1.01, T, SIGMA), look(terms, F * 1.001, 1.01, T - 0.1 / 365.0, SIGMA + 0.001)
    side = QuantLib.Option.Call if call else QuantLib.Option.Put
    forward, scale = F * 1.01, 1.0 / 1.01 if in_coin else 1.0
    oracle = QuantLib.BlackCalculator(
        QuantLib.PlainVanillaPayoff(side, K), forward, SIGMA * math.sqrt(T), 1.0
    )
    lines, moved = option_lines(terms, -3.0, start, end), 0.001 * F
    assert lines.delta == pytest.approx(-3.0 * scale * oracle.deltaForward() * 1.01 * moved, rel=1e-9)
    assert lines.gamma == pytest.approx(-1.5 * scale * oracle.gammaForward() * (1.01 * moved) ** 2, rel=1e-9)
    assert lines.vega == pytest.approx(-3.0 * scale * oracle.vega(T) * 0.001, rel=1e-9)
    # QuantLib's theta has the spot's drift in it; Black's, with the forward unchanged, is -σ²F²Γ/2.
    theta = -0.5 * SIGMA**2 * forward**2 * oracle.gammaForward()
    assert lines.theta == pytest.approx(-3.0 * scale * theta * 0.1 / 365.0, rel=1e-9)
    assert lines.basis == pytest.approx(0.0, abs=1e-9)
    assert abs(lines.higher) < 1e-2 * abs(lines.vega)


def test_what_is_left_over_shrinks_as_the_cube_of_the_move() -> None:
    terms = OptionTerms(K, call=False, in_coin=True)
    start = look(terms, F, 1.01, T, SIGMA)
    left = [
        abs(option_lines(terms, 1.0, start, look(terms, F * (1.0 + step), 1.01, T, SIGMA)).higher)
        for step in (0.04, 0.02, 0.01)
    ]
    assert left[0] / left[1] == pytest.approx(8.0, rel=0.15)
    assert left[1] / left[2] == pytest.approx(8.0, rel=0.15)


def test_a_future_that_moves_alone_is_basis() -> None:
    """In coins the price is divided by the future too: ∂(S·P/F)/∂F = S·(Δ − P/F)/F."""
    for in_coin in (False, True):
        terms = OptionTerms(K, call=True, in_coin=in_coin)
        start, end = look(terms, F, 1.0, T, SIGMA), look(terms, F, 1.0001, T, SIGMA)
        oracle = QuantLib.BlackCalculator(
            QuantLib.PlainVanillaPayoff(QuantLib.Option.Call, K), F, SIGMA * math.sqrt(T), 1.0
        )
        paid = oracle.value() / F if in_coin else 0.0
        lines = option_lines(terms, 2.0, start, end)
        assert lines.basis == pytest.approx(2.0 * (oracle.deltaForward() - paid) * 0.0001 * F, rel=1e-6)
        assert (lines.delta, lines.gamma) == (0.0, 0.0)


@pytest.mark.parametrize("in_coin", [False, True])
def test_it_closes_over_expiry(in_coin: bool) -> None:
    terms, last = OptionTerms(K, call=False, in_coin=in_coin), 1.0 / 365.0
    for spot in (50_000.0, K, 58_000.0):
        start, pays = look(terms, 54_500.0, 1.0, last, SIGMA), max(K - spot, 0.0)
        end = OptionLook(pays / spot if in_coin else pays, spot, spot, 0.0, SIGMA)
        lines = option_lines(terms, 1.0, start, end)
        before = float(black_price(54_500.0, K, last, SIGMA, call=False))
        assert lines.total == pytest.approx(pays - before, abs=1e-6)
        assert lines.vega == 0.0


def test_a_stablecoin_that_loses_its_peg_is_fx() -> None:
    terms = OptionTerms(K, call=False, in_coin=False)
    start, end = look(terms, F, 1.0, T, SIGMA), look(terms, F, 1.0, T, SIGMA, 0.97)
    lines = option_lines(terms, 2.0, start, end)
    assert lines.fx == pytest.approx(-0.03 * 2.0 * start.mark)
    assert lines.total == pytest.approx(lines.fx)


def test_what_is_not_known_is_not_nothing() -> None:
    terms = OptionTerms(K, call=False, in_coin=True)
    start = look(terms, F, 1.0, T, SIGMA)
    assert math.isnan(option_lines(terms, 1.0, start, replace(start, mark=math.nan)).total)
    assert math.isnan(option_lines(terms, 1.0, start, replace(start, volatility=math.nan)).total)


def a_held_put() -> tuple[HeldOption, OptionChain]:
    market = simulated_market()
    chain = simulated_chain(market)
    name = option_named(chain.of(chain.expiries[1])[20].symbol)
    assert name is not None
    row = Position(name.text, Decimal(2), PositionKind.DERIVATIVE, underlying="BTC", option=name)
    prices = {"BTC": chain.index_usd}
    held = hold_option(row, replace(market, options={"BTC": chain}), lambda coin: prices.get(coin, 1.0))
    assert isinstance(held, HeldOption)
    return held, chain


def test_an_earlier_chain_without_the_option_says_so() -> None:
    held, chain = a_held_put()
    before = replace(chain, as_of=chain.as_of - np.timedelta64(1, "D"), quotes=())
    found = gained_since((held,), before, chain)
    (gain,) = found.gains
    assert "not in the chain" in gain.reason
    assert found.known == OptionLines()


def test_gains_are_the_difference_of_the_marks_and_need_an_earlier_chain() -> None:
    held, chain = a_held_put()
    before = replace(chain, as_of=chain.as_of - np.timedelta64(1, "D"), index_usd=chain.index_usd * 0.98)
    (gain,) = gained_since((held,), before, chain).gains
    price = held.position.legs[0].price
    assert gain.lines.total == pytest.approx(2.0 * price * 0.02 * chain.index_usd, rel=1e-9)
    with pytest.raises(UsageError, match="none before it"):
        gained_since((held,), chain, chain)


def test_lines_that_do_not_close_are_told() -> None:
    with pytest.raises(BrokenPromise, match="miss"):
        check_lines_close(OptionLines(delta=1.0), 1.1, 1.0)
