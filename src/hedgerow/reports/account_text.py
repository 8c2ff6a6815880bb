"""What stands in the accounts, as text and as JSON: `status`, `ledger` and `halt`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType

from hedgerow.model.display import plain
from hedgerow.model.orders import contracts_of
from hedgerow.model.trades import AccountState, Agreement, EntryRow, ModeState, WorkerState
from hedgerow.model.watched import Look
from hedgerow.reports.layout import columns, line, page
from hedgerow.reports.notice_text import notice_json, notice_lines
from hedgerow.reports.resting_text import resting_json, resting_words
from hedgerow.reports.trade_text import coins, plan_name, stamp
from hedgerow.reports.watch_text import look_json
from hedgerow.reports.wording import amount, counted

__all__ = ["agreement_json", "agreement_text", "ledger_text", "status_json", "status_text"]

_ALL = "*"


def status_text(modes: Sequence[ModeState]) -> Group:
    """Return every account with who holds it, what it holds, and what stops it."""
    return page(*(part for mode in modes for part in _mode(mode)))


def ledger_text(modes: Sequence[ModeState]) -> Group:
    """Return what the journals add up to, contract by contract."""
    parts: list[RenderableType] = []
    for mode in modes:
        parts += _trouble(mode)
        for account in mode.accounts:
            whose = f" · {account.money}" if account.money in {"sandbox", "stand-in"} else ""
            parts.append(
                line(f"{mode.mode}{whose} · {account.account} · {counted(account.records, 'record')}", "bold")
            )
            parts.append(_entries(account.entries) if account.entries else line("  no contract yet"))
    return page(*(parts or [line("Nothing was traded yet.")]))


def _mode(mode: ModeState) -> list[RenderableType]:
    parts: list[RenderableType] = [line(f"{mode.mode}   {mode.place}", "bold")]
    parts += [line(f"halted {_whom(name)}: {why}", "bold red") for name, why in sorted(mode.halts.items())]
    parts += _trouble(mode)
    if not mode.exists:
        parts.append(line("  nothing was traded yet"))
    for account in mode.accounts:
        parts.append(line(_account(account)))
        parts += [line(f"    at the venue: {resting_words(row)}") for row in account.resting]
        if account.entries:
            parts.append(_entries(account.entries))
    parts += [line(f"  {_worker(each)}", "" if each.left_ms > 0 else "bold red") for each in mode.workers]
    for name, look in mode.watches:
        parts += _watch(mode, name, look)
    parts += [line(f"  {said}", "bold red") for said in notice_lines(mode.unsent)]
    if mode.unsent:
        parts.append(
            line(
                "  `hedgerow notify test` says what is wrong; `hedgerow acknowledge` that you have seen them"
            )
        )
    return parts


def _worker(worker: WorkerState) -> str:
    """A process that shares books with others."""
    head = f"worker {worker.name} · {counted(worker.books, 'book')}"
    if worker.left_ms > 0:
        return f"{head} · taken for dead in {worker.left_ms / 1000:.0f} s without a sign"
    return f"{head} · gone: no sign of life since its lease time ended {-worker.left_ms / 1000:.0f} s ago"


def _watch(mode: ModeState, name: str, look: Look) -> list[RenderableType]:
    """The last look of a watch, with what waits and its alarms; of one that has not looked for long, when that was."""
    head = f"  watch of {name} · {look.mode} · last look {stamp(look.at)}: {look.act}, {look.reason}"
    if name in mode.asleep:
        return [line(f"{head} · it has not looked for {counted(mode.asleep[name], 'hour')}")]
    if look.traded_usd:
        head += f" · traded {amount(look.traded_usd)}, {'inside' if look.in_band else 'OUTSIDE'} the band now"
    parts: list[RenderableType] = [line(head)]
    if look.proposal and not look.traded_usd and look.mode == "propose":
        parts.append(line(f"    waits for you: `hedgerow approve {look.proposal.name[:8]}`", "bold"))
    for row in look.alarms:
        who = mode.seen.get((name, row.watch, row.about, row.since))
        parts.append(line(f"    {row.level}: {row.text}{f' (seen by {who})' if who else ''}", "bold red"))
        parts += [line(f"      {row.advice}")] if row.advice else []
    return parts


def _trouble(mode: ModeState) -> list[RenderableType]:
    if not mode.trouble:
        return []
    return [line(f"cannot be read: {mode.trouble}", "bold red"), line(f"  {mode.advice}")]


def _whom(name: str) -> str:
    return "everything" if name == _ALL else name


def _account(account: AccountState) -> str:
    held = (
        f"held by {account.holder} for {account.left_ms / 1000:.0f} s more"
        if account.holder
        else "held by nobody"
    )
    last = (
        "no record yet"
        if account.last_at is None
        else f"{counted(account.records, 'record')}, the last of {stamp(account.last_at)}"
    )
    begun = (
        f" · unfinished: plan {plan_name(account.unfinished)}, `hedgerow trade` goes on with it"
        if account.unfinished
        else ""
    )
    whose = f" · {account.money}" if account.money in {"sandbox", "stand-in"} else ""
    book = f" · hedges {account.hedges}" if account.hedges and account.entries else ""
    return f"  {account.account}{whose} · {held} · {last}{begun}{book}"


def _entries(entries: Sequence[EntryRow]) -> RenderableType:
    """Return contracts with what they brought, in coins of settlement."""
    rows = [
        [
            row.instrument.name,
            f"{contracts_of(row.instrument, row.quantity):,f}",
            "" if row.entry is None else f"{row.entry:,.6g}",
            f"{row.realised:+.8f} {row.instrument.settle}",
            coins(row.funding, signed=True),
            coins(row.fees),
            str(row.fills),
        ]
        for row in entries
    ]
    return columns(["contract", "contracts", "entry", "realised", "funding", "fees", "fills"], rows)


def status_json(modes: Sequence[ModeState]) -> dict[str, Any]:
    """Return the document of `status --json` and `ledger --json`; quantities and coins are exact, as text."""
    return {mode.mode: _mode_json(mode) for mode in modes}


def _mode_json(mode: ModeState) -> dict[str, Any]:
    return {
        "journal": mode.place,
        "exists": mode.exists,
        "trouble": mode.trouble or None,
        "halts": dict(mode.halts),
        "accounts": [_account_json(account) for account in mode.accounts],
        "watches": {name: look_json(look) for name, look in mode.watches},
        "unsent": [notice_json(each) for each in mode.unsent],
        "workers": [
            {"worker": each.name, "books": each.books, "life_left_ms": each.left_ms} for each in mode.workers
        ],
    }


def _account_json(account: AccountState) -> dict[str, Any]:
    return {
        "account": account.account,
        "money": account.money,
        "holder": account.holder or None,
        "lease_left_ms": account.left_ms,
        "fence": account.fence,
        "records": account.records,
        "last_at": None if account.last_at is None else stamp(account.last_at),
        "halted": account.halted,
        "unfinished": account.unfinished or None,
        "hedges": account.hedges or None,
        "resting": [resting_json(row) for row in account.resting],
        "entries": _entries_json(account.entries),
    }


def _entries_json(entries: Sequence[EntryRow]) -> list[dict[str, Any]]:
    return [
        {
            "venue": row.instrument.venue,
            "instrument": row.instrument.symbol,
            "contracts_exact": str(contracts_of(row.instrument, row.quantity)),
            "units_exact": str(row.quantity),
            "entry": plain(row.entry),
            "settle": row.instrument.settle,
            "realised_exact": str(row.realised),
            "funding": {coin: str(amount) for coin, amount in sorted(row.funding.items())},
            "fees": {coin: str(fee) for coin, fee in sorted(row.fees.items())},
            "fills": row.fills,
        }
        for row in entries
    ]


def agreement_text(found: Agreement) -> Group:
    """Return whether journal and venue agree, and what nothing explains."""
    news = ", ".join(
        (
            counted(found.new_fills, "new fill"),
            counted(found.new_payments, "new payment"),
            counted(len(found.open_orders), "open order")
            + (f" ({', '.join(found.open_orders)})" if found.open_orders else ""),
        )
    )
    gaps = [
        line(
            f"{gap.instrument}: the venue holds {gap.held:f}, fills explain {gap.explained:f}"
            + (": taken over" if gap.adopted else ". Look at it, then `hedgerow reconcile --adopt`")
        )
        for gap in found.gaps
    ]
    said = (
        "the venue and the journal agree" if found.agrees else "not explained; these contracts are not traded"
    )
    return page(
        line(f"{found.account} · {said}", "bold"),
        line(f"  {news}"),
        *gaps,
        _entries(found.entries) if found.entries else None,
    )


def agreement_json(found: Agreement) -> dict[str, Any]:
    """Return the document of `reconcile --json`; units are exact, as text."""
    return {
        "account": found.account,
        "agrees": found.agrees,
        "new_fills": found.new_fills,
        "new_payments": found.new_payments,
        "open_orders": list(found.open_orders),
        "gaps": [
            {
                "instrument": gap.instrument,
                "held_exact": str(gap.held),
                "explained_exact": str(gap.explained),
                "adopted": gap.adopted,
            }
            for gap in found.gaps
        ],
        "entries": _entries_json(found.entries),
    }
