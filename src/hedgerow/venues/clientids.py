"""Client ids as a venue wants them, and back."""

from __future__ import annotations

import re

from hedgerow.model.errors import BrokenPromise
from hedgerow.venues.quirks import ClientId

__all__ = ["own_id", "venue_id"]

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_OURS = re.compile(r"hr[a-z0-9]{18}")
_HEX = re.compile(r"0x[0-9a-f]{32}")


def venue_id(form: ClientId, client_id: str) -> str:
    """Return our id as the venue takes it; raises `BrokenPromise` for one that does not fit, before anything is sent."""
    written = client_id
    if form.hex128:
        # Twenty characters of base 36 are 104 bits: as a number they fit into 128 and can be read back.
        number = int(client_id, 36) if re.fullmatch(r"[1-9a-z][0-9a-z]{0,23}", client_id) else -1
        written = f"0x{number:032x}" if number >= 0 else ""
    if not re.fullmatch(form.pattern, written):
        raise BrokenPromise(f'"{client_id}" is no client id that the venue takes: {form.pattern}')
    return written


def own_id(form: ClientId, said: str) -> str:
    """Return the id as we wrote it; somebody else's is left as it is."""
    if not (form.hex128 and _HEX.fullmatch(said)):
        return said
    number, digits = int(said, 16), ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits if _OURS.fullmatch(digits) else said
