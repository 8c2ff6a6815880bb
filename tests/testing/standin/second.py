"""A second, independent client of the stand-in server: ccxt for JavaScript, another signing and another parsing.

It is fetched by npm into a folder of its own (`HEDGEROW_JS`, else a temporary one) and is no part of the product, so only
`./check standin --js` does so and the everyday check does not.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.testing.standin.clients import CONTRACTS, NAMES, OPTIONS

from hedgerow.model.errors import BrokenPromise
from hedgerow.testing.standin import serving
from hedgerow.testing.standin.worlds import KEY, PASSPHRASE, SECRET, stand_of

__all__ = ["speaks"]

_FOLDER = "HEDGEROW_JS"
_PACKAGE = "ccxt@4.5.84"
_SCRIPT = Path(__file__).with_name("second.mjs")


def speaks(tag: str) -> str:
    """Return in a line what the second client did at a venue; raises `BrokenPromise` where it saw something else."""
    folder = Path(os.environ.get(_FOLDER) or Path(tempfile.gettempdir()) / "hedgerow-js")
    npm = shutil.which("npm")
    if not (folder / "node_modules" / "ccxt").is_dir():
        if npm is None:
            return "not run: npm is not installed"
        folder.mkdir(parents=True, exist_ok=True)
        words = [
            npm,
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--prefix",
            str(folder),
            _PACKAGE,
        ]
        subprocess.run(words, check=True, capture_output=True, timeout=300)
    said, size = _spoken(tag, folder), 0.5 * CONTRACTS.get(tag, 1)
    seen = {name: said[name] for name in ("found", "left", "side", "contracts", "filled")}
    wanted = {"found": [[True, size, 70_000]], "left": 0, "side": "short", "contracts": size, "filled": size}
    if seen != wanted:
        raise BrokenPromise(f"{tag}: the second client saw {seen}, not {wanted}")
    return f"ccxt {said['version']} for JavaScript placed, found, cancelled and traded"


def _spoken(tag: str, folder: Path) -> dict[str, Any]:
    """Return what the second client, which lies in `folder`, saw of its own orders at a venue."""

    async def run() -> bytes:
        async with serving({tag: stand_of(tag)}) as base:
            process = await asyncio.create_subprocess_exec(
                "node", str(_SCRIPT), str(folder), base, tag, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            words = {
                "key": KEY,
                "secret": SECRET,
                "password": PASSPHRASE,
                "client": NAMES[tag],
                "size": 0.5 * CONTRACTS.get(tag, 1),
                "options": OPTIONS[tag],
            }
            said, _ = await asyncio.wait_for(process.communicate(json.dumps(words).encode()), 60)
            return said

    found: dict[str, Any] = json.loads(asyncio.run(run()))
    return found
