"""Protective stops as an account's journal tells them, record by record: which were placed, and which of them are missing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from hedgerow.model.orders import OrderReport, OrderState
from hedgerow.model.ports import Record
from hedgerow.runs.ledger import FILL
from hedgerow.runs.pen import EVENT, SENT

__all__ = ["Stop", "Stops"]

_STANDS = OrderState.ACKED.value


@dataclass(frozen=True, slots=True)
class Stop:
    """A protective stop that was sent: signed units that it would trade, the mark it waits for, whether the venue had it."""

    client_id: str
    instrument: str
    quantity: Decimal
    price: Decimal
    stood: bool = False


@dataclass(slots=True)
class Stops:
    """The last stop of each contract that nothing in the journal has ended."""

    _sent: dict[str, Stop] = field(default_factory=dict)

    def take(self, record: Record) -> None:
        """Take note of a record of the journal."""
        body: Mapping[str, Any] = record.body
        if record.kind == SENT and body["purpose"] == "protect" and body["stop"] is not None:
            name, contract = str(body["client_id"]), str(body["instrument"])
            # A new stop of a contract takes the place of the last one.
            kept = {key: stop for key, stop in self._sent.items() if stop.instrument != contract}
            new = Stop(name, contract, Decimal(str(body["quantity"])), Decimal(str(body["stop"])))
            self._sent = kept | {name: new}
        elif self._sent and record.kind == FILL:
            self._sent.pop(str(body["client_id"]), None)
        elif self._sent and record.kind == EVENT:
            self._heard(body)

    def stood(self) -> tuple[Stop, ...]:
        """Return those that the venue had and that nothing has ended since."""
        return tuple(stop for stop in self._sent.values() if stop.stood)

    def missing(self, open_orders: Sequence[OrderReport], held: Mapping[str, Decimal]) -> tuple[Stop, ...]:
        """Return stops that stood, protect what is `held` (signed units by contract) and are not among `open_orders`.

        A stop that bears no id at its venue is known by what it would do.
        """
        there: Collection[str] = {each.client_id for each in open_orders if each.client_id}
        unnamed = {(each.instrument, each.quantity) for each in open_orders if not each.client_id}
        return tuple(
            stop
            for stop in self._sent.values()
            if stop.stood
            and held.get(stop.instrument, Decimal(0)) * stop.quantity < 0
            and stop.client_id not in there
            and (stop.instrument, stop.quantity) not in unnamed
        )

    def _heard(self, body: Mapping[str, Any]) -> None:
        """What a venue said of a stop: that it has it, or that we called it back."""
        what, reply, report = body.get("is"), body.get("reply") or {}, body.get("report") or {}
        name = str(body.get("client_id") or report.get("client_id") or "")
        if name not in self._sent:
            return
        accepted = reply.get("is") == "Accepted"
        if what == "CancelReplied" and accepted:
            del self._sent[name]
        elif (what == "Replied" and accepted) or report.get("state") == _STANDS:
            self._sent[name] = replace(self._sent[name], stood=True)
