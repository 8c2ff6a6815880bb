"""A replay as text and as JSON: the same to the last bit, or the first thing that is not.

replay_text(name, run, difference, made_with)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from rich.console import Group

from hedgerow.model.display import plain
from hedgerow.model.journal import Difference, RunResult
from hedgerow.reports.layout import Fact, facts, header, instant, line, page

__all__ = ["replay_json", "replay_text"]


def replay_text(name: str, run: RunResult, found: Difference | None, made_with: Mapping[str, str]) -> Group:
    """Return what a replay found, for a terminal."""
    lead = header(
        run.simulated,
        name,
        f"{instant(run.times[0])} to {instant(run.times[-1])}",
        f"{len(run.times):,} bars, {len(run.events):,} events, {len(run.betas):,} betas",
    )
    if found is None:
        return page(lead, line("The same, bit for bit."))
    when = instant(found.when) if found.when is not None else ""
    rows: list[Fact] = [
        ("", "first difference", found.where, when),
        ("", "stored", _said(found.stored), ""),
        ("", "now", _said(found.again), ""),
        ("", "stored by", ", ".join(f"{name} {version}" for name, version in made_with.items()), ""),
    ]
    return page(
        lead,
        line("NOT the same."),
        facts(rows),
        line("The inputs are the same to the byte: what decides is another, or the libraries below it."),
    )


def replay_json(run: RunResult, found: Difference | None, made_with: Mapping[str, str]) -> dict[str, Any]:
    """Return the document of `replay --json`."""
    difference = None
    if found is not None:
        difference = {
            "where": found.where,
            "when": plain(found.when),
            "stored": _said(found.stored),
            "now": _said(found.again),
        }
    return {
        "same": found is None,
        "bars": len(run.times),
        "events": len(run.events),
        "betas": len(run.betas),
        "difference": difference,
        "made_with": dict(made_with),
    }


def _said(value: Any) -> str:
    """A number with all the digits that tell it from its neighbours."""
    return repr(float(value)) if isinstance(value, float | np.floating) else str(value)
