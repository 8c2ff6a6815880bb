"""What the page of the watch says: looks, alarms with what to do, what waits for a yes, positions, expiries, funding, decisions."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from hedgerow.hedge.rolls import ROLLING, days_left
from hedgerow.model.diary import Diary, DiaryRow, PaidRow
from hedgerow.model.option_contracts import is_option
from hedgerow.model.orders import contracts_of
from hedgerow.model.trades import EntryRow, ModeState
from hedgerow.model.watched import AlarmRow, Look
from hedgerow.reports.diary_text import look_said
from hedgerow.reports.trade_text import coins
from hedgerow.reports.wording import amount, count, percent, plain_text, plus_minus
from hedgerow.web.room import Room, Seen, waits
from hedgerow.web.why import look_why

__all__ = ["moment", "watch_view"]


def watch_view(room: Room, seen: Seen) -> dict[str, Any]:
    """Return the page of the watch, every watch of both modes with its proposal, its alarms and what it decided."""
    diaries = room.kept.diaries()
    return {
        "book": room.words,
        "own": plain_text(room.name),
        "troubles": [
            (plain_text(mode.trouble), plain_text(mode.advice)) for mode in seen.modes if mode.trouble
        ],
        "running": seen.running,
        "watches": [_watch(mode, name, look, seen) for mode, name, look in seen.watches],
        "positions": _rows(seen, _position),
        "ladder": [row for mode in seen.modes for row in _ladder(mode)],
        "sums": _rows(seen, _sums),
        "funding": [_paid(each, row) for each in diaries for row in each.funding],
        "decisions": [_decision(each, row) for each in diaries for row in each.looks],
        "halts": [
            (each.mode, plain_text("everything" if name == "*" else name), plain_text(why))
            for each in seen.modes
            for name, why in sorted(each.halts.items())
        ],
        "unfinished": [
            (plain_text(account.account), account.unfinished[:12])
            for mode in seen.modes
            for account in mode.accounts
            if account.unfinished
        ],
    }


def _rows(seen: Seen, told: Any) -> list[dict[str, str]]:
    return [
        {"account": plain_text(account.account), **told(row)}
        for mode in seen.modes
        for account in mode.accounts
        for row in account.entries
    ]


def _watch(mode: ModeState, name: str, look: Look, seen: Seen) -> dict[str, Any]:
    return {
        "name": plain_text(name),
        "money": mode.mode,
        "mode": look.mode,
        "at": moment(look.at),
        "act": look.act,
        "reason": plain_text(look.reason),
        "beta": _beta(look),
        "in_band": look.in_band,
        "distance": _distance(look),
        "done": plain_text(look.done),
        "alarms": [_alarm(row) for row in look.alarms],
        "proposal": _proposal(look, seen),
        "asks": [
            {"name": row.name, "about": plain_text(row.about), "what": plain_text(row.what)}
            for row in look.asks
        ],
        "why": look_why(look, f"watch:…:{name}"),
    }


def moment(at: int) -> str:
    """Return milliseconds of UTC in words."""
    return f"{datetime.fromtimestamp(at / 1_000, tz=UTC):%Y-%m-%d %H:%M:%S} UTC"


def _beta(look: Look) -> str:
    if not look.left_usd:
        return "unknown"
    rows = zip(look.left_usd, look.left_error_usd, look.target_usd, look.band_usd, strict=False)
    return ", ".join(
        f"{amount(left, signed=True)} ± {plus_minus(error)}, target {amount(target)}, band ± {plus_minus(band)}"
        for left, error, target, band in rows
    )


def _distance(look: Look) -> str:
    """How far the nearest liquidation is, by the look; a look that traded saw what was there before."""
    if math.isinf(look.distance):
        return "no position was open, or nothing near"
    return "unknown" if math.isnan(look.distance) else f"{percent(look.distance)} of price, the nearest"


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
        "costs": "unknown" if look.expects_usd is None else f"about {amount(look.expects_usd)}",
        "yes": [plain_text(who) for who in said],
        "needed": seen.needed,
        "enough": not seen.asks(look),
    }


def _price(known: Decimal | None) -> str:
    """A price to be read, with seven digits or so, cents at least."""
    return "unknown" if known is None else f"{known:,.{max(6 - known.adjusted(), 2)}f}"


def _position(row: EntryRow) -> dict[str, str]:
    contracts = contracts_of(row.instrument, row.quantity)
    side = "short" if contracts < 0 else ("long" if contracts > 0 else "flat")
    return {
        "contract": plain_text(row.instrument.name),
        "side": side,
        "contracts": count(abs(contracts)),
        "entry": "" if row.entry is None else f"{row.entry:,.6g}",
        "realised": f"{row.realised:+.2f} {plain_text(row.instrument.settle)}",
        "fees": plain_text(coins(row.fees)),
    }


def _sums(row: EntryRow) -> dict[str, str]:
    return {
        "contract": plain_text(row.instrument.name),
        "funding": plain_text(coins(row.funding, signed=True)),
        "said": " and ".join(
            f"{'received' if units > 0 else 'paid'} in {plain_text(coin)}"
            for coin, units in sorted(row.funding.items())
            if units
        ),
    }


def _ladder(mode: ModeState) -> list[dict[str, str]]:
    """When each open contract of a mode ends, the next first, by its accounts' clock; a perpetual has no end."""
    at = max((each.last_at or 0 for each in mode.accounts), default=0)
    now = np.datetime64(max([at, *(look.at for _, look in mode.watches)]), "ms")
    held = [row for account in mode.accounts for row in account.entries if row.quantity]
    return [_rung(row, now) for row in sorted(held, key=lambda row: days_left(row.instrument, now))]


def _rung(row: EntryRow, now: np.datetime64) -> dict[str, str]:
    contract, left = row.instrument, days_left(row.instrument, now)
    told = {
        "contract": plain_text(contract.name),
        "contracts": count(contracts_of(contract, row.quantity).normalize()),
    }
    if contract.expiry is None:
        return {**told, "ends": "never: a perpetual", "left": "", "roll": ""}
    ends = contract.expiry.timestamp() * 1_000
    if is_option(contract):
        ended = "by itself: exercised or gone"
        return {**told, "ends": moment(round(ends)), "left": f"{max(left, 0.0):.1f} days", "roll": ended}
    start = moment(round(ends - ROLLING.start_days * 86_400_000))[:10]
    roll = f"from {start} on" if left > ROLLING.start_days else "now"
    return {**told, "ends": moment(round(ends)), "left": f"{max(left, 0.0):.1f} days", "roll": roll}


def _paid(mode: Diary, row: PaidRow) -> dict[str, str]:
    return {
        "at": moment(row.at),
        "mode": mode.mode,
        "account": plain_text(row.account),
        "contract": plain_text(row.instrument),
        "amount": plain_text(coins({row.coin: row.amount}, signed=True)),
        "way": "received" if row.amount > 0 else "paid",
    }


def _decision(mode: Diary, row: DiaryRow) -> dict[str, str]:
    return {
        "at": moment(row.look.at),
        "mode": mode.mode,
        "book": plain_text(row.book),
        "act": row.look.act,
        "why": plain_text(look_said(row)),
    }
