"""Options that are held: what unwinding brings now against holding, and into what they can be rolled, as text."""

from __future__ import annotations

from hedgerow.hedge.options.plan import OptionsPlan, Roll, Unwind
from hedgerow.reports.layout import Fact
from hedgerow.reports.wording import amount, count, number, percent

__all__ = ["roll_facts", "unwind_cells"]

_MOSTLY = 0.9


def unwind_cells(found: OptionsPlan, money: str) -> tuple[list[str], list[list[str]]]:
    """Return each option that is held: its order, what that brings now, and what holding it to its end does."""
    coin, crash = found.chain.underlying, percent(-found.wanted.crash)
    names = [
        "held",
        "to unwind",
        "brings now",
        "held, still",
        f"at {crash}",
        "a day",
        "held is better if",
    ]
    rows = []
    for each in found.unwinds:
        if each.reason:
            rows.append([each.symbol, each.reason, *[""] * 5])
            continue
        side, where = "sell" if each.units > 0 else "buy", "above" if each.above else "below"
        rows.append(
            [
                each.symbol,
                f"{side} {count(abs(each.units))} at {number(each.price, 4)} {found.chain.settle}",
                amount(each.now_usd, money, signed=True),
                amount(each.still_usd, money, signed=True),
                amount(each.crash_usd, money, signed=True),
                amount(-each.a_day_usd, money, signed=True),
                f"{coin} ends {where} {amount(each.edge_usd)}: {percent(each.chance)}",
            ]
        )
    return names, rows


def roll_facts(found: OptionsPlan, money: str) -> list[Fact]:
    """Return of each option whether a later one costs less a day, and what else there is to say of holding it."""
    rows: list[Fact] = []
    for each in found.unwinds:
        if each.reason:
            continue
        roll = each.best_roll
        rows.append(("", each.symbol, _held(each, money) if roll is None else _rolled(each, roll, money), ""))
        if each.units > 0 and each.exercise_usd >= _MOSTLY * each.now_usd > 0.0:
            said = f"is exercise by {percent(each.exercise_usd / each.now_usd)}: a short perpetual does the same from here, and"
            rows.append(("", "", f"It {said} selling it frees {amount(each.now_usd, money)}.", ""))
    return rows


def _a_day(lost: float, money: str) -> str:
    """What goes or comes a day if the coin stands still."""
    return f"{'costs' if lost >= 0 else 'earns'} {amount(abs(lost), money)} a day"


def _held(each: Unwind, money: str) -> str:
    alike = [roll for roll in each.rolls if roll.as_good]
    if not alike:
        return "No later expiry is quoted at a strike that does as much: hold it or unwind it."
    least = max(alike, key=lambda roll: roll.saves_usd)
    return (
        f"To roll does not pay yet: it {_a_day(each.a_day_usd, money)} if nothing moves, {least.symbol}"
        f" {_a_day(least.a_day_usd, money)}."
    )


def _rolled(each: Unwind, roll: Roll, money: str) -> str:
    verb = "pays" if roll.cost_usd >= 0 else "receives"
    return (
        f"To roll into {roll.symbol} {verb} {amount(abs(roll.cost_usd), money)} now and lasts {number(roll.days - each.days, 0)} days"
        f" longer; it then {_a_day(roll.a_day_usd, money)} if nothing moves, and held {_a_day(each.a_day_usd, money)}."
    )
