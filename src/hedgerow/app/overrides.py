"""Betas given by hand, written into the file of settings with the reason: every verb reads them there from then on.

override(path, "NEWX", BetaSettings(1.4, 0.3, "its sector's"))     None takes it out again
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from hedgerow.app.typed import numbers
from hedgerow.config import BetaSettings, load_settings
from hedgerow.model.errors import BadConfig, UsageError

__all__ = ["given_beta", "override"]

_LARGEST = 100.0
_LONGEST = 300


def given_beta(beta: str, error: str, note: str, factors: int) -> BetaSettings:
    """Return a beta as it was typed, one number a factor. Raises `UsageError` for what is none, or without a reason."""
    betas = numbers(beta or "nothing", "beta")
    stderr = numbers(error or "0", "error")[0]
    if len(betas) != factors:
        raise UsageError(
            f"{len(betas)} numbers for {factors} factors", advice="Give one beta a factor: 1.4, or 1.4,0.2."
        )
    if not all(math.isfinite(x) and abs(x) <= _LARGEST for x in (*betas, stderr)) or stderr < 0.0:
        raise UsageError(f"{beta} ± {error} is no beta", advice="Give numbers such as 1.4 and 0.3.")
    said = " ".join(note.split())
    if not said or len(said) > _LONGEST:
        raise UsageError(
            "a beta by hand has a reason",
            advice=f"Write a note of at most {_LONGEST} signs: why this number?",
        )
    return BetaSettings(betas[0] if len(betas) == 1 else betas, stderr, said)


def override(path: Path, coin: str, given: BetaSettings | None) -> None:
    """Write a coin's beta into the file of settings, with everything else in it as it stands, or take it out with None.

    Raises `BadConfig` for a file that cannot be read or written, `UsageError` for what is no coin.
    """
    import tomlkit

    from hedgerow.files.cells import fault_of_symbol

    name, fault, advice = fault_of_symbol(coin)
    if fault:
        raise UsageError(fault, advice=advice)
    known = path.exists()
    if known:
        load_settings(path)
    document: Any = tomlkit.parse(path.read_text(encoding="utf-8-sig") if known else "")
    betas = document.get("betas")
    if betas is None:
        betas = tomlkit.table(is_super_table=True)
        document["betas"] = betas
    for written in [key for key in betas if key.upper() == name]:
        del betas[written]
    if given is not None:
        row = tomlkit.table()
        row["beta"] = given.beta if isinstance(given.beta, float) else list(given.beta)
        row["stderr"], row["note"] = given.stderr, given.note
        betas[name] = row
    _write(path, tomlkit.dumps(document))


def _write(path: Path, text: str) -> None:
    from hedgerow.store.folders import put_whole

    where = path.resolve()
    try:
        put_whole(text.encode(), where, where.with_name(f"{where.name}.begun"), private=True)
    except OSError as why:
        raise BadConfig(
            f"cannot be written: {why.strerror}",
            file=str(path),
            advice="Let this user write there, or give another with --config.",
        ) from None
