"""Order books for the tests of costs: the one of TV35, and the recorded ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from hedgerow.model.arrays import FloatArray

BIDS = np.array([[59990, 0.5], [59985, 0.8], [59970, 1.2], [59940, 3.0]])
ASKS = np.array([[60010, 0.4], [60020, 1.0], [60045, 2.0]])
MID = 60000.0


def recorded(data_dir: Path) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Bids and asks of every recorded book, by file name."""
    books = {}
    for path in sorted((data_dir / "orderbooks").glob("*.json")):
        book = json.loads(path.read_text())
        books[path.stem] = (
            np.array(book["bids"], dtype=np.float64),
            np.array(book["asks"], dtype=np.float64),
        )
    return books
