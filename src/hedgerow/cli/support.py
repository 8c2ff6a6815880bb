"""`hedgerow support-bundle`: what may be shown to others when something is wrong."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from hedgerow.cli.options import Output, settings_of
from hedgerow.cli.output import answer, writable
from hedgerow.config import Settings
from hedgerow.model.errors import BadConfig, BadInput
from hedgerow.store.server import state_of

__all__ = ["support_bundle"]


def support_bundle(
    *,
    out: Annotated[Path, Parameter(help="File to write.")] = Path("hedgerow-support.zip"),
    output: Output | None = None,
) -> int:
    """Write what may be shown to others: versions, what `doctor` finds, which settings are set, kinds of records.

    No key, name, path, account, amount or text of yours is in it: nothing is copied and then cleaned.
    """
    shown = output or Output()
    writable(out)
    documents = _documents(shown)
    try:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, document in documents.items():
                packed.writestr(name, json.dumps(document, indent=1) + "\n")
    except OSError as why:
        raise BadInput(
            f"cannot be written: {why.strerror}", file=str(out), advice="Give another file with --out."
        ) from None
    said = f"wrote {out}: {', '.join(documents)}. Look into it before you send it."
    answer(lambda: {"file": str(out), "holds": list(documents)}, lambda: said, shown)
    return 0


def _documents(shown: Output) -> dict[str, dict[str, Any]]:
    """What may be shown, also where the settings are what is wrong."""
    from hedgerow.app.support import bundle

    try:
        return bundle(settings_of(shown))
    except BadConfig:
        state = None if shown.state is None else state_of(shown.state)
        return bundle(Settings(trade=replace(Settings().trade, state=state)), readable=False)
