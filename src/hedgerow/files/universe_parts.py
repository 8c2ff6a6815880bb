"""Parts of a universe that are measured already, so that a stopped `universe` goes on from there."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from hedgerow.hedge.universe import Part
from hedgerow.model.errors import BadInput, UsageError

__all__ = ["Parts"]

_WORDS = "words"


class Parts:
    """The parts of one question, in a folder beside `place` that is gone when the question is answered."""

    def __init__(self, place: Path, question: str) -> None:
        """Begin, or go on where `question`, all that the numbers hang on, was asked before."""
        mark = sha256(question.encode()).hexdigest()[:12]
        self._folder = place.with_name(f"{place.name}.{mark}.parts")

    def there(self) -> dict[str, Part]:
        """Return what is measured, by key. Raises `BadInput` for a part that cannot be read."""
        return {path.stem: _read(path) for path in sorted(self._folder.glob("*.npz"))}

    def add(self, key: str, part: Part) -> None:
        """Keep a part, whole or not at all. Raises `UsageError` where nothing can be written."""
        whole = {field.name: getattr(part, field.name) for field in fields(Part)}
        arrays: dict[str, Any] = {name: v for name, v in whole.items() if isinstance(v, np.ndarray)}
        words = {name: value for name, value in whole.items() if name not in arrays}
        begun = self._folder / f".{key}.{os.getpid()}"
        try:
            self._folder.mkdir(exist_ok=True)
            with begun.open("wb") as opened:
                np.savez(opened, allow_pickle=False, **arrays | {_WORDS: np.array(json.dumps(words))})
            begun.replace(self._folder / f"{key}.npz")
        except OSError as why:
            raise UsageError(
                f"{self._folder} cannot be written: {why.strerror}", advice="Give another --out."
            ) from None

    def clear(self) -> None:
        """Remove what is not needed any more."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _read(path: Path) -> Part:
    try:
        with np.load(path, allow_pickle=False) as held:
            words = json.loads(str(held[_WORDS]))
            told: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in words.items()}
            return Part(**told | {name: held[name] for name in held.files if name != _WORDS})
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as why:
        raise BadInput(
            f"is no part of a universe: {type(why).__name__}", file=str(path), advice="Remove its folder."
        ) from None
