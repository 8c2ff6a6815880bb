"""A stand-in server in a thread of its own, and the settings that send the program to it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hedgerow.testing.standin import serving
from hedgerow.testing.standin.stand import Stand

__all__ = ["sent_to", "served"]


@contextmanager
def served(stands: Mapping[str, Stand]) -> Iterator[str]:
    """Serve `stands` while the block runs, and yield the address."""
    loop, ready, over, said = asyncio.new_event_loop(), threading.Event(), asyncio.Event(), []

    async def run() -> None:
        async with serving(stands) as base:
            said.append(base)
            ready.set()
            await over.wait()

    def work() -> None:
        loop.run_until_complete(run())
        loop.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield said[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(30)


def sent_to(folder: Path, base: str, *names: str, more: str = "") -> str:
    """Write settings that open the venues `names` at `base`, `more` lines below each; return their path."""
    path = folder / "stand-in.toml"
    path.write_text("".join(f'[venues.{name}]\nstand_in = "{base}"\n{more}\n' for name in names))
    return str(path)
