"""What was found of this machine now and of venues the last time, as JSON and as text: `doctor --seen`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from hedgerow.model.checks import Asked, Check
from hedgerow.reports.trade_text import stamp
from hedgerow.reports.wording import plain_text

__all__ = ["seen_json", "seen_text"]


def seen_json(machine: Iterable[Check], venues: Mapping[str, Asked], known: Iterable[str]) -> dict[str, Any]:
    """Return the document: `machine`, and `venues` with when each was asked; null for one that never was."""
    return {
        "machine": [dataclasses.asdict(one) for one in machine],
        "venues": {
            name: {
                "asked_at": stamp(venues[name].at),
                "checks": [dataclasses.asdict(one) for one in venues[name].checks],
            }
            if name in venues
            else None
            for name in dict.fromkeys((*known, *venues))
        },
    }


def seen_text(machine: Iterable[Check], venues: Mapping[str, Asked], known: Iterable[str]) -> str:
    """Return the same as lines."""
    lines = [_line(one) for one in machine]
    for name in dict.fromkeys((*known, *venues)):
        if name not in venues:
            lines.append(f"\n{name}: never asked; `hedgerow doctor {name}` asks")
            continue
        lines.append(f"\n{name}, asked {stamp(venues[name].at)}")
        lines += [f"  {_line(one)}" for one in venues[name].checks]
    return "\n".join(lines) + "\n"


def _line(one: Check) -> str:
    return f"{one.outcome:12} {plain_text(one.name)}: {plain_text(one.detail)}"
