"""Step 5: a plan as orders to be. All legs are checked first; where one cannot be traded, none is sent.

schedule(order, wanted, facts) -> Programme, or every refusal
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise
from typing import TypeGuard

from hedgerow.hedge.execution.checks import smallest, too_small, worth
from hedgerow.hedge.execution.options import needs_of_option, refusals_of_option, turn_of
from hedgerow.hedge.execution.programme import ANY_MODES, Part, Programme, ProgrammeLeg, Rules, Style
from hedgerow.hedge.plan import HedgePlan, Refusal
from hedgerow.model.amounts import to_lots
from hedgerow.model.display import percent_text
from hedgerow.model.instruments import Instrument, MarginTier, Payoff
from hedgerow.model.option_contracts import is_option
from hedgerow.model.orders import lot_units, units_of
from hedgerow.model.ports import AccountModes
from hedgerow.stats.costs import peak_impact_bps

__all__ = ["LegFacts", "Pace", "Ticketed", "Wanted", "schedule", "slices", "wanted_of"]

_ZERO = Decimal(0)
_DAY_MS = 86_400_000
_MOST_SLICES = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """Signed units of one contract to be traded."""

    instrument: Instrument
    units: Decimal


@dataclass(frozen=True, slots=True)
class LegFacts:
    """What is known of a contract and the account before trading; None or NaN is not known.

    `price` is in the quote coin, `volume_usd` dollars a day, `sigma` a day's standard deviation as a fraction, `free`
    settlement coins that can carry margin. `known` says that a fill of this contract was verified before. `tiers` are the venue's
    brackets, empty: not known. Of an option `index` is its coin's price, `quoted` the units that the best of the other side stands for.
    """

    held: Decimal | None
    price: Decimal | None
    modes: AccountModes | None
    free: Decimal | None = None
    volume_usd: float = math.nan
    sigma: float = math.nan
    known: bool = False
    tiers: tuple[MarginTier, ...] = ()
    index: Decimal | None = None
    quoted: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How gently to trade: one slice moves the price by `impact_bps` at most and is `participation` of the volume."""

    impact_bps: float = 5.0
    participation: float = 0.05


@dataclass(frozen=True, slots=True)
class Ticketed:
    """What a plan is traded under: its name, account, instant, style and rules; `ahead` as in `Programme`."""

    plan: str
    account: str
    at: int
    style: Style = field(default_factory=Style)
    pace: Pace | None = None
    wanted: AccountModes = ANY_MODES
    stop: Decimal | None = None
    stop_at: Decimal | None = None
    rules: Rules = field(default_factory=Rules)
    ahead: Decimal | None = None


def wanted_of(plan: HedgePlan) -> tuple[Wanted, ...]:
    """Return the legs of a hedge plan in signed units."""
    return tuple(
        Wanted(
            leg.instrument, units_of(leg.instrument, leg.contracts if leg.side == "buy" else -leg.contracts)
        )
        for leg in plan.legs
    )


def schedule(
    ticket: Ticketed, wanted: Sequence[Wanted], facts: Mapping[str, LegFacts]
) -> Programme | tuple[Refusal, ...]:
    """Return the programme, scarcest leg first, or every reason why none of it may be sent; options that are sold come last.

    Lots, smallest and largest sizes, prices, positions, modes, brackets and margin of all legs are checked. Share of a day's
    volume is scarcity; a volume that is not known is the scarcest.
    """
    refusals = _of_all(wanted)
    for want in wanted:
        refusals += _of_leg(ticket, want, facts.get(want.instrument.name))
    refusals += _of_margin(ticket, wanted, facts)
    if refusals:
        return tuple(refusals)
    ranked = sorted(
        wanted,
        key=lambda want: (
            turn_of(want.instrument, want.units),
            -_scarcity(want, facts[want.instrument.name]),
        ),
    )
    legs = tuple(_leg(ticket, want, facts[want.instrument.name]) for want in ranked)
    coarse = tuple(refusal for leg in legs if (refusal := _of_pieces(leg, ticket.ahead)) is not None)
    return coarse or Programme(ticket.plan, ticket.account, ticket.at, legs, ticket.rules, ticket.ahead)


