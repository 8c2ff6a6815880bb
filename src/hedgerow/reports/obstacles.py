"""What stands in the way: rules that refuse, and what is unknown, with what would help."""

from __future__ import annotations

import math
from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hedgerow.hedge.plan import Refusal
from hedgerow.model.option_names import option_named
from hedgerow.reports.layout import line
from hedgerow.reports.wording import amount, percent

__all__ = ["refusals_text", "spoken_warnings", "unknown_text"]

_UNKNOWN = "unknown:"
_OVER = "it ended on "
_IN_MONEY = {"instrument cap", "venue cap"}
_IN_PERCENT = {"venue share", "share of daily volume", "price move", "contract units"}
_IN_CONTRACTS = "in contracts"
_IN_TIMES = {"leverage", "size of the hedge"}


def refusals_text(refusals: tuple[Refusal, ...], what: str = "limit") -> RenderableType | None:
    """Return every refusal with what was measured, what is allowed and what would satisfy it; None for none."""
    if not refusals:
        return None
    table = Table.grid(padding=(0, 2, 0, 0))
    for refusal in refusals:
        table.add_row("", line(refusal.rule), line(_measured(refusal)), line(refusal.remedy))
    limits = f"1 {what}" if len(refusals) == 1 else f"{len(refusals)} {what}s"
    return Group(line(f"refused: {limits}", "bold red"), table)


def _measured(refusal: Refusal) -> str:
    """Return the detail with both numbers in their unit; the detail alone where it tells them, or the unit is not known."""
    measured, limit, detail = refusal.measured, refusal.limit, refusal.detail
    if math.isnan(measured):
        return detail
    if refusal.rule == "largest order" and detail.endswith(_IN_CONTRACTS):
        return f"{detail}: {measured:,.0f}, the most there is"
    said = {
        "liquidation distance": f"{percent(measured)} < {percent(limit)}",
        "coin for margin": f"{amount(measured)} < {amount(limit)}",
        **dict.fromkeys(_IN_TIMES, f"{measured:.1f} × > {limit:g} ×"),
        **dict.fromkeys(_IN_MONEY, f"{amount(measured)} > {amount(limit)}"),
        **dict.fromkeys(_IN_PERCENT, f"{percent(measured)} > {percent(limit)}"),
    }.get(refusal.rule, "")
    return f"{detail}: {said}" if said else detail


def unknown_text(
    unknown: tuple[str, ...], warnings: Iterable[str], *, plan: bool = True
) -> RenderableType | None:
    """Return what is unknown, why, and the two ways out; None where everything is known."""
    if not unknown:
        return None
    told = [warning for warning in warnings if warning.startswith(_UNKNOWN)]
    named = {symbol for symbol in unknown if any(f" of {symbol} (" in warning for warning in told)}
    told += [f"{_UNKNOWN} {symbol}" for symbol in unknown if symbol not in named]
    lines: list[Text] = [line(warning, "bold") for warning in told]
    over = [s for s in unknown if any(f" of {s} ({_OVER}" in said for said in told)]
    options = dict.fromkeys(_way(symbol, told) for symbol in unknown if symbol not in over)
    it = "it" if len(unknown) == 1 else "them"
    block = ": not to be traded as it is" if plan else ""
    ways = [f"Take the row of {' and '.join(over)} out of the book."] if over else []
    if options:
        given = f"Give {', '.join(options)}"
        out = ",".join(s for s in unknown if s not in over)
        ways.append(f"{given} or leave {it} out: --exclude {out}" if plan else f"{given}.")
    lines.append(line(f"  Every number here is without {it}{block}. {' '.join(ways)}"))
    return Group(*lines)


def _way(symbol: str, told: list[str]) -> str:
    """Return what would make a row known: a beta, a chain of options that tells it now, or a price."""
    if any(f"beta of {symbol} (" in said for said in told):
        return f"--beta {symbol}=…"
    return "--chain FILE (a chain of this moment)" if option_named(symbol) else f"--price {symbol}=…"


def spoken_warnings(warnings: Iterable[str]) -> tuple[str, ...]:
    """Return the warnings besides those that `unknown_text` tells."""
    return tuple(warning for warning in warnings if not warning.startswith(_UNKNOWN))
