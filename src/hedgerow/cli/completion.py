"""`--install-completion`: completion of verbs and options in the user's shell."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from hedgerow.model.errors import BadInput, UsageError

__all__ = ["install_completion"]


def install_completion(
    *,
    shell: Annotated[
        Literal["bash", "zsh", "fish", "powershell"] | None,
        Parameter(help="Which shell; detected otherwise."),
    ] = None,
    output: Annotated[
        Path | None, Parameter(help="Write the script here and leave the shell's start-up file alone.")
    ] = None,
) -> int:
    """Install shell completion, and say where."""
    from cyclopts.completion.detect import ShellDetectionError

    from hedgerow.cli import app

    try:
        path = app.install_completion(shell=shell, output=output, add_to_startup=output is None)
    except ShellDetectionError:
        raise UsageError(
            "your shell is not known", advice="Name it: --shell bash, zsh, fish or powershell."
        ) from None
    except OSError as why:
        raise BadInput(
            f"the script cannot be written: {why.strerror}", advice="Choose another place with --output."
        ) from None
    sys.stdout.write(f"wrote {path}; it works in the next shell you open\n")
    return 0
