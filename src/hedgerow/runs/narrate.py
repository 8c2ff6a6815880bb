"""A look as a record for the diary, and as lines for people: time, one verb, numbers with units, the reason in words."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np

from hedgerow.hedge.alarms import Changed
from hedgerow.hedge.options.curve import holds_of
from hedgerow.hedge.valuation import contract_price, price_of
from hedgerow.hedge.watch import Mode
from hedgerow.model.amounts import decimal_of
from hedgerow.model.arrays import FloatArray
from hedgerow.model.display import error_text, percent_text
from hedgerow.model.orders import contracts_of
from hedgerow.model.watched import (
    AlarmRow,
    HoldsRow,
    Look,
    NumberRow,
    PositionRow,
    SumRow,
    WatchLine,
    orders_said,
)
from hedgerow.runs import said
from hedgerow.runs.alarming import Facts
from hedgerow.runs.changing import Changes
from hedgerow.runs.diary import orders_of
from hedgerow.runs.hand import Dealt
from hedgerow.runs.lasting import Lasting, asks_of, modes_rows
from hedgerow.runs.ledger import Ledger
from hedgerow.runs.lookout import Seen
from hedgerow.runs.watching import Sight, Verdict

__all__ = ["finished_line", "lines_of", "look_of"]

_CHANGED = "the holdings changed: they count from the next look that reads the same"


def look_of(
    mode: Mode,
    decided: tuple[Seen, Verdict, Dealt],
    after: tuple[Verdict, Facts],
    watches: tuple[Changed, Changes, Lasting],
    *,
    learned: bool,
    traded_at: int | None,
) -> Look:
    """Return a look as the diary keeps it, from what was `decided` on what, how it stood `after`, and the alarms."""
    (seen, verdict, dealt), (left, facts), (changed, changes, lasting) = decided, after, watches
    sight, exposure = seen.sight, verdict.exposure
    look = Look(
        at=sight.at,
        mode=mode,
        act=verdict.act,
        reason=verdict.reason,
        trouble=seen.trouble,
        book=seen.view.book_id,
        held=_held(sight),
        coins=_coins(sight),
        prices=_prices(seen, exposure.factors if exposure else (), lasting),
        halted=sight.halted,
        traded_at=traded_at,
        learned=learned,
        beta_usd=_numbers(exposure.beta_usd) if exposure else (),
        stderr_usd=_numbers(exposure.stderr_usd) if exposure else (),
        target_usd=_numbers(verdict.target_usd),
        band_usd=_numbers(verdict.band_usd),
        nav_usd=exposure.nav_usd if exposure else float("nan"),
        orders=orders_of(verdict),
        proposal=dealt.proposal,
        approved_by=dealt.approved_by,
        done=dealt.outcome or dealt.waiting or "; ".join(each.rule for each in dealt.refusals),
        traded_usd=dealt.traded_usd,
        cost_usd=dealt.cost_usd,
        left_usd=_numbers(left.exposure.beta_usd) if left.exposure else (),
        slack_usd=left.slack_usd,
        distance=facts.distance,
        alarms=_alarms(changed),
        sums=tuple(SumRow(coin, up, down) for coin, (up, down) in changes.sums.items()),
        sums_at=changes.seen,
        threshold=changes.threshold,
        left_stderr_usd=_numbers(left.exposure.stderr_usd) if left.exposure else (),
        received_30d_usd=facts.paid_30d if np.isfinite(facts.paid_30d) else None,
        funding=facts.foretold,
        blind=sight.blind,
        ground=seen.view.ground,
        lent=tuple(NumberRow(coin, amount) for coin, amount in sorted(sight.lent.items())),
    )
    return _with(lasting, left, look, seen, _costs(verdict, dealt))


def _costs(verdict: Verdict, dealt: Dealt) -> tuple[float | None, float | None]:
    """What the trade that was made, or one that is proposed, was to cost; None: it was not said."""
    return verdict.cost_usd if dealt.traded_usd else None, dealt.expects_usd


def _with(
    lasting: Lasting, left: Verdict, look: Look, seen: Seen, costs: tuple[float | None, float | None]
) -> Look:
    """The look with what lasts beyond it: how accounts were set, how far options let the band hold, the day's record where this look made it, the breaker."""
    proof = lasting.proof
    return replace(
        look,
        modes=modes_rows(lasting),
        holds=_holds(left),
        asks=asks_of(lasting),
        promised_usd=costs[0],
        expects_usd=costs[1] if look.proposal is not None else None,
        day=proof.days[-1] if proof.days and proof.days[-1].at >= look.at else None,
        breaker=proof.breaker,
        proved_from=proof.since,
        closed_by=proof.closed_by,
        changed_book=lasting.book,
        book_by=lasting.book_by,
        slip=lasting.slip,
        slip_by=lasting.slip_by,
        meant=lasting.meant,
        files=tuple(row for row, _ in seen.view.files),
        read_to=seen.read_to,
        assumed=tuple(
            c for c in seen.view.assumed if c in {*seen.sight.book.symbols, *(seen.sight.coins or {})}
        ),
    )


