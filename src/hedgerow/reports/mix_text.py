"""Options and futures in one solve, as text."""

from __future__ import annotations

from hedgerow.hedge.options.plan import Mix, OptionsPlan
from hedgerow.model.coins import is_stablecoin
from hedgerow.reports.layout import Fact
from hedgerow.reports.wording import amount, count, percent

__all__ = ["mix_cells", "mix_facts", "mix_orders"]


def mix_orders(each: Mix) -> str:
    """Return what is bought and sold of both."""
    legs = () if each.position is None else each.position.legs
    said = [
        f"{'buy' if leg.count > 0 else 'sell'} {count(abs(leg.contracts))} × {count(leg.quote.strike)}"
        f" {'call' if leg.quote.call else 'put'}"
        for leg in legs
    ]
    if each.instrument is not None:
        said.append(f"sell {count(each.contracts)} {each.instrument.symbol}")
    return ", ".join(said) or "nothing"


def mix_cells(found: OptionsPlan, money: str) -> tuple[list[str], list[list[str]]]:
    """Return the cheapest mix of each expiry, side by side."""
    crash = percent(-found.wanted.crash)
    names = [
        "together, until",
        "orders",
        "paid now",
        "a month",
        f"at {crash}",
        "on the way",
        "kept",
        "margin",
    ]
    rows = []
    for each in found.mixes:
        day = ("→ " if each is found.mix else "  ") + str(each.expiry)[:10]
        if not each.usable:
            rows.append([day, each.reason, *[""] * 6])
            continue
        rows.append(
            [
                day,
                mix_orders(each),
                amount(each.upfront_usd, money, signed=True),
                amount(each.cost_usd_per_month, money, signed=True),
                amount(found.at_crash(each.crash_usd), money, signed=True),
                f"{amount(each.worst_usd, money, signed=True)} at {percent(each.worst_move)}",
                percent(each.kept),
                amount(each.margin_usd, money),
            ]
        )
    return names, rows


def mix_facts(found: OptionsPlan, money: str) -> list[Fact]:
    """Return what the mix that leads is, and what it rests on."""
    each, coin = found.mix, found.chain.underlying
    asked = (
        f"{percent(found.wanted.keep)} of what the book gains at {coin} {percent(found.rally, signed=True)}"
    )
    dear = _unaffordable(found, money)
    if each is None:
        return dear or [
            ("", "together", f"none: the floor at every move and {asked} cannot both be had.", "")
        ]
    if each.position is None:
        said = f"A perpetual is simply better: alone it holds the floor and keeps {asked}, and costs least."
    elif each.instrument is None:
        said = f"Options alone are cheapest for the floor at every move and {asked}."
    else:
        said = f"The cheapest that holds the floor at every move to the crash and keeps {asked}."
    flat = amount(each.flat_rally_usd, money, signed=True)
    rally = percent(found.rally, signed=True)
    rows: list[Fact] = [
        *dear,
        ("", "together", said, "" if each.proven else "time ran out before nothing cheaper was shown"),
        (
            "",
            "a month is",
            "what it costs if the coin stands still: premium, fees, entry and expected funding",
            "",
        ),
        ("", "a rally", f"{coin} {rally} with the other coins standing still: {flat}", ""),
        (
            "",
            "its margin",
            f"{amount(each.margin_usd, money)} in two accounts",
            f"the book has {_free(found, money)}",
        ),
    ]
    return rows


def _free(found: OptionsPlan, money: str) -> str:
    """What of the book can be margin, in words."""
    coin = found.chain.settle
    which = "stablecoins" if is_stablecoin(coin) else f"stablecoins and {coin}"
    return f"{amount(found.free_usd, money)} in {which}"


def _unaffordable(found: OptionsPlan, money: str) -> list[Fact]:
    """Why the cheapest is not what the arrow is at, nothing where it is."""
    each = found.beyond
    if each is None:
        return []
    said = f"not recommended: it takes {amount(each.margin_usd, money)} of margin, the book has {_free(found, money)}"
    return [("", f"until {str(each.expiry)[:10]}", f"the cheapest, {said}.", "")]
