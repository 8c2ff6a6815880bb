"""`hedgerow keys`: what a venue says of a key decides, and no secret is ever said: canaries in every way out."""

from __future__ import annotations

import io
import os
import pty
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.conftest import Done, Run
from tests.testing.standin.clients import only_loopback
from tests.testing.standin.served import sent_to, served

from hedgerow.store import keys as vaults
from hedgerow.testing.standin import Fault
from hedgerow.testing.standin.stand import Stand
from hedgerow.testing.standin.worlds import KEY, PASSPHRASE, SECRET, stand_of

TAGS = ("binance", "bybit", "bingx", "weex", "mexc")
WORDS = "correct horse battery"
SECRETS = (KEY, SECRET, WORDS)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, run: Run) -> Iterator[None]:
    monkeypatch.setattr(vaults, "_N", 2**4)
    with only_loopback():
        yield


@contextmanager
def passphrase(words: str = WORDS) -> Iterator[str]:
    """A descriptor from which the passphrase can be read."""
    reading, writing = os.pipe()
    os.write(writing, f"{words}\n".encode())
    os.close(writing)
    try:
        yield str(reading)
    finally:
        os.close(reading)


def keyed(
    run: Run, monkeypatch: pytest.MonkeyPatch, *words: str, typed: str = f"{KEY}\n{SECRET}\n{PASSPHRASE}\n"
) -> Done:
    """Run a `keys` command with a key on stdin and a passphrase in a pipe; nothing secret may come out."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    with passphrase() as descriptor:
        done = run("keys", *words, "--passphrase-fd", descriptor)
    clean(done)
    return done


def clean(done: Done) -> None:
    for secret in SECRETS:
        assert secret not in done.out + done.err


def nothing_on_disk(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            assert not [secret for secret in SECRETS if secret.encode() in path.read_bytes()], path


def allowing(stand: Stand, **rights: bool) -> Stand:
    stand.keys[KEY] = replace(stand.keys[KEY], **rights)  # type: ignore[arg-type]  # flags of a key
    return stand


@pytest.mark.parametrize("tag", TAGS)
def test_a_key_is_asked_about_kept_listed_checked_and_removed(
    tag: str, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served({tag: stand_of(tag)}) as base:
        config = sent_to(tmp_path, base, tag)
        added = keyed(run, monkeypatch, "add", tag, "--config", config, "--json")
        assert added.status == 0, added.err
        assert added.json["withdraw"] is False
        assert added.json["trade"] is (None if tag == "bingx" else True)
        listed = run("keys", "list", "--json")
        assert [one["venue"] for one in listed.json["keys"]] == [tag]
        checked = keyed(run, monkeypatch, "check", tag, "--config", config, "--json")
    assert checked.json == added.json
    nothing_on_disk(tmp_path)
    assert keyed(run, monkeypatch, "remove", tag).status == 0
    assert keyed(run, monkeypatch, "remove", tag).status == 1
    assert run("keys", "list", "--json").json["keys"] == []


def test_keys_of_other_accounts_of_a_venue_have_names_of_their_own(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand = stand_of("mexc")
    stand.open_account(replace(stand.keys[KEY], key="second", account="desk"), {})
    with served({"mexc": stand}) as base:
        config = sent_to(tmp_path, base, "mexc")
        for name, key in (("mexc", KEY), ("mexc/Desk2", "second")):
            typed = f"{key}\n{SECRET}\n{PASSPHRASE}\n"
            added = keyed(run, monkeypatch, "add", name, "--config", config, "--json", typed=typed)
            assert (added.status, added.json["venue"]) == (0, name.lower())
        assert [one["venue"] for one in run("keys", "list", "--json").json["keys"]] == ["mexc", "mexc/desk2"]
        checked = keyed(run, monkeypatch, "check", "mexc/desk2", "--config", config)
        assert checked.status == 0
        with passphrase() as descriptor:
            doctor = run("doctor", "mexc/desk2", "--config", config, "--passphrase-fd", descriptor)
        assert "there is no key" not in doctor.out
    assert keyed(run, monkeypatch, "remove", "mexc").status == 0
    assert [one["venue"] for one in run("keys", "list", "--json").json["keys"]] == ["mexc/desk2"]
    monkeypatch.setenv("HEDGEROW_KEY_BYBIT__7", "k")
    monkeypatch.setenv("HEDGEROW_KEY_BYBIT__7_SECRET", "s")
    monkeypatch.setenv("HEDGEROW_KEY_HYPERLIQUID_WALLET", "0x1")
    there = [(one["venue"], one["where"]) for one in run("keys", "list", "--json").json["keys"]]
    assert there[1:] == [("bybit/7", "environment"), ("hyperliquid", "environment")]
    wrong = keyed(run, monkeypatch, "add", "mexc/a b")
    assert wrong.status == 4
    assert "cannot label a key" in wrong.err


def test_incident_42_the_right_to_withdraw_is_refused_until_a_line_in_the_settings_says_otherwise(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served({"bybit": allowing(stand_of("bybit"), withdraw=True)}) as base:
        config = sent_to(tmp_path, base, "bybit", more="live = true")
        added = keyed(run, monkeypatch, "add", "bybit", "--config", config)
        assert added.status == 1
        assert "refused for live trading: this key may withdraw" in added.out
        config = sent_to(tmp_path, base, "bybit", more="live = true\nallow_withdrawal_right = true")
        checked = keyed(run, monkeypatch, "check", "bybit", "--config", config, "--json")
    assert checked.status == 0
    assert any("may withdraw" in said for said in checked.json["warnings"])


def test_incident_44_a_key_that_is_bound_to_no_address_is_warned_of(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served({"binance": allowing(stand_of("binance"), ip_bound=False)}) as base:
        config = sent_to(tmp_path, base, "binance")
        added = keyed(run, monkeypatch, "add", "binance", "--config", config, "--json")
    assert any("not known to be bound" in said for said in added.json["warnings"])


@pytest.mark.parametrize("shape", ["json", "text"])
@pytest.mark.parametrize("tag", ["binance", "mexc"])
def test_incident_46_a_venue_that_repeats_the_secret_in_its_error_is_not_repeated(
    tag: str, shape: str, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand = stand_of(tag)
    said = (
        f'{{"code": -2015, "msg": "bad key {KEY} {SECRET}"}}' if shape == "json" else f"<p>{KEY} {SECRET}</p>"
    )
    stand.faults.append(Fault("GET .*/(apiRestrictions|account)", "instead", status=400, body=said))
    with served({tag: stand}) as base:
        config = sent_to(tmp_path, base, tag)
        added = keyed(run, monkeypatch, "add", tag, "--config", config, "-v")
    assert added.status == 6
    assert "***" in added.err
    assert run("keys", "list", "--json").json["keys"] == []


def test_a_wrong_secret_is_not_kept(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with served({"binance": stand_of("binance")}) as base:
        config = sent_to(tmp_path, base, "binance")
        added = keyed(
            run, monkeypatch, "add", "binance", "--config", config, typed=f"{KEY}\n{SECRET}-wrong\n"
        )
    assert added.status == 6
    assert not (tmp_path / "no settings" / "hedgerow" / "keys").exists()


def test_incident_46_a_defect_shows_no_secret_even_with_its_traceback(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hedgerow.app import keys

    def broken(*_: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(keys, "_asked", broken)
    added = keyed(run, monkeypatch, "add", "binance", "-v")
    assert added.status == 10
    assert "broken on purpose" in added.err


def test_the_environment_is_the_last_resort(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = run("keys", "check", "bybit")
    assert missing.status == 4
    assert "hedgerow keys add bybit" in missing.err
    monkeypatch.setenv("HEDGEROW_KEY_BYBIT", KEY)
    monkeypatch.setenv("HEDGEROW_KEY_BYBIT_SECRET", SECRET)
    with served({"bybit": stand_of("bybit")}) as base:
        checked = run("keys", "check", "bybit", "--config", sent_to(tmp_path, base, "bybit"), "--json")
    assert checked.status == 0, checked.err
    clean(checked)
    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
    assert run("keys", "list", "--json").json["keys"] == [{"venue": "bybit", "where": "environment"}]


def test_without_terminal_and_descriptor_nothing_is_guessed(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("only one line\n"))
    short = run("keys", "add", "binance")
    assert short.status == 2
    assert "no API secret was given" in short.err
    assert "API key, API secret" in short.err
    with served({"binance": stand_of("binance")}) as base:
        config = sent_to(tmp_path, base, "binance")
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{KEY}\n{SECRET}\n"))
        unasked = run("keys", "add", "binance", "--config", config)
        assert unasked.status == 2
        assert "--passphrase-fd" in unasked.err
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{KEY}\n{SECRET}\n"))
        monkeypatch.setenv("HEDGEROW_PASSPHRASE_FD", "three")
        assert "no number" in run("keys", "add", "binance", "--config", config).err
        with passphrase() as descriptor:
            monkeypatch.setattr(sys, "stdin", io.StringIO(f"{KEY}\n{SECRET}\n"))
            monkeypatch.setenv("HEDGEROW_PASSPHRASE_FD", descriptor)
            assert run("keys", "add", "binance", "--config", config).status == 0


def test_what_is_typed_on_a_terminal_is_not_shown(tmp_path: Path) -> None:
    with served({"binance": stand_of("binance")}) as base:
        config = sent_to(tmp_path, base, "binance")
        terminal, theirs = pty.openpty()
        words = [sys.executable, "-m", "hedgerow", "keys", "add", "binance", "--store", "file"]
        child = subprocess.Popen(
            [*words, "--config", config],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "typed")},
        )
        os.close(theirs)
        shown = b""
        for question, answer in (
            (b"API key: ", KEY),
            (b"API secret: ", SECRET),
            (b"file of keys: ", WORDS),
            (b"same again: ", WORDS),
        ):
            while question not in shown:
                shown += os.read(terminal, 1_024)
            os.write(terminal, f"{answer}\n".encode())
        with suppress(OSError):  # a terminal whose program has gone says so with an error
            while more := os.read(terminal, 1_024):
                shown += more
        assert child.wait(30) == 0, shown
        os.close(terminal)
    assert b"The key of binance is kept." in shown
    assert not [secret for secret in SECRETS if secret.encode() in shown]
    nothing_on_disk(tmp_path)