def _holds(left: Verdict) -> HoldsRow | None:
    """How far the band holds by the options that are held, once everything is done."""
    if left.exposure is None:
        return None
    found = holds_of(left.exposure, left.target_usd, left.band_usd + left.slack_usd)
    return None if found is None or found.outside else HoldsRow(found.low, found.high)


def _alarms(changed: Changed) -> tuple[AlarmRow, ...]:
    on = [(raised.finding, raised.since) for raised in changed.active.values()]
    return tuple(
        AlarmRow(each.watch, each.about, each.level, since, each.text, each.advice) for each, since in on
    )


def lines_of(
    look: Look, before: Look | None, seen: Seen, dealt: Dealt, changed: Changed
) -> tuple[WatchLine, ...]:
    """Return what happened in this look as lines, in order; what stands as it stood at the look `before` is not said again."""
    lines = []
    for paid in seen.paid:
        verb = "received" if paid.amount >= 0 else "paid"
        name = paid.instrument.partition(":")[2]
        text = f"{verb} {abs(paid.amount):,.2f} {paid.coin} on {name}"
        lines.append(WatchLine(paid.at, "funding", text, said.of_funding(paid)))
    again = before is not None and _stands(look) == _stands(before)
    if not again:
        lines.append(
            WatchLine(
                look.at, look.act, _said(look, dealt), said.of_look(look, look.beta_usd, look.stderr_usd)
            )
        )
    for coin, units in dealt.put_in.items():
        text = f"{units:,.2f} {coin} of paper margin into the account: nobody's, and in no net value"
        lines.append(WatchLine(look.at, "put in", text, {"coin": coin, "amount": float(units)}))
    for leg in dealt.legs:
        if leg.traded:
            count = contracts_of(leg.instrument, leg.traded)
            worse = (
                f", {float(leg.slippage) * 1e4:+.1f} bp against arrival" if leg.slippage is not None else ""
            )
            at = f" at {leg.average:,.8g}" if leg.average is not None else ""
            text = f"{count:+f} {leg.instrument.symbol}{at}{worse}"
            lines.append(WatchLine(look.at, "filled", text, said.of_leg(leg)))
    if dealt.sent and look.left_usd:
        text = " · ".join(
            part for part in (_beta(look.left_usd, look.left_stderr_usd, look), _reach(look)) if part
        )
        facts = said.of_look(look, look.left_usd, look.left_stderr_usd)
        lines.append(WatchLine(look.at, "left", text, facts))
    if look.proposal and dealt.waiting and look.mode == "propose" and not again:
        name = look.proposal.name
        text = f"{name[:8]} waits, {_cost(dealt)}: `hedgerow approve {name[:8]}`"
        lines.append(WatchLine(look.at, "proposal", text, {"proposal": name}))
    return (*lines, *_assumed(look, before), *_unsettled(look, before), *_told(look, dealt, changed))


def _assumed(look: Look, before: Look | None) -> list[WatchLine]:
    """That a dollar coin has no price, once."""
    new = [coin for coin in look.assumed if before is None or coin not in before.assumed]
    if not new:
        return []
    ways = " ".join(f"--price {coin}=…" for coin in new)
    text = f"{' and '.join(new)} at one dollar: nothing says what it is worth ({ways}), and no depeg is seen"
    return [WatchLine(look.at, "assumed", text)]


def finished_line(at: int, plan: str, before: Ledger, after: Ledger) -> WatchLine:
    """Return that a plan which a life before had begun is finished, and what was traded for that."""
    traded = {name: after.quantity(name) - before.quantity(name) for name in after.instruments}
    said = ", ".join(
        f"{contracts_of(after.instruments[name], units):+f} {after.instruments[name].symbol}"
        for name, units in traded.items()
        if units
    )
    text = f"the trade {plan}, which an earlier life had begun: {said or 'nothing more was traded for it'}"
    return WatchLine(at, "finished", text, {"plan": plan})


def _unsettled(look: Look, before: Look | None) -> list[WatchLine]:
    """That a file of holdings is another one than the one that counts, once."""
    known = {row.waits for row in before.files} if before is not None else set()
    if all(not row.waits or row.waits in known for row in look.files):
        return []
    return [WatchLine(look.at, "changed", _CHANGED)]


