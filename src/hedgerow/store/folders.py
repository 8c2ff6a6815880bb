"""Folders whose new names have to survive a power cut."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["flush_folder"]


def flush_folder(folder: Path) -> None:
    """Let the names in a folder survive a power cut, where folders can be flushed at all."""
    if os.name == "nt":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
