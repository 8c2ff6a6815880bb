"""Keys of venues at rest: in the system's keyring where there is a real one, else in one encrypted file.

vault = vault_of(where, ask)                the keyring or the file
vault.put(key) · vault.get("binance") · vault.venues() · vault.remove("binance")

The file is sealed by ChaCha20-Poly1305 under a key that scrypt (N = 2^17) makes of a passphrase; names of venues stand in it
in the clear and cannot be changed unseen. It is 0600 in a folder of 0700; anything looser, a link, or another owner's is
refused, not repaired: somebody may have read it.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, Protocol

from hedgerow.model.errors import BadInput, MissingExtra
from hedgerow.store.folders import flush_folder

__all__ = [
    "NOTIFY",
    "FileVault",
    "KeyringVault",
    "Vault",
    "VenueKey",
    "no_core_dumps",
    "real_keyring",
    "vault_of",
]

Kind = Literal["keyring", "file"]
Ask = Callable[[bool], str]
"""Returns the passphrase; true: a new one, which is asked for twice."""

NOTIFY = "notify:"
"""How the names of addresses begin that lie among the keys: those of services that take messages."""
_SERVICE, _INDEX = "hedgerow", "venues"
_N, _R, _P, _SALT, _NONCE = 2**17, 8, 1, 16, 12
_LEAST_PASSPHRASE = 8
_REAL = 1  # keyring's own mark of a backend that can be recommended


@dataclass(frozen=True, slots=True)
class VenueKey:
    """A key as it is kept, `label` where it is not the venue's first one. It is shown nowhere: its `repr` names venue, account and label only."""

    venue: str
    account: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    password: str = field(default="", repr=False)
    wallet: str = field(default="", repr=False)
    label: str = ""

    @property
    def name(self) -> str:
        """What it is asked for by: its venue, or venue/label."""
        return f"{self.venue}/{self.label}" if self.label else self.venue


class Vault(Protocol):
    """A place of keys, each by its name: a venue, or venue/label."""

    def venues(self) -> tuple[str, ...]:
        """Return the names of the keys; asks for no passphrase."""

    def get(self, venue: str) -> VenueKey | None:
        """Return the key of a name, or None."""

    def put(self, key: VenueKey) -> None:
        """Keep a key in place of the last one of its name."""

    def remove(self, venue: str) -> bool:
        """Forget the key of a name; false where there was none."""


def no_core_dumps() -> None:
    """Let no crash of this process write its memory to a disk: it is about to hold a key."""
    try:
        import resource
    except ImportError:  # a system without such limits
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def real_keyring() -> bool:
    """Return whether this system has a keyring that keeps secrets."""
    try:
        import keyring
    except ImportError:
        return False
    return float(keyring.get_keyring().priority) >= _REAL


def vault_of(folder: Path, ask: Ask, kind: Kind | None = None) -> Vault:
    """Return the vault of a kind, by default the keyring where there is a real one, else the file in `folder`."""
    chosen = kind or ("keyring" if real_keyring() else "file")
    return KeyringVault() if chosen == "keyring" else FileVault(folder / "vault.json", ask)


@contextmanager
def _ring() -> Iterator[ModuleType]:
    """The keyring; one that is locked or away raises `BadInput`."""
    import keyring
    import keyring.errors

    try:
        yield keyring
    except keyring.errors.KeyringError as why:
        raise BadInput(
            f"the keyring does not open: {type(why).__name__}",
            advice="Unlock it, or keep keys in a file: hedgerow keys add VENUE --store file.",
        ) from None


@dataclass(frozen=True, slots=True)
class KeyringVault:
    """Keys in the system's keyring. Raises `BadInput` where it does not open."""

    def venues(self) -> tuple[str, ...]:
        """Return whose keys there are."""
        with _ring() as ring:
            return tuple(json.loads(ring.get_password(_SERVICE, _INDEX) or "[]"))

    def get(self, venue: str) -> VenueKey | None:
        """Return a venue's key, or None."""
        with _ring() as ring:
            found = ring.get_password(_SERVICE, f"key {venue}")
        return None if found is None else _key_of(json.loads(found))

    def put(self, key: VenueKey) -> None:
        """Keep a key in place of the venue's last one."""
        with _ring() as ring:
            ring.set_password(_SERVICE, f"key {key.name}", json.dumps(asdict(key)))
        self._index({*self.venues(), key.name})

    def remove(self, venue: str) -> bool:
        """Forget a venue's key; false where there was none."""
        if venue not in self.venues():
            return False
        self._index(set(self.venues()) - {venue})
        with _ring() as ring:
            ring.delete_password(_SERVICE, f"key {venue}")
        return True

    def _index(self, venues: set[str]) -> None:
        with _ring() as ring:
            ring.set_password(_SERVICE, _INDEX, json.dumps(sorted(venues)))


