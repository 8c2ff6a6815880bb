"""Named scenarios against arithmetic by hand."""

from __future__ import annotations

from typing import Any

import pytest
from tests.hedge.books import book, spot
from tests.hedge.plans import plan

from hedgerow.hedge.estimation import Override
from hedgerow.hedge.stress import stress
from hedgerow.hedge.ticket import StressRow, Ticket

GIVEN = {"ETH": Override((1.25,)), "SOL": Override((1.6,))}


def rows_of(ticket: Ticket) -> dict[str, StressRow]:
    return {row.name: row for row in ticket.stress}


def test_TV43_stress_20251010(vectors: dict[str, Any]) -> None:
    vector = vectors["TV43_stress_20251010"]
    alts = book(spot("SOL", vector["portfolio_alt"] / 200))
    ticket = plan(alts, overrides={"SOL": Override((vector["est_beta"],))}, instruments=("BTCUSDT",))
    row = {row.name: row for row in stress(ticket.plan, ticket.exposure, {})}["2025-10-10 replayed"]
    lot = 0.001 * 60000 * abs(vector["r_btc"])
    assert row.book_usd == pytest.approx(vector["alt_pnl"], rel=1e-9)
    assert row.hedge_usd == pytest.approx(vector["hedge_pnl"], abs=lot / 2)
    assert row.net_usd == pytest.approx(vector["net"], abs=lot / 2)


def test_a_factor_move_is_the_dollar_beta_times_it() -> None:
    rows = rows_of(plan(overrides=GIVEN, instruments=("BTCUSDT",)))
    for move in (-0.3, -0.2, -0.1, 0.1, 0.2, 0.3):
        sign = "+" if move > 0 else "−"
        row = rows[f"BTC {sign}{abs(move) * 100:.0f} %"]
        assert row.book_usd == pytest.approx(109500 * move, rel=1e-9)
        assert row.net_usd == pytest.approx(0.0, abs=60)


def test_a_sector_falls_and_no_market_hedge_helps() -> None:
    ticket = plan(overrides=GIVEN, instruments=("BTCUSDT",))
    rows = {row.name: row for row in stress(ticket.plan, ticket.exposure, {"SOL": "DeFi", "ETH": "DeFi"})}
    assert rows["DeFi −30 %"].book_usd == pytest.approx(-0.3 * 50000, rel=1e-9)
    assert rows["DeFi −30 %"].hedge_usd == 0.0


def test_pegs_funding_and_a_lost_hedge() -> None:
    ticket = plan(book(spot("SOL", 100), spot("WBTC", "0.5")), overrides=GIVEN, instruments=("BTCUSDT",))
    rows, leg = rows_of(ticket), ticket.plan.legs[0]
    assert rows["staked tokens 6 % below"].net_usd == pytest.approx(-0.06 * 30000)
    assert rows["funding −2 % per 8 h, 3 days"].hedge_usd == pytest.approx(-0.02 * 9 * leg.notional_usd)
    assert rows["basis −22 %"].hedge_usd == pytest.approx(-0.22 * leg.notional_usd)
    assert rows["hedge lost (ADL)"].net_usd == pytest.approx(-0.1 * (32000 + 30000), rel=1e-9)


def test_alts_that_do_not_follow_leave_the_short_alone_with_its_loss() -> None:
    row = rows_of(plan(book(spot("SOL", 100)), overrides=GIVEN, instruments=("BTCUSDT",)))["alts flat, rally"]
    assert row.book_usd == 0.0
    assert row.hedge_usd == pytest.approx(-0.3 * 32000, rel=0.01)
