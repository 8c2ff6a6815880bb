"""Options that are held: what unwinding brings against holding, by hand and by QuantLib's lognormal, and when to roll pays."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
import QuantLib
from tests.hedge.books import betas_of, book, contract, spot
from tests.hedge.chains import INDEX, flat_chain
from tests.hedge.test_options import the_market

from hedgerow.hedge.exposure import Exposure, expose
from hedgerow.hedge.options.legs import DERIBIT
from hedgerow.hedge.options.plan import Unwind, Wanted
from hedgerow.hedge.options.protect import protect
from hedgerow.hedge.valuation import value
from hedgerow.model.market import Market
from hedgerow.model.option_chain import OptionChain, OptionQuote
from hedgerow.model.option_names import option_named
from hedgerow.model.portfolio import Position, PositionKind

BETAS = {"BTC": 1.0, "ETH": 1.25, "SOL": 1.6, "USDT": 0.0}


def chain() -> OptionChain:
    """Flat at 55 %, of the market's own moment, for 30, 58 and 86 days, its days at 08:00 as options end."""
    made = flat_chain(days=(30, 58, 86))
    shift = the_market().as_of - made.as_of
    return replace(
        made,
        as_of=made.as_of + shift,
        quotes=tuple(replace(q, expiry=q.expiry + shift) for q in made.quotes),
    )


def quote(strike: float, *, call: bool = False, place: int = 0, of: OptionChain | None = None) -> OptionQuote:
    found = of or chain()
    (one,) = [q for q in found.of(found.expiries[place]) if q.strike == strike and q.call == call]
    return one


def held(*rows: tuple[float, bool, str], of: OptionChain | None = None) -> tuple[Exposure, Market]:
    """TV14's coins and these options of the nearest expiry: strike, whether a call, units."""
    found = of or chain()
    day = str(found.expiries[0])[:10]
    at = replace(the_market(), options={"BTC": found})
    options = []
    for strike, call, units in rows:
        name = option_named(f"BTC-{day}-{strike:g}-{'C' if call else 'P'}")
        assert name is not None
        options.append(
            Position(name.text, Decimal(units), PositionKind.DERIVATIVE, underlying="BTC", option=name)
        )
    coins = (spot("BTC", 2.0), spot("ETH", 10.0), spot("SOL", 133.0), spot("USDT", 10_000.0))
    return expose(value(book(*coins, *options), at), betas_of(BETAS)), at


def unwound(
    *rows: tuple[float, bool, str], of: OptionChain | None = None, strike: float = 0.9
) -> tuple[Unwind, ...]:
    exposure, at = held(*rows, of=of)
    found = protect(exposure, of or chain(), Wanted(strike=strike), at, (contract(),))
    return found.unwinds


def beyond(edge: float, forward: float, days: float) -> float:
    """The chance to end above a price, by QuantLib's digital call on a lognormal of 55 %."""
    deviation = 0.55 * math.sqrt(days / 365.0)
    return float(QuantLib.blackFormulaCashItmProbability(QuantLib.Option.Call, edge, forward, deviation))


def test_a_put_that_is_held_by_hand() -> None:
    (found,) = unwound((54_000.0, False, "2"))
    one = quote(54_000.0)
    fee = min(DERIBIT.taker * INDEX, DERIBIT.cap * one.bid * INDEX)
    assert found.now_usd == pytest.approx(2 * (one.bid * INDEX - fee))
    assert found.days == pytest.approx(30.0)
    assert found.still_usd == 0.0
    assert found.exercise_usd == 0.0
    delivery = min(DERIBIT.delivery * 0.6 * INDEX, DERIBIT.cap * 18_000.0)
    assert found.crash_usd == pytest.approx(2 * (18_000.0 - delivery))
    assert found.a_day_usd == pytest.approx(found.now_usd / 30.0)
    assert not found.above
    # at the edge, holding pays what unwinding brings now
    paid = 54_000.0 - found.edge_usd
    assert 2 * (paid - min(DERIBIT.delivery * INDEX, DERIBIT.cap * paid)) == pytest.approx(
        found.now_usd, rel=1e-3
    )
    assert found.chance == pytest.approx(1.0 - beyond(found.edge_usd, one.forward_usd, 30.0), abs=2e-3)


@pytest.mark.parametrize("call", [False, True])
def test_what_is_sold_is_bought_back_at_the_ask(call: bool) -> None:
    strike = 66_000.0 if call else 54_000.0
    (found,) = unwound((strike, call, "-1"))
    one = quote(strike, call=call)
    fee = min(DERIBIT.taker * INDEX, DERIBIT.cap * one.ask * INDEX)
    assert found.now_usd == pytest.approx(-(one.ask * INDEX + fee))
    assert found.a_day_usd < 0.0  # what was sold is gained day by day
    assert found.above == (not call)
    chance = beyond(found.edge_usd, one.forward_usd, 30.0)
    assert found.chance == pytest.approx(1.0 - chance if call else chance, abs=2e-3)
    assert found.chance > 0.5


def test_a_roll_costs_the_later_one_less_what_this_one_brings() -> None:
    (found,) = unwound((54_000.0, False, "2"), strike=0.8)
    same = [r for r in found.rolls if r.strike == 54_000.0]
    assert [round(r.days) for r in same] == [58, 86]
    for place, roll in enumerate(same, start=1):
        later = quote(54_000.0, place=place)
        fee = min(DERIBIT.taker * INDEX, DERIBIT.cap * later.ask * INDEX)
        paid = 2 * (later.ask * INDEX + fee)
        assert roll.cost_usd == pytest.approx(paid - found.now_usd)
        assert roll.a_day_usd == pytest.approx(paid / roll.days)
        assert roll.saves_usd == pytest.approx(found.a_day_usd - roll.a_day_usd)
    assert all(not r.pays for r in found.rolls if r.strike < 54_000.0)  # cheaper, and protects less
    best = found.best_roll
    assert best is None or (best.strike >= 54_000.0 and best.saves_usd > 0.0)


def test_to_roll_pays_when_little_time_is_left() -> None:
    """At the money the last days cost most: the later one costs less a day."""
    (found,) = unwound((60_000.0, False, "1"), strike=1.0)
    assert found.best_roll is not None
    assert found.best_roll.strike == 60_000.0
    assert found.best_roll.days == pytest.approx(86.0)


def test_without_a_bid_it_can_only_be_held() -> None:
    made = chain()
    quotes = tuple(
        replace(q, bid=math.nan) if q.strike == 54_000.0 and not q.call else q for q in made.quotes
    )
    (found,) = unwound((54_000.0, False, "1"), of=replace(made, quotes=quotes))
    assert "no bid" in found.reason
    assert math.isnan(found.now_usd)
    assert found.rolls == ()


def test_exercise_is_told_of_what_is_deep_in_the_money() -> None:
    (found,) = unwound((80_000.0, False, "1"))
    assert found.exercise_usd == pytest.approx(20_000.0)
    assert 0.9 < found.exercise_usd / found.now_usd <= 1.05
    assert found.still_usd == pytest.approx(20_000.0 - DERIBIT.delivery * INDEX)


def test_nothing_is_said_of_a_book_without_options() -> None:
    exposure, at = held()
    assert protect(exposure, chain(), Wanted(), at, (contract(),)).unwinds == ()
    assert np.isfinite(exposure.beta_usd[0])
