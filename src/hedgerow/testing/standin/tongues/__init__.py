"""The dialects, by the venue's name."""

from __future__ import annotations

from importlib import import_module

from hedgerow.model.errors import UsageError
from hedgerow.testing.standin.dialect import Dialect

__all__ = ["OPTIONS", "TONGUES", "dialect_of"]

TONGUES = ("binance", "bybit", "bingx", "weex", "mexc")
"""Venues of linear contracts."""
OPTIONS = ("deribit",)
"""Venues of options that are paid in coins."""


def dialect_of(tag: str) -> Dialect:
    """Return a venue's dialect; raises `UsageError` for one that is not spoken here."""
    if tag not in TONGUES + OPTIONS:
        raise UsageError(f"nobody speaks {tag} here", advice=f"There are {', '.join(TONGUES + OPTIONS)}.")
    found: Dialect = import_module(f"hedgerow.testing.standin.tongues.{tag}").DIALECT
    return found
