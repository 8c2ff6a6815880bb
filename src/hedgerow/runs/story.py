"""What a journal says of one plan's trade, in the order in which it happened: lines to read, and legs with their fills.

story_of(records, plan) -> Story
Aloud(clock, store, account, tell)      the same, told while it happens
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal

from hedgerow.hedge.execution import (
    CancelReplied,
    Event,
    ModesRead,
    NotFound,
    NotSent,
    Priced,
    Programme,
    Replied,
    Reported,
    Restarted,
)
from hedgerow.model.errors import HedgerowError, UsageError
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.orders import Accepted, Fill, OrderReport, OrderState, Refused, Unknown, contracts_of
from hedgerow.model.ports import AccountModes, Clock, Record, Store, Ticker
from hedgerow.model.trades import LegTraded, TradeLine
from hedgerow.runs.ledger import FILL
from hedgerow.runs.pen import EVENT, PROGRAMME, SENT
from hedgerow.runs.wire import value_of

__all__ = ["Aloud", "Story", "Teller", "story_of"]

_WAITS = "waits: "
"""How a note begins of an order that nobody has said to rest yet."""
_OVER = (OrderState.CANCELLED, OrderState.EXPIRED, OrderState.REFUSED, OrderState.ABSENT)


@dataclass(frozen=True, slots=True)
class Story:
    """A programme, its lines and its legs, `held` of them not read yet."""

    programme: Programme
    lines: tuple[TradeLine, ...]
    legs: tuple[LegTraded, ...]


def story_of(records: Iterable[Record], plan: str) -> Story:
    """Return the story of `plan`; raises `UsageError` where the journal has none."""
    programme: Programme | None = None
    lines: list[TradeLine] = []
    legs: dict[str, LegTraded] = {}
    told = tuple(records)
    ours: dict[str, str] = {}
    orders = _orders_in(told)
    for record in told:
        if record.kind == PROGRAMME:
            begun: Programme = value_of(record.body)
            programme = begun if begun.plan == plan else programme
            if begun.plan == plan:
                legs = _legs(begun)
                lines = [_began(record, begun)]
            elif programme is not None:
                break
        elif programme is not None:
            lines += _told(record, legs, ours, orders)
    if programme is None:
        raise UsageError(
            f"the journal holds no trade of plan {plan[:12]}", advice="`hedgerow status` tells what it holds."
        )
    return Story(programme, tuple(lines), tuple(legs.values()))


class Teller:
    """An account's story as its journal grows; what is there already when this is made is known, and not told."""

    def __init__(self, store: Store, account: str) -> None:
        self._store, self._account, self._after = store, account, 0
        self._legs: dict[str, LegTraded] = {}
        self._ours: dict[str, str] = {}
        self._orders: dict[str, str] = {}
        self.new()

    def new(self) -> tuple[TradeLine, ...]:
        """Return the lines of what was written since the last call."""
        lines: list[TradeLine] = []
        for record in self._store.read(self._account, self._after):
            self._after = record.seq
            self._orders |= _orders_in((record,))
            if record.kind == PROGRAMME:
                begun: Programme = value_of(record.body)
                self._legs, self._ours = _legs(begun), {}
                lines.append(_began(record, begun))
            else:
                lines += _told(record, self._legs, self._ours, self._orders)
        return tuple(lines)


class Aloud:
    """A clock that tells what came into the journal whenever the hand rests: never between an order and its socket."""

    def __init__(
        self, clock: Clock, store: Store, account: str, tell: Callable[[TradeLine], None] | None
    ) -> None:
        self._clock, self._tell = clock, tell
        self._teller = Teller(store, account) if tell is not None else None

    def now(self) -> int:
        """Return milliseconds of UTC."""
        return self._clock.now()

    def monotonic(self) -> int:
        """Return milliseconds that never go back."""
        return self._clock.monotonic()

    async def sleep(self, ms: int) -> None:
        """Say what is new, and wait."""
        self.say()
        await self._clock.sleep(ms)

    def say(self) -> None:
        """Tell what is new. What cannot be shown, or read for it, stops no trade."""
        if self._teller is None or self._tell is None:
            return
        with suppress(HedgerowError, OSError):
            for each in self._teller.new():
                self._tell(each)


def _legs(begun: Programme) -> dict[str, LegTraded]:
    return {leg.name: LegTraded(leg.instrument, leg.planned) for leg in begun.legs}