def _told(look: Look, dealt: Dealt, changed: Changed) -> list[WatchLine]:
    """What was refused, and what went on and off with this look."""
    lines = [
        WatchLine(look.at, "refused", f"{each.rule}: {each.detail}; {each.remedy}", said.of_refusal(each))
        for each in dealt.refusals
    ]
    lines += [
        WatchLine(
            look.at,
            finding.level,
            f"{finding.text}. {finding.advice}".strip(),
            said.of_finding(finding),
        )
        for finding in (each.finding for each in changed.raised)
    ]
    if look.closed_by:
        lines.append(WatchLine(look.at, "closed", f"the breaker, by {look.closed_by}"))
    if look.book_by:
        lines.append(WatchLine(look.at, "accepted", f"the changed holdings, by {look.book_by}"))
    if look.slip_by:
        lines.append(WatchLine(look.at, "accepted", f"the prices that jumped, by {look.slip_by}"))
    gone = (each.finding for each in changed.cleared)
    lines += [
        WatchLine(look.at, "cleared", f"{finding.watch}, {finding.about}", said.of_finding(finding))
        for finding in gone
    ]
    return lines


def _stands(look: Look) -> tuple[object, ...]:
    """What makes a look one that stops or waits for the same as the last; one that holds is said each time."""
    if look.act == "hold" or look.traded_usd:
        return (look.at,)
    reason = "" if look.act == "roll" else look.reason  # its costs move with every price
    return look.act, reason, look.trouble, look.proposal and look.proposal.name, look.done


def _said(look: Look, dealt: Dealt) -> str:
    orders = orders_said(look.orders)
    beta = _beta(look.beta_usd, look.stderr_usd, look) if look.beta_usd else ""
    reach = _reach(look) if look.act == "hold" else ""
    cost = _cost(dealt) if orders and look.act == "rebalance" else ""  # a roll's reason says it
    return " · ".join(part for part in (beta, look.reason, reach, look.trouble, orders, cost) if part)


def _cost(dealt: Dealt) -> str:
    """What a trade is to cost by the plan."""
    return (
        "at a cost that is not known"
        if dealt.expects_usd is None
        else f"costs about ${dealt.expects_usd:,.0f}"
    )


def _reach(look: Look) -> str:
    """How far the options let the hedge hold, "" where there are none."""
    if look.holds is None:
        return ""
    low, high = (
        "more than half" if move is None else percent_text(abs(move), 1)
        for move in (look.holds.low, look.holds.high)
    )
    return f"by its options it stays there until a fall of {low} or a rise of {high}"


def _beta(dollars: tuple[float, ...], errors: tuple[float, ...], look: Look) -> str:
    """The dollar beta with its error and band."""
    rows = zip(dollars, errors, look.band_usd, look.target_usd, strict=True)
    return "beta " + ", ".join(
        f"{_signed(usd)} ± {error_text(error)}, band ± {band:,.0f}"
        + (f" about {_signed(aim)}" if aim else "")
        for usd, error, band, aim in rows
    )


def _signed(dollars: float) -> str:
    whole = round(dollars) if np.isfinite(dollars) else dollars
    return f"{'−' if whole < 0 else '+'}${abs(whole):,.0f}"


def _held(sight: Sight) -> tuple[PositionRow, ...] | None:
    if sight.held is None:
        return None
    return tuple(PositionRow(each.instrument, each.units, each.entry) for each in sight.held)


def _coins(sight: Sight) -> tuple[NumberRow, ...] | None:
    if sight.coins is None:
        return None
    return tuple(NumberRow(coin, amount) for coin, amount in sorted(sight.coins.items()))


def _numbers(values: FloatArray) -> tuple[float, ...]:
    return tuple(float(x) for x in np.atleast_1d(values))


def _prices(seen: Seen, factors: tuple[str, ...], lasting: Lasting) -> tuple[NumberRow, ...]:
    """Prices that were given from outside the history, those of the factors and the open contracts, and on paper the book's.

    A venue's are all given. What is asked about is no contract's price.
    """
    asked = set() if lasting.slip is None else {row.coin for row in lasting.slip.jumps}
    sight = seen.sight
    given = sight.market.given.items()
    found: dict[str, Decimal] = {name: decimal_of(repr(price)) for name, price in given if np.isfinite(price)}
    coins = () if seen.view.ground is not None else sight.book.symbols
    for coin in (*factors, *coins):
        price = price_of(sight.market, coin)
        if np.isfinite(price):
            found[coin] = decimal_of(repr(price))
    for held in sight.futures:
        if asked & {held.instrument.underlying, held.instrument.quote}:
            continue
        price = contract_price(sight.hedge, held.instrument)
        if np.isfinite(price):
            found[held.instrument.name] = decimal_of(repr(price))
    return tuple(NumberRow(name, price) for name, price in sorted(found.items()))
