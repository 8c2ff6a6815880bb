"""Cases from 1: orders and what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hedgerow.model.orders import Accepted, OrderState, Refused
from hedgerow.testing.venue.bench import START, Bench, close_to, holds, is_a, units

__all__ = ["ORDERS"]


async def long_from_zero(bench: Bench) -> None:
    """A market buy ends filled at the ask, and is a long of as many units."""
    report = await bench.sent(bench.order("0.5"))
    holds(report.state is OrderState.FILLED, f"a market buy is {report.state}")
    units("filled", report.filled, "0.5")
    close_to("the average", report.average, START + 10)
    holding = await bench.holding()
    units("the position", holding.quantity, "0.5")
    close_to("the entry", holding.entry, START + 10)


async def short_from_zero(bench: Bench) -> None:
    """A market sell is a short: the order, the fill and the position are below zero."""
    report = await bench.sent(bench.order("-0.5"))
    units("filled", report.filled, "-0.5")
    close_to("the average", report.average, START - 10)
    units("the position", (await bench.holding()).quantity, "-0.5")
    (fill,) = await bench.fills()
    units("the fill", fill.quantity, "-0.5")


async def close_from_long(bench: Bench) -> None:
    """A reducing sell of all of it leaves nothing."""
    await bench.sent(bench.order("0.5"))
    await bench.sent(bench.order("-0.5", reduce_only=True))
    units("the position", await bench.held(), "0")
    holds(await bench.account.positions([bench.linear]) == (), "a flat contract still has a position")


async def close_from_short(bench: Bench) -> None:
    """A reducing buy of all of it leaves nothing."""
    await bench.sent(bench.order("-0.5"))
    await bench.sent(bench.order("0.5", reduce_only=True))
    holds(await bench.account.positions([bench.linear]) == (), "a flat contract still has a position")


async def short_from_long(bench: Bench) -> None:
    """Selling more than is held turns the position, and the rest begins at the price of the turn."""
    await bench.sent(bench.order("0.5"))
    await bench.sent(bench.order("-0.8"))
    holding = await bench.holding()
    units("the position", holding.quantity, "-0.3")
    close_to("the entry", holding.entry, START - 10)


async def long_from_short(bench: Bench) -> None:
    """Buying more than is owed turns the position."""
    await bench.sent(bench.order("-0.5"))
    await bench.sent(bench.order("0.8"))
    holding = await bench.holding()
    units("the position", holding.quantity, "0.3")
    close_to("the entry", holding.entry, START + 10)


async def adding_averages_the_entry(bench: Bench) -> None:
    """Two buys have the average of their prices by units, and closing some of it leaves the entry as it is."""
    await bench.sent(bench.order("1"))
    await bench.sent(bench.order("1"))
    close_to("the entry", (await bench.holding()).entry, START + 15)
    await bench.sent(bench.order("-0.5"))
    close_to("the entry after closing some", (await bench.holding()).entry, START + 15)


async def partial_fills(bench: Bench) -> None:
    """A limit order takes what is there, says how much, and the rest stands in the book."""
    order = bench.order("4", int(START) + 20)
    report = await bench.sent(order)
    holds(report.state is OrderState.PARTIAL, f"an order filled in part is {report.state}")
    units("filled", report.filled, "3")
    close_to("the average", report.average, (1 * (START + 10) + 2 * (START + 20)) / 3)
    units("the sum of fills", sum((f.quantity for f in await bench.fills()), Decimal(0)), "3")
    holds(len(await bench.trading.open_orders(bench.linear)) == 1, "the rest is not open")


async def rests_and_fills(bench: Bench) -> None:
    """A limit order away from the market rests, and fills at its own price as a maker when the market comes."""
    order = bench.order("0.5", int(START) - 50)
    holds((await bench.sent(order)).state is OrderState.ACKED, "an order that rests is not acknowledged")
    await bench.book(START - 100)
    report = await bench.report(order)
    holds(report.state is OrderState.FILLED, f"an order that the market crossed is {report.state}")
    close_to("the average", report.average, START - 50)
    (fill,) = await bench.fills()
    holds(fill.maker is not False, "an order that rested paid as a taker")


async def cancels(bench: Bench) -> None:
    """A cancelled order is over, without a fill."""
    order = bench.order("0.5", int(START) - 50)
    await bench.sent(order)
    holds(isinstance(await bench.trading.cancel(order), Accepted), "the cancel was not accepted")
    report = await bench.report(order)
    holds(report.state is OrderState.CANCELLED, f"a cancelled order is {report.state}")
    await bench.book(START - 100)
    units("the position", await bench.held(), "0")


async def cancel_comes_too_late(bench: Bench) -> None:
    """Cancelling what has filled is refused, and the fill stays."""
    order = bench.order("0.5", int(START) - 50)
    await bench.sent(order)
    await bench.book(START - 100)
    reply = await bench.trading.cancel(order)
    holds(isinstance(reply, Refused), f"a filled order was cancelled: {reply}")
    holds((await bench.report(order)).state is OrderState.FILLED, "the fill went with the cancel")
    units("the position", await bench.held(), "0.5")


async def cancel_after_a_part(bench: Bench) -> None:
    """A cancel keeps what had filled: the position is the fills, whatever the last state is called."""
    order = bench.order("3", int(START) + 10)
    await bench.sent(order)
    await bench.trading.cancel(order)
    report = await bench.report(order)
    holds(report.state is OrderState.CANCELLED, f"a cancelled order is {report.state}")
    units("filled", report.filled, "1")
    units("the position", await bench.held(), "1")


async def cancel_of_nothing(bench: Bench) -> None:
    """Cancelling an order that never was is refused."""
    reply = await bench.trading.cancel(bench.order("1"))
    holds(isinstance(reply, Refused), f"an order that never was got cancelled: {reply}")


async def client_id_twice(bench: Bench) -> None:
    """A venue that keeps client ids apart does not take the second; one that does not is declared as such."""
    order = bench.order("0.5")
    await bench.sent(order)
    reply = await bench.trading.place(order)
    if bench.unique_ids:
        holds(not isinstance(reply, Accepted), f"the same client id was taken twice: {reply}")
        units("the position", await bench.held(), "0.5")
    else:
        holds(isinstance(reply, Accepted), f"a venue without unique ids answered {reply}")
        units("the position", await bench.held(), "1")


async def client_id_comes_back(bench: Bench) -> None:
    """The venue finds an order by the client's id, says that id and gives its own as text."""
    order = bench.order("0.5", int(START) - 50)
    reply = await bench.trading.place(order)
    report = await bench.report(order)
    holds(report.client_id == order.client_id, f"the client id came back as {report.client_id!r}")
    holds(
        isinstance(reply, Accepted) and reply.order_id == report.order_id, f"two ids for one order: {reply}"
    )
    is_a("an order id", report.order_id, str)
    holds(report.order_id != "", "an order has no id")
    await bench.sent(bench.order("-0.2"))
    fills = await bench.fills()
    known = all(
        f.order_id and f.client_id in {"", f"{bench.prefix}{1:0{20 - len(bench.prefix)}d}"} for f in fills
    )
    holds(known, f"fills do not say whose they are: {fills}")


