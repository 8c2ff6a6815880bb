"""Resizing one contract the short way is the whole plan's decision, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.hedge.books import book, spot
from tests.hedge.plans import contracts
from tests.runs.test_backtest import history, rows

from hedgerow.hedge.estimation import Override
from hedgerow.hedge.limits import Limits
from hedgerow.hedge.policy import Policy
from hedgerow.model.journal import RunResult
from hedgerow.model.market import Market
from hedgerow.model.portfolio import Portfolio
from hedgerow.runs import BacktestSettings, backtest, desk, resizing, walk
from hedgerow.runs.replay import first_difference


def apart() -> Market:
    """The contracts' market: two per cent away now and then, and the dollar coin off its peg."""
    made = history()
    wave = np.sin(np.arange(len(made.times)))[:, None]
    peg = 1.0 + 0.004 * np.cos(np.arange(len(made.times)))[:, None]
    return replace(
        made,
        symbols=(*made.symbols, "USDT"),
        prices=np.hstack([made.prices * (1.0 + 0.02 * wave), peg]),
        volumes_usd=np.hstack([made.volumes_usd, np.full_like(peg, 1e9)]),
    )


def gapped() -> Market:
    """Bars of a coin of the book are missing, for two days and for a fortnight; so is one of BTC."""
    made = history()
    prices = made.prices.copy()
    column = made.column("ADA")
    prices[150:152, column], prices[180:194, column] = np.nan, np.nan
    prices[170, made.column("BTC")] = np.nan
    return replace(made, prices=prices)


def once(
    market: Market | None, hedge: Market | None, held: Portfolio | None, policy: dict[str, Any]
) -> RunResult:
    asked: dict[str, Any] = {"rebalance": "threshold:0.05"} | policy
    return backtest(
        Policy(**asked), held or rows(), market or history(), lambda _: contracts(), hedge, BacktestSettings()
    )


CASES: list[tuple[str, Market | None, Market | None, Portfolio | None, dict[str, Any]]] = [
    ("named", None, None, None, {"instruments": ("BTCUSDT",)}),
    ("the best", None, None, None, {}),
    ("every day", None, None, None, {"rebalance": "calendar:1", "target_beta": (0.5,)}),
    ("to the edge", None, None, None, {"rebalance": "band"}),
    ("collateral", None, None, None, {"instruments": ("ETHUSDT",), "collateral": "20000USDT"}),
    ("distance", None, None, None, {"limits": Limits(max_leverage=10, least_distance=0.05)}),
    ("volatility", None, None, None, {"target_vol": 0.4}),
    ("another market", None, apart(), None, {"rebalance": "calendar:2"}),
    ("dollars off their peg", apart(), None, None, {"rebalance": "calendar:2"}),
    ("missing bars", gapped(), None, None, {"rebalance": "calendar:1"}),
    ("its own coin left out", None, None, book(spot("SOL", 400), spot("BTC", 1)), {"exclude": ("BTC",)}),
    ("the hedge left out", None, None, None, {"exclude": ("hedge",), "target_beta_usd": (-9_000.0,)}),
    ("a wrapped coin", None, None, book(spot("SOL", 400), spot("WBTC", 1)), {"rebalance": "calendar:1"}),
    ("a beta that was given", None, None, None, {"overrides": {"USDT": Override((0.1,))}}),
    ("coin margin", None, None, None, {"instruments": ("BTCUSD_PERP",), "collateral": "2BTC"}),
    ("two factors", None, None, None, {"factor": "BTC,ETH", "instruments": ("ETHUSDT", "BTCUSDT")}),
]


@pytest.mark.parametrize(
    ("market", "hedge", "held", "policy"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_the_short_way_is_the_whole_one_bit_for_bit(
    market: Market | None,
    hedge: Market | None,
    held: Portfolio | None,
    policy: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    short = once(market, hedge, held, policy)
    monkeypatch.setattr(walk, "resized", lambda *_: None)
    whole = once(market, hedge, held, policy)
    assert first_difference(whole, short) is None
    assert sum(e.kind == "trade" for e in short.events) > 1


def test_only_contracts_are_chosen_by_a_whole_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, taken = list[bool](), list[bool]()

    def decide(*given: Any, anew: bool) -> desk.Trades:
        asked.append(anew)
        return desk.decide(*given, anew=anew)

    def resized(*given: Any) -> desk.Trades | None:
        found = resizing.resized(*given)
        taken.append(found is not None)
        return found

    monkeypatch.setattr(walk, "decide", decide)
    monkeypatch.setattr(walk, "resized", resized)
    once(None, None, None, {"rebalance": "calendar:1"})
    assert all(asked)
    assert all(taken)
    assert len(taken) > 10 * len(asked)
