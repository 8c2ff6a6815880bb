"""Keys as text and as JSON: whose there are, and what a venue says that one may do. Never the key itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group

from hedgerow.model.ports import Permissions
from hedgerow.reports.layout import columns, line, notes, page

__all__ = ["key_json", "key_text", "keys_json", "keys_text"]

_WORDS = {True: "yes", False: "no", None: "not known"}


def keys_text(lines: Sequence[tuple[str, str]]) -> Group:
    """Return (venue, where) of each key, for a terminal."""
    if not lines:
        return page(
            line("No key yet. `hedgerow keys add VENUE` adds one; docs/how-to/keys.md tells how to make it.")
        )
    return page(columns(("venue", "where"), lines, left=(0, 1), indent=0))


def keys_json(lines: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the document of `keys list --json`."""
    return {"keys": [{"venue": venue, "where": where} for venue, where in lines]}


def key_text(head: str, said: Permissions, warnings: Sequence[str], refusal: str) -> Group:
    """Return what a key may do, for a terminal."""
    rows = [
        ("trade", _WORDS[said.trade]),
        ("withdraw", _WORDS[said.withdraw]),
        ("bound to an address", _WORDS[said.ip_bound]),
        ("account", said.account_id or "the venue does not say"),
    ]
    refused = [f"refused for live trading: {refusal}"] if refusal else []
    return page(line(head), columns(("right", ""), rows, left=(0, 1), indent=0), notes([*refused, *warnings]))


def key_json(venue: str, said: Permissions, warnings: Sequence[str], refusal: str) -> dict[str, Any]:
    """Return the document of `keys add --json` and `keys check --json`."""
    return {
        "venue": venue,
        "account": said.account_id or None,
        "trade": said.trade,
        "withdraw": said.withdraw,
        "ip_bound": said.ip_bound,
        "checked_by": said.checked_by,
        "refused_live": refusal or None,
        "warnings": list(warnings),
    }