def _of_pieces(leg: ProgrammeLeg, ahead: Decimal | None) -> Refusal | None:
    """Refuse orders that are too large to keep legs together: two of them must fit into what one may be ahead."""
    largest = max(abs(part.quantity / leg.planned) for part in leg.parts)
    if ahead is None or 2 * largest <= ahead:
        return None
    said = f"{leg.name}: its smallest orders are {percent_text(float(largest), 1)} of it, and legs may be {percent_text(float(ahead), 1)} apart"
    return Refusal("leg risk", said, float(largest), float(ahead / 2), "allow more between the legs")


def slices(notional_usd: float, volume_usd: float, sigma: float, pace: Pace) -> tuple[int, int]:
    """Return into how many orders to cut a trade, and the milliseconds between them.

    The square-root law gives the count: a slice of Q/n moves the price by Y·σ·√(Q/n/ADV), at most `impact_bps`. The gap
    lets the market trade a slice at `participation`. NaN volumes or volatilities give one order (refused before).
    """
    peak = peak_impact_bps(notional_usd, volume_usd, sigma)
    if math.isnan(peak):
        return 1, 0
    count = min(max(math.ceil((peak / pace.impact_bps) ** 2), 1), _MOST_SLICES)
    each = notional_usd / count
    return count, int(each / (pace.participation * volume_usd) * _DAY_MS) if count > 1 else 0


def _of_all(wanted: Sequence[Wanted]) -> list[Refusal]:
    names = [want.instrument.name for want in wanted]
    twice = sorted({name for name in names if names.count(name) > 1})
    found = [Refusal("one leg a contract", name, names.count(name), 1, "add the legs up") for name in twice]
    if not wanted:
        found.append(Refusal("something to trade", "the plan has no legs", 0, 1, "nothing needs to be done"))
    return found


def _of_leg(ticket: Ticketed, want: Wanted, facts: LegFacts | None) -> list[Refusal]:
    name, contract = want.instrument.name, want.instrument
    if facts is None or facts.held is None:
        return [
            Refusal("a known position", name, math.nan, 0, "read the position first: unknown is not flat")
        ]
    if not _usable(facts.price):
        return [Refusal("a known price", name, math.nan, 0, "wait for a price")]
    found: list[Refusal] = []
    small = too_small(contract, want.units, facts.price, reduce_only=_only_reduces(want, facts))
    if small:
        found.append(
            Refusal(
                "order size", f"{name}: {small}", float(want.units), 0, "trade more, or leave the leg out"
            )
        )
    if facts.modes is None:
        found.append(Refusal("account modes", f"{name}: not known", math.nan, 0, "read the account's modes"))
    elif facts.modes.hedge:
        remedy = "switch the account to one-way positions while it is flat"
        found.append(Refusal("account modes", f"{name}: long and short legs apart", 1, 0, remedy))
    if ticket.pace is not None and not (facts.volume_usd > 0 and facts.sigma > 0):
        remedy = "give daily volume and volatility, or trade without slices"
        found.append(Refusal("a known volume", name, facts.volume_usd, 0, remedy))
    if ticket.style.kind == "limit" and ticket.style.price is None:
        found.append(Refusal("a limit price", name, math.nan, 0, "give the price of the limit order"))
    if is_option(contract):
        return found + refusals_of_option(ticket, contract, want.units, facts)
    return found + _of_bracket(ticket, want, facts.held, facts)


def _of_bracket(ticket: Ticketed, want: Wanted, held: Decimal, facts: LegFacts) -> list[Refusal]:
    """Refuse a position that grows beyond what the venue takes at the leverage; tiers that are not known refuse nothing."""
    leverage = _leverage(ticket, facts)
    after = held + want.units
    if leverage is None or facts.price is None or abs(after) <= abs(held):
        return []
    contract, size = want.instrument, _in_settle(want.instrument, abs(after), facts.price)
    over = [tier for tier in facts.tiers if Decimal(str(tier.max_leverage)) < leverage]
    first = min((tier.floor for tier in over), default=math.inf)
    if not float(size) >= first:
        return []
    fits = min(tier.max_leverage for tier in facts.tiers if tier.floor <= float(size))
    coin = contract.settle if contract.payoff is not Payoff.LINEAR else contract.quote
    said = (
        f"{contract.name}: a position of {_whole(float(size))} {coin}, where the venue takes less than {_whole(first)}"
        f" at leverage {leverage.normalize():f}"
    )
    remedy = f"set leverage {fits:g} at the venue while flat, hedge less, or spread it over venues"
    return [Refusal("position size", said, float(size), first, remedy)]


