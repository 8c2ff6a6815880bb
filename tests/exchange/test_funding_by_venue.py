"""Who pays funding at every venue, and on which value: the table of domain §4.1 and §4.2."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.exchange.test_step import INVERSE, LINEAR, opened

from hedgerow.exchange import FundingDue, FundingPaid, step
from hedgerow.model.instruments import Instrument

TABLE = [
    ("Binance USD-M", LINEAR, "mark"),
    ("Binance COIN-M", INVERSE, "mark"),
    ("Bybit linear", LINEAR, "mark"),
    ("Bybit inverse", INVERSE, "mark"),
    ("BingX", LINEAR, "mark"),
    ("WEEX", LINEAR, "mark"),
    ("MEXC USDT-m", LINEAR, "fair"),
    ("MEXC coin-m", INVERSE, "fair"),
    ("Hyperliquid", LINEAR, "oracle"),
]
PRICES = {"mark": 61_000.0, "fair": 60_500.0, "oracle": 59_800.0}


@pytest.mark.parametrize("rate", [0.0001, -0.0003])
@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize(("venue", "instrument", "price"), TABLE, ids=[row[0] for row in TABLE])
def test_a_positive_rate_is_paid_by_longs_to_shorts_on_the_price_the_venue_names(
    venue: str, instrument: Instrument, price: str, side: int, rate: float
) -> None:
    """−side·|value|·rate: |q|·price in dollars, or contracts·face/price in coin, never at the entry of 60,000."""
    contracts = 2 if instrument is LINEAR else 600
    state = opened(instrument, str(Decimal(side * contracts)), 100_000.0)
    _, outcomes = step(state, FundingDue(instrument, rate, PRICES[price]))
    paid = outcomes[0]
    assert isinstance(paid, FundingPaid), venue
    value = contracts * PRICES[price] if instrument is LINEAR else contracts * 100.0 / PRICES[price]
    assert paid.amount == pytest.approx(-side * value * rate, rel=1e-12)
    assert (paid.amount > 0.0) is ((side < 0) is (rate > 0.0))
