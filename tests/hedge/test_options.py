"""Options as hedges: the vectors, dollars against coins, floors that hold by one lot, what is offered and what never."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.hedge.books import betas_of, book, contract, market, spot
from tests.hedge.chains import INDEX, chain_of, flat_chain, position, quote_of

from hedgerow.hedge.crash import CRASH, CRASH_ALT, book_by_beta, book_in_crash, crash_powers
from hedgerow.hedge.exposure import Exposure, expose
from hedgerow.hedge.options.beside import chance_between
from hedgerow.hedge.options.plan import (
    OptionsPlan,
    Protection,
    Wanted,
    units_by_beta,
    units_by_delta,
    units_for_floor,
)
from hedgerow.hedge.options.protect import protect
from hedgerow.hedge.valuation import value
from hedgerow.model.errors import UsageError
from hedgerow.model.market import Market
from hedgerow.model.option_chain import OptionChain
from hedgerow.stats.black import black_greeks
from hedgerow.stats.smile import Smile


def the_market() -> Market:
    """BTC, ETH, SOL and dollars at TV14's prices, with enough of the past for a volatility."""
    wave = 1.0 + 0.02 * np.sin(np.arange(120.0))
    return market(
        {
            "BTC": INDEX * wave / wave[-1],
            "ETH": 3_000 * wave / wave[-1],
            "SOL": 150 * wave / wave[-1],
            "USDT": 1.0 + 0 * wave,
        }
    )


def the_exposure(**quantities: float) -> Exposure:
    """TV14's book, 109,500 dollars of beta, unless told otherwise."""
    held = quantities or {"BTC": 2 / 3, "ETH": 10.0, "SOL": 20_000 / 150, "USDT": 10_000.0}
    at = the_market()
    betas = betas_of({"BTC": 1.0, "ETH": 1.25, "SOL": 1.6, "USDT": 0.0})
    return expose(value(book(*(spot(s, q) for s, q in held.items())), at), betas)


def planned(wanted: Wanted, chain: OptionChain | None = None, **held: float) -> OptionsPlan:
    return protect(the_exposure(**held), chain or flat_chain(), wanted, the_market(), (contract(),))


def lead(found: OptionsPlan, kind: str, sizing: str | None = None) -> Protection:
    (one,) = [c for c in found.leads if c.kind == kind and sizing in {None, c.sizing}]
    return one


def test_TV19b_beta_put_sizing(vectors: dict[str, Any]) -> None:
    put, want = vectors["TV19_put"], vectors["TV19b_beta_put_sizing"]
    exposure = the_exposure()
    dollar_beta, spot_usd = float(exposure.beta_usd[0]), put["F"]
    assert dollar_beta == pytest.approx(want["dollar_beta"], rel=1e-9)
    units = units_by_beta(dollar_beta, spot_usd)
    assert units == pytest.approx(want["n_puts"], rel=1e-9)
    assert units_by_delta(dollar_beta, spot_usd, put["delta_bs"]) == pytest.approx(
        want["delta_hedge_n_puts"], rel=1e-9
    )
    chain = chain_of(quote_of(put["K"], put["price_btc"]))
    held = position(chain, (0, "1.825", put["price_btc"]))
    assert held.premium_usd == pytest.approx(want["premium_usd"], rel=1e-9)
    assert held.premium_usd / exposure.nav_usd == pytest.approx(want["premium_pct_of_V"], rel=1e-9)
    fall = np.array([-0.30])
    assert book_by_beta(exposure, fall)[0] == pytest.approx(want["loss_btc_m30_unhedged"], rel=1e-9)
    assert held.payoff_usd(fall)[0] == pytest.approx(want["put_payoff_at_42000"], rel=1e-9)
    net = book_by_beta(exposure, fall) + held.profit_usd(fall)
    assert net[0] == pytest.approx(want["net"], rel=1e-9)


