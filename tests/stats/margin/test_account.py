"""Account-level margin."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stats.margin.ladders import FLAT, ladders

from hedgerow.model.errors import BrokenPromise
from hedgerow.stats.margin import (
    LIQUIDATION_RATIO,
    Collateral,
    PortfolioMargin,
    Tier,
    adjusted_equity,
    adl_rank,
    max_rally,
    uni_mmr,
)


def book(notional: float = 109500.0, tiers: tuple[Tier, ...] = FLAT) -> PortfolioMargin:
    """The book of TV14 as collateral of its own hedge."""
    return PortfolioMargin(
        values=np.array([40000.0, 30000.0, 20000.0, 10000.0]),
        betas=np.array([1.0, 1.25, 1.6, 0.0]),
        rates=np.array([0.95, 0.95, 0.90, 1.0]),
        notional=notional,
        tiers=tiers,
    )


def test_TV37_unimmr(vectors: dict[str, Any]) -> None:
    vector = vectors["TV37_unimmr"]
    assets = (Collateral(20000, 1, 1), Collateral(0.8, 60000, 0.95), Collateral(-5000, 1, 0.999))
    held = adjusted_equity(assets)
    assert held == pytest.approx(vector["equity"], rel=1e-9)
    assert uni_mmr(held, 300 + 450) == pytest.approx(vector["uniMMR"], rel=1e-9)
    assert uni_mmr(held, 0.0) is None
    assert uni_mmr(held, 750, open_loss=600.0) == pytest.approx(80.0)
    assert math.isnan(adjusted_equity((Collateral(1, math.nan, 1), Collateral(1, 1, 1))))


def test_TV42_pm_survival(vectors: dict[str, Any]) -> None:
    vector = vectors["TV42_pm_survival"]
    account = book()
    assert account.rates.tolist() == vector["haircuts"]
    assert account.equity(0.0) == pytest.approx(vector["equity_0"], rel=1e-9)
    assert account.equity(0.5) == pytest.approx(vector["equity_50"], rel=1e-9)
    assert account.uni_mmr(0.5) == pytest.approx(vector["uniMMR_50"], rel=1e-9)
    assert account.net_beta == pytest.approx(vector["net_haircut_beta"], rel=1e-9)
    assert account.max_rally() == pytest.approx(vector["max_rally_before_105pct"], rel=1e-9)
    assert max_rally(20000, 109500, FLAT) == pytest.approx(vector["segregated_20k_max_rally"], rel=1e-9)


@given(ladders(), st.floats(110_000, 400_000))
def test_at_its_largest_rally_the_account_is_at_the_ratio(tiers: tuple[Tier, ...], notional: float) -> None:
    account = book(notional, tiers)
    rally = account.max_rally()
    assert rally is not None
    if rally > 0.0:
        assert account.uni_mmr(rally) == pytest.approx(LIQUIDATION_RATIO, rel=1e-9)
        assert (account.uni_mmr(rally * 0.99) or 0.0) > LIQUIDATION_RATIO


def test_an_account_whose_collateral_outruns_its_short_survives_any_rally() -> None:
    assert book(notional=50000.0).max_rally() is None
    assert book(notional=0.0).max_rally() is None
    assert book(notional=0.0).uni_mmr() is None


def test_below_the_ratio_today() -> None:
    account = PortfolioMargin(np.array([1.0]), np.array([200.0]), np.array([1.0]), 100.0, (Tier(0, 0.1),))
    assert account.max_rally() == 0.0
    poor = PortfolioMargin(np.array([1.0]), np.array([0.0]), np.array([1.0]), 100.0, (Tier(0, 0.1),))
    rally = poor.max_rally()
    assert rally is not None
    assert rally < 0


def test_debts_count_in_full_and_unknown_stays_unknown() -> None:
    owing = PortfolioMargin(np.array([100.0, -50.0]), np.zeros(2), np.array([0.9, 0.9]), 10.0, FLAT)
    assert owing.equity(0.0) == pytest.approx(40.0)
    unknown = PortfolioMargin(np.array([math.nan]), np.zeros(1), np.ones(1), 10.0, FLAT).max_rally()
    assert unknown is not None
    assert math.isnan(unknown)
    with pytest.raises(BrokenPromise, match="shape"):
        PortfolioMargin(np.zeros(2), np.zeros(1), np.zeros(2), 1.0, FLAT)
    with pytest.raises(BrokenPromise, match="never negative"):
        book(notional=-1.0)


def test_TV36_adl(vectors: dict[str, Any]) -> None:
    vector = vectors["TV36_adl"]
    rank = adl_rank(vector["pnl_pct"], vector["mark_value"], vector["bankrupt_value"])
    assert rank == pytest.approx(vector["rank"], rel=1e-9)
    loser = adl_rank(-0.10, vector["mark_value"], vector["bankrupt_value"])
    assert loser == pytest.approx(vector["loss_rank"], rel=1e-9)
    short = adl_rank(vector["pnl_pct"], -vector["mark_value"], -105000.0)
    assert short == pytest.approx(0.2 * 20, rel=1e-9)
    assert adl_rank(0.1, 100.0, 100.0) == math.inf
