"""Which fields of a venue's rows mean what: names only, one record for each kind of row.

Names are alternatives separated by blanks, the first that is there and not empty counts, and a dot goes one level down:
"orderId data.order.orderId".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "BalanceFields",
    "FillFields",
    "FundingFields",
    "Listen",
    "Names",
    "OrderFields",
    "PaidFields",
    "PositionFields",
    "StreamTable",
    "TickerFields",
    "TierFields",
]

Names = str


@dataclass(frozen=True, slots=True)
class PositionFields:
    """An open position. `side` tells long and short by word; where it says neither, `size` is signed.

    `leg` names the leg in hedge mode; where `single` is true the account is in one-way mode and it does not. `entry_value`
    is what the position was worth when it was opened, where that stands instead of a price.
    """

    size: Names
    side: Names = ""
    leg: Names = ""
    symbol: Names = "symbol"
    entry: Names = "entryPrice"
    mark: Names = "markPrice"
    notional: Names = ""
    notional_coin: Names = ""
    entry_value: Names = ""
    unrealised: Names = ""
    liquidation: Names = "liquidationPrice"
    margin: Names = ""
    margin_mode: Names = ""
    single: Names = ""
    leverage: Names = "leverage"
    adl: Names = ""
    at: Names = "updateTime"


@dataclass(frozen=True, slots=True)
class OrderFields:
    """An order. `remaining` is read where the venue does not say what has filled.

    `stop` stands only in a row of an order that waits for its trigger: it has filled nothing unless it says so. `assumed` is
    the state of rows that name none, `sides` are the words for buy and sell where a venue numbers them.
    """

    id: Names
    client: Names
    status: Names
    quantity: Names
    filled: Names
    symbol: Names = "symbol"
    side: Names = "side"
    remaining: Names = ""
    average: Names = "avgPrice"
    reduce_only: Names = "reduceOnly"
    stop: Names = ""
    assumed: str = ""
    sides: Mapping[str, str] = field(default_factory=dict)
    at: Names = "updateTime time"


@dataclass(frozen=True, slots=True)
class FillFields:
    """A fill. `fee_sign` is 1 where the venue writes a paid fee above zero, -1 where below; `value` is its own notional.

    `maker_word` is what `maker` says of a fill that rested, where it is no yes or no.
    Rows in which a field of `skip` has the word beside it are no fills.
    """

    id: Names
    order: Names
    quantity: Names
    price: Names
    fee: Names
    fee_coin: Names
    at: Names
    client: Names = ""
    symbol: Names = "symbol"
    side: Names = "side"
    value: Names = ""
    maker: Names = ""
    maker_word: str = ""
    taker: Names = ""
    kind: Names = ""
    fee_sign: Literal[1, -1] = 1
    sides: Mapping[str, str] = field(default_factory=dict)
    skip: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FundingFields:
    """A funding rate, realised or forecast. `interval` is in hours, or in minutes where `interval_minutes`."""

    rate: Names
    at: Names
    symbol: Names = "symbol"
    mark: Names = ""
    interval: Names = ""
    interval_minutes: bool = False


@dataclass(frozen=True, slots=True)
class PaidFields:
    """Funding paid. `amount` is the change of the wallet; `cost` the same with the sign of a fee (above zero: paid)."""

    at: Names
    id: Names
    amount: Names = ""
    cost: Names = ""
    coin: Names = ""
    symbol: Names = "symbol"
    only: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BalanceFields:
    """A coin of a wallet. `includes_unrealised`: `total` counts open profit, which is taken off again.

    Without `total` it is `free` and `locked`; without `free` it is `total` less all of `used`. `assumed` is the coin of rows
    that name none, `unrealised_rows` where open profit stands by position.
    """

    coin: Names
    total: Names = ""
    free: Names = ""
    locked: Names = ""
    used: tuple[Names, ...] = ()
    unrealised: Names = ""
    bonus: Names = ""
    includes_unrealised: bool = False
    assumed: str = ""
    unrealised_rows: tuple[Names, Names] = ("", "")


@dataclass(frozen=True, slots=True)
class TickerFields:
    """Prices now; every field may be missing in one of a product's routes."""

    symbol: Names = "symbol"
    last: Names = ""
    bid: Names = ""
    ask: Names = ""
    mark: Names = ""
    index: Names = ""
    at: Names = ""


@dataclass(frozen=True, slots=True)
class TierFields:
    """A bracket of maintenance margin.

    `rows` is where a contract's brackets lie in its row. Without `floor`, a bracket begins where the one before ends
    (`cap`). `steps` names a ladder by its rules instead: width, most, rates and their rises, in contracts.
    """

    mmr: Names
    floor: Names = ""
    cap: Names = ""
    leverage: Names = ""
    initial: Names = ""
    symbol: Names = "symbol"
    rows: Names = ""
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamTable:
    """Messages of one kind in the account's stream: those whose `event` is one of `words` ("order.*": begins with it).

    With `fill_when`, a row tells of a fill only where the first of it has the second as its word; with `skip`, rows in
    which a field has the word beside it are of no interest.
    """

    event: Names
    words: tuple[str, ...]
    rows: Names
    order: OrderFields | None = None
    fill: FillFields | None = None
    fill_when: tuple[Names, str] = ("", "")
    skip: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listen:
    """One subscription of the account's stream: ccxt's method, and its parameters."""

    call: str
    params: Mapping[str, str] = field(default_factory=dict)
