"""What funding may come to: the same for a plan and for the watch of it, from the same prints."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runs.watched import Script, market

from hedgerow.hedge.terms import funding_ahead
from hedgerow.runs.outlook import outlook_of
from hedgerow.stats.carry import fit_funding, forecast_funding, funding_over
from hedgerow.venues.catalogue import catalogue

MARKET = market(Script(funding=lambda i: 0.0001 + 0.00005 * ((i * 7) % 5 - 2)))
BTC = next(one for one in catalogue(MARKET) if one.symbol == "BTCUSDT")


@pytest.mark.parametrize("cap", [None, 0.003, 0.00004])
def test_a_plan_and_a_watch_foretell_the_same_from_the_same_prints(cap: float | None) -> None:
    prints = MARKET.funding["BTC"]
    contract = replace(BTC, funding_cap=cap)
    planned = funding_ahead(contract, MARKET)
    outlook = outlook_of(prints.times, prints.rates, cap)
    assert outlook is not None
    assert outlook.dollars(30.0, -1.0) == pytest.approx((planned.low, planned.expected, planned.high))


def test_no_settlement_brings_more_than_the_cap() -> None:
    prints = MARKET.funding["BTC"]
    model, last = fit_funding(prints.times, prints.rates), float(prints.rates[-1])
    free = funding_over(model, last, 30.0)
    assert free == forecast_funding(model, last, round(30.0 * 24.0 / model.interval_hours))
    assert free.low < free.expected < free.high
    most = 0.5 * free.expected
    bound = funding_over(model, last, 30.0, most / free.intervals)
    assert (bound.expected, bound.high) == pytest.approx((most, most))
    assert np.abs(bound.low) <= most * (1.0 + 1e-12)