def test_a_floor_holds_by_one_lot() -> None:
    found = planned(Wanted(floor=0.15, crash=0.40))
    allowed = 0.15 * found.exposure.nav_usd
    sized = [c for c in found.candidates if c.sizing == "floor"]
    assert {c.kind for c in sized} == {"protective put", "put spread", "zero-cost collar"}
    for each in sized:
        if each.position is None:
            continue
        assert each.floor_met
        assert found.at_crash(each.crash_usd) >= -allowed - 0.01
        first = each.position.legs[0]
        step = Decimal("0.1")
        fewer = replace(first, contracts=first.contracts - step), *each.position.legs[1:]
        if each.kind == "put spread":
            fewer = fewer[0], replace(fewer[1], contracts=fewer[1].contracts + step)
        smaller = replace(each.position, legs=fewer).profit_usd(np.array([-0.40]))[0]
        assert found.at_crash(found.crash_usd) + smaller < -allowed
    put = lead(found, "protective put", "beta")
    assert put.floor_met is False  # by beta it covers a fraction of what alts lose beyond their beta
    assert found.perp is not None
    assert found.perp.floor_met
    assert found.at_crash(found.perp.crash_usd) == pytest.approx(-allowed, abs=60.0)


def test_a_chain_in_dollars_protects_as_one_in_coins_does() -> None:
    """Same options, same premium in dollars; only the fee is another."""
    coins, dollars = (planned(Wanted(floor=0.15), flat_chain(settle=settle)) for settle in ("BTC", "USDT"))
    ours, theirs = lead(coins, "protective put", "floor"), lead(dollars, "protective put", "floor")
    assert ours.position is not None
    assert theirs.position is not None
    assert ours.strikes == theirs.strikes
    assert abs(ours.position.legs[0].contracts - theirs.position.legs[0].contracts) <= Decimal("0.1")
    a_unit = [p.premium_usd / p.legs[0].count for p in (ours.position, theirs.position)]
    assert a_unit[0] == pytest.approx(a_unit[1], rel=1e-9)
    fees = [p.fee_usd / p.legs[0].count for p in (ours.position, theirs.position)]
    assert fees == pytest.approx([0.0003 * INDEX, 0.0005 * INDEX])


def test_without_a_floor_it_is_sized_by_beta() -> None:
    found = planned(Wanted())
    for each in found.candidates:
        assert each.position is not None
        assert abs(each.position.legs[0].contracts) == Decimal("1.8")  # 1.825 to the nearest lot
        assert each.floor_met is None
    assert found.perp is not None
    assert found.perp.contracts == Decimal("1.825")
    assert dict(found.perp.beta_left)[0.0] == pytest.approx(0.0, abs=1e-6)
    assert found.at_crash(found.by_beta_usd) == pytest.approx(-0.4 * 109_500)


def test_buying_is_at_the_ask_and_selling_at_the_bid() -> None:
    for each in planned(Wanted(budget_usd=500.0)).candidates:
        assert each.position is not None
        for leg in each.position.legs:
            assert leg.price == (leg.quote.ask if leg.count > 0 else leg.quote.bid)


def test_collars_keep_within_their_budget_by_one_strike() -> None:
    found = planned(Wanted(budget_usd=500.0))
    for kind, budget in (("zero-cost collar", 0.0), ("budgeted collar", 500.0)):
        for each in (c for c in found.candidates if c.kind == kind):
            assert each.position is not None
            assert each.upfront_usd <= budget
            put, call = each.position.legs
            above = next(
                q for q in found.chain.of(each.expiry) if q.call and q.strike == call.quote.strike + 2_000
            )
            dearer = replace(each.position, legs=(put, replace(call, quote=above, price=above.bid)))
            assert dearer.premium_usd + dearer.fee_usd > budget
    zero, budgeted = lead(found, "zero-cost collar"), lead(found, "budgeted collar")
    assert budgeted.strikes[1] > zero.strikes[1] > INDEX


def test_beta_left_is_the_books_and_the_options() -> None:
    found = planned(Wanted())
    put = lead(found, "protective put")
    assert put.position is not None
    assert put.greeks is not None
    left = dict(put.beta_left)
    assert left[0.0] == pytest.approx(109_500 + put.greeks.delta_usd)
    assert put.greeks.delta_usd < 0.0
    leg = put.position.legs[0]
    delta = float(black_greeks(INDEX, leg.quote.strike, 30 / 365, leg.volatility, call=False).delta)
    assert put.greeks.delta_usd == pytest.approx(1.8 * delta * INDEX, rel=1e-9)
    assert dict(found.beta_left)[0.0] == pytest.approx(109_500)
    book_after = 40_000 * 0.6 + 30_000 * 0.5 * 1.25 + 20_000 * 0.36 * 1.6
    assert dict(found.beta_left)[-0.4] == pytest.approx(book_after)
    assert left[-0.4] == pytest.approx(book_after + float(put.position.delta_usd(np.array([-0.4]))[0]))


