"""What the last page says: state, looks, alarms with what to do, what waits for a yes, positions, halts."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hedgerow.model.orders import contracts_of
from hedgerow.model.trades import EntryRow
from hedgerow.model.watched import AlarmRow, Look
from hedgerow.reports.trade_text import coins
from hedgerow.reports.wording import amount, count, plain_text, plus_minus
from hedgerow.web.room import Room, Seen, waits

__all__ = ["watch_view"]


def watch_view(room: Room, seen: Seen) -> dict[str, Any]:
    """Return the page of the watch, every watch of the mode with its proposal and its alarms."""
    mode = seen.paper
    return {
        "book": room.words,
        "own": plain_text(room.name),
        "trouble": plain_text(mode.trouble),
        "advice": plain_text(mode.advice),
        "running": seen.running,
        "watches": [_watch(name, look, seen) for name, look in mode.watches],
        "positions": [
            {"account": plain_text(account.account), **_position(row)}
            for account in mode.accounts
            for row in account.entries
        ],
        "halts": [
            (each.mode, plain_text("everything" if name == "*" else name), plain_text(why))
            for each in seen.modes
            for name, why in sorted(each.halts.items())
        ],
        "unfinished": [
            (plain_text(account.account), account.unfinished[:12])
            for account in mode.accounts
            if account.unfinished
        ],
    }


def _watch(name: str, look: Look, seen: Seen) -> dict[str, Any]:
    return {
        "name": plain_text(name),
        "mode": look.mode,
        "at": moment(look.at),
        "act": look.act,
        "reason": plain_text(look.reason),
        "beta": _beta(look),
        "in_band": look.in_band,
        "done": plain_text(look.done),
        "alarms": [_alarm(row) for row in look.alarms],
        "proposal": _proposal(look, seen),
    }


def moment(at: int) -> str:
    """Return milliseconds of UTC in words."""
    return f"{datetime.fromtimestamp(at / 1_000, tz=UTC):%Y-%m-%d %H:%M:%S} UTC"


def _beta(look: Look) -> str:
    if not look.left_usd:
        return "unknown"
    rows = zip(look.left_usd, look.stderr_usd, look.target_usd, look.band_usd, strict=False)
    return ", ".join(
        f"{amount(left, signed=True)} ± {plus_minus(error)}, target {amount(target)}, band ± {plus_minus(band)}"
        for left, error, target, band in rows
    )


def _alarm(row: AlarmRow) -> dict[str, str]:
    return {
        "watch": row.watch,
        "about": plain_text(row.about),
        "level": row.level,
        "since": moment(row.since),
        "text": plain_text(row.text),
        "advice": plain_text(row.advice),
    }


def _proposal(look: Look, seen: Seen) -> dict[str, Any] | None:
    made = look.proposal
    if made is None or not waits(look):
        return None
    prices = {row.name: row.number for row in made.prices}
    said = seen.yes.get(made.name, ())
    return {
        "name": made.name,
        "short": made.name[:8],
        "at": moment(made.at),
        "orders": [
            {
                "side": "sell" if row.contracts < 0 else "buy",
                "contracts": count(abs(row.contracts)),
                "instrument": plain_text(row.instrument),
                "price": _price(prices.get(row.instrument)),
            }
            for row in made.orders
        ],
        "yes": [plain_text(who) for who in said],
        "needed": seen.needed,
        "enough": not seen.asks(look),
    }


def _price(known: Decimal | None) -> str:
    return "unknown" if known is None else f"{known:,f}"


def _position(row: EntryRow) -> dict[str, str]:
    contracts = contracts_of(row.instrument, row.quantity)
    side = "short" if contracts < 0 else ("long" if contracts > 0 else "flat")
    return {
        "contract": plain_text(row.instrument.name),
        "side": side,
        "contracts": count(abs(contracts)),
        "entry": "" if row.entry is None else f"{row.entry:,.6g}",
        "realised": f"{row.realised:+.2f} {plain_text(row.instrument.settle)}",
        "funding": plain_text(coins(row.funding, signed=True)),
        "fees": plain_text(coins(row.fees)),
    }
