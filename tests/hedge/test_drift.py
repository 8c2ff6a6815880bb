"""A hedge drifts by itself (domain §3.7)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.hedge.books import betas_of, book, contract, market, open_contract, spot

from hedgerow.hedge.exposure import expose
from hedgerow.hedge.valuation import value


def test_TV40_drift(vectors: dict[str, Any]) -> None:
    vector = vectors["TV40_drift"]
    rows = book(
        spot("BTC", "0.66666666666666666667"),
        spot("ETH", 10),
        spot("SOL", 100),
        spot("USDT", 10000),
        open_contract(contract(), "-1.825", 60000),
    )
    betas = betas_of({"BTC": 1.0, "ETH": 1.25, "SOL": 1.6, "USDT": 0.0})
    before = expose(value(rows, market({"BTC": [6e4, 6e4], "ETH": [3e3, 3e3], "SOL": [200.0, 200.0]})), betas)
    assert before.beta[0] == pytest.approx(vector["beta_eff_0"], abs=1e-9)
    fallen = {"BTC": [6e4, 54e3], "ETH": [3e3, 2580.0], "SOL": [200.0, 172.0]}
    after = expose(value(rows, market(fallen)), betas)
    assert after.nav_usd == pytest.approx(vector["nav_1"], rel=1e-9)
    assert after.beta_usd[0] == pytest.approx(vector["dollar_beta_1"], rel=1e-9)
    assert after.beta[0] == pytest.approx(vector["beta_eff_1"], rel=1e-9)
