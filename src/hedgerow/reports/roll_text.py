"""The ladder of expiries and one roll, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np
from rich.console import Group, RenderableType

from hedgerow.hedge.plan import CostLine
from hedgerow.hedge.roll_costs import Rung, Way
from hedgerow.hedge.rolls import expiry_of
from hedgerow.model.display import plain
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.option_contracts import is_option
from hedgerow.reports.layout import Fact, columns, facts, header, instant, line, notes, page
from hedgerow.reports.wire import fingerprint
from hedgerow.reports.wording import amount, count, number, percent

__all__ = ["ladder_json", "ladder_text", "roll_json", "roll_text"]

_STAGES = {
    "perpetual": "does not end",
    "early": "before its window",
    "due": "to be rolled now",
    "late": "LATE: past its window and still held",
    "ended": "ENDED: the venue settles it",
}
_PER_YEAR = "Costs are below zero where they are earned; a year is of the dollars that are held, by 365 days."


def ladder_text(
    rungs: Iterable[Rung], market: Market | None, now: np.datetime64, money: str = "USD"
) -> Group:
    """Return what is held that ends, each with its window and what going on would cost."""
    found = tuple(rungs)
    if not found or market is None:
        return page(line("Nothing that is held ends: there is nothing to roll."))
    lead = header(market.simulated, "" if market.simulated else market.source, f"at {instant(now)}")
    parts: list[RenderableType] = []
    for rung in found:
        parts += [facts(_stands(rung)), *([_ways(rung, money)] if rung.ways else [])]
    said = [
        f"{r.near.symbol}: an option ends by itself; `hedgerow options` says what a later one costs"
        if is_option(r.near)
        else f"{r.near.symbol}: the venue lists nothing later"
        for r in found
        if not _later(r) and r.stage != "ended"
    ]
    return page(
        lead,
        *parts,
        notes((*said, _PER_YEAR)),
        line("To roll one:  hedgerow roll CONTRACT [--to CONTRACT|perp], with --propose only to see it."),
    )


def _later(rung: Rung) -> bool:
    return any(way.far.expiry for way, _ in rung.ways)


def _stands(rung: Rung) -> list[Fact]:
    near = rung.near
    ends = expiry_of(near)
    rows: list[Fact] = [
        ("", near.symbol, f"{count(rung.contracts)} contracts at {rung.account}", _STAGES[rung.stage])
    ]
    if ends is not None and rung.window is not None:
        begins, finish = rung.window
        rows += [
            ("", "ends", instant(ends), f"in {number(rung.days, 1)} days"),
            ("", "window", f"{instant(begins)} to {instant(finish)}", ""),
        ]
    return rows


def _ways(rung: Rung, money: str) -> RenderableType:
    names = ["into", "contracts", "days", "trades", "then", "in all", "a year", "perpetual over it", "a year"]
    rows = []
    for way, beside in rung.ways:
        rows.append(
            [
                way.far.symbol,
                count(way.far_contracts),
                number(way.days, 0),
                amount(way.trading_usd, money),
                amount(way.usd - way.trading_usd, money, signed=True),
                amount(way.usd, money, signed=True),
                percent(way.a_year(way.usd), signed=True),
                "" if beside is None else amount(beside.usd, money, signed=True),
                "" if beside is None else percent(beside.a_year(beside.usd), signed=True),
            ]
        )
    return columns(names, rows, left=(0,))


def roll_text(
    rung: Rung, way: Way, beside: Way | None, open_usd: float, market: Market, closing: str
) -> Group:
    """Return one roll: both legs, what it costs line by line, and what it is held against."""
    money = market.currency
    lead = header(market.simulated, "" if market.simulated else market.source, f"roll of {rung.near.symbol}")
    parts = [
        facts(_stands(rung)),
        columns(["", "contract", "contracts", "price", "dollars"], _legs(way, money), (0, 1)),
    ]
    parts.append(facts([*_costs(way, money), *([] if beside is None else _costs(beside, money))]))
    rows: list[Fact] = [
        (
            "",
            "between the legs",
            f"at most {amount(open_usd, money)}",
            "the scarcer leg first, the other close behind it",
        ),
        (
            "",
            "changes the beta by",
            amount(float(way.beta_usd[0]), money, signed=True),
            "the prices and the lots of two contracts differ",
        ),
    ]
    if np.isfinite(way.gain_usd):
        rows.insert(
            0,
            (
                "",
                "between the ends",
                amount(way.gain_usd, money, signed=True),
                "the later price against the nearer one, as held",
            ),
        )
    assumed = sorted(
        {each.name for w in (way, beside) if w is not None for each in w.lines if each.basis == "assumed"}
    )
    said = (f"Assumed, not measured: {', '.join(assumed)}.",) if assumed else ()
    return page(lead, *parts, facts(rows), notes((*said, _PER_YEAR)), line(closing))


def _legs(way: Way, money: str) -> list[list[str]]:
    legs = (
        (way.near, way.near_contracts, way.prices[0], -way.near_usd),
        (way.far, way.far_contracts, way.prices[1], way.far_usd),
    )
    return [
        [
            "buy" if contracts > 0 else "sell",
            contract.symbol,
            count(abs(contracts)),
            amount(price, money),
            amount(dollars, money, signed=True),
        ]
        for contract, contracts, price, dollars in legs
        if contracts
    ]


def _costs(way: Way, money: str) -> list[Fact]:
    """The lines of a way, and their sum a year."""
    stays = not way.near_contracts
    head = f"{'staying in' if stays else 'into'} {way.far.symbol}"
    rows: list[Fact] = [
        (
            "",
            head,
            f"{amount(way.usd, money, signed=True)} in {number(way.days, 1)} days",
            f"{percent(way.a_year(way.usd), signed=True)} a year",
        )
    ]
    return [
        *rows,
        *(
            ("", f"  {each.name}", amount(each.usd, money, signed=True), _known(each, money))
            for each in way.lines
        ),
    ]


def _known(each: CostLine, money: str) -> str:
    band = (
        ""
        if each.low_usd == each.high_usd
        else f"{amount(each.low_usd, money, signed=True)} … {amount(each.high_usd, money, signed=True)}, "
    )
    return f"{band}{each.basis}" + (f": {each.note}" if each.note else "")


def ladder_json(rungs: Iterable[Rung], market: Market | None, now: np.datetime64) -> dict[str, Any]:
    """Return the document of `roll --json` without a contract."""
    return {
        "at": plain(now),
        "source": None if market is None else market.source,
        "simulated": market is not None and market.simulated,
        "held": [_rung(rung) for rung in rungs],
    }


def roll_json(
    rung: Rung,
    way: Way,
    beside: Way | None,
    risk: tuple[Decimal | None, float],
    market: Market,
    factors: tuple[str, ...],
) -> dict[str, Any]:
    """Return the document of one roll, which its id is made of; `risk` is how far apart its legs may be, and in dollars."""
    ahead, open_usd = risk
    document: dict[str, Any] = {
        "as_of": plain(market.as_of),
        "source": market.source,
        "currency": market.currency,
        "simulated": market.simulated,
        "factors": list(factors),
        "legs": [
            _leg(way.far, way.far_contracts, way.prices[1], way.far_usd),
            _leg(way.near, way.near_contracts, way.prices[0], way.near_usd),
        ],
        "ahead": None if ahead is None else f"{ahead:f}",
        "between_legs_usd": plain(open_usd),
        "beta_before_usd": dict(zip(factors, plain(way.before_usd), strict=True)),
        "beta_usd": dict(zip(factors, plain(way.before_usd + way.beta_usd), strict=True)),
        "roll": _rung(rung) | {"ways": [_way(way, beside)]},
    }
    return {"plan_id": fingerprint(document), **document}


def _leg(contract: Instrument, contracts: Decimal, price: float, dollars: float) -> dict[str, Any]:
    return {
        "venue": contract.venue,
        "instrument": contract.symbol,
        "expiry": plain(expiry_of(contract)),
        "side": "buy" if contracts > 0 else "sell",
        "contracts": float(abs(contracts)),
        "contracts_exact": f"{abs(contracts):f}",
        "price_usd": plain(price),
        "notional_usd": abs(dollars),
    }


def _rung(rung: Rung) -> dict[str, Any]:
    begins, finish = rung.window or (None, None)
    return {
        "account": rung.account,
        "instrument": rung.near.name,
        "contracts_exact": f"{rung.contracts:f}",
        "ends": plain(expiry_of(rung.near)),
        "days_left": plain(rung.days),
        "window": {"begins": plain(begins), "finishes": plain(finish)},
        "stage": rung.stage,
        "ways": [_way(way, beside) for way, beside in rung.ways],
    }


def _way(way: Way, beside: Way | None) -> dict[str, Any]:
    return {
        "into": way.far.name,
        "ends": plain(expiry_of(way.far)),
        "contracts_exact": f"{way.far_contracts:f}",
        "days": plain(way.days),
        "usd": plain(way.usd),
        "fraction_a_year": plain(way.a_year(way.usd)),
        "trading_usd": plain(way.trading_usd),
        "gain_usd": plain(way.gain_usd),
        "beta_change_usd": plain(way.beta_usd),
        "why_not": way.why_not,
        "lines": plain(way.lines),
        "perpetual": None if beside is None else _way(beside, None),
    }