def test_synthetic_options_are_never_offered() -> None:
    """Not even where they are the only ones of an expiry, or the cheapest."""
    whole = flat_chain(days=(30, 58, 86))
    first, second, _ = whole.expiries
    marked = tuple(
        replace(q, tradable=q.expiry != first and not (q.expiry == second and q.strike == 54_000))
        for q in whole.quotes
    )
    found = planned(Wanted(floor=0.15, budget_usd=500.0), replace(whole, quotes=marked))
    assert found.candidates
    for each in found.candidates:
        assert each.expiry != first
        assert each.position is None or all(leg.quote.tradable for leg in each.position.legs)
    none = replace(whole, quotes=tuple(replace(q, tradable=False) for q in whole.quotes))
    empty = planned(Wanted(), none)
    assert (empty.candidates, empty.leads) == ((), ())


def test_an_option_without_the_quote_it_takes_is_not_offered() -> None:
    whole = flat_chain(days=(30,))
    bare = tuple(replace(q, ask=math.nan) if q.strike == 54_000 and not q.call else q for q in whole.quotes)
    found = planned(Wanted(), replace(whole, quotes=bare))
    assert 54_000 not in {c.strikes[0] for c in found.candidates}


def test_a_protection_lasts_as_long_as_is_wanted() -> None:
    chain = flat_chain(days=(10, 30, 58))
    assert min(c.days for c in planned(Wanted(), chain).candidates) == pytest.approx(30.0)
    late = planned(Wanted(horizon_days=90.0), chain)
    assert {round(c.days, 9) for c in late.candidates} == {58.0}
    assert "No option of this chain lasts 90 days" in " ".join(late.warnings)


def test_a_floor_that_holds_anyway_asks_for_nothing() -> None:
    found = planned(Wanted(floor=0.80))
    assert found.perp is None
    assert {c.reason for c in found.candidates if c.sizing == "floor"} == {"the floor holds without it"}
    assert [c.sizing for c in found.leads] == ["beta"]


def test_a_put_that_pays_nothing_in_the_crash_is_none() -> None:
    found = planned(Wanted(floor=0.01, crash=0.05, strike=0.80))
    assert {c.reason for c in found.candidates if c.strikes[0] <= 57_000 and c.kind != "zero-cost collar"} - {
        ""
    } == {"in the crash it pays less than it costs"}


def test_no_more_calls_are_sold_than_the_book_has_beta() -> None:
    """A floor may take more puts than that; it takes no bet on a fall, however cheap."""
    found = planned(Wanted(floor=0.05, strike=0.80))
    collars = [c for c in found.candidates if c.kind == "zero-cost collar" and c.position is not None]
    assert collars
    for each in collars:
        assert each.position is not None
        put, call = each.position.legs
        assert put.contracts > Decimal("1.8") == -call.contracts
        assert each.floor_met
        assert each.upfront_usd <= 0.0
    wild = planned(Wanted(floor=0.10, crash=0.16))
    refused = {c.reason.partition(" of them")[2] for c in wild.candidates if "it takes" in c.reason}
    assert refused == {", more than 3 times the book's beta: a bet on a fall"}
    for each in wild.candidates:
        assert each.position is None or all(
            abs(leg.contracts) <= Decimal("5.4") for leg in each.position.legs
        )


def test_a_perpetual_is_simply_better_where_it_is() -> None:
    """A put at several times its worth is ahead of the perpetual only where nobody expects the coin to end."""
    whole = flat_chain(days=(30,))
    dear = tuple(q if q.call else replace(q, ask=4 * q.ask) for q in whole.quotes)
    put = lead(planned(Wanted(), replace(whole, quotes=dear)), "protective put")
    assert put.verdict.startswith(
        "A perpetual is simply better: this is ahead of it only if BTC ends above +"
    )
    fair = lead(planned(Wanted(), whole), "protective put")
    assert fair.verdict.startswith("This is ahead of the perpetual if BTC ends above +")
    assert fair.verdict.endswith("else the perpetual is.")


