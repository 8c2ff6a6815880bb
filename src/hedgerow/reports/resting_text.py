"""Orders that are at a venue, as `status` lists them and as an interrupted trade leaves them."""

from __future__ import annotations

from typing import Any

from hedgerow.model.display import plain
from hedgerow.model.trades import AccountState, ModeState, RestingRow
from hedgerow.reports.trade_text import plan_name

__all__ = ["left_text", "resting_json", "resting_words"]

_KINDS = {"limit": "limit", "post_only": "post-only", "stop": "protective stop", "market": "market"}


def resting_words(row: RestingRow) -> str:
    """Return one order in words: what it would trade, at which price, and how far it is."""
    side = "buy" if row.contracts > 0 else "sell"
    price = "" if row.price is None else f" at {row.price:,f}"
    filled = f", {abs(row.filled).normalize():,f} of it filled" if row.filled else ""
    known = "" if row.known else ", and whether the venue has it is not known"
    size = f"{abs(row.contracts).normalize():,f} contracts of {row.instrument.name}"
    return f"{side} {size}{price}, {_KINDS[row.kind]}{filled}{known} ({row.client_id})"


def resting_json(row: RestingRow) -> dict[str, Any]:
    """Return the same for a machine; contracts are signed and exact."""
    return {
        "client_id": row.client_id,
        "instrument": row.instrument.name,
        "contracts_exact": str(row.contracts),
        "filled_exact": str(row.filled),
        "kind": row.kind,
        "price": plain(row.price),
        "known": row.known,
    }


def left_text(mode: ModeState, again: str) -> tuple[str, ...]:
    """Return what an interrupted trade leaves behind in a mode's accounts; `again` is the command that goes on with it."""
    if mode.trouble:
        return (
            f"interrupted; what it leaves behind cannot be read: {mode.trouble}",
            "  `hedgerow status` says it when it can.",
        )
    begun = [line for account in mode.accounts if account.unfinished for line in _left(account, again)]
    return tuple(begun) or ("interrupted; nothing is unfinished",)


def _left(account: AccountState, again: str) -> list[str]:
    head = f"interrupted; plan {plan_name(account.unfinished)} is begun and not finished at {account.account}"
    if not account.resting:
        return [f"{head}; none of its orders is at the venue", f"  `{again}` goes on with it."]
    switch = (
        f" The venue was told to cancel what rests after {account.silent_s} seconds without us."
        if account.silent_s
        else ""
    )
    return [
        head,
        *(f"  at the venue: {resting_words(row)}" for row in account.resting),
        f"  It may still be filled.{switch} `{again}` goes on with it as it was begun;",
        f"  `hedgerow halt {account.account}`, and then the same command, takes back what rests and ends it.",
    ]
