"""Who is told: targets kept like keys, since their addresses hold secrets, and the courier that messages are left with.

add("phone", "tgram://…", ask) · listed(settings) · remove("phone", ask) · tried_out(settings, ask)
with told(settings, place, ask) as courier: Named(courier, "paper:paper book").notify(...)

An address is looked for in the keyring or the encrypted file, and in the environment (HEDGEROW_NOTIFY_PHONE).
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hedgerow.app.dealing import wall_ms
from hedgerow.app.keys import keys_folder, places
from hedgerow.app.plans import Place
from hedgerow.config import Settings
from hedgerow.model.errors import BadConfig, BadInput, NotSent, UsageError
from hedgerow.model.ports import Level
from hedgerow.outlets.redaction import known
from hedgerow.store.keys import NOTIFY, Ask, Kind, VenueKey, no_core_dumps, vault_of

if TYPE_CHECKING:
    from hedgerow.outlets.courier import Courier

__all__ = ["TargetLine", "add", "listed", "remove", "send_now", "told", "tried_out"]

_VARIABLE = "HEDGEROW_NOTIFY_"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


@dataclass(frozen=True, slots=True)
class TargetLine:
    """A target: where its address lies, the quietest level it is told, and why the last test failed ("": it did not)."""

    name: str
    where: str
    level: Level
    why: str = ""


def add(settings: Settings, name: str, address: str, ask: Ask, kind: Kind | None) -> str:
    """Keep an address under a name and return what may be shown of it. Raises `BadInput` for one that is not let through."""
    from hedgerow.outlets.sinks import kind_of, service_of

    no_core_dumps()
    key = VenueKey(f"{NOTIFY}{_named(name)}", name, "", address.strip())
    service_of(address, allow_private=settings.notify.allow_private)
    vault_of(keys_folder(), ask, kind).put(key)
    return kind_of(address)


def listed(settings: Settings) -> tuple[TargetLine, ...]:
    """Return the targets there are; asks for nothing and opens nothing."""
    found = dict.fromkeys(_given(), "environment") | dict(_kept())
    return tuple(TargetLine(name, where, level_of(settings, name)) for name, where in sorted(found.items()))


def remove(name: str, ask: Ask) -> tuple[str, ...]:
    """Forget a target wherever its address lies, and return where it lay; the environment is its owner's."""
    key = f"{NOTIFY}{_named(name)}"
    return tuple(where for kind, where in places() if vault_of(keys_folder(), ask, kind).remove(key))


def tried_out(settings: Settings, ask: Ask, name: str | None = None) -> tuple[TargetLine, ...]:
    """Send a test message to every target, or to one, and return what came of it. Raises `BadConfig` where there is none."""
    text = "This is a test. Alarms of the watch come this way."
    return send_now(settings, ask, ("info", "Hedgerow: test", text), name)


def send_now(
    settings: Settings, ask: Ask, said: tuple[Level, str, str], name: str | None = None
) -> tuple[TargetLine, ...]:
    """Send a message (level, title, text) to every target, or to one, once, and return what came of it."""
    from hedgerow.outlets.sinks import sender_of

    addresses = _addresses(ask)
    wanted = [_named(name)] if name is not None else sorted(addresses)
    if not wanted or any(each not in addresses for each in wanted):
        whom = "nobody to tell" if name is None else f"no target {name}"
        raise BadConfig(f"there is {whom}", advice="Add one: hedgerow notify add NAME")
    send = sender_of(addresses, allow_private=settings.notify.allow_private)
    lines = {line.name: line for line in listed(settings)}
    found = []
    for each in wanted:
        why = ""
        try:
            send(each, *said)
        except NotSent as failed:
            why = f"{failed.message}. {failed.advice}".strip()
        found.append(TargetLine(each, lines[each].where, lines[each].level, why))
    return tuple(found)


def level_of(settings: Settings, name: str) -> Level:
    """Return the quietest level that a target is told."""
    return settings.notify.levels.get(name, settings.notify.level)


@contextmanager
def told(
    settings: Settings, place: Place, ask: Ask, journal: Path | None = None, within_s: float = 5.0
) -> Iterator[Courier | None]:
    """Yield a courier whose messages lie beside the journal of a place, or of another file, or None where there is nobody to tell.

    When it is closed it has so many seconds to send what waits.

    Raises what a vault raises, and `BadConfig` for settings that mean nothing.
    """
    from hedgerow.outlets.courier import Courier
    from hedgerow.outlets.messages import hours_of
    from hedgerow.outlets.outbox import Outbox, Target
    from hedgerow.outlets.sinks import sender_of
    from hedgerow.store.notices import notices_of

    rules = settings.notify
    quiet = None if rules.quiet is None else hours_of(rules.quiet, rules.zone)
    addresses = _addresses(ask)
    if not addresses:
        yield None
        return
    notices = notices_of(journal or place.journal)
    targets = [Target(name, level_of(settings, name)) for name in addresses]
    send = sender_of(addresses, allow_private=rules.allow_private)
    courier = Courier(Outbox(targets, quiet), notices, send, wall_ms, lambda: secrets.token_hex(8))
    courier.start()
    try:
        yield courier
    finally:
        courier.close(within_s)


def _addresses(ask: Ask) -> dict[str, str]:
    """Every target's address by its name; the passphrase is asked for where the file holds any."""
    found: dict[str, str] = {}
    for kind, _ in places():
        vault = vault_of(keys_folder(), ask, kind)
        for name in vault.venues():
            key = vault.get(name) if name.startswith(NOTIFY) else None
            if key is not None:
                no_core_dumps()
                known(key.secret)
                found.setdefault(key.account, key.secret)
    return {**_given(), **found}


def _kept() -> Iterator[tuple[str, str]]:
    for kind, where in reversed(places()):
        for name in vault_of(keys_folder(), _nobody, kind).venues():
            if name.startswith(NOTIFY):
                yield name.removeprefix(NOTIFY), where


def _given() -> dict[str, str]:
    """Addresses in the environment by the name of their target."""
    return {
        name.removeprefix(_VARIABLE).lower().replace("_", "-"): address.strip()
        for name, address in sorted(os.environ.items())
        if name.startswith(_VARIABLE) and address.strip()
    }


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name of a target", advice="Small letters, digits and dashes: phone, desk-mail."
        )
    return name


def _nobody(_new: bool) -> str:
    raise BadInput("no passphrase is needed here")