def _began(record: Record, begun: Programme) -> TradeLine:
    return TradeLine(record.at, "began", f"plan {_named(begun.plan)}, {_count(len(begun.legs), 'leg')}")


def _named(plan: str) -> str:
    return plan if plan.startswith("flatten") else plan[:12]


def _orders_in(records: Iterable[Record]) -> dict[str, str]:
    """Our client ids by the venue's order ids: the fills of some venues name only these."""
    found: dict[str, str] = {}
    for record in records:
        if record.kind == EVENT and record.body.get("is") in {"Replied", "Reported"}:
            match value_of(record.body):
                case Replied(client_id=name, reply=Accepted(order_id=order_id)):
                    found[order_id] = name
                case Reported(report=report) if report.client_id:
                    found[report.order_id] = report.client_id
                case _:
                    pass
    return found


def _told(
    record: Record, legs: dict[str, LegTraded], ours: dict[str, str], orders: Mapping[str, str]
) -> list[TradeLine]:
    """Return the lines of one record, and take its fill and its prices into the legs."""
    if record.kind == SENT:
        ours[str(record.body["client_id"])] = _waits(record.body, legs)
        return [TradeLine(record.at, "sent", _order(record.body, legs))]
    if record.kind == FILL:
        fill: Fill = value_of(record.body)
        if (fill.client_id or orders.get(fill.order_id, "")) not in ours or fill.instrument not in legs:
            return [
                TradeLine(
                    fill.at, "foreign", f"fill of {fill.quantity:f} {fill.instrument} at {fill.price:f}"
                )
            ]
        legs[fill.instrument] = leg = _filled(legs[fill.instrument], fill)
        return [TradeLine(fill.at, "filled", _fill(fill, leg))]
    if record.kind == EVENT:
        event: Event = value_of(record.body)
        return _ended(event, legs, ours, orders) or _rests(event, ours) or _event(event, legs)
    return []


def _waits(body: Mapping[str, object], legs: Mapping[str, LegTraded]) -> str:
    """What is said of an order once it rests, "" of one that does not wait for a price."""
    if body["price"] is None:
        return ""
    quantity, leg = Decimal(str(body["quantity"])), legs.get(str(body["instrument"]))
    size = _size(leg.instrument, quantity) if leg else f"{abs(quantity):f}"
    side = "buy" if quantity > 0 else "sell"
    return f"{_WAITS}{side} {size} of {body['instrument']} at {Decimal(str(body['price'])):,f}, waiting"


def _rests(event: Event, ours: dict[str, str]) -> list[TradeLine]:
    """Return that an order of ours waits at the venue: once."""
    match event:
        case Replied(at=at, client_id=name, reply=Accepted(report=report)):
            waits = report is None or report.state is OrderState.ACKED
        case Reported(at=at, report=OrderReport(state=OrderState.ACKED, client_id=name)):
            waits = True
        case _:
            return []
    if not waits:
        return []
    said = ours.get(name, "")
    if not said.startswith(_WAITS):
        return []
    ours[name] = ""
    return [TradeLine(at, "resting", said.removeprefix(_WAITS))]


def _ended(
    event: Event, legs: Mapping[str, LegTraded], ours: dict[str, str], orders: Mapping[str, str]
) -> list[TradeLine]:
    """Return how one of our orders ended, where that is no fill, and note it: it is told once."""
    match event:
        case (
            Reported(at=at, report=report)
            | CancelReplied(at=at, reply=Accepted(report=OrderReport() as report))
        ) if report.state in _OVER:
            name, how, said = report.client_id or orders.get(report.order_id, ""), report.state.value, ""
            if report.instrument in legs:
                said = f": {_part(legs[report.instrument].instrument, report)}"
        case NotFound(at=at, client_id=name):
            how, said = "not found", ": the venue knows no such order"
        case CancelReplied(at=at, client_id=name, reply=Refused(code=code, reason=reason)):
            how, said = "not ended", f": the venue does not cancel it: {reason} ({code})"
        case _:
            return []
    if name not in ours or ours[name] in {how, *_OVER}:
        return []
    ours[name] = how
    return [TradeLine(at, how, f"{name}{said}")]


def _part(contract: Instrument, report: OrderReport) -> str:
    done, asked = (contracts_of(contract, abs(units)) for units in (report.filled, report.quantity))
    return f"{done.normalize():,f} of {_count(asked.normalize(), 'contract')} traded"