@dataclass(frozen=True, slots=True)
class FileVault:
    """Keys in one encrypted file. Raises `BadInput` for a file that others can read or that was changed."""

    path: Path
    ask: Ask

    def venues(self) -> tuple[str, ...]:
        """Return whose keys there are, as the file says it in the clear."""
        sealed = self._sealed()
        return () if sealed is None else tuple(sealed["venues"])

    def get(self, venue: str) -> VenueKey | None:
        """Return a venue's key, or None; the passphrase is asked for where there is one."""
        if venue not in self.venues():
            return None
        return self._opened(self.ask(False)).get(venue)

    def put(self, key: VenueKey) -> None:
        """Keep a key in place of the venue's last one; the first one chooses the passphrase."""
        with self._alone():
            fresh = self._sealed() is None
            said = self.ask(fresh)
            if fresh and len(said) < _LEAST_PASSPHRASE:
                raise BadInput(
                    f"the passphrase has fewer than {_LEAST_PASSPHRASE} characters",
                    advice="Choose a longer one: it is all that guards the file once it is copied.",
                )
            there = {} if fresh else self._opened(said)
            self._write({**there, key.name: key}, said)

    def remove(self, venue: str) -> bool:
        """Forget a venue's key; false where there was none."""
        if venue not in self.venues():
            return False
        with self._alone():
            said = self.ask(False)
            left = {name: key for name, key in self._opened(said).items() if name != venue}
            if left:
                self._write(left, said)
            else:
                self.path.unlink()
        return True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the folder, so that no two writers lose each other's key."""
        import fcntl

        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = _private(self.path.parent, os.O_RDONLY | os.O_DIRECTORY, 0o700)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _sealed(self) -> dict[str, Any] | None:
        """The file as it stands, or None."""
        if not os.path.lexists(self.path):
            return None
        os.close(_private(self.path.parent, os.O_RDONLY | os.O_DIRECTORY, 0o700))
        with os.fdopen(_private(self.path, os.O_RDONLY, 0o600), "rb") as file:
            data = file.read()
        try:
            sealed = json.loads(data)
        except ValueError:
            sealed = None
        if (
            not isinstance(sealed, dict)
            or sealed.get("format") != 1
            or not isinstance(sealed.get("venues"), list)
        ):
            raise BadInput("is no file of keys", file=str(self.path), advice=_AGAIN)
        return sealed

    def _opened(self, passphrase: str) -> dict[str, VenueKey]:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

        sealed = self._sealed() or {}
        try:
            salt, nonce, box = (base64.b64decode(sealed[name]) for name in ("salt", "nonce", "box"))
            plain = ChaCha20Poly1305(_derived(passphrase, salt)).decrypt(
                nonce, box, _header(sealed["venues"])
            )
        except (InvalidTag, KeyError, ValueError):
            raise BadInput(
                "does not open: the passphrase is another one, or the file was changed",
                file=str(self.path),
                advice=_AGAIN,
            ) from None
        return {name: _key_of(one) for name, one in json.loads(plain).items()}

    def _write(self, keys: Mapping[str, VenueKey], passphrase: str) -> None:
        cipher = _cipher()
        salt, nonce, venues = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE), sorted(keys)
        plain = json.dumps({name: asdict(key) for name, key in keys.items()}).encode()
        box = cipher(_derived(passphrase, salt)).encrypt(nonce, plain, _header(venues))
        parts = {"salt": salt, "nonce": nonce, "box": box}
        told = {name: base64.b64encode(part).decode() for name, part in parts.items()}
        _put_private(json.dumps({"format": 1, "venues": venues, **told}).encode(), self.path)


_AGAIN = "Try again; if the passphrase is lost, move the file away, make new keys at the venues and delete the old there."


def _cipher() -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
    except ImportError:
        raise MissingExtra(
            "a file of keys needs the extra `live`", advice="Install it: pip install 'hedgerow[live]'."
        ) from None
    return ChaCha20Poly1305


def _derived(passphrase: str, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return Scrypt(salt=salt, length=32, n=_N, r=_R, p=_P).derive(passphrase.encode())


def _header(venues: list[str]) -> bytes:
    """What is authenticated without being secret."""
    return json.dumps({"format": 1, "kdf": ["scrypt", _N, _R, _P], "venues": venues}).encode()


def _key_of(told: Mapping[str, str]) -> VenueKey:
    return VenueKey(**told)


def _private(path: Path, flags: int, most: int) -> int:
    """Open what is ours alone: no link, our own, no right beyond `most`. Raises `BadInput`."""
    try:
        opened = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as why:
        raise BadInput(
            f"cannot be opened: {why.strerror}",
            file=str(path),
            advice="Keys are read from a plain file of your own, through no link.",
        ) from None
    found = os.fstat(opened)
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid == os.geteuid() and not mode & ~most:
        return opened
    os.close(opened)
    raise BadInput(
        f"others may read it (mode {mode:o}), or it is another user's",
        file=str(path),
        advice=f"If nobody did: chmod {most:o} on it. If somebody may have: make new keys at the venues.",
    )


def _put_private(data: bytes, path: Path) -> None:
    """Put a whole file of mode 0600 in its place; no reader ever sees half of one."""
    begun = path.with_suffix(".begun")
    begun.unlink(missing_ok=True)
    opened = os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(opened, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    begun.replace(path)
    flush_folder(path.parent)