def _whole(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100.0 else f"{amount:,.6g}"


def _leverage(ticket: Ticketed, facts: LegFacts) -> Decimal | None:
    """The leverage that a leg will have, None where nobody says."""
    return ticket.wanted.leverage or (facts.modes.leverage if facts.modes else None)


def _of_margin(ticket: Ticketed, wanted: Sequence[Wanted], facts: Mapping[str, LegFacts]) -> list[Refusal]:
    """Initial margin of what is opened, by settlement coin, against what is free; unknown is refused."""
    needs: dict[str, Decimal] = {}
    freed: dict[str, Decimal] = {}
    free: dict[str, Decimal | None] = {}
    for want in wanted:
        known = facts.get(want.instrument.name)
        if known is None or known.held is None or not _usable(known.price):
            continue
        if is_option(want.instrument):
            coin, free[want.instrument.settle] = want.instrument.settle, known.free
            needs[coin] = needs.get(coin, _ZERO) + needs_of_option(
                want.instrument, known.held, want.units, known
            )
            continue
        opened = abs(known.held + want.units) - abs(known.held)
        leverage = _leverage(ticket, known) or Decimal(1)
        coin = want.instrument.settle
        margin = _in_settle(want.instrument, abs(opened), known.price) / leverage
        if opened > 0:
            needs[coin] = needs.get(coin, _ZERO) + margin
        elif ticket.ahead is not None:  # what is closed beside it frees margin, but for what is ahead of it
            freed[coin] = freed.get(coin, _ZERO) + margin * (1 - ticket.ahead)
        free[coin] = known.free
    found: list[Refusal] = []
    for coin, opened_needs in needs.items():
        need, have = max(opened_needs - freed.get(coin, _ZERO), _ZERO), free[coin]
        if need and (have is None or have < need):
            measured = math.nan if have is None else float(have)
            remedy = f"bring {coin} to the account, or hedge less"
            there = "what is free is not known" if have is None else f"{_plain(have)} free"
            said = f"{coin}: {_plain(need)} needed, {there}"
            found.append(Refusal("margin", said, measured, float(need), remedy))
    return found


def _plain(coins: Decimal) -> str:
    """Coins in words, rounded to their eighth decimal, without zeros at the end."""
    body = f"{coins:,.8f}"
    return body.rstrip("0").rstrip(".")


def _usable(price: Decimal | None) -> TypeGuard[Decimal]:
    return price is not None and price.is_finite() and price > 0


def _in_settle(instrument: Instrument, units: Decimal, price: Decimal) -> Decimal:
    value = worth(instrument, units, price)
    return value / price if instrument.payoff is Payoff.INVERSE else value


def _scarcity(want: Wanted, facts: LegFacts) -> float:
    value = float(worth(want.instrument, want.units, facts.price or _ZERO))
    return value / facts.volume_usd if facts.volume_usd > 0 else math.inf


def _only_reduces(want: Wanted, facts: LegFacts) -> bool:
    held = facts.held or _ZERO
    return held * want.units < 0 and abs(want.units) <= abs(held)


def _leg(ticket: Ticketed, want: Wanted, facts: LegFacts) -> ProgrammeLeg:
    price = facts.price or _ZERO
    value = float(worth(want.instrument, want.units, price))
    count, gap = (1, 0) if ticket.pace is None else slices(value, facts.volume_usd, facts.sigma, ticket.pace)
    parts: list[Part] = []
    for quantity, reduces in _two_ways(want, facts, price):
        share = max(round(count * float(quantity / want.units)), 1)
        most = None if ticket.ahead is None else abs(want.units) * ticket.ahead / 2
        cut = _cut(want.instrument, quantity, share, price, reduces=reduces)
        cut = cut if most is None else _even(want.instrument, quantity, (share, most), price, reduces=reduces)
        parts += [Part(q, reduces) for q in cut]
    if not facts.known:
        parts = _canary(want.instrument, parts, price)
    style = ticket.style
    if gap > style.gap_ms:
        style = _slower(style, gap, len(parts))
    closes = _only_reduces(want, facts)
    modes = _asked_of(ticket, want.instrument, facts)
    stops = (None, None) if closes else (ticket.stop, ticket.stop_at)
    if closes and ticket.ahead is not None:  # it is closed in the modes that it was opened in
        modes = replace(modes, margin_mode=None, leverage=None)
    return ProgrammeLeg(want.instrument, facts.held or _ZERO, want.units, tuple(parts), style, modes, *stops)


def _asked_of(ticket: Ticketed, contract: Instrument, facts: LegFacts) -> AccountModes:
    """The modes to be read back; of a position mode that the venue tells nobody, nothing can be asked. An option has no leverage."""
    wanted = replace(ticket.wanted, margin_mode=None, leverage=None) if is_option(contract) else ticket.wanted
    silent = facts.modes is not None and facts.modes.hedge is None
    return replace(wanted, hedge=None) if silent else wanted


def _slower(style: Style, gap: int, parts: int) -> Style:
    """Return the style with the pace's gap, and at least the time that all slices take."""
    return Style(
        style.kind,
        style.price,
        style.chase_ms,
        gap,
        max(style.deadline_ms, 2 * gap * parts),
        style.at_deadline,
    )


def _two_ways(want: Wanted, facts: LegFacts, price: Decimal) -> list[tuple[Decimal, bool]]:
    """Return what only reduces and what opens, apart: an order that reduces must not turn the position."""
    if _only_reduces(want, facts):
        return [(want.units, True)]
    closing = -(facts.held or _ZERO) if (facts.held or _ZERO) * want.units < 0 else _ZERO
    opening = want.units - closing
    apart = closing and not (
        too_small(want.instrument, closing, price, reduce_only=True)
        or too_small(want.instrument, opening, price)
    )
    return [(closing, True), (opening, False)] if apart else [(want.units, False)]


def _cut(contract: Instrument, units: Decimal, count: int, price: Decimal, *, reduces: bool) -> list[Decimal]:
    """Return `units` in at most `count` orders of whole lots, none too small."""
    lot = lot_units(contract)
    for pieces in range(count, 1, -1):
        each = to_lots(units / pieces, lot, "toward_zero")
        rest = units - each * (pieces - 1)
        if not too_small(contract, each, price, reduce_only=reduces):
            return [each] * (pieces - 1) + [rest]
    return [units]


def _even(
    contract: Instrument, units: Decimal, cut: tuple[int, Decimal], price: Decimal, *, reduces: bool
) -> list[Decimal]:
    """Return `units` in orders alike to a lot, at least as many and each at most as large as `cut` says, none too small.

    In one order where that cannot be.
    """
    (count, most), lot = cut, lot_units(contract)
    for pieces in range(max(count, math.ceil(abs(units) / most)), _MOST_SLICES + 1):
        ends = [to_lots(units * k / pieces, lot) for k in range(pieces)] + [units]
        found = [after - before for before, after in pairwise(ends)]
        if any(too_small(contract, each, price, reduce_only=reduces) for each in found):
            break
        if max(map(abs, found)) <= most:
            return found
    return [units]


def _canary(contract: Instrument, parts: list[Part], price: Decimal) -> list[Part]:
    """Return the parts with the smallest order first, where what follows it can still be traded."""
    first = parts[0]
    small = smallest(contract, price).copy_sign(first.quantity)
    rest = first.quantity - small
    if abs(rest) < abs(small):
        return [Part(first.quantity, first.reduce_only, canary=True), *parts[1:]]
    return [Part(small, first.reduce_only, canary=True), Part(rest, first.reduce_only), *parts[1:]]
