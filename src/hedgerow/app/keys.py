"""Keys of venues: added with a look at what they may do, found again, checked, forgotten.

A key is looked for in the keyring or the encrypted file, and last in the environment (HEDGEROW_KEY_BINANCE and
HEDGEROW_KEY_BINANCE_SECRET, _PASSWORD, _WALLET).
"""

from __future__ import annotations

import os
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
    "found_key",
    "keys_folder",
    "keys_of",
    "listed",
    "places",
    "remove",
    "wanted",
]

_VARIABLE = "HEDGEROW_KEY_"
_UNNAMED = "main"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a venue says of a key: `warnings` for who trades with it, `refusal` why it may not trade live, or nothing."""

    venue: str
    account: str
    said: Permissions
    warnings: tuple[str, ...]
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class KeyLine:
    """Whose key there is, and where it lies."""

    venue: str
    where: str


def keys_folder() -> Path:
    """Return the folder of the encrypted file: `keys` beside the settings."""
    return config_path().parent / "keys"


def wanted(venue: str) -> tuple[str, ...]:
    """Return what a venue's key consists of, of key, secret, password, wallet. Errors as `venues.doors.connect`."""
    from hedgerow.venues.doors import credentials_of

    return credentials_of(venue)


def add(settings: Settings, venue: str, given: Mapping[str, str], ask: Ask, kind: Kind | None) -> Checked:
    """Ask the venue what a key may do, then keep it. Nothing is kept where the venue refuses it or does not answer."""
    from hedgerow.venues.dialects import venue_named

    no_core_dumps()
    missing = [name for name in wanted(venue) if not given.get(name)]
    if missing:
        raise BadInput(f"a key of {venue} has a {' and a '.join(missing)} too", advice="Give all of it.")
    key = VenueKey(venue_named(venue).name, _UNNAMED, **{"key": "", "secret": "", **given})
    told = _asked(settings, key)
    vault_of(keys_folder(), ask, kind).put(replace(key, account=told.account))
    return told


def check(settings: Settings, venue: str, ask: Ask) -> Checked:
    """Return what a venue says of the key that is kept. Errors as `keys_of` and the ports."""
    return _asked(settings, found_key(venue, ask))


def _asked(settings: Settings, key: VenueKey) -> Checked:
    from hedgerow.app.venues import allowed_live

    door = account_door(settings, key.venue, _keys(key))
    said = asked_of(door, door.account.permissions)
    account = said.account_id or key.account
    try:
        return Checked(key.venue, account, said, allowed_live(settings, key.venue, said))
    except VenueRefused as why:
        return Checked(key.venue, account, said, (), why.message)


def listed() -> tuple[KeyLine, ...]:
    """Return whose keys there are; asks for nothing and opens nothing."""
    found = []
    for kind, where in places():
        kept = vault_of(keys_folder(), _nobody, kind).venues()
        found += [KeyLine(name, where) for name in kept if not name.startswith(NOTIFY)]
    names = [name.removeprefix(_VARIABLE) for name in sorted(os.environ) if name.startswith(_VARIABLE)]
    found += [KeyLine(name.lower(), "environment") for name in names if "_" not in name]
    return tuple(found)


def remove(venue: str, ask: Ask) -> tuple[str, ...]:
    """Forget a venue's key wherever it lies, and return where it lay; the environment is its owner's."""
    return tuple(
        where for kind, where in places() if vault_of(keys_folder(), ask, kind).remove(_named(venue))
    )


def keys_of(venue: str, ask: Ask) -> Keys:
    """Return a venue's key, ready to open a door. Raises `BadConfig` where there is none, and what a vault raises."""
    return _keys(found_key(venue, ask))


def found_key(venue: str, ask: Ask) -> VenueKey:
    """Return a venue's key as it is kept. Errors as `keys_of`."""
    no_core_dumps()
    name = _named(venue)
    for kind, _ in places():
        key = vault_of(keys_folder(), ask, kind).get(name)
        if key is not None:
            known(key.key, key.secret, key.password)
            return key
    first = f"{_VARIABLE}{name.upper()}"
    if first in os.environ or f"{first}_WALLET" in os.environ:
        rest = {
            part: os.environ.get(f"{first}_{part.upper()}", "") for part in ("secret", "password", "wallet")
        }
        return VenueKey(name, _UNNAMED, os.environ.get(first, ""), **rest)
    raise BadConfig(f"there is no key of {name}", advice=f"Add one: hedgerow keys add {name}")


def _named(venue: str) -> str:
    from hedgerow.venues.dialects import venue_named

    return venue_named(venue).name


def places() -> tuple[tuple[Kind, str], ...]:
    """Return the kinds of vaults that this system has, with where each is, in the order in which they are asked."""
    where: tuple[tuple[Kind, str], ...] = (("file", str(keys_folder() / "vault.json")),)
    return (("keyring", "keyring"), *where) if real_keyring() else where


def _nobody(_new: bool) -> str:
    raise BadInput("no passphrase is needed here")


def _keys(key: VenueKey) -> Keys:
    from hedgerow.venues.doors import Keys

    return Keys(key.account, key.key, key.secret, key.password, key.wallet)