def test_chances_are_the_market_s_own() -> None:
    """With one volatility for all strikes it is Black's: N(d2) above, and all of it somewhere."""
    w = 0.55**2 * 0.25
    flat = Smile(0.25, w, 0.0, 0.0, 0.0, 0.1, -1, 1, 9, 0.0, 1.0)
    d2 = math.log(60 / 66) / math.sqrt(w) - math.sqrt(w) / 2
    above = 0.5 * math.erfc(-d2 / math.sqrt(2))
    assert chance_between(flat, 60.0, 66.0, math.inf) == pytest.approx(above, abs=1e-6)
    assert chance_between(flat, 60.0, 0.0, 66.0) == pytest.approx(1 - above, abs=1e-6)
    assert chance_between(flat, 60.0, 0.0, math.inf) == 1.0


def test_a_crash_of_that_days_size_is_that_day() -> None:
    exposure = the_exposure()
    powers = crash_powers("BTC", ("BTC", "ETH", "SOL", "USDT"))
    lost = book_in_crash(exposure, np.array([CRASH["BTC"]]), powers)[0]
    assert lost == pytest.approx(40_000 * CRASH["BTC"] + 30_000 * CRASH["ETH"] + 20_000 * CRASH_ALT, rel=1e-9)
    deep = book_in_crash(exposure, np.array([-0.4, -0.99]), powers)
    assert deep[0] < book_by_beta(exposure, np.array([-0.4]))[0]
    assert deep[1] >= -90_000.0  # no coin falls by more than all of it
    assert book_in_crash(exposure, np.array([0.2]), powers)[0] == pytest.approx(0.2 * 109_500)


def test_a_coin_that_is_short_falls_no_more_than_by_its_beta() -> None:
    exposure = the_exposure(BTC=1.0, SOL=-100.0)
    powers = crash_powers("BTC", ("BTC", "SOL"))
    at = np.array([-0.1])
    assert book_in_crash(exposure, at, powers)[0] == pytest.approx(-6_000 + 15_000 * 0.16)


def test_what_cannot_be_protected_says_so() -> None:
    with pytest.raises(UsageError, match="the chain is on ETH, the beta to BTC"):
        planned(Wanted(), replace(flat_chain(), underlying="ETH"))
    with pytest.raises(UsageError, match="it gains when BTC falls"):
        planned(Wanted(), BTC=-1.0, USDT=100_000.0)
    with pytest.raises(UsageError, match="the floor is a share of net value, and there is none"):
        planned(Wanted(floor=0.15), BTC=1.0, USDT=-70_000.0)


def test_units_for_a_floor() -> None:
    assert units_for_floor(30.0, 10.0, 5.0) == 4.0
    assert units_for_floor(10.0, 10.0, 5.0) == 0.0
    assert units_for_floor(30.0, 10.0, 0.0) == math.inf


@settings(max_examples=12, phases=[Phase.explicit, Phase.generate])
@given(st.floats(0.02, 0.6), st.floats(0.1, 0.8), st.floats(0.7, 1.1), st.sampled_from(["BTC", "USDT"]))
def test_whatever_is_asked_what_is_offered_does_it(
    floor: float, crash: float, strike: float, settle: str
) -> None:
    found = planned(
        Wanted(floor=floor, crash=crash, strike=strike, budget_usd=800.0),
        flat_chain(settle=settle, days=(30,)),
    )
    alone = found.by_beta_usd[-1]
    for each in (c for c in found.candidates if c.position is not None):
        assert each.position is not None
        assert each.floor_met or each.sizing == "beta"
        assert each.by_beta_usd[-1] <= alone + max(-each.upfront_usd, 0.0) + 1e-6  # nothing is free above
        assert each.worst_usd <= found.at_crash(each.crash_usd) + 1e-6
        calls = sum(-leg.count for leg in each.position.legs if leg.quote.call)
        assert calls * INDEX <= 109_500 + 0.05 * INDEX
