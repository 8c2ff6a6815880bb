"""`hedgerow doctor`: what was verified, what could not be, and what is wrong, by venue and on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run
from tests.cli.test_account_books import held
from tests.testing.standin.clients import only_loopback
from tests.testing.standin.served import sent_to, served

from hedgerow.app import doctor
from hedgerow.store.journal import open_journal
from hedgerow.testing.standin.worlds import KEY, PASSPHRASE, SECRET, stand_of

UNSHOWN = {"mexc"}  # its positions tell a margin, which says a unit only roughly, and its fills no value
TAGS = ("binance", "bybit", "bingx", "weex", "mexc")


@pytest.fixture(autouse=True)
def inside() -> Iterator[None]:
    with only_loopback():
        yield


def keyed(monkeypatch: pytest.MonkeyPatch, tag: str) -> None:
    for part, said in (("", KEY), ("_SECRET", SECRET), ("_PASSWORD", PASSPHRASE)):
        monkeypatch.setenv(f"HEDGEROW_KEY_{tag.upper()}{part}", said)


def outcomes(document: dict[str, Any], tag: str) -> dict[str, str]:
    return {one["name"]: one["outcome"] for one in document["venues"][tag]}


@pytest.mark.parametrize("tag", TAGS)
def test_every_venue_tells_what_was_verified_and_what_could_not_be(
    tag: str, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyed(monkeypatch, tag)
    with served({tag: held(tag)}) as base:
        done = run("doctor", "--config", sent_to(tmp_path, base, tag), "--json")
    found = outcomes(done.json, tag)
    assert done.status == 0, done.out
    verified = {name for name, outcome in found.items() if outcome == "verified"}
    assert {"ccxt", "clock", "contracts", "orders", "fees"} <= verified
    assert ("tiers" in verified) is (tag != "weex")
    assert ("sandbox" in verified) is (tag not in {"weex", "mexc"})
    assert found["dead man's switch"] == "not verified"
    assert ("units" in verified) is (tag not in UNSHOWN)
    assert "wrong" not in found.values()
    for secret in (KEY, SECRET):
        assert secret not in done.out + done.err


def test_without_a_key_the_account_is_not_verified_and_that_is_no_error(tmp_path: Path, run: Run) -> None:
    with served({"bybit": stand_of("bybit")}) as base:
        done = run("doctor", "bybit", "--config", sent_to(tmp_path, base, "bybit"), "--json")
    found = outcomes(done.json, "bybit")
    assert done.status == 0
    assert {found[name] for name in ("key", "units", "orders")} == {"not verified"}
    assert found["clock"] == "verified"


def test_a_clock_that_is_wrong_is_a_finding(tmp_path: Path, run: Run) -> None:
    stand = stand_of("bybit")
    stand.skew_ms = -3_000
    with served({"bybit": stand}) as base:
        done = run("doctor", "--config", sent_to(tmp_path, base, "bybit"), "--json")
    assert done.status == 1
    assert outcomes(done.json, "bybit")["clock"] == "wrong"


def test_a_right_and_a_mode_that_are_wrong_are_findings(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand = stand_of("bybit")
    stand.keys[KEY] = replace(stand.keys[KEY], withdraw=True)
    keyed(monkeypatch, "bybit")
    with served({"bybit": stand}) as base:
        done = run("doctor", "--config", sent_to(tmp_path, base, "bybit", more="hedged = true"))
    assert done.status == 1
    assert "wrong        key: this key may withdraw" in done.out
    assert "wrong        position and margin mode: bybit:BTCUSDT: one-way" in done.out


@pytest.mark.parametrize("tag", TAGS)
def test_what_a_venue_out_of_reach_would_say_is_not_verified_and_not_wrong(
    tag: str, tmp_path: Path, run: Run
) -> None:
    done = run("doctor", "--config", sent_to(tmp_path, "http://127.0.0.1:9", tag), "--json")
    assert done.status == 5
    assert "wrong" not in outcomes(done.json, tag).values()
    (found,) = [one for one in done.json["venues"][tag] if one["name"] == "contracts"]
    assert (found["outcome"], found["unreached"]) == ("not verified", True)
    assert "out of reach" in found["detail"]


def test_a_broken_journal_and_who_trades_are_told(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "state" / "hedgerow" / "paper" / "journal.db"
    with open_journal(path) as journal:
        lease = journal.acquire("paper:paper", "somebody", 60_000)
        assert lease is not None
        journal.append("paper:paper", 1, [("note", {"said": "a"})], lease)
    whole = run("doctor", "--json")
    assert whole.status == 0
    assert whole.json["paper journal"]["detail"] == "1 records, unbroken; paper:paper held by somebody"
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"a"', b'"b"'))
    assert run("doctor", "--json").json["paper journal"]["fine"] is (b'"a"' not in data)


def test_incident_45_code_that_runs_at_every_start_is_a_finding(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_sites", lambda: [tmp_path])
    (tmp_path / "paths.pth").write_text("/somewhere\n")
    (tmp_path / "distutils-precedence.pth").write_text("import os\n")
    assert run("doctor", "--json").json["start-up hooks"] == {"fine": True, "detail": "1 known"}
    (tmp_path / "stealer.pth").write_text("import os; os.environ\n")
    done = run("doctor")
    assert done.status == 1
    assert "stealer.pth" in done.out


def test_a_folder_that_others_may_write_is_a_finding(tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "state" / "hedgerow"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    assert not run("doctor", "--json").json["state folder"]["fine"]


def test_another_state_folder_can_be_looked_at(tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    folder.chmod(0o777)
    assert str(folder) in run("doctor", "--json", "--state", str(folder)).json["state folder"]["detail"]
    assert str(folder) not in run("doctor", "--json").json["state folder"]["detail"]
