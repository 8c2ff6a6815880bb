"""Closing accounts one by one: what fails at one keeps no other open, and what is not ours is named and stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.runs.test_bookkeeping import BTC, COIN

from hedgerow.app import flatten as closing
from hedgerow.app.dealing import leased
from hedgerow.app.flatten import flatten
from hedgerow.app.live import Reached
from hedgerow.app.plans import Place
from hedgerow.config import Settings, TradeSettings, VenueSettings
from hedgerow.model.errors import VenueUnreachable
from hedgerow.model.orders import contracts_of
from hedgerow.model.ports import Holding
from hedgerow.store.journal import open_journal
from hedgerow.venues.doors import Keys

THERE = Reached("bybit", "bybit:1", Keys("1", "k", "s"))


def settings(folder: Path, *venues: str) -> Settings:
    told = TradeSettings(live=True, state=str(folder))
    return Settings(trade=told, venues={name: VenueSettings(live=True) for name in venues})


def test_what_fails_at_an_account_keeps_no_other_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_journal(Place(tmp_path, "live").journal) as journal:
        for name in ("bybit:1", "binance:2", "weex:3", "watch:live:book"):
            with leased(journal, "me", name) as lease:
                journal.append(name, 1, [("note", {})], lease)
    tried: list[str] = []

    def work(*told: Any) -> dict[str, Decimal]:
        name = told[3]
        tried.append(name)
        if name == "bybit:1":
            raise VenueUnreachable("no answer")
        if name == "binance:2":
            raise RuntimeError("a defect")
        return {}

    monkeypatch.setattr(closing, "_of_journal", work)
    found = {each.account: each for each in flatten(settings(tmp_path), "live")}
    assert sorted(tried) == sorted(found) == ["binance:2", "bybit:1", "weex:3"]
    assert {name: each.code for name, each in found.items()} == {"bybit:1": 5, "binance:2": 10, "weex:3": 0}
    assert found["bybit:1"].left == {}  # its journal knows of nothing
    assert [each.account for each in flatten(settings(tmp_path), "live", account="weex:3")] == ["weex:3"]


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let a venue list two contracts and hold what is said."""

    def play(*held: Holding, fails: bool = False) -> None:
        async def instruments() -> tuple[Any, ...]:
            return (BTC, COIN)

        async def positions(asked: tuple[Any, ...]) -> tuple[Holding, ...]:
            if fails:
                raise VenueUnreachable("no answer")
            names = {one.name for one in asked}
            return tuple(one for one in held if one.instrument in names)

        async def during(work: Callable[[], Any]) -> Any:
            return await work()

        door = SimpleNamespace(
            data=SimpleNamespace(instruments=instruments),
            account=SimpleNamespace(positions=positions),
            during=during,
        )
        monkeypatch.setattr(closing, "account_door", lambda *_: door)
        monkeypatch.setattr(closing, "reached", lambda *_, **__: THERE)

    return play


def test_what_this_journal_never_traded_is_named_and_stays(
    played: Callable[..., None], tmp_path: Path
) -> None:
    played(Holding(BTC.name, Decimal("-0.5"), "net", Decimal(60_000)))
    (found,) = flatten(settings(tmp_path, "bybit"), "live")
    assert found.others == {BTC.name: contracts_of(BTC, Decimal("-0.5"))}
    assert (found.code, found.done) == (1, ())
    assert closing._others(settings(tmp_path), THERE, frozenset({BTC.name})) == {}
    played(Holding(COIN.name, Decimal(5), "long", Decimal(1)))
    (found,) = flatten(settings(tmp_path, "bybit"), "live")
    assert list(found.others) == [f"{COIN.name} (long)"]
    played()
    (found,) = flatten(settings(tmp_path, "bybit"), "live")
    assert (found.code, found.others) == (0, {})
    assert flatten(settings(tmp_path, "bybit"), "live", account="binance:2") == ()


def test_the_account_of_another_key_that_nothing_traded_is_looked_at_and_one_that_was_is_not_named_twice(
    played: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played(Holding(BTC.name, Decimal("-0.5"), "net", Decimal(60_000)))
    other = replace(THERE, account="bybit:2", key="bybit/desk2")

    def reached(_: Settings, name: str, **__: bool) -> Reached:
        if name == "bybit/gone":
            raise VenueUnreachable("no answer")
        return other if name == "bybit/desk2" else THERE

    monkeypatch.setattr(closing, "reached", reached)
    monkeypatch.setattr(closing, "more_keys", lambda _: ("bybit/desk2", "bybit/gone"))
    found = {each.account: each for each in flatten(settings(tmp_path, "bybit"), "live")}
    assert {name: each.code for name, each in found.items()} == {"bybit:*": 1, "bybit:2": 1, "bybit/gone": 5}
    with (
        open_journal(Place(tmp_path, "live").journal) as journal,
        leased(journal, "me", "bybit:2") as lease,
    ):
        journal.append("bybit:2", 1, [("note", {})], lease)
    monkeypatch.setattr(closing, "_of_journal", lambda *_: {})
    found = {each.account: each for each in flatten(settings(tmp_path, "bybit"), "live")}
    assert {name: each.code for name, each in found.items()} == {"bybit:2": 0, "bybit:1": 1, "bybit/gone": 5}


def test_a_venue_that_does_not_say_what_it_holds_is_not_flat(
    played: Callable[..., None], tmp_path: Path
) -> None:
    played(fails=True)
    (found,) = flatten(settings(tmp_path, "bybit"), "live")
    assert (found.code, found.left) == (7, None)
    assert found.failed is not None
    assert "is not known: no answer" in found.failed.message
