"""The command line of `tests.cli`, for runs."""

from __future__ import annotations

from tests.cli.conftest import run

__all__ = ["run"]
