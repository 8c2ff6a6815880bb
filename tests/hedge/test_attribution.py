"""Where a bar's money came from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.hedge.attribution import (
    LINES,
    Attribution,
    LegMove,
    SpotMoves,
    WalletMove,
    attribute,
    check_closes,
)
from hedgerow.model.errors import BrokenPromise


def one(beta: float) -> Any:
    return np.array([beta])


def spots_of(*rows: tuple[float, float, float, bool]) -> SpotMoves:
    """Holdings by value, return, beta and whether they are cash."""
    values, changes, betas, cash = np.array(rows, dtype=float).reshape(-1, 4).T
    return SpotMoves(values, changes, betas[:, None], cash.astype(bool))


def test_TV33_attribution(vectors: dict[str, Any]) -> None:
    v = vectors["TV33_attribution"]
    q, arrival, end = v["q_fut"], v["F_arrival"], v["F_end"]
    lines = attribute(
        spots_of((30_000.0, 0.06, 1.25, False), (20_000.0, -0.02, 1.6, False)),
        [LegMove(q * arrival, one(1.0), q * (end - arrival))],
        [],
        np.array([v["r_bench"]]),
    )
    lines += Attribution(
        funding=-q * 61_000.0 * 2e-4,
        fees=-abs(q) * 60_000.0 * 5e-4,
        slippage=q * (arrival - v["fill"]),
    )
    for name in ("alpha", "beta_spot", "beta_hedge", "basis", "funding", "fees", "slippage", "roll"):
        assert getattr(lines, name) == pytest.approx(v[name], rel=1e-9, abs=1e-9), name
    assert lines.total == pytest.approx(v["sum_parts"], rel=1e-12)
    check_closes(lines, v["total_cash"], 50_000.0, 120_000.0)


NUMBERS = st.floats(-1e6, 1e6)
CHANGES = st.floats(-0.5, 0.5)


@given(
    st.lists(st.tuples(NUMBERS, CHANGES, st.floats(-2, 3), st.booleans()), max_size=6),
    st.lists(st.tuples(NUMBERS, st.floats(-2, 3), NUMBERS, CHANGES), max_size=4),
    st.lists(st.tuples(NUMBERS, NUMBERS, CHANGES, st.booleans()), max_size=3),
    CHANGES,
)
def test_the_lines_add_up_to_what_was_gained(
    spots: list[Any], legs: list[Any], wallets: list[Any], factor: float
) -> None:
    lines = attribute(
        spots_of(*spots),
        [LegMove(d, one(b), g, a) for d, b, g, a in legs],
        [WalletMove(w, u, 2.0, 2.0 * (1 + r), cash) for w, u, r, cash in wallets],
        np.array([factor]),
    )
    gained = sum(v * r for v, r, _, _ in spots) + sum(leg[2] for leg in legs)
    gained += sum((w + u) * 2.0 * r for w, u, r, _ in wallets)
    size = sum(abs(s[0]) for s in spots) + sum(abs(x[0]) + abs(x[2]) for x in legs)
    check_closes(lines, gained, 0.0, size + sum(abs(w[0]) + abs(w[1]) for w in wallets) * 4)


def test_coins_as_collateral_are_the_hedges_and_their_profit_is_fx() -> None:
    """W·ΔS is a line of the hedge's side, accrued profit times ΔS is fx; W is never counted twice, nor as the book's."""
    wallet = WalletMove(0.5, 0.1, 60_000.0, 66_000.0, cash=False)
    lines = attribute(spots_of(), [], [wallet], np.array([0.1]))
    assert lines.collateral == pytest.approx(3_000.0)
    assert lines.fx == pytest.approx(600.0)
    assert (lines.alpha, lines.beta_spot) == (0.0, 0.0)
    pegged = attribute(spots_of(), [], [WalletMove(1e4, 0.0, 1.0, 0.99, cash=True)], np.array([0.1]))
    assert pegged.fx == pytest.approx(-100.0)
    assert set(LINES) >= {"alpha", "beta_spot", "beta_hedge", "basis", "funding", "fees", "slippage"}


def test_what_a_contracts_coin_did_apart_is_no_basis() -> None:
    """A short of 1,000 dollars of a coin with beta 1.2 that rose by 15 % while the factor rose by 10 %; the contract by 16 %."""
    leg = LegMove(-1_000.0, one(1.2), -160.0, 0.15 - 0.12)
    lines = attribute(spots_of(), [leg], [], np.array([0.1]))
    assert lines.beta_hedge == pytest.approx(-120.0)
    assert lines.alpha_hedge == pytest.approx(-30.0)
    assert lines.basis == pytest.approx(-10.0)


def test_lines_that_do_not_add_up_are_a_defect() -> None:
    with pytest.raises(BrokenPromise, match="misses"):
        check_closes(Attribution(alpha=1.0), 2.0, 100.0, 100.0)
    with pytest.raises(BrokenPromise):
        check_closes(Attribution(alpha=float("nan")), 2.0, 100.0, 100.0)