def _event(event: Event, legs: dict[str, LegTraded]) -> list[TradeLine]:
    match event:
        case Priced(tickers=tickers):
            for ticker in tickers:
                leg = legs.get(ticker.instrument)
                if leg is not None and leg.arrival is None:
                    legs[ticker.instrument] = replace(leg, arrival=_price(ticker))
        case Replied(at=at, client_id=name, reply=Refused(code=code, reason=reason)):
            return [TradeLine(at, "refused", f"{name}: {reason} ({code})")]
        case Replied(at=at, client_id=name, reply=Unknown(reason=reason)):
            return [TradeLine(at, "unknown", f"{name}: {reason}; the venue is asked until there is evidence")]
        case NotSent(at=at, client_id=name, why=why):
            return [TradeLine(at, "held back", f"{name}: {why}")]
        case ModesRead(at=at, instrument=name, modes=modes, changed=True):
            return [TradeLine(at, "set", f"{name}: {_modes(modes)}")]
        case Restarted(at=at):
            return [TradeLine(at, "restarted", "what was under way is unknown until the venue has said")]
        case _:
            pass
    return []


def _filled(leg: LegTraded, fill: Fill) -> LegTraded:
    """Return the leg with a fill; averages are weighted by value, which for inverse contracts are coins.

    What undoes leaves the average of what it undoes as it was; what goes beyond that begins anew.
    """
    traded = leg.traded + fill.quantity
    average = leg.average if leg.traded and traded * leg.traded >= 0 else fill.price
    if leg.average is not None and leg.traded * fill.quantity > 0:
        if leg.instrument.payoff is Payoff.INVERSE:
            average = traded / (leg.traded / leg.average + fill.quantity / fill.price)
        else:
            average = (leg.traded * leg.average + fill.quantity * fill.price) / traded
    fees = {**leg.fees, fill.fee_coin: leg.fees.get(fill.fee_coin, Decimal(0)) + fill.fee}
    return replace(leg, traded=traded, average=average, fees=fees, fills=leg.fills + 1)


def _order(body: Mapping[str, object], legs: Mapping[str, LegTraded]) -> str:
    quantity, name = Decimal(str(body["quantity"])), str(body["instrument"])
    price = f" at {body['price']}" if body["price"] is not None else ""
    stop = f", stop {body['stop']}" if body["stop"] is not None else ""
    only = ", reduce-only" if body["reduce_only"] else ""
    leg = legs.get(name)
    size = _size(leg.instrument, quantity) if leg else f"{abs(quantity):f}"
    side = "buy" if quantity > 0 else "sell"
    kind = str(body["kind"]).replace("_", "-")
    return f"{side} {size} of {name}, {kind}{price}{stop}{only}   {body['client_id']}"


def _fill(fill: Fill, leg: LegTraded) -> str:
    worse = ""
    if leg.arrival is not None:
        away = (fill.price / leg.arrival - 1) * (10_000 if fill.quantity > 0 else -10_000)
        worse = (
            f" ({abs(away):.1f} bp {'worse' if away > 0 else 'better'} than arrival)"
            if away
            else " (at arrival)"
        )
    return f"{_size(leg.instrument, fill.quantity)} of {fill.instrument} at {fill.price:f}{worse}, fee {fill.fee.normalize():f} {fill.fee_coin}"


def _size(instrument: Instrument, units: Decimal) -> str:
    return _count(contracts_of(instrument, abs(units)).normalize(), "contract")


def _count(number: Decimal | int, noun: str) -> str:
    return (
        f"{number:,f} {noun}{'' if number == 1 else 's'}"
        if isinstance(number, Decimal)
        else f"{number} {noun}{'' if number == 1 else 's'}"
    )


def _modes(modes: AccountModes) -> str:
    said = [
        f"{modes.margin_mode} margin" if modes.margin_mode else "",
        f"leverage {modes.leverage.normalize():f}" if modes.leverage is not None else "",
    ]
    return ", ".join(filter(None, said)) or "modes"


def _price(ticker: Ticker) -> Decimal | None:
    if ticker.bid is not None and ticker.ask is not None:
        return (ticker.bid + ticker.ask) / 2
    return ticker.mark if ticker.mark is not None else ticker.last
