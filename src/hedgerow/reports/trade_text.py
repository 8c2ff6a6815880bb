"""What came of a trade, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from hedgerow.hedge.plan import Refusal
from hedgerow.model.display import plain
from hedgerow.model.orders import contracts_of
from hedgerow.model.trades import LegTraded, Offer, OfferedLeg, Traded, TradeLine
from hedgerow.reports.layout import Fact, facts, line, notes, page
from hedgerow.reports.obstacles import refusals_text
from hedgerow.reports.wording import amount, count, plus_minus

__all__ = [
    "WHOSE",
    "clock",
    "coins",
    "legs_json",
    "line_text",
    "lines_json",
    "lines_table",
    "offer_text",
    "plan_name",
    "refused_json",
    "refused_text",
    "stamp",
    "trade_json",
    "trade_text",
]

_SPOKEN = {
    "complete": "done: everything planned is traded",
    "partial": "over, with less than was planned",
    "refused": "refused by the venue",
    "unwound": "undone: what had been traded is closed again",
    "replan": "stopped: plan again",
    "frozen": "frozen: the venue holds what nothing here explains",
    "halted": "halted",
}


def clock(at: int) -> str:
    """Return the time of day of milliseconds of UTC."""
    return f"{datetime.fromtimestamp(at / 1_000, tz=UTC):%H:%M:%S}"


def stamp(at: int) -> str:
    """Return milliseconds of UTC as ISO text."""
    return (
        datetime.fromtimestamp(at / 1_000, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def coins(amounts: Mapping[str, Decimal], *, signed: bool = False) -> str:
    """Return amounts by coin in words, with their signs where asked for; "none" for none."""
    form = "+,.8f" if signed else ",.8f"
    said = (
        (f"{units:{form}}".rstrip("0").rstrip("."), coin) for coin, units in sorted(amounts.items()) if units
    )
    return ", ".join(f"{units} {coin}" for units, coin in said) or "none"


def plan_name(plan: str) -> str:
    """Return what a plan is called where people read: its first twelve signs, and a flattening whole."""
    return plan if plan.startswith("flatten") else plan[:12]


WHOSE = {
    "paper": "paper",
    "real money": "REAL MONEY",
    "sandbox": "the venue's SANDBOX",
    "stand-in": "a STAND-IN on this machine",
}
"""Whose money an account's is, as people read it."""


def offer_text(offer: Offer, money: str = "USD") -> Group:
    """Return what is about to be sent, where, and whose money it is."""
    first = [("", "with", WHOSE[offer.money], f"at {offer.venue}, account {offer.account}")]
    said = [text for text in (_instead(offer), *offer.warnings) if text]
    head = f"the rest of plan {plan_name(offer.begun)}" if offer.begun else f"plan {plan_name(offer.plan_id)}"
    return page(
        line(f"About to send: {head}", "bold"),
        facts(
            [
                *(_offered(leg, money) for leg in offer.legs),
                *first,
                *([("", "by", offer.style, "")] if offer.style else []),
            ]
        ),
        notes(said) if said else None,
    )


def _offered(leg: OfferedLeg, money: str) -> Fact:
    """One leg of an offer; of a plan that was begun, what is left of it."""
    size = f"{leg.contracts:,f} contracts of {leg.instrument}"
    worth = "" if leg.notional_usd is None else amount(leg.notional_usd, money)
    if leg.planned is None:
        return ("", leg.side, size, worth)
    left = (
        f"left of {leg.planned:,f}, by the journal" if leg.contracts else f"all {leg.planned:,f} are traded"
    )
    return ("", leg.side, size, f"{worth}   {left}".strip())


def _instead(offer: Offer) -> str:
    """Say that what was begun is sent, and whether that is what was asked for."""
    if not offer.begun:
        return ""
    if offer.begun == offer.plan_id:
        return (
            "It was begun before, and is finished now as it was begun: another --style changes nothing of it."
        )
    return (
        f"Plan {plan_name(offer.plan_id)}, which you asked for, is NOT sent: the account's unfinished plan"
        f" {plan_name(offer.begun)} is finished instead, as it was begun. Ask for yours again after it."
    )


_HEADS = {"paper": "PAPER", "real money": "LIVE", "sandbox": "SANDBOX", "stand-in": "STAND-IN"}


def trade_text(done: Traded, money: str = "USD", *, told: bool = False) -> Group:
    """Return the transcript, unless it was `told` as it happened; what it came to, and the dollar beta that is left."""
    first = (
        f"{'PAPER' if done.mode == 'paper' else _HEADS[done.money]} · account {done.account} · plan {plan_name(done.plan_id)}"
        f"{_day(done.lines)}"
    )
    put = f"Paper coins put into the account: {coins(done.credited)}." if done.credited else ""
    again = _recovered(done) if done.recovered else ""
    said = _SPOKEN.get(done.outcome, done.outcome)
    return page(
        line(first, "bold"),
        None if told else lines_table(done.lines),
        facts([("5", "Outcome", said, done.why), *_legs(done.legs), *_apart(done), *_beta(done, money)]),
        notes([text for text in (put, again, *done.alarms) if text]) if put or again or done.alarms else None,
        line("To see what the account holds:  hedgerow ledger"),
    )