async def unknown_is_none(bench: Bench) -> None:
    """An order that never was is None: not a zero, not an empty one."""
    found = await bench.trading.order(bench.order("1"))
    holds(found is None, f"an order that never was is {found}")


async def open_orders_are_the_open_ones(bench: Bench) -> None:
    """Open orders are those that rest, of this contract, with what is left of them."""
    orders = [bench.order("0.5", int(START) - 50 - n) for n in range(3)]
    for order in orders:
        await bench.sent(order)
    await bench.trading.cancel(orders[1])
    await bench.sent(bench.order("0.1"))
    found = await bench.trading.open_orders(bench.linear)
    wanted = {orders[0].client_id, orders[2].client_id}
    holds({o.client_id for o in found} == wanted, f"open are {found}")
    holds(all(o.quantity == Decimal("0.5") and not o.filled for o in found), f"open are {found}")


async def reduce_only_when_flat(bench: Bench) -> None:
    """With nothing to reduce, a reduce-only order does nothing."""
    order = bench.order("-0.5", reduce_only=True)
    await bench.trading.place(order)
    units("the position", await bench.held(), "0")
    holds(await bench.fills() == (), "a reduce-only order traded without a position")


async def reduce_only_never_turns(bench: Bench) -> None:
    """A reduce-only order of more than is held closes it and no more."""
    await bench.sent(bench.order("0.5"))
    await bench.trading.place(bench.order("-2", reduce_only=True))
    held = await bench.held()
    holds(0 <= held <= Decimal("0.5"), f"a reduce-only order left {held}")


async def reduce_only_never_grows(bench: Bench) -> None:
    """A reduce-only order on the position's own side does nothing."""
    await bench.sent(bench.order("0.5"))
    await bench.trading.place(bench.order("0.5", reduce_only=True))
    units("the position", await bench.held(), "0.5")


