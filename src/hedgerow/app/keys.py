"""Keys of venues: added with a look at what they may do, found again, checked, forgotten.

A venue has one key, and as many more as it has accounts: `binance`, `binance/desk2`. A key is looked for in the keyring or the
encrypted file, and last in the environment (HEDGEROW_KEY_BINANCE and HEDGEROW_KEY_BINANCE_SECRET, _PASSWORD, _WALLET; of
another one HEDGEROW_KEY_BINANCE__DESK2 and so on).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hedgerow.app.venues import account_door, asked_of
from hedgerow.config import Settings, config_path
from hedgerow.model.errors import BadConfig, BadInput, VenueRefused
from hedgerow.outlets.redaction import known
from hedgerow.store.keys import NOTIFY, Ask, Kind, VenueKey, no_core_dumps, real_keyring, vault_of

if TYPE_CHECKING:
    from hedgerow.model.ports import Permissions
    from hedgerow.venues.doors import Keys

__all__ = [
    "Checked",
    "KeyLine",
    "add",
    "check",
    "first_key",
    "found_key",
    "key_name",
    "keys_folder",
    "keys_of",
    "listed",
    "more_keys",
    "places",
    "remove",
    "venue_of",
    "wanted",
]

_VARIABLE = "HEDGEROW_KEY_"
_UNNAMED = "main"
_LABEL = re.compile(r"[a-z0-9]{1,32}")
_OF_ENVIRONMENT = re.compile(r"[A-Z0-9]+(__[A-Z0-9]+)?(_WALLET)?")


@dataclass(frozen=True, slots=True)
class Checked:
    """What a venue says of a key, by the key's name in `venue`: `warnings` for who trades with it, `refusal` why it may not trade live, or nothing."""

    venue: str
    account: str
    said: Permissions
    warnings: tuple[str, ...]
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class KeyLine:
    """The name of a key that there is, and where it lies."""

    venue: str
    where: str


def keys_folder() -> Path:
    """Return the folder of the encrypted file: `keys` beside the settings."""
    return config_path().parent / "keys"


def venue_of(name: str) -> str:
    """Return the venue in the name of a key: of `bybit/desk2` it is `bybit`."""
    return name.partition("/")[0]


def key_name(name: str) -> str:
    """Return the name of a key as it is kept. Raises `BadConfig` for a venue in no table, and for a label that is none."""
    from hedgerow.venues.dialects import venue_named

    venue, slash, label = name.strip().partition("/")
    if slash and not _LABEL.fullmatch(label.lower()):
        raise BadConfig(
            f'"{label}" cannot label a key', advice="Letters and digits, 32 at most: bybit/desk2."
        )
    return f"{venue_named(venue).name}{slash}{label.lower()}"


def wanted(name: str) -> tuple[str, ...]:
    """Return what a venue's key consists of, of key, secret, password, wallet. Errors as `venues.doors.connect`."""
    from hedgerow.venues.doors import credentials_of

    return credentials_of(venue_of(name))


def add(settings: Settings, name: str, given: Mapping[str, str], ask: Ask, kind: Kind | None) -> Checked:
    """Ask the venue what a key may do, then keep it as `name`. Nothing is kept where the venue refuses it or does not answer."""
    no_core_dumps()
    whose = key_name(name)
    missing = [part for part in wanted(whose) if not given.get(part)]
    if missing:
        raise BadInput(
            f"a key of {venue_of(whose)} has a {' and a '.join(missing)} too", advice="Give all of it."
        )
    key = _unasked(whose, {"key": "", "secret": "", **given})
    told = _asked(settings, key)
    vault_of(keys_folder(), ask, kind).put(replace(key, account=told.account))
    return told


def check(settings: Settings, name: str, ask: Ask) -> Checked:
    """Return what a venue says of the key that is kept. Errors as `keys_of` and the ports."""
    return _asked(settings, found_key(name, ask))


