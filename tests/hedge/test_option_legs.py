"""Options held or written: their dollars, deltas, fees and margin, in coins and in dollars."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.hedge.chains import INDEX, chain_of, position, quote_of

from hedgerow.hedge.options.legs import DERIBIT
from hedgerow.stats.black import black_price

MOVES = np.array([-0.4, -0.3, -0.1, 0.0, 0.1, 0.4])
HERE = np.zeros(1)


@pytest.mark.parametrize("settle", ["BTC", "USDT"])
@pytest.mark.parametrize("call", [False, True])
def test_deltas_are_the_slopes_of_the_worth(settle: str, call: bool) -> None:
    """In dollars, whichever coin it settles in; a forward above the index changes neither."""
    chain = chain_of(quote_of(54_000, 0.02, call=call, forward=1.02 * INDEX), settle=settle)
    held = position(chain, (0, "-3", 0.02))
    step = 1e-4
    for move in MOVES:
        up, down = (float(held.worth_usd(np.array([move + side]))[0]) for side in (step, -step))
        assert (up - down) / (2 * step) * (1 + move) == pytest.approx(
            float(held.delta_usd(np.array([move]))[0]), rel=1e-4
        )
    greeks = held.greeks()
    assert greeks.delta_usd == pytest.approx(float(held.delta_usd(HERE)[0]), rel=1e-12)
    ends = held.worth_usd(np.array([step, 0.0, -step]))
    assert (ends[0] - 2 * ends[1] + ends[2]) / step**2 == pytest.approx(greeks.gamma_usd, rel=1e-4)


def test_a_coin_option_is_worth_its_price_times_the_index(vectors: dict[str, Any]) -> None:
    """Price in coins × spot, not × forward; the net delta has the premium's coins in it (TV19)."""
    put = vectors["TV19_put"]
    forward = 1.03 * INDEX
    coins = float(black_price(forward, put["K"], put["T_years"], put["sigma"], call=False)) / forward
    chain = chain_of(quote_of(put["K"], coins, forward=forward))
    held = position(chain, (0, "1", coins), sigma=put["sigma"])
    assert held.worth_usd(HERE)[0] == pytest.approx(coins * INDEX, rel=1e-9)
    assert held.premium_usd == pytest.approx(coins * INDEX, rel=1e-12)
    flat = chain_of(quote_of(put["K"], put["price_btc"]))
    net = position(flat, (0, "1", put["price_btc"]), sigma=put["sigma"]).greeks().net_delta
    assert net == pytest.approx(put["net_transaction_delta"], rel=1e-9)
    dollars = position(replace(flat, settle="USDT"), (0, "1", put["price_usd"]), sigma=put["sigma"])
    assert dollars.premium_usd == pytest.approx(put["price_usd"], rel=1e-12)
    assert dollars.greeks().net_delta == pytest.approx(put["delta_bs"], rel=1e-9)


def test_fees_and_delivery_are_capped() -> None:
    """Deribit's own example: of an option at 0.0001 BTC the fee is 0.0000125 BTC, not 0.0003."""
    chain = chain_of(quote_of(54_000, 0.0001), quote_of(54_000, 0.02))
    assert position(chain, (0, "1", 0.0001), fees=DERIBIT).fee_usd == pytest.approx(0.0000125 * INDEX)
    both = position(chain, (0, "2", 0.02), (1, "-2", 0.02), fees=DERIBIT)
    assert both.fee_usd == pytest.approx(4 * 0.0003 * INDEX)
    assert both.payoff_usd(np.array([-0.5]))[0] == pytest.approx(-4 * 0.00015 * 0.5 * INDEX)
    assert both.payoff_usd(np.array([0.5]))[0] == 0.0


def test_a_sold_call_needs_margin_in_a_rally() -> None:
    """By hand: 0.15 less its distance, at least 0.1, and the mark; after it 0.075 and the mark, in coins of then."""
    chain = chain_of(quote_of(66_000, 0.02, call=True), quote_of(54_000, 0.02))
    held = position(chain, (0, "-2", 0.02), (1, "2", 0.02))
    mark = float(black_price(INDEX, 66_000, 30 / 365, 0.55, call=True)) / INDEX
    assert held.initial_margin_usd() == pytest.approx(2 * (0.1 + mark) * INDEX)
    up = 1.4 * INDEX
    later = float(black_price(up, 66_000, 30 / 365, 0.55, call=True)) / up
    assert held.needed_usd(0.4) == pytest.approx(2 * (0.075 + later) * up)
    assert held.needed_usd(0.4) > 2 * (up - 66_000)  # what it takes to buy them back, and more
    near = position(chain_of(quote_of(61_000, 0.05, call=True)), (0, "-1", 0.05))
    mark = float(black_price(INDEX, 61_000, 30 / 365, 0.55, call=True)) / INDEX
    assert near.initial_margin_usd() == pytest.approx((0.15 - 1 / 60 + mark) * INDEX)
    assert position(chain, (1, "2", 0.02)).needed_usd(-0.4) == 0.0


def test_a_sold_puts_margin_is_never_less_than_its_maintenance() -> None:
    chain = chain_of(quote_of(120_000, 1.0))
    held = position(chain, (0, "-1", 1.0))
    mark = float(black_price(INDEX, 120_000, 30 / 365, 0.55, call=False)) / INDEX
    assert held.initial_margin_usd() == pytest.approx((0.15 + mark) * INDEX)
    deep = position(chain, (0, "-1", 1.0))
    later = float(black_price(0.4 * INDEX, 120_000, 30 / 365, 0.55, call=False)) / (0.4 * INDEX)
    assert deep.needed_usd(-0.6) == pytest.approx(1.075 * later * 0.4 * INDEX + deep.premium_usd)
