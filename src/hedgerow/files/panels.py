"""What a price file holds, without its prices: which coins, and how many rows.

coins_in("closes.parquet", source="bybit_perp") -> PanelSize
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hedgerow.files.cells import fault_of_symbol
from hedgerow.files.tables import Layer, files_of, frame_of, symbols_of
from hedgerow.files.text import file_name
from hedgerow.model.errors import BadPrices

__all__ = ["PanelSize", "coins_in"]


@dataclass(frozen=True, slots=True)
class PanelSize:
    """The coins of a panel, in order, and its rows."""

    coins: tuple[str, ...]
    rows: int


def coins_in(path: str | Path, *, source: str | None = None) -> PanelSize:
    """Return the coins of a price file or of a folder of them, rows counted whatever they are of.

    Raises `BadPrices` as `read_market`.
    """
    names: set[str] = set()
    rows = 0
    for file in files_of(Path(path)):
        frame, _ = frame_of(file)
        written, count = symbols_of(frame, file_name(file), Layer(source))
        names |= {_ticker(text, file_name(file)) for text in written}
        rows += count
    return PanelSize(tuple(sorted(names)), rows)


def _ticker(text: str, file: str) -> str:
    name, fault, advice = fault_of_symbol(text)
    if fault:
        raise BadPrices(fault, file=file, column="symbol", advice=advice)
    return name
