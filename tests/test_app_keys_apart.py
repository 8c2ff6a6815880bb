"""Two accounts under one name: where a venue does not say whose a key is, the key's fingerprint does."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.store.test_halts import file_of

from hedgerow.app import accounts, live
from hedgerow.app.live import Reached, keep_mark, live_dealing, reached
from hedgerow.app.plans import place_of
from hedgerow.config import Settings, TradeSettings
from hedgerow.model.errors import BadConfig, StateUnknown
from hedgerow.model.ports import Holding, Permissions
from hedgerow.runs.ledger import Adopted, adoption, instrument_record
from hedgerow.store.memory import MemoryStore
from hedgerow.store.owners import marks_of
from hedgerow.venues.catalogue import catalogue
from hedgerow.venues.doors import Keys
from hedgerow.venues.simulated import simulated_market

BTC = next(one for one in catalogue(simulated_market(7)) if one.symbol == "BTCUSDT")


def settings(folder: Path) -> Settings:
    return Settings(trade=TradeSettings(live=True, state=str(folder)))


def asks(patch: pytest.MonkeyPatch, key: str, account_id: str = "") -> None:
    """Let this be the key that is kept, of an account that the venue calls so."""
    said = Permissions(account_id, trade=True, withdraw=False, ip_bound=True)
    patch.setattr(live, "keys_of", lambda *_: Keys("main", key, "a secret"))
    patch.setattr(live, "account_door", lambda *_: SimpleNamespace(account=SimpleNamespace(permissions=None)))
    patch.setattr(live, "asked_of", lambda *_: said)


def look(told: Settings, **how: bool) -> Reached:
    return reached(told, "mexc", only_reduce=True, **how)


def test_another_key_under_the_same_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    told = settings(tmp_path)
    place = place_of(told, "live")
    asks(monkeypatch, "first-key")
    there = look(told)
    assert there.account == "mexc:main"
    with live_dealing(told, place, there, ()):
        pass
    marks = marks_of(place.journal)
    assert marks.of("mexc:main") == there.mark
    assert "first-key" not in file_of(marks.path).read_text(encoding="utf-8")
    assert look(told) == there
    asks(monkeypatch, "second-key")
    with pytest.raises(BadConfig, match="another key than before reaches mexc:main") as refused:
        look(told)
    assert "--new-key" in refused.value.advice
    assert look(settings(tmp_path / "its own")).account == "mexc:main"
    taken = look(told, another_key=True)
    keep_mark(place, taken)
    assert look(told) == taken
    asks(monkeypatch, "first-key")
    with pytest.raises(BadConfig):
        look(told)


def test_two_keys_of_an_account_that_the_venue_names_are_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    told = settings(tmp_path)
    for key in ("first-key", "second-key"):
        asks(monkeypatch, key, "17")
        there = look(told)
        assert (there.account, there.mark) == ("mexc:17", "")
        with live_dealing(told, place_of(told, "live"), there, ()):
            pass
    assert not file_of(marks_of(place_of(told, "live").journal).path).exists()


def test_a_new_key_is_of_the_account_that_holds_what_the_journal_says() -> None:
    store = MemoryStore(lambda: 0)
    lease = store.acquire("mexc:main", "one", 10_000)
    assert lease is not None
    taken = adoption(Adopted(BTC.name, Decimal(-2), Decimal(60_000), 1, "a test"))
    store.append("mexc:main", 1, [instrument_record(BTC), taken], lease)

    def at(units: str) -> Any:
        async def positions(_: object) -> tuple[Holding, ...]:
            return (Holding(BTC.name, Decimal(units), "net", Decimal(60_000)),)

        doors = SimpleNamespace(account=SimpleNamespace(positions=positions))
        return SimpleNamespace(journal=store, account="mexc:main", ask=lambda work: asyncio.run(work(doors)))

    accounts._is_the_same(at("-2"), trusted=False)
    with pytest.raises(StateUnknown, match="other positions"):
        accounts._is_the_same(at("-3"), trusted=False)
    accounts._is_the_same(at("-3"), trusted=True)
