"""A roll at a real venue: its own calendar, its prices of now, a plan that is for real money only."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.hedge.books import contract

from hedgerow.app import contracts as listing
from hedgerow.app import roll as rolling
from hedgerow.app.dealing import leased
from hedgerow.app.plans import mode_of, place_of, planned
from hedgerow.config import Settings, TradeSettings
from hedgerow.model.errors import UsageError
from hedgerow.model.instruments import Instrument
from hedgerow.model.orders import Fill
from hedgerow.model.ports import Ticker
from hedgerow.runs.ledger import fill_record, instrument_record
from hedgerow.store.journal import open_journal
from hedgerow.testing import beta_market

NOW = datetime.now(UTC).replace(microsecond=0)


def dated(days: float) -> Instrument:
    ends = NOW + timedelta(days=days)
    return replace(
        contract(f"BTCUSDT_{ends:%y%m%d}"), venue="binance", expiry=ends, funding_interval_hours=None
    )


PERPETUAL = replace(contract(), venue="binance")
NEAR, FAR, SOON = dated(5), dated(96), dated(6)
MIDS = {PERPETUAL.name: 60_000, NEAR.name: 60_050, FAR.name: 61_200, SOON.name: 60_060}


def ticker(one: Instrument) -> Ticker:
    mid = Decimal(MIDS[one.name])
    return Ticker(one.name, 0, mid, mid - 6, mid + 6, mid, Decimal(60_000))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An account at a venue that is short of the contract that ends first."""
    made = Settings(trade=TradeSettings(state=str(tmp_path), live=True))
    fill = Fill(
        "binance",
        "1",
        "1",
        "1",
        "",
        NEAR.name,
        Decimal(-2),
        Decimal(60_000),
        Decimal(60),
        "USDT",
        1_700_000_000_000,
    )
    with open_journal(place_of(made, "live").journal) as journal, leased(journal, "me", "binance:1") as lease:
        journal.append("binance:1", 1_700_000_000_000, [instrument_record(NEAR), fill_record(fill)], lease)

    async def instruments() -> tuple[Instrument, ...]:
        return PERPETUAL, NEAR, SOON, FAR, replace(FAR, underlying="ETH", symbol="ETHUSDT_1")

    async def tickers(asked: tuple[Instrument, ...]) -> tuple[Ticker, ...]:
        return tuple(ticker(one) for one in asked)

    venue: Any = SimpleNamespace(data=SimpleNamespace(instruments=instruments, tickers=tickers))
    monkeypatch.setattr(listing, "market_door", lambda *_: venue)
    monkeypatch.setattr(listing, "asked_of", lambda _, work: asyncio.run(work()))
    lake = beta_market({"BTC": 1.0}, {"BTC": 59_000.0}, days=200, seed=5)
    lake = replace(lake, as_of=lake.times[-1], simulated=False, source="binance")
    monkeypatch.setattr(
        rolling, "market_of", lambda data, *_: (lake, "BTC" if data.market == "binance" else "")
    )
    return made


def test_the_calendar_and_the_prices_are_the_venues(settings: Settings) -> None:
    found = rolling.ladder(settings, "live")
    (rung,) = found.rungs
    assert (rung.near, rung.contracts, rung.stage, rung.account) == (NEAR, Decimal(-2), "due", "binance:1")
    assert [way.far for way, _ in rung.ways] == [FAR]  # one that itself ends within its window is no way on
    way, beside = rung.ways[0]
    assert beside is not None
    assert way.prices == (60_050.0, 61_200.0)
    lines = {line.name: line for line in way.lines}
    assert (lines["basis"].basis, lines["spread"].basis) == ("measured", "measured")
    assert lines["basis"].usd == pytest.approx(float(way.far_contracts) * 1_200.0)
    halves = (2.0 * 6.0 / 60_050.0 * 60_050.0, abs(float(way.far_contracts)) * 6.0)
    assert lines["spread"].usd == pytest.approx(sum(halves))
    assert way.gain_usd == pytest.approx(-float(way.far_contracts) * 1_150.0)
    assert abs(found.now - np.datetime64(NOW.replace(tzinfo=None), "ms")) < np.timedelta64(1, "h")


def test_the_plan_is_for_real_money_and_holds_what_trading_reads(settings: Settings) -> None:
    found = rolling.proposed(settings, "live", NEAR.symbol)
    assert found.kept.why_not is None
    plan = planned(settings, "live", found.document["plan_id"])
    assert (plan.kind, mode_of(plan)) == ("roll", "live")
    assert plan.held == {NEAR.name: "-2", FAR.name: "0"}
    assert {leg["side"] for leg in plan.document["legs"]} == {"buy", "sell"}
    assert Decimal(plan.document["ahead"]) < Decimal("0.25")
    with pytest.raises(UsageError, match="no paper account holds"):
        rolling.proposed(settings, "paper", NEAR.symbol)
