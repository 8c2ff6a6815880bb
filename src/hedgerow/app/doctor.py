"""What can be looked at: this machine's state folder, journals, disk and start-up hooks, and each venue with its key.

machine(settings) -> checks, offline
at_venue(settings, "binance", ask) -> checks
"""

from __future__ import annotations

import os
import shutil
import site
import stat
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from hedgerow.app.plans import MODES, Mode, place_of
from hedgerow.config import Settings, state_path
from hedgerow.model.checks import Check, Outcome
from hedgerow.model.errors import HedgerowError

if TYPE_CHECKING:
    from hedgerow.store.keys import Ask
    from hedgerow.store.server import Server

__all__ = ["at_venue", "machine"]

_LEAST_FREE = 1 << 30
_TESTED = ((4, 5, 90), (4, 6, 0))
_HOOKS = ("distutils-precedence.pth", "_virtualenv.pth", "__editable__", "a1_coverage.pth")
"""Files that run code at every start of Python and come with its usual tools."""


def machine(settings: Settings) -> tuple[Check, ...]:
    """Return what is found without asking anybody."""
    return (_state(settings), _disk(settings), *(_journal(settings, mode) for mode in MODES), _hooks())


def _state(settings: Settings) -> Check:
    folder, name = state_path(settings), "state folder"
    if not folder.exists():
        return Check(name, "verified", f"{folder} is made with the first plan")
    if not os.access(folder, os.W_OK | os.X_OK):
        return Check(name, "wrong", f"{folder} cannot be written: nothing can be traded")
    loose = stat.S_IMODE(folder.stat().st_mode) & 0o022
    if loose:
        return Check(name, "wrong", f"{folder} can be written by others: chmod go-w on it")
    return Check(name, "verified", str(folder))


def _disk(settings: Settings) -> Check:
    there = state_path(settings)
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free
    said = f"{free / (1 << 30):.1f} GiB free at {there}"
    return Check("disk", "verified" if free >= _LEAST_FREE else "wrong", said)


def _journal(settings: Settings, mode: Mode) -> Check:
    """Whether every record of a journal is what was written, and who holds its accounts."""
    path, name = place_of(settings, mode).journal, f"{mode} journal"
    if not path.exists():
        return Check(name, "verified", "nothing was traded yet")
    from hedgerow.store.journal import look_into, open_journal

    try:
        with open_journal(path) if isinstance(path, Path) else look_into(path) as journal:
            records = journal.verify()
            held = [lease for lease, left in journal.leases() if left > 0 and lease.holder]
        clear = not isinstance(path, Path) and _in_the_clear(path)
    except HedgerowError as why:
        return Check(name, "wrong", why.message)
    if clear:
        said = f"{path} is reached unencrypted: add sslmode=verify-full to its address"
        return Check(name, "wrong", said)
    holders = ", ".join(f"{lease.account} held by {lease.holder}" for lease in held) or "nobody trades"
    where = "" if isinstance(path, Path) else f" on {path}"
    return Check(name, "verified", f"{records} records, unbroken{where}; {holders}")


def _in_the_clear(server: Server) -> bool:
    from hedgerow.store.postgresql import in_the_clear

    return in_the_clear(server)


def _hooks() -> Check:
    """Files of installed packages that run code at every start of Python: the way in of several thefts of keys."""
    found = [path for folder in _sites() for path in sorted(folder.glob("*.pth")) if _runs(path)]
    odd = [path for path in found if not path.name.startswith(_HOOKS)]
    if odd:
        names = ", ".join(str(path) for path in odd)
        return Check(
            "start-up hooks", "wrong", f"run code at every start; look whether you know them: {names}"
        )
    return Check("start-up hooks", "verified", f"{len(found)} known")


def _sites() -> list[Path]:
    folders = {*site.getsitepackages(), site.getusersitepackages()} & {*sys.path}
    return sorted(Path(folder) for folder in folders)


def _runs(path: Path) -> bool:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return any(line.startswith(("import ", "import\t")) for line in lines)


def at_venue(settings: Settings, name: str, ask: Ask) -> tuple[Check, ...]:
    """Return what was verified of a venue and its key, and what could not be. Raises `BadConfig` for an unknown venue."""
    from hedgerow.app.keys import check, keys_of, venue_of
    from hedgerow.app.venues import account_door, asked_of, market_door
    from hedgerow.venues.examination import examine

    door, keyed = market_door(settings, venue_of(name)), False
    try:
        door, keyed = account_door(settings, venue_of(name), keys_of(name, ask)), True
        told = check(settings, name, ask)
    except HedgerowError as why:
        key = [Check("key", "not verified", why.message)]
    else:
        said = (
            told.refusal or "; ".join(told.warnings) or "may trade, may not withdraw, is bound to an address"
        )
        outcome: Outcome = "wrong" if told.refusal else "not verified" if told.warnings else "verified"
        key = [Check("key", outcome, said)]
    return (_library(), *key, *asked_of(door, lambda: examine(door, keyed=keyed)))


def _library() -> Check:
    try:
        found = version("ccxt")
    except PackageNotFoundError:
        return Check("ccxt", "wrong", "not installed: pip install 'hedgerow[live]'")
    parts = tuple(int(part) for part in found.split(".")[:3] if part.isdigit())
    low, high = _TESTED
    said = f"{found}; tested from {'.'.join(map(str, low))}, before {'.'.join(map(str, high))}"
    return Check("ccxt", "verified" if low <= parts < high else "wrong", said)
