"""Cases from 61: prices, books, bars, contracts and the units in which all of it is told."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from hedgerow.exchange.venue import Marked
from hedgerow.model.orders import OrderState
from hedgerow.testing.venue.bench import START, Bench, close_to, given, holds, is_a, units

__all__ = ["MARKETS"]


async def server_time_moves(bench: Bench) -> None:
    """The venue's clock is in whole milliseconds and goes forward."""
    before = await bench.data.server_time()
    await bench.wait(1_500)
    after = await bench.data.server_time()
    is_a("the time", after, int)
    holds(after - before >= 1_000, f"{before} became {after}")


async def tickers_say_the_prices(bench: Bench) -> None:
    """Bid below ask, mark and index as told, an instant; what is not known is None."""
    (found,) = await bench.data.tickers([bench.linear])
    holds(found.instrument == bench.linear.name, f"the ticker is of {found.instrument}")
    close_to("the bid", found.bid, START - 10)
    close_to("the ask", found.ask, START + 10)
    close_to("the mark", found.mark, START)
    holds(found.index is None or abs(found.index - START) < 1, f"the index is {found.index}")
    await bench.sent(bench.order("0.5"))
    (found,) = await bench.data.tickers([bench.linear])
    holds(found.last in {None, START + 10}, f"the last price after a trade at 60,010 is {found.last}")


async def depth_is_best_first(bench: Bench) -> None:
    """The book's levels are best first, in units, no more of them than asked for, and not crossed."""
    found = await bench.data.depth(bench.linear, 3)
    holds(len(found.bids) <= 3 and len(found.asks) <= 3, "there are more levels than asked for")
    holds(all(a[0] > b[0] for a, b in pairwise(found.bids)), f"the bids are {found.bids}")
    holds(all(a[0] < b[0] for a, b in pairwise(found.asks)), f"the asks are {found.asks}")
    holds(found.bids[0][0] < found.asks[0][0], "the book is crossed")
    units("the units at the best ask", found.asks[0][1], "1")


async def bars_without_holes(bench: Bench) -> None:
    """Finished bars come oldest first, one after another, their prices in order."""
    minutes, since, until = bench.bars
    bars = await bench.data.candles(bench.linear, minutes, since, until)
    holds(bool(bars) and since <= bars[0].at and bars[-1].at < until, f"the bars are {bars[:1]}…{bars[-1:]}")
    holds(all(b.at - a.at == minutes * 60_000 for a, b in pairwise(bars)), "there is a hole in the bars")
    for bar in bars:
        inside = bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        holds(inside and bar.low > 0, f"a bar is {bar}")


async def contracts_are_listed(bench: Bench) -> None:
    """The venue lists the contract it trades, with lot, tick, fees and multiplier that are no zeros."""
    found = {i.name: i for i in await bench.data.instruments()}
    listed = found.get(bench.linear.name)
    holds(listed is not None, f"{bench.linear.name} is not among {sorted(found)[:5]}")
    if listed is not None:
        positive = listed.lot > 0 and listed.tick > 0 and listed.multiplier > 0
        holds(positive, f"a figure of the contract is not positive: {listed}")
        same = (listed.payoff, listed.settle, listed.lot, listed.multiplier)
        own = bench.linear
        holds(same == (own.payoff, own.settle, own.lot, own.multiplier), f"the contract is {listed}")


async def notional_is_price_times_units(bench: Bench) -> None:
    """The venue's own notional is its mark times our units, within half a per cent: else the units are wrong."""
    await bench.sent(bench.order("-0.5"))
    holding = await bench.holding()
    holds(holding.notional is not None, "the venue says no notional: exempt this case, and check elsewhere")
    units("the position", holding.quantity, "-0.5")
    close_to("the notional", holding.notional, START / 2, "0.005")
    if holding.mark is not None:
        close_to("the mark", holding.mark, START, "0.005")


async def inverse_units_are_dollars(bench: Bench) -> None:
    """An inverse position counts dollars of face and makes its profit in coin."""
    contract = given(bench.inverse, "inverse")
    await bench.sent(bench.order("-30000", instrument=contract))
    holding = await bench.holding(contract)
    units("the position", holding.quantity, "-30000")
    close_to("the entry", holding.entry, START - 10)
    if holding.notional_coin is not None:
        close_to("the notional in coin", holding.notional_coin, 30_000 / START, "0.005")
    before = await bench.wallet(contract.settle)
    await bench.book(START - 5_000, contract)
    await bench.mark(START - 5_000, contract)
    await bench.sent(bench.order("30000", instrument=contract, reduce_only=True))
    fee = (await bench.fills(contract))[-1].fee
    gained = await bench.wallet(contract.settle) - before + fee
    close_to("the profit in coin", gained, 30_000 / Decimal(55_010) - 30_000 / Decimal(59_990), "0.0001")


async def everything_is_exact(bench: Bench) -> None:
    """Prices, quantities and money are Decimals, ids are text, instants whole milliseconds."""
    await bench.sent(bench.order("0.5"))
    holding, (fill,) = await bench.holding(), await bench.fills()
    numbers = (holding.quantity, holding.entry, fill.quantity, fill.price, fill.fee)
    for number in numbers:
        is_a("a number", number, Decimal)
        holds(number.is_finite(), f"a number is {number}")
    is_a("a trade id", fill.trade_id, str)
    is_a("an order id", fill.order_id, str)
    is_a("the instant of a fill", fill.at, int)
    now = await bench.data.server_time()
    holds(abs(fill.at - now) < 3_600_000, f"a fill at {fill.at}, now {now}")


async def a_dated_contract_settles_on_the_average(bench: Bench) -> None:
    """At expiry the position goes at the average of the index over the window, not at the last price."""
    contract = given(bench.dated, "dated")
    await bench.sent(bench.order("1", instrument=contract))
    order = bench.order("0.5", 59_000, instrument=contract)
    await bench.sent(order)
    ends = round(contract.expiry.timestamp() * 1000) if contract.expiry else 0
    await bench.wait(ends - 1_800_000 - await bench.data.server_time())
    for index in (60_000, 60_600, 61_200):
        price = {contract.name: Decimal(index)}
        await bench.happen(Marked(0, price, price))
        await bench.wait(600_000)
    holds(await bench.account.positions([contract]) == (), "an expired contract has a position")
    last = (await bench.fills(contract))[-1]
    wanted = "settlement" if bench.tells_kind else "trade"
    holds(last.kind == wanted, f"the last fill's kind is {last.kind}")
    close_to("the settlement price", last.price, Decimal(60_600))
    holds((await bench.report(order)).state is not OrderState.ACKED, "an order outlived its contract")
    listed = {i.name for i in await bench.data.instruments()}
    holds(contract.name not in listed, "an expired contract is still listed")
    await bench.refused(bench.order("1", instrument=contract))


MARKETS = (
    server_time_moves,
    tickers_say_the_prices,
    depth_is_best_first,
    bars_without_holes,
    contracts_are_listed,
    notional_is_price_times_units,
    inverse_units_are_dollars,
    everything_is_exact,
    a_dated_contract_settles_on_the_average,
)
"""In the order of their numbers, from 61: new ones go to the end."""
