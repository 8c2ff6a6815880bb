"""The daily brief in words and as JSON; the words are the same on a terminal and in a message."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hedgerow.model.briefs import Brief, BriefBeta
from hedgerow.reports.trade_text import stamp
from hedgerow.reports.wording import amount, counted, percent, plain_text, plus_minus, rounded

__all__ = ["brief_json", "brief_text", "brief_title"]

_LEVELS = ("critical", "warning", "info")
_FAR = 10.0
"""Beyond so many times the price nobody reads a distance to the last figure."""


def brief_title(day: str) -> str:
    """Return what a brief of a day is called."""
    return f"brief of {day}"


def brief_text(briefs: Sequence[Brief]) -> str:
    """Return briefs as lines, a blank one between two."""
    if not briefs:
        return "nothing is watched yet: `hedgerow watch BOOK` begins"
    return "\n\n".join("\n".join(_lines(each)) for each in briefs)


def _lines(brief: Brief) -> list[str]:
    rows = [
        ("worth", _with_change(brief.nav_usd, brief.nav_change_usd)),
        *(("beta", _beta(each, brief.in_band)) for each in brief.betas),
        *([] if brief.betas else [("beta", f"unknown: {brief.reason}")]),
        ("result", _result(brief)),
        (
            "funding",
            f"{rounded(brief.funding, signed=True)}; of 30 days {amount(brief.funding_30d_usd, signed=True)}",
        ),
        ("fees", f"{rounded(brief.fees)}, {counted(brief.fills, 'fill')}"),
        ("liquidation", _distance(brief.distance)),
        ("effectiveness", _effect(brief)),
        ("alarms", _alarms(brief)),
    ]
    if brief.lent:
        rows.insert(3, ("paper margin", f"{rounded(brief.lent, signed=True)}: nobody's, and in no net value"))
    if brief.insurance:
        said = "a liquidation left less than nothing, and the venue's fund paid the rest"
        rows.insert(3, ("insurance", f"{rounded(brief.insurance, signed=True)}: {said}"))
    if brief.flow_usd:
        rows.insert(
            3, ("flows", f"{amount(brief.flow_usd, signed=True)} of holdings came in, less what went out")
        )
    if brief.put_in:
        rows.insert(3, ("put in", f"{rounded(brief.put_in, signed=True)} into the hedge account"))
    if brief.assumed:
        rows.append(
            ("assumed", f"{' and '.join(brief.assumed)} at one dollar: nothing says what it is worth")
        )
    if brief.halted is not None:
        rows.insert(0, ("HALTED", brief.halted))
    head = f"{brief.account} {brief.book}, {brief.mode}, {_moment(brief.at)}, since {_moment(brief.since)}"
    return [plain_text(head), *(plain_text(f"  {label:<14}{said}") for label, said in rows)]


def _moment(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1_000, tz=UTC):%Y-%m-%d %H:%M} UTC"


def _with_change(now: float | None, change: float | None) -> str:
    return f"{amount(now)} ({amount(change, signed=True)})"


def _beta(row: BriefBeta, in_band: bool | None) -> str:
    where = {True: "inside", False: "OUTSIDE", None: "unknown whether inside"}[in_band]
    return (
        f"{amount(row.usd, signed=True)} ± {plus_minus(row.stderr_usd)} to {row.factor}, "
        f"target {amount(row.target_usd)}, band ± {plus_minus(row.band_usd)}: {where}"
    )


def _result(brief: Brief) -> str:
    price = "unknown" if brief.price is None else rounded(brief.price, signed=True)
    besides = "funding, fees and insurance" if brief.insurance else "funding and fees"
    own = "your coins" if brief.flow_usd is not None else "your coins, with what came in and went out"
    return (
        f"{own} {amount(brief.book_usd, signed=True)} · the hedge's price {price} · "
        f"{besides} included {amount(brief.hedge_usd, signed=True)}"
    )


def _distance(distance: float | None) -> str:
    if distance is None:
        return "unknown"
    if math.isinf(distance):
        return "nothing is open"
    return f"more than {percent(_FAR)} away" if distance > _FAR else f"{percent(distance)} away"


def _effect(brief: Brief) -> str:
    effect = brief.effect
    realised = percent(effect.realised) if effect.realised is not None else f"unknown ({effect.why})"
    over = f" over {effect.days} days" if effect.realised is not None else ""
    return f"realised {realised}{over}; promised {percent(effect.promised)}"


def _alarms(brief: Brief) -> str:
    if not brief.alarms:
        return "none"
    loud = sorted(brief.alarms, key=lambda row: _LEVELS.index(row.level))
    return "; ".join(f"{row.level} {row.watch}, {row.about}: {row.text}" for row in loud)


def brief_json(briefs: Sequence[Brief]) -> dict[str, Any]:
    """Return the document of `brief --json`; what is not known is null, coins are exact, as text."""
    return {"briefs": [_json(each) for each in briefs]}


def _json(brief: Brief) -> dict[str, Any]:
    distance = brief.distance
    return {
        "account": brief.account,
        "book": brief.book,
        "mode": brief.mode,
        "since": stamp(brief.since),
        "at": stamp(brief.at),
        "reason": brief.reason,
        "halted": brief.halted,
        "nav_usd": brief.nav_usd,
        "nav_change_usd": brief.nav_change_usd,
        "betas": [
            {
                "factor": row.factor,
                "usd": row.usd,
                "stderr_usd": row.stderr_usd,
                "target_usd": row.target_usd,
                "band_usd": row.band_usd,
            }
            for row in brief.betas
        ],
        "in_band": brief.in_band,
        "distance": distance if distance is not None and math.isfinite(distance) else None,
        "nothing_open": distance == math.inf,
        "price": _exact(brief.price),
        "funding": _exact(brief.funding),
        "fees": _exact(brief.fees),
        "insurance": _exact(brief.insurance),
        "put_in": _exact(brief.put_in),
        "lent": _exact(brief.lent),
        "assumed": list(brief.assumed),
        "hedge_usd": brief.hedge_usd,
        "put_in_usd": brief.put_in_usd,
        "book_usd": brief.book_usd,
        "edited": brief.edited,
        "flow_usd": brief.flow_usd,
        "funding_30d_usd": brief.funding_30d_usd,
        "fills": brief.fills,
        "effectiveness": {
            "realised": brief.effect.realised,
            "promised": brief.effect.promised,
            "days": brief.effect.days,
            "why": brief.effect.why or None,
        },
        "alarms": [
            {"watch": row.watch, "about": row.about, "level": row.level, "text": row.text}
            for row in brief.alarms
        ],
    }


def _exact(amounts: Mapping[str, Decimal] | None) -> dict[str, str] | None:
    return None if amounts is None else {coin: f"{units:f}" for coin, units in sorted(amounts.items())}
