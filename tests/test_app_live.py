"""Gates of real money that need no command line: whose key it is, what it may do later on, which plans may go out, what a style means."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hedgerow.app import live
from hedgerow.app.contracts import contracts_of, live_market, on_paper
from hedgerow.app.dealing import leased
from hedgerow.app.lake import LakeSink
from hedgerow.app.live import KEY_EVERY_MS, Reached, venue_named_by, watched
from hedgerow.app.plans import Place
from hedgerow.app.styles import Prices, known_of, manner_of
from hedgerow.config import DataSettings, Settings, TradeSettings, VenueSettings
from hedgerow.model.errors import BadConfig, BadPrices, HedgerowError, UsageError, VenueUnreachable
from hedgerow.model.ports import Permissions
from hedgerow.store.journal import open_journal
from hedgerow.store.memory import MemoryStore
from hedgerow.store.plans import KeptPlan
from hedgerow.venues.catalogue import catalogue
from hedgerow.venues.clocks import VirtualClock
from hedgerow.venues.doors import Keys
from hedgerow.venues.simulated import simulated_market

SETTINGS = Settings(trade=TradeSettings(live=True), venues={"bybit": VenueSettings(live=True)})
GOOD = Permissions("1", trade=True, withdraw=False, ip_bound=True)
THERE = Reached("bybit", "bybit:1", Keys("1", "k", "s"))


def looked_at(*answers: Permissions | Exception) -> tuple[str | None, int]:
    """Why the account is halted after a key was asked about so often, and how much time that took."""
    said, store, clock = list(answers), MemoryStore(lambda: 0), VirtualClock()

    async def permissions() -> Permissions:
        if not said:
            raise asyncio.CancelledError
        answer = said.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    venue: Any = SimpleNamespace(account=SimpleNamespace(permissions=permissions))

    async def look() -> None:
        try:
            await watched(SETTINGS, THERE, venue, store, clock)
        except asyncio.CancelledError:
            return

    asyncio.run(look())
    return store.halted(THERE.account), clock.now()


def test_a_key_is_asked_about_every_six_hours_and_a_right_to_withdraw_halts_the_account() -> None:
    why, after = looked_at(GOOD, GOOD, replace(GOOD, withdraw=True))
    assert why == "the key of bybit: this key may withdraw"
    assert after == 3 * KEY_EVERY_MS == 18 * 3_600_000
    assert "may not trade" in str(looked_at(replace(GOOD, trade=False))[0])
    assert "of another account" in str(looked_at(replace(GOOD, account_id="2"))[0])


def test_a_venue_that_does_not_answer_changes_nothing() -> None:
    why, after = looked_at(VenueUnreachable("no answer"), GOOD)
    assert why is None
    assert after == 3 * KEY_EVERY_MS


def test_another_accounts_key_reaches_nothing_and_hinders_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path, "live")
    with open_journal(place.journal) as journal:
        for name in ("bybit:1", "binance:2"):
            with leased(journal, "me", name) as lease:
                journal.append(name, 1, [("note", {})], lease)
    known = {"bybit": THERE, "binance": Reached("binance", "binance:3", THERE.keys)}
    monkeypatch.setattr(live, "reached", lambda _, venue, **__: known[venue])
    failed: list[HedgerowError] = []
    assert list(live.accounts_of(SETTINGS, place, "*", failed)) == [THERE]
    (why,) = failed
    assert why.message == "binance:2 is not reached: the key of binance is of binance:3"
    assert list(live.accounts_of(SETTINGS, place, "bybit:1", failed)) == [THERE]
    assert len(failed) == 1


def test_an_account_is_reached_by_whichever_key_of_its_venue_is_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path, "live")
    with open_journal(place.journal) as journal, leased(journal, "me", "bybit:3") as lease:
        journal.append("bybit:3", 1, [("note", {})], lease)
    known = {
        name: replace(THERE, account=f"bybit:{i}", key=name) for i, name in ((2, "bybit/a"), (3, "bybit/b"))
    }

    def reached(_: Settings, name: str, **__: bool) -> Reached:
        if name not in known:
            raise VenueUnreachable(f"{name} does not answer")
        return known[name]

    monkeypatch.setattr(live, "reached", reached)
    monkeypatch.setattr(live, "more_keys", lambda _: ("bybit/a", "bybit/b"))
    failed: list[HedgerowError] = []
    assert list(live.accounts_of(SETTINGS, place, "*", failed)) == [known["bybit/b"]]
    del known["bybit/b"]
    assert list(live.accounts_of(SETTINGS, place, "*", failed)) == []
    assert [why.message for why in failed] == [
        "bybit does not answer"
    ]  # a key that was not asked may be of it


def kept(*venues: str) -> KeptPlan:
    legs = [{"venue": name, "instrument": "BTCUSDT"} for name in venues]
    return KeptPlan("a" * 64, "pair", 0, {"legs": legs}, {}, None, {}, {})


def test_all_legs_are_at_one_venue() -> None:
    assert venue_named_by(kept("bybit", "bybit")) == "bybit"
    with pytest.raises(BadConfig, match="at binance, bybit: one account trades one plan"):
        venue_named_by(kept("bybit", "binance"))


def test_only_a_venue_that_both_settings_allow_gives_its_contracts() -> None:
    data = DataSettings(market="bybit:1h")
    assert live_market(replace(SETTINGS, data=data)) == "bybit"
    assert live_market(replace(SETTINGS, data=replace(data, market="binance"))) is None
    assert live_market(replace(SETTINGS, data=replace(data, as_of="2026-01-01"))) is None
    assert live_market(replace(SETTINGS, data=DataSettings(prices="closes.csv"))) is None
    assert live_market(replace(SETTINGS, data=data, trade=TradeSettings())) is None
    assert live_market(on_paper(replace(SETTINGS, data=data))) is None
    assert live_market(replace(SETTINGS, data=replace(data, market="kraken"))) is None


def test_a_lake_that_ends_long_ago_is_no_ground_for_real_money() -> None:
    old = simulated_market(7, np.datetime64("2026-01-01"))
    with pytest.raises(BadPrices, match="days ago: betas"):
        contracts_of(replace(SETTINGS, data=DataSettings(market="bybit")), old)


def test_tiers_that_were_pulled_are_the_contracts_own(tmp_path: Path) -> None:
    from hedgerow.app.contracts import pulled_tiers

    sink = LakeSink(tmp_path, "bybit")
    for at, rate in ((1, 0.01), (2, 0.02)):
        ladder = {"floor": [0.0, 1e6], "mmr": [rate, 0.05], "max_leverage": [50.0, 10.0]}
        sink.write("tiers", "BTC", [{"ts": at, "symbol": "BTCUSDT", **ladder}])
    settings = replace(SETTINGS, data=DataSettings(market="bybit", lake=str(tmp_path)))
    (tiers,) = pulled_tiers(settings, "bybit").values()
    assert [(t.floor, t.mmr, t.max_leverage) for t in tiers] == [(0.0, 0.02, 50.0), (1e6, 0.05, 10.0)]
    assert pulled_tiers(settings, "binance") == {}


PLAIN = TradeSettings()


def test_words_become_the_executors_style() -> None:
    told = replace(
        PLAIN,
        style="post-only",
        chase_seconds=7,
        deadline_minutes=30,
        at_deadline="undo",
        stop=0.15,
        impact_bps=3,
    )
    found = manner_of(told)
    style = found.style
    assert (style.kind, style.chase_ms, style.deadline_ms, style.at_deadline) == (
        "post_only",
        7_000,
        1_800_000,
        "unwind",
    )
    assert found.pace is not None
    assert (found.pace.impact_bps, found.pace.participation, found.stop) == (3, 0.05, Decimal("0.15"))
    for words in ("best price", "30 minutes", "undone", "slices of 3 bp", "a stop 15.000%"):
        assert words in found.said
    assert manner_of(PLAIN).pace is None
    assert manner_of(PLAIN).said == "market orders"
    at = manner_of(replace(PLAIN, stop=0.1), Prices(stop=Decimal("65000.5")))
    assert (at.stop, at.stop_at, "a stop at 65000.5" in at.said) == (None, Decimal("65000.5"), True)
    assert manner_of(replace(PLAIN, style="limit"), Prices(Decimal("61200.5"))).style.price == Decimal(
        "61200.5"
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda: manner_of(replace(PLAIN, style="limit")), "belong together"),
        (lambda: manner_of(PLAIN, Prices(Decimal(1))), "belong together"),
        (lambda: manner_of(replace(PLAIN, style="limit"), Prices(Decimal(1)), 2), "2 legs"),
        (lambda: manner_of(replace(PLAIN, style="limit"), Prices(Decimal("NaN"))), "no price"),
        (lambda: manner_of(replace(PLAIN, style="limit"), Prices(Decimal(-1))), "no price"),
        (lambda: manner_of(PLAIN, Prices(stop=Decimal(0))), "--stop-price 0 is no price"),
        (lambda: manner_of(PLAIN, Prices(stop=Decimal(1)), 2), "--stop-price gives one price"),
        (lambda: manner_of(replace(PLAIN, participation=5.0)), "--participation 5"),
        (lambda: manner_of(replace(PLAIN, impact_bps=float("nan"))), "--pace nan"),
        (lambda: manner_of(replace(PLAIN, stop=5.0)), "--stop 5"),
        (lambda: manner_of(replace(PLAIN, deadline_minutes=0.0)), "--deadline 0"),
        (lambda: manner_of(replace(PLAIN, chase_seconds=0.0)), "--chase 0"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(asked: Callable[[], object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        asked()


def test_the_pace_rests_on_the_plans_market() -> None:
    market = simulated_market()
    contracts = catalogue(market)[:1]
    ((volume, sigma),) = known_of(market, contracts).values()
    assert volume == market.daily_volume_usd("BTC")
    assert 0.005 < sigma < 0.2
    assert known_of(None, contracts) == {}
