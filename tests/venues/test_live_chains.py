"""Chains of now in the words of three venues, through ccxt at a stand-in on loopback."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from hedgerow.files.chains import read_chain
from hedgerow.model.errors import BadConfig, StateUnknown, VenueUnreachable
from hedgerow.model.option_chain import OptionChain
from hedgerow.model.option_contracts import option_contract, tick_at
from hedgerow.testing.standin.option_quotes import quoting
from hedgerow.venues.live_chains import LIVE_CHAINS, chain_now
from hedgerow.venues.simulated import simulated_market
from hedgerow.venues.simulated_chain import simulated_chain

WHOLE = simulated_chain(simulated_market())


def few(chain: OptionChain = WHOLE) -> OptionChain:
    """Two expiries near the money: one option without a bid, one crossed, one on a synthetic future."""
    near = [
        q
        for q in chain.quotes
        if q.expiry in chain.expiries[:2] and abs(q.strike / chain.index_usd - 1) < 0.1
    ]
    odd = (
        replace(near[0], bid=math.nan),
        replace(near[1], bid=near[1].ask + 0.001),
        replace(near[2], tradable=False),
    )
    return replace(chain, quotes=(*odd, *near[3:]))


def asked(name: str, chain: OptionChain, coin: str = "BTC") -> tuple[OptionChain, list[str]]:
    heard: list[str] = []

    async def ask() -> OptionChain:
        async with quoting(chain, heard) as base:
            return await chain_now(name, coin, base)

    return asyncio.run(ask()), heard


@pytest.mark.parametrize("name", LIVE_CHAINS)
def test_what_is_quoted_comes_over_in_the_venues_own_coin(name: str) -> None:
    there = few()
    found, heard = asked(name, there)
    coin = name == "deribit"
    assert (found.venue, found.underlying, found.in_coin) == (name, "BTC", coin)
    assert found.settle == ("BTC" if coin else "USDT")
    assert found.as_of == there.as_of
    assert found.index_usd == pytest.approx(there.index_usd)
    assert len(found.quotes) == len(there.quotes)
    assert not any(word in path for path in heard for word in ("private", "order", "sign"))
    for ours, theirs in zip(found.quotes[3:], there.quotes[3:], strict=True):
        scale = 1.0 if coin else theirs.forward_usd
        assert (ours.strike, ours.call, ours.expiry) == (theirs.strike, theirs.call, theirs.expiry)
        assert ours.bid == pytest.approx(theirs.bid * scale, abs=1e-7)
        assert ours.ask == pytest.approx(theirs.ask * scale, abs=1e-7)
        assert ours.mark == pytest.approx(theirs.mark * scale, abs=1e-7)
        # Binance tells no future: parity of the marks near the money gives the one that they were made with.
        assert ours.forward_usd == pytest.approx(theirs.forward_usd, rel=1e-6)


@pytest.mark.parametrize("name", LIVE_CHAINS)
def test_what_is_not_quoted_is_unknown_and_never_nothing(name: str) -> None:
    found, _ = asked(name, few())
    none, crossed, synthetic = found.quotes[:3]
    assert math.isnan(none.bid)
    assert math.isfinite(none.ask)
    assert math.isnan(crossed.bid)
    assert math.isnan(crossed.ask)
    assert math.isfinite(crossed.mark)
    assert synthetic.tradable is (name != "deribit")
    size = found.quotes[5].ask_size
    assert math.isnan(size) if name != "bybit" else size == 25.0
    assert (
        found.lot == {"deribit": Decimal("0.1"), "bybit": Decimal("0.01"), "binance": Decimal("0.01")}[name]
    )


@pytest.mark.parametrize("name", LIVE_CHAINS)
def test_a_coin_without_options_says_so(name: str) -> None:
    with pytest.raises(StateUnknown, match="no options on DOGE"):
        asked(name, few(), "DOGE")


def test_silence_and_strangers_are_told() -> None:
    with pytest.raises(VenueUnreachable, match="does not answer"):
        asyncio.run(chain_now("deribit", "BTC", "http://127.0.0.1:9"))
    with pytest.raises(BadConfig, match="no venue whose options"):
        asyncio.run(chain_now("kraken", "BTC"))


@pytest.mark.market_data
@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_what_deribit_quoted_lies_on_the_ticks_of_its_contracts(coin: str, data_dir: Path) -> None:
    chain = read_chain(data_dir / "deribit_option_chains_2025-12-30_31.parquet", coin)
    quoted = 0
    for quote in chain.quotes:
        contract = option_contract(chain, quote, "deribit")
        for price in (quote.bid, quote.ask):
            if math.isfinite(price):
                exact, quoted = Decimal(repr(price)), quoted + 1
                assert exact % tick_at(contract, exact) == 0, (quote.symbol, price)
    assert quoted > 500
