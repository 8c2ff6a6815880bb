"""Which orders of ours an account's journal has at the venue: of a trade that was begun, and stops that stand behind one that is done.

resting(records) -> rows        by the journal alone: what happened since its last record is not in them
"""

from __future__ import annotations

from collections.abc import Sequence

from hedgerow.hedge.execution import ExecutionState
from hedgerow.model.orders import OrderState, contracts_of
from hedgerow.model.ports import Record
from hedgerow.model.trades import RestingRow
from hedgerow.runs.executor import recalled
from hedgerow.runs.ledger import ledger_of
from hedgerow.runs.stops import Stops

__all__ = ["resting"]

_DOUBTFUL = frozenset({OrderState.WRITTEN, OrderState.SENDING, OrderState.UNKNOWN})


def resting(records: Sequence[Record]) -> tuple[RestingRow, ...]:
    """Return the orders that may be live, those of the unfinished trade first. Raises what folding a journal raises."""
    state = recalled(records).state
    orders = () if state is None else _orders(state)
    named = {row.client_id for row in orders}
    return (*orders, *(row for row in _stops(records) if row.client_id not in named))


def _orders(state: ExecutionState) -> tuple[RestingRow, ...]:
    return tuple(
        RestingRow(
            work.order.client_id,
            work.order.instrument,
            contracts_of(work.order.instrument, work.order.quantity),
            contracts_of(work.order.instrument, work.filled),
            "stop" if work.order.stop is not None else work.order.kind,
            work.order.price if work.order.stop is None else work.order.stop,
            known=work.state not in _DOUBTFUL,
        )
        for leg in state.legs
        for work in leg.work
        if work.is_open
    )


def _stops(records: Sequence[Record]) -> tuple[RestingRow, ...]:
    """Stops that stood at the venue and that no record ended, of contracts that the journal has open."""
    stops = Stops()
    for record in records:
        stops.take(record)
    ledger = ledger_of(records)
    return tuple(
        RestingRow(
            stop.client_id,
            ledger.instruments[stop.instrument],
            contracts_of(ledger.instruments[stop.instrument], stop.quantity),
            contracts_of(ledger.instruments[stop.instrument], stop.quantity * 0),
            "stop",
            stop.price,
            known=True,
        )
        for stop in stops.stood()
        if ledger.quantity(stop.instrument) * stop.quantity < 0
    )