async def reduce_only_orders_share_the_position(bench: Bench) -> None:
    """Several resting reduce-only orders together never sell more than there is."""
    await bench.sent(bench.order("0.5"))
    for n in range(3):
        await bench.trading.place(bench.order("-0.4", int(START) + 50 + n, reduce_only=True))
    await bench.book(START + 200)
    held = await bench.held()
    holds(0 <= held < Decimal("0.5"), f"three reduce-only orders left {held}")


async def post_only_rests(bench: Bench) -> None:
    """A post-only order away from the market rests."""
    report = await bench.sent(bench.order("0.5", int(START) - 50, kind="post_only"))
    holds(report.state is OrderState.ACKED, f"a post-only order that rests is {report.state}")


async def post_only_never_takes(bench: Bench) -> None:
    """A post-only order that would take does not: refused, or taken and cancelled at once."""
    order = bench.order("0.5", int(START) + 10, kind="post_only")
    reply = await bench.trading.place(order)
    if isinstance(reply, Accepted):
        report = await bench.report(order)
        holds(report.state in {OrderState.CANCELLED, OrderState.EXPIRED}, f"it is {report.state}")
    units("the position", await bench.held(), "0")
    holds(await bench.fills() == (), "a post-only order took")


async def whole_lots_only(bench: Bench) -> None:
    """A quantity between two lots is refused, not rounded."""
    half = bench.linear.lot * bench.linear.multiplier / 2
    await bench.refused(replace(bench.order("0.5"), quantity=Decimal("0.5") + half))
    units("the position", await bench.held(), "0")


async def whole_ticks_only(bench: Bench) -> None:
    """A price between two ticks is refused, not rounded."""
    order = replace(bench.order("0.5", 59_000), price=Decimal(59_000) + bench.linear.tick / 2)
    await bench.refused(order)
    holds(await bench.trading.open_orders(bench.linear) == (), "a refused order is open")


async def minimum_worth(bench: Bench) -> None:
    """One lot, worth less than the minimum, is refused; what is left of a position may still be closed."""
    lot = bench.linear.lot * bench.linear.multiplier
    await bench.refused(replace(bench.order("1"), quantity=lot))
    await bench.sent(bench.order("0.5"))
    await bench.sent(replace(bench.order("-1", reduce_only=True), quantity=lot - Decimal("0.5")))
    await bench.sent(replace(bench.order("-1", reduce_only=True), quantity=-lot))
    units("the position", await bench.held(), "0")


async def a_maximum(bench: Bench) -> None:
    """An order above the maximum is refused whole."""
    most = bench.linear.max_contracts
    holds(most is not None, "the bench's contract has no maximum: exempt this case")
    wanted = (most or Decimal(0)) * bench.linear.multiplier + bench.linear.lot
    await bench.refused(replace(bench.order("1", 1), quantity=wanted, price=Decimal(59_000)))


async def enough_margin(bench: Bench) -> None:
    """An order that the account cannot carry is refused, and the position stays as it was."""
    await bench.sent(bench.order("0.5"))
    await bench.refused(bench.order("900", int(START) - 50))
    units("the position", await bench.held(), "0.5")


async def a_sum_of_orders_needs_margin(bench: Bench) -> None:
    """Resting orders hold margin: each alone could be carried, all together not."""
    replies = [await bench.trading.place(bench.order("10", int(START) - 50 - n)) for n in range(10)]
    taken = sum(isinstance(reply, Accepted) for reply in replies)
    holds(0 < taken < len(replies), f"{taken} of {len(replies)} orders of 600,000 each were taken")


ORDERS = (
    long_from_zero,
    short_from_zero,
    close_from_long,
    close_from_short,
    short_from_long,
    long_from_short,
    adding_averages_the_entry,
    partial_fills,
    rests_and_fills,
    cancels,
    cancel_comes_too_late,
    cancel_after_a_part,
    cancel_of_nothing,
    client_id_twice,
    client_id_comes_back,
    unknown_is_none,
    open_orders_are_the_open_ones,
    reduce_only_when_flat,
    reduce_only_never_turns,
    reduce_only_never_grows,
    reduce_only_orders_share_the_position,
    post_only_rests,
    post_only_never_takes,
    whole_lots_only,
    whole_ticks_only,
    minimum_worth,
    a_maximum,
    enough_margin,
    a_sum_of_orders_needs_margin,
)
"""In the order of their numbers, from 1: new ones go to the end."""
