"""What went wrong at others between program and venue, by the numbers of the page on reliability."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.hedge.books import contract

from hedgerow.model.errors import StateUnknown
from hedgerow.model.orders import OrderState, Unknown
from hedgerow.venues.answers import cancelled, placed
from hedgerow.venues.dialects import VENUES
from hedgerow.venues.fields import FillFields, OrderFields, PositionFields
from hedgerow.venues.reading import STATES, Whose, fill_of, holding_of, report_of
from hedgerow.venues.wire import Seen

ORDER = OrderFields(
    id="orderId", client="clientOrderId", status="status", quantity="origQty", filled="executedQty"
)
FILL = FillFields(
    id="id", order="orderId", quantity="qty", price="price", fee="fee", fee_coin="feeCoin", at="time"
)
POSITION = PositionFields(size="positionAmt", margin="isolatedMargin", margin_mode="marginType", adl="adl")


@pytest.mark.parametrize(
    ("name", "code"), [(name, code) for name, one in VENUES.items() for code in sorted(one.codes.unknown)]
)
@pytest.mark.parametrize("raised", ["", "RequestTimeout", "OperationFailed", "ExchangeError: order failed"])
def test_incident_04_status_unknown_is_told_by_the_raw_code_whatever_the_library_makes_of_it(
    name: str, code: str, raised: str
) -> None:
    venue = VENUES[name]
    body: dict[str, Any] = {}
    for names, said in ((venue.code, code), (venue.message, "execution status unknown")):
        *above, field = names.split()[-1].split(".")
        inner = body
        for part in above:
            inner = inner.setdefault(part, {})
        inner[field] = said
    for status in (200, 400, 503):
        seen = Seen(left=True, status=status, body=body)
        assert isinstance(placed(venue, seen, raised), Unknown)
        assert isinstance(cancelled(venue, seen, raised, "1"), Unknown)


def less(row: dict[str, Any], field: str) -> dict[str, Any]:
    assert field in row
    return {name: said for name, said in row.items() if name != field}


def test_incident_23_an_optional_field_may_be_missing_and_one_of_money_may_not() -> None:
    btc = contract()
    order = {"orderId": 1, "status": "NEW", "side": "SELL", "origQty": "2", "executedQty": "0"}
    order |= {"reduceOnly": True, "avgPrice": "0", "updateTime": 5, "brandNew": {"of": "tomorrow"}}

    def report(row: dict[str, Any]) -> Any:
        return report_of(row, ORDER, btc, STATES, "hr1")

    assert report(order).reduce_only is True
    told = report(less(less(less(order, "reduceOnly"), "avgPrice"), "updateTime"))
    assert (told.reduce_only, told.average, told.state) == (None, None, OrderState.ACKED)
    assert told.quantity < 0
    for field in ("origQty", "executedQty", "side", "status"):
        with pytest.raises(StateUnknown):
            report(less(order, field))

    fill = {"id": 7, "orderId": 1, "side": "BUY", "qty": "1", "price": "100", "fee": "0.1", "time": 9}
    whose = Whose("binance", "1")
    assert fill_of(fill, FILL, btc, whose, "hr1").fee_coin == btc.settle
    for field in ("id", "qty", "price", "fee", "side", "time"):
        with pytest.raises(StateUnknown):
            fill_of(less(fill, field), FILL, btc, whose, "hr1")
    for odd in (True, ["7"], {"value": 7}, 7.5):
        with pytest.raises(StateUnknown):
            fill_of({**fill, "id": odd}, FILL, btc, whose, "hr1")

    held = {"positionAmt": "-3", "entryPrice": "100", "markPrice": "101", "marginType": "cross", "adl": 1}
    found = holding_of(less(less(held, "adl"), "marginType"), POSITION, btc)
    assert found is not None
    assert (found.adl_rank, found.margin_mode) == (None, None)
    assert found.quantity < Decimal(0)
    for field in ("positionAmt", "entryPrice"):
        with pytest.raises(StateUnknown):
            holding_of(less(held, field), POSITION, btc)
