"""A trading venue as a pure function: `step(state, event) -> (state', outcomes)`, in exact coins, without a clock.

It is the core of the paper venue, of the fault simulator and of the stand-in servers. The exchange of the backtest
(`hedgerow.exchange`) estimates in floats, bar by bar; this one keeps an account to the last digit, order by order. Both
share their formulas with `hedgerow.stats.margin`.

    state = VenueState()
    for event in (Listed(0, btc), Quoted(0, btc.name, bids, asks), Marked(0, {btc.name: mark}), Credited(0, "me", "USDT", coins)):
        state, _ = step(state, event)
    state, outcomes = step(state, Placed(5, "me", Order("hr01", btc, Decimal("-0.5"))))
    outcomes          # OrderMoved (acked), Fill, OrderMoved (filled): ids are text, instants milliseconds
    state.order_of("me", "hr01"), state.account("me").leg(btc.name), holdings_of(state, state.account("me"), btc)

What holds whatever happens, and what its tests show:

- coins of an account = coins credited + Σ over its fills of (realised − fee) + Σ funding, exactly; `model.legs.Leg` folds
  the same fills to the same coins;
- positions = Σ fills, and no reduce-only order grows or turns one;
- better prices trade first, at one price the older; same events, same outcomes;
- an event never changes the state it was given.

Refused orders are told as `OrderMoved` with the state `refused`, have no id and are not kept. Requests other than orders are
answered with `Said`. `events` lists everything that can happen; `rules.VenueRules` is how venues differ.
"""

from __future__ import annotations

from hedgerow.exchange.venue.events import (
    AllCancelled,
    CancelAsked,
    Code,
    Configured,
    Credited,
    DeadManSet,
    Deleveraged,
    FeesSet,
    Funded,
    FundingSet,
    HedgeSet,
    Kind,
    LegName,
    Levels,
    Life,
    Listed,
    MarginMoved,
    Marked,
    OrderMoved,
    Passed,
    Placed,
    Printed,
    Quoted,
    Said,
    Status,
    VenueEvent,
    VenueOutcome,
)
from hedgerow.exchange.venue.liquidation import adl_light, adl_score
from hedgerow.exchange.venue.margin import cross_equity, cross_maintenance, free_coins, liquidation_of
from hedgerow.exchange.venue.reports import (
    balances_of,
    depth_of,
    forecast_of,
    holdings_of,
    modes_of,
    report_of,
    ticker_of,
)
from hedgerow.exchange.venue.rules import VenueRules, filters_of
from hedgerow.exchange.venue.state import (
    Funding,
    Listing,
    Setting,
    Shelf,
    VenueAccount,
    VenueOrder,
    VenueState,
    leg_key,
)
from hedgerow.exchange.venue.step import step

__all__ = [
    "AllCancelled",
    "CancelAsked",
    "Code",
    "Configured",
    "Credited",
    "DeadManSet",
    "Deleveraged",
    "FeesSet",
    "Funded",
    "Funding",
    "FundingSet",
    "HedgeSet",
    "Kind",
    "LegName",
    "Levels",
    "Life",
    "Listed",
    "Listing",
    "MarginMoved",
    "Marked",
    "OrderMoved",
    "Passed",
    "Placed",
    "Printed",
    "Quoted",
    "Said",
    "Setting",
    "Shelf",
    "Status",
    "VenueAccount",
    "VenueEvent",
    "VenueOrder",
    "VenueOutcome",
    "VenueRules",
    "VenueState",
    "adl_light",
    "adl_score",
    "balances_of",
    "cross_equity",
    "cross_maintenance",
    "depth_of",
    "filters_of",
    "forecast_of",
    "free_coins",
    "holdings_of",
    "leg_key",
    "liquidation_of",
    "modes_of",
    "report_of",
    "step",
    "ticker_of",
]