def _unasked(name: str, parts: Mapping[str, str]) -> VenueKey:
    """A key of which the venue was not asked yet whose account it is."""
    label = name.partition("/")[2]
    return VenueKey(venue_of(name), label or _UNNAMED, **parts, label=label)


def _asked(settings: Settings, key: VenueKey) -> Checked:
    from hedgerow.app.venues import allowed_live

    door = account_door(settings, key.venue, _keys(key))
    said = asked_of(door, door.account.permissions)
    account = said.account_id or key.account
    try:
        return Checked(key.name, account, said, allowed_live(settings, key.venue, said))
    except VenueRefused as why:
        return Checked(key.name, account, said, (), why.message)


def listed() -> tuple[KeyLine, ...]:
    """Return whose keys there are; asks for nothing and opens nothing."""
    found = []
    for kind, where in places():
        kept = vault_of(keys_folder(), _nobody, kind).venues()
        found += [KeyLine(name, where) for name in kept if not name.startswith(NOTIFY)]
    names = [name.removeprefix(_VARIABLE) for name in sorted(os.environ) if name.startswith(_VARIABLE)]
    there = dict.fromkeys(name.removesuffix("_WALLET") for name in names if _OF_ENVIRONMENT.fullmatch(name))
    found += [KeyLine(name.lower().replace("__", "/"), "environment") for name in there]
    return tuple(found)


def more_keys(venue: str) -> tuple[str, ...]:
    """Return the names of a venue's keys besides its first one; asks for nothing and opens nothing."""
    return tuple(dict.fromkeys(line.venue for line in listed() if line.venue.startswith(f"{venue}/")))


def first_key(name: str) -> str:
    """Return the name of a venue's first key. Raises `BadConfig` for another: a book read from an account is of that one."""
    whose = key_name(name)
    if "/" in whose:
        raise BadConfig(
            f"a book is not read from {whose}: only from the account of a venue's first key",
            advice=f"List what it holds in a file, and hedge it there with --at {whose}.",
        )
    return whose


def remove(name: str, ask: Ask) -> tuple[str, ...]:
    """Forget a key wherever it lies, and return where it lay; the environment is its owner's."""
    whose = key_name(name)
    return tuple(where for kind, where in places() if vault_of(keys_folder(), ask, kind).remove(whose))


def keys_of(name: str, ask: Ask) -> Keys:
    """Return a key by its name, ready to open a door. Raises `BadConfig` where there is none, and what a vault raises."""
    return _keys(found_key(name, ask))


def found_key(name: str, ask: Ask) -> VenueKey:
    """Return a key as it is kept. Errors as `keys_of`."""
    no_core_dumps()
    name = key_name(name)
    for kind, _ in places():
        key = vault_of(keys_folder(), ask, kind).get(name)
        if key is not None:
            known(key.key, key.secret, key.password)
            return key
    first = f"{_VARIABLE}{name.upper().replace('/', '__')}"
    if first in os.environ or f"{first}_WALLET" in os.environ:
        rest = {
            part: os.environ.get(f"{first}_{part.upper()}", "") for part in ("secret", "password", "wallet")
        }
        return _unasked(name, {"key": os.environ.get(first, ""), **rest})
    raise BadConfig(f"there is no key of {name}", advice=f"Add one: hedgerow keys add {name}")


def places() -> tuple[tuple[Kind, str], ...]:
    """Return the kinds of vaults that this system has, with where each is, in the order in which they are asked."""
    where: tuple[tuple[Kind, str], ...] = (("file", str(keys_folder() / "vault.json")),)
    return (("keyring", "keyring"), *where) if real_keyring() else where


def _nobody(_new: bool) -> str:
    raise BadInput("no passphrase is needed here")


def _keys(key: VenueKey) -> Keys:
    from hedgerow.venues.doors import Keys

    return Keys(key.account, key.key, key.secret, key.password, key.wallet)
