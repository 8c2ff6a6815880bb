"""Secrets that must not be said: whatever this process has read of them is taken out of every line that leaves it.

known("…")              remember a secret
redacted(text) -> the text without any of them
"""

from __future__ import annotations

import os
import re

__all__ = ["known", "redacted"]

_VARIABLES = re.compile(r"HEDGEROW_(KEY|NOTIFY)_")
_LEAST = 6
"""What is shorter is a word like others, and no secret."""
_seen: set[str] = set()


def known(*secrets: str) -> None:
    """Remember secrets, for as long as this process lives."""
    _seen.update(each for each in secrets if len(each) >= _LEAST)


def redacted(text: str) -> str:
    """Return a text without the secrets that are known, or that stand in this program's variables of the environment."""
    given = {value for name, value in os.environ.items() if _VARIABLES.match(name) and len(value) >= _LEAST}
    for secret in sorted(_seen | given, key=len, reverse=True):
        text = text.replace(secret, "…")
    return text
