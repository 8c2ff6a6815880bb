"""Settings whose paths mean the same from anywhere: what is kept beside a plan, and what an account lives on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from hedgerow.config import VENUE_BOOK, Settings

__all__ = ["absolute"]

_DATA = ("prices", "lake", "funding", "books", "open_interest", "sectors", "venues", "chain")
_INDEX = "index:"


def absolute(settings: Settings) -> Settings:
    """The settings with every path as seen from anywhere."""
    data, factor = settings.data, settings.hedge.factor
    paths: dict[str, Any] = {
        name: str(Path(path).absolute())
        for name in _DATA
        if (path := getattr(data, name)) is not None and not path.startswith(VENUE_BOOK)
    }
    if factor.lower().startswith(_INDEX):
        factor = f"{_INDEX}{Path(factor[len(_INDEX) :]).absolute()}"
    sources = tuple(s if s.startswith(VENUE_BOOK) else str(Path(s).absolute()) for s in settings.book.sources)
    return replace(
        settings,
        data=replace(data, **paths),
        hedge=replace(settings.hedge, factor=factor),
        book=replace(settings.book, sources=sources),
    )
