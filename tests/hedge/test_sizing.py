"""How many contracts."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hedge.books import book, contract, open_contract, spot
from tests.hedge.plans import contracts, known_market, plan, simulated, tv14_book

from hedgerow.hedge.estimation import Override
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.valuation import in_currency
from hedgerow.model.errors import UnknownSymbol, UsageError
from hedgerow.model.instruments import Payoff
from hedgerow.model.market import FundingPrints
from hedgerow.model.portfolio import Position, PositionKind

GIVEN = {"ETH": Override((1.25,)), "SOL": Override((1.6,))}


@pytest.mark.parametrize(
    ("instruments", "policy", "key"),
    [
        (("BTCUSDT",), {}, "N_btc_perp_target0"),
        (("BTCUSDT",), {"target_beta": (0.5,)}, "N_btc_perp_target_0p5"),
        (("ETHUSDT",), {}, "N_eth_perp_betaF1p25"),
        (("BTCUSD_PERP",), {}, "N_inverse_100usd_contracts"),
    ],
)
def test_TV14_contracts_for_a_target(
    vectors: dict[str, Any], instruments: Any, policy: Any, key: str
) -> None:
    leg = plan(instruments=instruments, overrides=GIVEN, **policy).plan.legs[0]
    assert leg.side == "sell"
    assert -float(leg.contracts) == pytest.approx(
        vectors["TV14_hedge"][key], abs=float(leg.instrument.lot) / 2
    )


def test_TV14_eth_hedge_divides_by_its_own_beta(vectors: dict[str, Any]) -> None:
    sized = plan(instruments=("ETHUSDT",), overrides=GIVEN).plan
    assert abs(sized.after_usd[0]) <= 0.001 * 3000 * 1.25 / 2 + 1e-6
    assert sized.legs[0].beta_usd[0] == pytest.approx(-vectors["TV14_hedge"]["dollar_beta"], rel=1e-3)


def test_TV27_required_margin_and_rally(vectors: dict[str, Any]) -> None:
    vector = vectors["TV27_collateral"]
    given = plan(instruments=("BTCUSDT",), overrides=GIVEN, collateral="20000USDT")
    account = given.plan.margin[0]
    assert account.collateral_usd == 20000
    assert account.max_rally == pytest.approx(vector["max_rally_with_20k_usdt"], rel=1e-9)
    assert given.plan.legs[0].liquidation_price == pytest.approx(vector["lp_with_20k"], rel=1e-9)
    assert given.plan.nav_usd == pytest.approx(120000, rel=1e-9)
    assert [r.rule for r in given.refusals] == ["liquidation distance", "leverage"]
    assert not given.complete


def test_without_collateral_the_plan_computes_what_the_distance_rule_needs() -> None:
    account = plan(instruments=("BTCUSDT",), overrides=GIVEN).plan.margin[0]
    assert np.isnan(account.collateral_usd)
    assert account.max_rally == pytest.approx(account.required_rally, abs=1e-9)
    assert account.required_rally >= 0.40
    assert account.leverage < 2.5


@given(st.floats(-1.5, 2.5))
def test_any_target_is_reached_to_half_a_lot(target: float) -> None:
    sized = plan(instruments=("BTCUSDT",), overrides=GIVEN, target_beta=(target,)).plan
    if sized.legs:
        assert abs(sized.residual_usd[0]) <= 0.001 * 60000 / 2 + 1e-6
        assert sized.legs[0].side == ("sell" if target * 100000 < 109500 else "buy")
    else:
        assert abs(target * 100000 - 109500) < 100
        assert sized.untraded


def test_a_basket_holds_the_target_and_removes_more_than_one_contract() -> None:
    made, contracts = simulated()
    rows = book(*(spot(s, 20000 / _price(made, s)) for s in ("SOL", "LINK", "AAVE", "DOGE", "ARB")))
    one = Policy().plan(rows, made, contracts).plan
    many = Policy(instruments=5).plan(rows, made, contracts).plan
    assert len(many.legs) == 5
    smallest = min(float(leg.instrument.lot) * leg.price_usd for leg in many.legs)
    assert abs(many.residual_usd[0]) <= smallest * 3
    assert many.risk_after is not None
    assert one.risk_after is not None
    assert many.risk_after.volatility_usd < one.risk_after.volatility_usd
    left = [point.left for point in one.frontier]
    assert left[4] < left[0]
    assert sum(point.chosen for point in one.frontier) == 1
    own = {"SOL", "LINK", "AAVE", "DOGE", "ARB"}
    assert not own & {leg.instrument.underlying for leg in many.legs}


def _price(made: Any, symbol: str) -> float:
    return float(made.quote_of(symbol).price_usd)


def test_auto_takes_the_marked_point() -> None:
    made, contracts = simulated()
    rows = book(*(spot(s, 20000 / _price(made, s)) for s in ("SOL", "LINK", "AAVE")))
    auto = Policy(instruments="auto").plan(rows, made, contracts).plan
    wanted = next(point.count for point in auto.frontier if point.chosen)
    assert len(auto.legs) == wanted


def test_target_volatility_is_met_or_the_least_is_said() -> None:
    made, contracts = simulated()
    rows = book(*(spot(s, 20000 / _price(made, s)) for s in ("SOL", "LINK", "ETH")))
    met = Policy(target_vol=0.45).plan(rows, made, contracts).plan
    assert met.risk_after is not None
    assert met.risk_after.volatility_usd / met.nav_usd == pytest.approx(0.45, abs=0.002)
    least = Policy(target_vol=0.05).plan(rows, made, contracts).plan
    assert any("out of reach" in note for note in least.notes)


def test_two_factors_are_both_brought_to_their_target() -> None:
    made, contracts = simulated()
    rows = book(*(spot(s, 20000 / _price(made, s)) for s in ("SOL", "LINK", "AAVE")))
    sized = Policy(factor="BTC,ETH", target_beta=(0.0, 0.0)).plan(rows, made, contracts).plan
    assert len(sized.legs) == 2
    assert np.all(np.abs(sized.after_usd) < 100)


def test_a_long_short_book_is_hedged_in_dollars() -> None:
    rows = book(spot("SOL", 100), spot("ETH", "-6.6666666"))
    sized = plan(rows, target_beta_usd=(0.0,), overrides=GIVEN, instruments=("BTCUSDT",)).plan
    assert not sized.has_ratio
    assert sized.before_usd[0] == pytest.approx(7000, rel=1e-3)
    assert float(sized.legs[0].contracts) == pytest.approx(0.117)
    with pytest.raises(UsageError, match="no beta per dollar"):
        plan(rows, target_beta=(0.0,), overrides=GIVEN)


def test_a_book_of_stablecoins_needs_no_hedge() -> None:
    ticket = plan(book(spot("USDT", 50000)))
    assert ticket.plan.legs == ()
    assert ticket.plan.before_usd[0] == 0.0
    assert ticket.complete


def test_below_the_smallest_order_nothing_is_traded_and_it_is_said() -> None:
    sized = plan(book(spot("SOL", "0.05"), spot("USDT", 100)), instruments=("BTCUSDT",)).plan
    assert sized.legs == ()
    assert any("less than half a lot" in line for line in sized.untraded)
    assert sized.after_usd[0] == pytest.approx(16, rel=0.1)


def test_an_unknown_contract_names_its_nearest() -> None:
    with pytest.raises(UnknownSymbol) as refused:
        plan(instruments=("BTCUSD",))
    assert "BTCUSD_PERP" in refused.value.advice


def test_a_coin_margined_contract_needs_the_coin() -> None:
    without = book(spot("SOL", 500), spot("USDT", 1000))
    rows = {c.name: c for c in plan(without).ranking.candidates}
    assert not rows["paper:BTCUSD_PERP"].usable
    assert "margined in BTC" in rows["paper:BTCUSD_PERP"].reason
    with_coin = book(spot("SOL", 500), spot("BTC", 3))
    row = {c.name: c for c in plan(with_coin).ranking.candidates}["paper:BTCUSD_PERP"]
    assert (
        row.cost_usd == row.cost_usd
    )  # it is priced, and not chosen by itself: the watch and runs take none either
    assert (row.usable, "where it is named" in row.reason) == (False, True)
    assert plan(with_coin, instruments=("BTCUSD_PERP",)).ranking.candidates[0].usable


def test_every_candidate_keeps_its_row_beside_both_baselines() -> None:
    ranking = plan().ranking
    assert len(ranking.candidates) == 3
    assert [row.name for row in ranking.baselines] == ["do nothing", "sell spot"]
    assert all(row.reason for row in (*ranking.candidates, *ranking.baselines))
    assert ranking.baselines[1].beta_left_usd[0] == pytest.approx(0)


def test_a_short_earns_positive_funding_and_pays_negative() -> None:
    ticket = plan(instruments=("BTCUSDT",))
    line = next(line for line in ticket.plan.costs if line.name == "funding")
    assert line.usd < 0
    assert line.low_usd < line.usd < line.high_usd
    assert line.basis in {"modelled", "assumed"}


def test_collateral_margins_only_what_settles_in_it() -> None:
    rows = book(spot("SOL", 500), spot("BTC", 3), spot("USDT", 20000))
    for held, usable in ((None, False), ("90000USDT", False), ("book", False), ("2BTC", True)):
        ranked = {c.name: c for c in plan(rows, collateral=held).ranking.candidates}
        assert ranked["paper:BTCUSDT"].usable
        assert ranked["paper:BTCUSD_PERP"].usable is usable, held
    named = plan(rows, collateral="90000USDT", instruments=("BTCUSD_PERP",))
    assert named.plan.legs == ()
    assert "the collateral is USDT" in named.ranking.candidates[0].reason


def test_TV15c_new_coin_collateral_is_hedged_along(vectors: dict[str, Any]) -> None:
    vector = vectors["TV15c_inverse_with_collateral"]
    alts = book(spot("SOL", vector["V_alt"] / 200))
    given = {"SOL": Override((vector["beta"],))}
    sized = plan(alts, overrides=given, instruments=("BTCUSD_PERP",), collateral="0.5BTC").plan
    assert -float(sized.legs[0].contracts) == vector["contracts_including_collateral"]


def test_closing_an_open_short_frees_its_margin() -> None:
    short = open_contract(contract(), "-1", 60000.0, "paper")
    ticket = plan(book(spot("SOL", 100), spot("USDT", 50000), short), instruments=("BTCUSDT",))
    assert ticket.plan.legs[0].side == "buy"
    bought = ticket.plan.legs[0].notional_usd
    account = ticket.plan.margin[0]
    assert account.initial_usd == pytest.approx((60000.0 - bought) / 3.0)
    assert ticket.ranking.candidates[0].margin_usd == 0.0


@pytest.mark.parametrize("symbol", ["BTCUSDT", "BTCUSD_PERP", "ETHUSD_QUANTO"])
def test_the_same_contracts_whatever_the_currency(symbol: str) -> None:
    """A currency is a unit: a dollar coin at 0.88 changes every amount, and no number of contracts or quoted price."""
    made = replace(known_market(), given={"USDC": 0.88})
    quanto = replace(contract("ETHUSD_QUANTO", "ETH", Payoff.QUANTO, "0.000001", "1"))
    rows = book(spot("SOL", 500), open_contract(contracts()[2], "-100", 55000.0, "paper"), spot("BTC", 9))
    policy = Policy(instruments=(symbol,))
    plain, other = (
        policy.plan(rows, in_currency(made, name), (*contracts(), quanto)) for name in ("USD", "USDC")
    )
    assert other.worth.total_usd == pytest.approx(plain.worth.total_usd / 0.88, rel=1e-12)
    one, two = plain.plan.legs[0], other.plan.legs[0]
    assert two.contracts == one.contracts
    assert two.base_quantity == pytest.approx(one.base_quantity)
    assert two.notional_usd == pytest.approx(one.notional_usd / 0.88, rel=1e-12)
    assert two.liquidation_price == pytest.approx(one.liquidation_price, rel=1e-3)
    assert other.plan.residual_usd == pytest.approx(plain.plan.residual_usd / 0.88, rel=1e-6)


@given(st.floats(-2e4, 2e4))
def test_a_target_near_what_is_there_is_a_small_trade_or_none(off: float) -> None:
    rows = book(spot("ETH", 20), spot("SOL", 200))
    there = float(plan(rows).exposure.beta_usd[0])
    found = plan(rows, target_beta_usd=(there + off,), instruments="auto").plan
    assert float(found.after_usd[0]) == pytest.approx(there + off, abs=100.0)
    assert sum(leg.notional_usd for leg in found.legs) <= 3 * abs(off) + 200.0


@pytest.mark.parametrize("rows", [book(spot("BTC", 1)), book(spot("ETH", -10), spot("USDT", 60000))])
def test_more_contracts_never_leave_more_variance(rows: Any) -> None:
    made, offered = simulated()
    found = Policy(instruments="auto", own=True).plan(rows, made, offered).plan
    left = [point.left for point in found.frontier]
    assert left == sorted(left, reverse=True)
    assert found.risk_after is not None
    one = Policy().plan(rows, made, offered).plan
    assert one.risk_after is not None
    assert found.risk_after.volatility_usd <= one.risk_after.volatility_usd * 1.001 + 1.0


def test_an_open_contract_keeps_its_own_account_in_sight() -> None:
    short = open_contract(contract(), "-0.4", 90000.0, "paper")
    there = Position("USDT", Decimal(-9000), PositionKind.COLLATERAL, "paper")
    rows = book(spot("ETH", 20), spot("USDT", 500), short, there)
    ticket = plan(rows, instruments=("BTCUSD_PERP",))
    account = next(a for a in ticket.plan.margin if a.account == "paper/USDT")
    assert account.collateral_usd == pytest.approx(-9000 + 0.4 * 30000)
    assert account.max_rally == pytest.approx((3000 / 24000 - 0.004) / 1.004)
    assert any(r.rule == "liquidation distance" and r.detail == "paper/USDT" for r in ticket.refusals)
    rally = next(row for row in ticket.stress if row.name == "BTC +20 %")
    assert "paper/USDT" in rally.liquidated
    more = plan(rows, instruments=("BTCUSDT",), collateral="50000USDT").plan
    assert more.margin[0].collateral_usd == pytest.approx(53000.0)


def test_a_liquidated_hedge_loses_its_collateral_and_no_more() -> None:
    ticket = plan(book(spot("SOL", 500)), instruments=("BTCUSDT",), collateral="10000USDT")
    row = next(row for row in ticket.stress if row.name == "BTC +30 %")
    assert row.liquidated == ("paper/USDT",)
    assert row.hedge_usd == pytest.approx(-10000.0)


def test_an_absurd_target_is_refused() -> None:
    ticket = plan(book(spot("SOL", 100)), target_beta=(50.0,))
    assert any(r.rule == "size of the hedge" for r in ticket.refusals)


def test_a_volatility_target_reaches_the_ranking() -> None:
    rows = book(spot("SOL", 500), spot("BTC", 1))
    full, part = plan(rows), plan(rows, target_vol=0.5)
    one, other = full.ranking.candidates[0], part.ranking.candidates[0]
    assert other.notional_usd < one.notional_usd
    assert part.ranking.target_usd == pytest.approx(part.plan.target_usd)
    with pytest.raises(UsageError, match="no free stablecoins"):
        plan(book(spot("SOL", 500)), collateral="book")


def test_the_books_volatility_does_not_depend_on_how_it_is_hedged() -> None:
    made, offered = simulated()
    rows = book(spot("SOL", 400), spot("LINK", 900), spot("ETH", 10))
    found = [
        Policy(instruments=asked).plan(rows, made, offered).plan.risk_before
        for asked in (1, "auto", ("BTCUSDT",), ("ETHUSDT", "OPUSDT"))
    ]
    known = [risk.volatility_usd for risk in found if risk is not None]
    assert known == pytest.approx([known[0]] * 4, rel=1e-12)


@pytest.mark.parametrize("held", [spot("BTC", "0.01"), spot("BTC", 9, locked=True)])
def test_a_margin_coin_has_to_be_there_and_free(held: Position) -> None:
    ticket = plan(book(spot("SOL", 1000), held), instruments=("BTCUSD_PERP",))
    assert any(r.rule == "coin for margin" for r in ticket.refusals)
    fine = plan(book(spot("SOL", 1000), spot("BTC", 9)), instruments=("BTCUSD_PERP",))
    assert not any(r.rule == "coin for margin" for r in fine.refusals)


def test_an_order_at_its_maximum_is_refused_and_not_passed_over() -> None:
    most = replace(contract(), max_contracts=Decimal(1))
    ticket = Policy(instruments=("BTCUSDT",)).plan(book(spot("SOL", 5000)), known_market(), (most,))
    assert ticket.plan.legs[0].contracts == Decimal(1)
    assert any(r.rule == "largest order" for r in ticket.refusals)


def test_funding_and_basis_shocks_reach_the_margin() -> None:
    ticket = plan(book(spot("SOL", 500)), instruments=("BTCUSDT",), collateral="12000USDT")
    rows = {row.name: row for row in ticket.stress}
    for name in ("funding −2 % per 8 h, 3 days", "basis −22 %"):
        assert rows[name].liquidated == ("paper/USDT",), name
        assert rows[name].top_up_usd > 0
        assert rows[name].hedge_usd >= -12000.0 - 1e-6
    rich = plan(book(spot("SOL", 500)), instruments=("BTCUSDT",), collateral="900000USDT")
    assert all(not row.liquidated for row in rich.stress)


def test_funding_that_ended_long_ago_is_not_called_measured() -> None:
    made = known_market()
    times = made.times[:-200]
    old = FundingPrints("old", times, np.full(len(times), 0.003))
    tickets = [
        Policy(instruments=("BTCUSDT",)).plan(tv14_book(), market, contracts())
        for market in (made, replace(made, funding={"BTC": old}))
    ]
    lines = [next(c for c in t.plan.costs if c.name == "funding") for t in tickets]
    assert lines[1].basis == "modelled"
    assert lines[1].usd == pytest.approx(lines[0].usd)
    assert "prints end" in lines[1].note


@pytest.mark.parametrize("factor", ["USDC", "BTC,BTC", "BTC,USDT"])
def test_a_dollar_or_a_factor_twice_is_no_factor(factor: str) -> None:
    with pytest.raises(UsageError, match=r"dollar|twice"):
        plan(factor=factor)


def test_collateral_in_another_dollar_is_said() -> None:
    made = replace(known_market(), given={"USDC": 1.0})
    ticket = Policy(instruments=("BTCUSDT",), collateral="90000USDC").plan(tv14_book(), made, contracts())
    assert any("settle in USDT: change it" in line for line in ticket.warnings)


@pytest.mark.parametrize("asked", [3, "auto", ("BTCUSDT", "SOLUSDT"), 1])
def test_a_volatility_target_is_reached_with_any_contracts(asked: Any) -> None:
    made, offered = simulated()
    rows = book(spot("SOL", 400), spot("LINK", 900), spot("ETH", 10), spot("USDT", 20000))
    policy = Policy(instruments=asked, target_vol=0.4, own=True)
    found = policy.plan(rows, made, offered)
    assert found.plan.risk_after is not None
    assert found.plan.risk_after.volatility_usd / found.worth.total_usd == pytest.approx(0.4, abs=0.005)


def test_too_large_a_short_is_bought_back_first() -> None:
    """Closing what is open frees its margin and costs no second contract."""
    short = open_contract(contract(), "-3", 60000.0, "paper")
    rows = book(spot("SOL", 400), spot("USDT", 200000), short)
    best = plan(rows).ranking.candidates[0]
    assert best.name == "paper:BTCUSDT"
    assert plan(rows).plan.legs[0].side == "buy"


def test_an_account_of_longs_and_shorts_has_a_price_for_each() -> None:
    """Each contract's own liquidation, the others standing still: a long's below the market, a short's above."""
    rows = book(spot("SOL", 500), spot("ETH", 20))
    found = plan(rows, factor="BTC,ETH", target_beta=(2.0, -1.0), instruments=("BTCUSDT", "ETHUSDT")).plan
    sides = {leg.instrument.symbol: leg for leg in found.legs}
    assert {leg.side for leg in found.legs} == {"buy", "sell"}
    account = found.margin[0]
    for leg in found.legs:
        other = next(o for o in found.legs if o is not leg)
        assert leg.liquidation_price is not None
        move = leg.liquidation_price / leg.price_usd - 1.0
        assert (move < 0) == (leg.side == "buy")
        sign = 1.0 if leg.side == "buy" else -1.0
        equity = account.required_usd + sign * leg.notional_usd * move
        assert equity == pytest.approx(0.004 * (leg.notional_usd * (1 + move) + other.notional_usd), rel=1e-6)
    assert len(sides) == 2
