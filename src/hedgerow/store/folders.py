"""Files that are whole or not there, whenever the power goes."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["flush_folder", "put_whole"]


def put_whole(data: bytes | memoryview, path: Path, begun: Path) -> None:
    """Put a whole file in its place by way of `begun` beside it: who reads sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with begun.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    begun.replace(path)
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Let the names in a folder survive a power cut, where folders can be flushed at all."""
    if os.name == "nt":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
