"""Keys at rest: encrypted, private, whole; what is looser, linked or changed is refused."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import keyring
import keyring.errors
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.model.errors import BadInput
from hedgerow.store import keys as vaults
from hedgerow.store.keys import FileVault, KeyringVault, VenueKey, real_keyring, vault_of

CANARY = "canary-0f-a-secret-c0de"
BINANCE = VenueKey("binance", "main", f"{CANARY}-key", f"{CANARY}-secret")
WEEX = VenueKey("weex", "7", f"{CANARY}-k2", f"{CANARY}-s2", f"{CANARY}-p2")
WORDS = "a long passphrase"


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vaults, "_N", 2**4)


def vault(folder: Path, words: str = WORDS) -> FileVault:
    return FileVault(folder / "keys" / "vault.json", lambda _: words)


def test_incident_44_what_was_put_is_there_and_nothing_of_it_can_be_read(tmp_path: Path) -> None:
    kept = vault(tmp_path)
    assert kept.venues() == ()
    kept.put(BINANCE)
    kept.put(WEEX)
    assert vault(tmp_path).get("binance") == BINANCE
    assert vault(tmp_path).get("weex") == WEEX
    assert vault(tmp_path).get("mexc") is None
    assert kept.venues() == ("binance", "weex")
    (file,) = kept.path.parent.iterdir()
    assert CANARY.encode() not in file.read_bytes()
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert CANARY not in repr([BINANCE, kept])


def test_removing_forgets_one_and_the_last_takes_the_file_along(tmp_path: Path) -> None:
    kept = vault(tmp_path)
    kept.put(BINANCE)
    kept.put(WEEX)
    assert kept.remove("binance")
    assert not kept.remove("binance")
    assert vault(tmp_path).venues() == ("weex",)
    assert kept.remove("weex")
    assert not kept.path.exists()


def test_another_passphrase_opens_nothing_and_overwrites_nothing(tmp_path: Path) -> None:
    vault(tmp_path).put(BINANCE)
    other = vault(tmp_path, "another passphrase")
    for attempt in (lambda: other.get("binance"), lambda: other.put(WEEX), lambda: other.remove("binance")):
        with pytest.raises(BadInput, match="passphrase is another one"):
            attempt()
    assert vault(tmp_path).get("binance") == BINANCE
    with pytest.raises(BadInput, match="fewer than 8"):
        vault(tmp_path / "new", "short").put(BINANCE)


@settings(max_examples=40, deadline=None)
@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_no_flipped_bit_goes_unseen(place: int, bit: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    kept = vault(tmp_path_factory.mktemp("flipped"))
    kept.put(BINANCE)
    data = bytearray(kept.path.read_bytes())
    data[place % len(data)] ^= 1 << bit
    kept.path.write_bytes(bytes(data))
    try:
        found = kept.get("binance")
    except BadInput:
        return
    assert found in {None, BINANCE}
    if found is None:  # a venue's name was changed in the clear: then no name opens anything
        with pytest.raises(BadInput):
            kept.get(kept.venues()[0])


@pytest.mark.parametrize(
    ("what", "mode"), [("file", 0o640), ("file", 0o604), ("folder", 0o750), ("folder", 0o701)]
)
def test_looser_rights_are_refused_not_repaired(what: str, mode: int, tmp_path: Path) -> None:
    kept = vault(tmp_path)
    kept.put(BINANCE)
    place = kept.path if what == "file" else kept.path.parent
    place.chmod(mode)
    for attempt in (kept.venues, lambda: kept.get("binance"), lambda: kept.put(WEEX)):
        with pytest.raises(BadInput, match="others may read it"):
            attempt()
    assert place.stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("what", ["file", "folder"])
def test_links_are_not_followed(what: str, tmp_path: Path) -> None:
    real = vault(tmp_path / "real")
    real.put(BINANCE)
    linked = vault(tmp_path / "linked")
    if what == "folder":
        linked.path.parent.parent.mkdir()
        linked.path.parent.symlink_to(real.path.parent)
    else:
        linked.path.parent.mkdir(mode=0o700, parents=True)
        linked.path.symlink_to(real.path)
    with pytest.raises(BadInput, match="cannot be opened"):
        linked.get("binance")


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"format": 2, "venues": []}', '{"format": 1, "venues": ["binance"]}']
)
def test_a_file_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    kept = vault(tmp_path)
    kept.put(BINANCE)
    kept.path.write_text(text)
    with pytest.raises(BadInput, match=r"no file of keys|does not open"):
        kept.get("binance")


def test_salt_and_nonce_are_new_with_every_write(tmp_path: Path) -> None:
    kept, seen = vault(tmp_path), set()
    for _ in range(3):
        kept.put(BINANCE)
        told: dict[str, Any] = json.loads(kept.path.read_text())
        seen |= {told["salt"], told["nonce"], told["box"]}
    assert len(seen) == 9


class Ring:
    """A keyring in memory; as a subclass of keyring's own it would be found by every other test."""

    priority = 5

    def __init__(self) -> None:
        self.words: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.words.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.words[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.words[service, username]


def test_a_real_keyring_is_taken_and_a_missing_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not real_keyring()
    assert isinstance(vault_of(tmp_path, lambda _: WORDS), FileVault)
    ring = Ring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: ring)
    for name in ("get_password", "set_password", "delete_password"):
        monkeypatch.setattr(keyring, name, getattr(ring, name))
    kept = vault_of(tmp_path, lambda _: WORDS)
    assert isinstance(kept, KeyringVault)
    kept.put(BINANCE)
    kept.put(WEEX)
    assert (kept.get("weex"), kept.get("mexc")) == (WEEX, None)
    assert kept.remove("binance")
    assert not kept.remove("binance")
    assert kept.venues() == ("weex",)
    assert isinstance(vault_of(tmp_path, lambda _: WORDS, "file"), FileVault)


def test_a_keyring_that_is_locked_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: str) -> None:
        raise keyring.errors.KeyringLocked(CANARY)

    monkeypatch.setattr(keyring, "get_password", locked)
    with pytest.raises(BadInput, match="KeyringLocked") as raised:
        KeyringVault().get("binance")
    assert CANARY not in str(raised.value)


def test_a_process_that_holds_a_key_dumps_no_core() -> None:
    code = "import resource; from hedgerow.store.keys import no_core_dumps; no_core_dumps(); print(resource.getrlimit(resource.RLIMIT_CORE))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(0, 0)"
    assert resource.getrlimit(resource.RLIMIT_CORE) is not None