def _day(lines: tuple[TradeLine, ...]) -> str:
    """Return the day, in UTC, that the first line is of."""
    return f" · {datetime.fromtimestamp(lines[0].at / 1_000, tz=UTC):%Y-%m-%d} UTC" if lines else ""


def _recovered(done: Traded) -> str:
    """Say what was finished, and whether it was what was asked for."""
    if done.plan_id == done.asked:
        return "It had been begun before: this finished it."
    other = f" Plan {done.asked[:12]} was not begun: ask for it again." if done.asked else ""
    return f"A trade that had been begun was finished first.{other}"


def line_text(each: TradeLine) -> Text:
    """Return one line of a transcript, as it is shown when it happens."""
    return Text.assemble(line(clock(each.at), "dim"), "  ", line(f"{each.action:9}"), "  ", line(each.text))


def lines_table(lines: Iterable[TradeLine]) -> Table:
    """Return what happened, line by line."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for each in lines:
        table.add_row(line(clock(each.at), "dim"), line(each.action), line(each.text))
    return table


def _legs(legs: tuple[LegTraded, ...]) -> list[Fact]:
    rows: list[Fact] = []
    for leg in legs:
        contract = leg.instrument
        done, planned = (contracts_of(contract, units) for units in (leg.traded, leg.planned))
        at = f" at {leg.average:,.6g}" if leg.average is not None and leg.traded else ""
        side = "sold" if leg.planned < 0 else "bought"
        rows.append(
            ("", contract.symbol, f"{side} {count(abs(done))} of {count(abs(planned))} contracts{at}", "")
        )
        cost = [] if leg.slippage is None else [f"slippage {float(leg.slippage) * 1e4:+.1f} bp of arrival"]
        rows.append(("", "", f"fees {coins(leg.fees)}", ", ".join(cost)))
        held = "unknown" if leg.held is None else f"{contracts_of(contract, leg.held):,f} contracts"
        rows.append(("", "read back", held, "the venue's own word, after the trade"))
    return rows


def _apart(done: Traded) -> list[Fact]:
    """Say how long legs were apart, where there is more than one."""
    if len(done.legs) < 2 or not done.exposed_ms:
        return []
    return [("", "legs apart", f"{done.exposed_ms / 1000:.1f} s", "one leg was further on than another")]


def _beta(done: Traded, money: str) -> list[Fact]:
    if done.beta is None:
        return []
    moved = done.beta
    achieved = f"{amount(moved.achieved_usd, money, signed=True)} of {moved.factor}"
    achieved += f"   (± {plus_minus(moved.stderr_usd)})" if moved.stderr_usd or not moved.alone else ""
    planned = f"planned {amount(moved.planned_usd, money, signed=True)}, before {amount(moved.before_usd, money, signed=True)}"
    planned += "; of the contracts alone, without the book" if moved.alone else ""
    return [("", "leaves", achieved, planned)]


def trade_json(done: Traded) -> dict[str, Any]:
    """Return the document of `trade --json`; quantities are contracts, exact as text."""
    return {
        "plan_id": done.plan_id,
        "asked": done.asked or None,
        "mode": done.mode,
        "money": "paper" if done.mode == "paper" else done.money,
        "account": done.account,
        "outcome": done.outcome,
        "why": done.why,
        "exposed_ms": done.exposed_ms,
        "recovered": done.recovered,
        "lines": lines_json(done.lines),
        "legs": legs_json(done.legs),
        "credited": {coin: str(units) for coin, units in done.credited.items()},
        "beta": plain(done.beta),
        "alarms": list(done.alarms),
    }


def lines_json(lines: Iterable[TradeLine]) -> list[dict[str, Any]]:
    """Return a transcript as JSON."""
    return [{"at": stamp(each.at), "action": each.action, "text": each.text} for each in lines]


def legs_json(legs: Iterable[LegTraded]) -> list[dict[str, Any]]:
    """Return what was traded of each contract as JSON."""
    return [_leg_json(leg) for leg in legs]


def _leg_json(leg: LegTraded) -> dict[str, Any]:
    contract = leg.instrument
    return {
        "venue": contract.venue,
        "instrument": contract.symbol,
        "side": "buy" if leg.planned > 0 else "sell",
        "planned_exact": str(abs(contracts_of(contract, leg.planned))),
        "traded_exact": str(abs(contracts_of(contract, leg.traded))),
        "held_exact": None if leg.held is None else str(contracts_of(contract, leg.held)),
        "arrival": plain(leg.arrival),
        "average": plain(leg.average),
        "slippage": plain(leg.slippage),
        "fees": {coin: str(fee) for coin, fee in leg.fees.items()},
        "fills": leg.fills,
    }


def refused_text(plan_id: str, refusals: tuple[Refusal, ...]) -> Group:
    """Return why a plan was not traded."""
    return page(line(f"plan {plan_id[:12]}"), refusals_text(refusals, "reason"), line("Nothing was traded."))


def refused_json(plan_id: str, refusals: tuple[Refusal, ...]) -> dict[str, Any]:
    """Return the document of a plan that was not traded."""
    return {"plan_id": plan_id, "outcome": "not traded", "refusals": plain(refusals)}
