"""The file of settings while a watch runs: what is changed there counts from its next start, and that is said once.

file = SettingsFile(path)
file.changed() -> whether it says something else than when this was made, or than when this was last answered with yes
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from hedgerow.app.standing import mark

__all__ = ["CHANGED", "SettingsFile"]

CHANGED = "the file of settings changed: what it says now counts from the next start of this watch"


class SettingsFile:
    """One file, which need not be there. It is looked at often, and read only where it was written since."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp, self._name = mark(path), self._read()

    def changed(self) -> bool:
        """Return whether it says something else now, once for each change."""
        stamp = mark(self._path)
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        before, self._name = self._name, self._read()
        return self._name != before

    def _read(self) -> str:
        try:
            return sha256(self._path.read_bytes()).hexdigest()
        except OSError:
            return ""
