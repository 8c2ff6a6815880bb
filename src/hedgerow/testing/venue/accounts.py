"""Cases from 31: fills, fees, funding, margin, modes, protection, and what a restart leaves."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from hedgerow.exchange.venue import Credited, Deleveraged, FundingSet, Printed
from hedgerow.model.errors import BrokenPromise, HedgerowError
from hedgerow.model.instruments import Instrument
from hedgerow.model.orders import Accepted, OrderState
from hedgerow.model.ports import AccountModes, MarginMode
from hedgerow.stats.margin import maintenance_margin
from hedgerow.testing.venue.bench import START, Bench, close_to, given, holds, is_a, units

__all__ = ["ACCOUNTS"]

_HOUR = 3_600_000
_RATE = Decimal("0.0005")


async def fills_are_all_there_once(bench: Bench) -> None:
    """More fills than any page come back, oldest first, each trade id once, and add up to the position."""
    for n in range(60):
        await bench.sent(bench.order("0.003" if n % 2 else "0.004"))
        if n % 10 == 0:
            await bench.wait(1_000)
            await bench.book()
    fills = await bench.fills()
    ids = [fill.trade_id for fill in fills]
    holds(len(set(ids)) == len(ids) == 60, f"{len(ids)} fills with {len(set(ids))} ids for 60 trades")
    holds([f.at for f in fills] == sorted(f.at for f in fills), "fills are not in the order of time")
    units("the sum of fills", sum((f.quantity for f in fills), Decimal(0)), "0.21")
    units("the position", await bench.held(), "0.21")
    since = fills[30].at
    later = await bench.trading.fills(bench.linear, since)
    holds([f.trade_id for f in later] == [f.trade_id for f in fills if f.at >= since], "since is not heeded")


async def fees_are_paid_and_told(bench: Bench) -> None:
    """A taker pays the taker fee on what traded, above zero; a maker the maker's; both as `fees` says."""
    taker, maker = await bench.account.fees(bench.linear)
    await bench.sent(bench.order("0.5"))
    await bench.sent(bench.order("0.5", int(START) - 50))
    await bench.book(START - 100)
    first, second = await bench.fills()
    close_to("the taker's fee", first.fee, (START + 10) / 2 * taker)
    close_to("the maker's fee", second.fee, (START - 50) / 2 * maker)
    holds(first.fee_coin == bench.linear.settle, f"the fee is in {first.fee_coin}")


async def money_adds_up(bench: Bench) -> None:
    """What the wallet lost on a round trip is the spread and the fees that the fills say."""
    before = await bench.wallet()
    await bench.sent(bench.order("0.5"))
    await bench.sent(bench.order("-0.5", reduce_only=True))
    paid = sum((f.quantity * f.price + f.fee for f in await bench.fills()), Decimal(0))
    close_to("the wallet", await bench.wallet(), before - paid)


async def a_short_receives_positive_funding(bench: Bench) -> None:
    """A positive rate is paid by longs and received by shorts, on the mark at that instant."""
    await _funded(bench, "-0.5", _RATE, START / 2 * _RATE)


async def a_long_pays_positive_funding(bench: Bench) -> None:
    """The long's payment is below zero."""
    await _funded(bench, "0.5", _RATE, -START / 2 * _RATE)


async def a_short_pays_negative_funding(bench: Bench) -> None:
    """A negative rate turns who pays."""
    await _funded(bench, "-0.5", -_RATE, -START / 2 * _RATE)


async def inverse_funding_is_in_coin(bench: Bench) -> None:
    """An inverse short receives dollars over mark times rate, in the coin."""
    contract = given(bench.inverse, "inverse")
    await bench.sent(bench.order("-30000", instrument=contract))
    before = await bench.wallet(contract.settle)
    await _settle(bench, contract, _RATE)
    (paid,) = await bench.account.paid(contract, 0)
    close_to("funding in coin", paid.amount, 30_000 / START * _RATE)
    holds(paid.coin == contract.settle, f"it came in {paid.coin}")
    close_to("the wallet", await bench.wallet(contract.settle), before + paid.amount)


async def funding_intervals_change(bench: Bench) -> None:
    """When eight hours become one, each settlement is paid once, and the prints say their own interval."""
    await bench.sent(bench.order("-0.5"))
    now = await bench.data.server_time()
    first = now + 8 * _HOUR
    await bench.happen(FundingSet(0, bench.linear.name, _RATE, 8 * _HOUR, first))
    await bench.wait(8 * _HOUR)
    await bench.happen(FundingSet(0, bench.linear.name, _RATE, _HOUR, first + _HOUR))
    await bench.wait(2 * _HOUR)
    paid = await bench.account.paid(bench.linear, now)
    holds([p.at for p in paid] == [first + n * _HOUR for n in range(3)], f"paid were {paid}")
    holds(len({p.payment_id for p in paid}) == 3, "payments share an id")
    prints = await bench.data.funding(bench.linear, now, first + 3 * _HOUR)
    holds([p.at for p in prints] == [p.at for p in paid], f"printed were {prints}")
    known = [p.interval_hours for p in prints[1:]]
    holds(all(hours in {None, Decimal(1)} for hours in known), f"the intervals are {known}")


async def funding_to_come_is_a_forecast(bench: Bench) -> None:
    """The next settlement is told as a forecast, with its instant still to come, and is in no history."""
    now = await bench.data.server_time()
    await bench.happen(FundingSet(0, bench.linear.name, _RATE, 8 * _HOUR, now + 8 * _HOUR))
    found = await bench.data.funding_now(bench.linear)
    holds(found.forecast and found.at > now, f"what is to come is {found}")
    close_to("the rate", found.rate, _RATE)
    past = await bench.data.funding(bench.linear, 0, now + 9 * _HOUR)
    holds(all(p.at <= now and not p.forecast for p in past), "the history has a forecast in it")


async def tiers_bound_leverage(bench: Bench) -> None:
    """Tiers begin at 0 and rise; a position beyond the tier of its leverage is refused."""
    tiers = await bench.data.tiers(bench.linear)
    holds(bool(tiers) and tiers[0].floor == 0.0, f"the tiers are {tiers}")
    rises = all(a.floor < b.floor and a.mmr <= b.mmr for a, b in pairwise(tiers))
    holds(rises, f"the tiers do not rise: {tiers}")
    highest = Decimal(str(tiers[0].max_leverage))
    await bench.account.configure(bench.linear, AccountModes(None, None, highest))
    beyond = next((t for t in tiers if t.max_leverage < tiers[0].max_leverage), None)
    holds(beyond is not None, "all tiers allow the same leverage: exempt this case")
    size = Decimal(str(beyond.floor if beyond else 0)) * 2 / START // 1 + 1
    await bench.refused(replace(bench.order("1", int(START) - 50), quantity=size))


async def leverage_is_set_and_read_back(bench: Bench) -> None:
    """Leverage comes back as set, and setting it once more is no error."""
    for leverage in (Decimal(3), Decimal(3), Decimal(5)):
        found = await bench.account.configure(bench.linear, AccountModes(None, None, leverage))
        holds(found.leverage == leverage, f"leverage {leverage} was read back as {found.leverage}")
    modes = await bench.account.modes(bench.linear)
    holds(modes.leverage == 5, f"leverage is {modes.leverage}")


async def margin_mode_is_set_while_flat(bench: Bench) -> None:
    """Margin mode comes back as set; with a position open it is refused and stays."""
    modes: tuple[MarginMode, ...] = ("isolated", "isolated", "cross")
    for mode in modes:
        found = await bench.account.configure(bench.linear, AccountModes(None, mode, None))
        holds(found.margin_mode == mode, f"{mode} was read back as {found.margin_mode}")
    await bench.sent(bench.order("0.5"))
    await _raises(bench, AccountModes(None, "isolated", None))
    modes_now = await bench.account.modes(bench.linear)
    holds(modes_now.margin_mode == "cross", f"the margin mode is {modes_now.margin_mode}")


async def position_mode_is_set_while_flat(bench: Bench) -> None:
    """In hedge mode a long and a short coexist and close apart; the way back waits until both are gone."""
    found = await bench.account.configure(bench.linear, AccountModes(True, None, None))
    holds(found.hedge is True, f"hedge mode was read back as {found.hedge}")
    await bench.sent(bench.order("0.5"))
    await bench.sent(bench.order("-0.3"))
    legs = {h.leg: h.quantity for h in await bench.account.positions([bench.linear])}
    holds(legs == {"long": Decimal("0.5"), "short": Decimal("-0.3")}, f"the legs are {legs}")
    await _raises(bench, AccountModes(False, None, None))
    await bench.sent(bench.order("-0.5", reduce_only=True))
    await bench.sent(bench.order("0.3", reduce_only=True))
    found = await bench.account.configure(bench.linear, AccountModes(False, None, None))
    holds(found.hedge is False, f"one-way mode was read back as {found.hedge}")


async def cross_liquidation_price(bench: Bench) -> None:
    """At the venue's own price the wallet meets the maintenance margin, above the mark for a short."""
    await bench.account.configure(bench.linear, AccountModes(None, "cross", Decimal(10)))
    await bench.sent(bench.order("-3"))
    await _meets_maintenance(bench, await bench.wallet())


async def isolated_liquidation_price(bench: Bench) -> None:
    """An isolated short is carried by its own margin alone: entry value over leverage."""
    await bench.account.configure(bench.linear, AccountModes(None, "isolated", Decimal(10)))
    await bench.sent(bench.order("-1"))
    holding = await bench.holding()
    holds(holding.margin_mode in {"isolated", None}, f"the position is {holding.margin_mode}")
    modes = await bench.account.modes(bench.linear)
    holds(modes.margin_mode == "isolated", f"the contract is {modes.margin_mode}")
    await _meets_maintenance(bench, abs(holding.quantity) * holding.entry / 10)


async def the_mark_liquidates_and_no_last_price(bench: Bench) -> None:
    """A spike in trades closes nothing; a mark beyond the liquidation price does, in a fill that says so where it can."""
    await bench.account.configure(bench.linear, AccountModes(None, "isolated", Decimal(10)))
    await bench.sent(bench.order("-1"))
    price = (await bench.holding()).liquidation or START * 2
    await bench.happen(Printed(0, bench.linear.name, price // 1 + 5_000, Decimal(1)))
    units("the position after the spike", await bench.held(), "-1")
    await bench.mark(price // 1 + 100)
    units("the position", await bench.held(), "0")
    kinds = [f.kind for f in await bench.fills()]
    wanted = "liquidation" if bench.tells_kind else "trade"
    holds(kinds[-1] == wanted and set(kinds[:-1]) == {"trade"}, f"the fills are {kinds}")
    holds(await bench.wallet() > 0, "an isolated position cost more than its margin")


async def adl_is_a_fill_of_its_own_kind(bench: Bench) -> None:
    """What the venue closes in its queue comes as a fill that says so where it can, and the position is smaller."""
    await bench.sent(bench.order("-0.5"))
    await bench.happen(Deleveraged(0, bench.linear.name, Decimal("-0.2"), START - 500))
    units("the position", await bench.held(), "-0.3")
    last = (await bench.fills())[-1]
    holds(last.kind == ("adl" if bench.tells_kind else "trade"), f"the fill's kind is {last.kind}")
    units("the fill", last.quantity, "0.2")
    close_to("the price", last.price, START - 500)


async def a_stop_waits_for_the_mark(bench: Bench) -> None:
    """A protective stop is seen by an independent read, sleeps through trades, and goes off on the mark."""
    await bench.sent(bench.order("-0.5"))
    stop = bench.order("0.5", reduce_only=True, stop=61_000)
    holds(isinstance(await bench.trading.protect(stop), Accepted), "the stop was not accepted")
    report = await bench.report(stop)
    holds(report.state is OrderState.ACKED, f"a stop that waits is {report.state}")
    seen = await bench.trading.open_orders(bench.linear)
    holds(stop.client_id in {o.client_id for o in seen}, "no open order is the stop")
    await bench.happen(Printed(0, bench.linear.name, Decimal(61_500), Decimal(1)))
    units("the position after the trade", await bench.held(), "-0.5")
    await bench.book(61_000)
    await bench.mark(61_000)
    units("the position after the mark", await bench.held(), "0")


async def a_stop_never_opens(bench: Bench) -> None:
    """A protective stop that outlives its position does nothing when it goes off."""
    await bench.sent(bench.order("-0.5"))
    await bench.trading.protect(bench.order("0.5", reduce_only=True, stop=61_000))
    await bench.sent(bench.order("0.5", reduce_only=True))
    await bench.book(61_000)
    await bench.mark(61_000)
    units("the position", await bench.held(), "0")


async def the_dead_man_cancels(bench: Bench) -> None:
    """Without another call all orders are cancelled in time; a call in between puts that off."""
    order = bench.order("0.5", int(START) - 50)
    await bench.sent(order)
    holds(await bench.trading.dead_man(60), "the venue has no dead man's switch: exempt this case")
    await bench.wait(40_000)
    await bench.trading.dead_man(60)
    await bench.wait(40_000)
    holds((await bench.report(order)).state is OrderState.ACKED, "the switch went off too early")
    await bench.wait(40_000)
    holds((await bench.report(order)).state is OrderState.CANCELLED, "the switch did not go off")


async def balances_by_kind(bench: Bench) -> None:
    """Unrealised profit is no coin of the wallet; where the account tells of them, a bonus and what earns stand apart."""
    if "bonus" in bench.coins:
        await bench.happen(Credited(0, "", bench.linear.settle, Decimal(77), "bonus"))
    if "earn" in bench.coins:
        await bench.happen(Credited(0, "", bench.linear.settle, Decimal(88), "earn"))
    before = await bench.wallet()
    await bench.sent(bench.order("0.5"))
    paid = before - await bench.wallet()
    await bench.mark(START + 1_000)
    close_to("the wallet", await bench.wallet(), before - paid)
    found = {b.kind: b for b in await bench.account.balances() if b.coin == bench.linear.settle}
    holds(set(found) == bench.coins, f"the account tells of {sorted(found)}")
    if "bonus" in found:
        close_to("bonus", found["bonus"].total, Decimal(77))
        units("free bonus", found["bonus"].free, "0")
    if "earn" in found:
        close_to("earn", found["earn"].total, Decimal(88))
    derivatives = found["derivatives"]
    holds(derivatives.free < derivatives.total + 500, "margin in use is free")
    if derivatives.unrealised is not None:
        close_to("unrealised", derivatives.unrealised, Decimal(495))


async def permissions_are_read(bench: Bench) -> None:
    """The key says whose account it is; it may trade, and it may not withdraw."""
    found = await bench.account.permissions()
    is_a("the account's name", found.account_id, str)
    holds(found.account_id != "", "the account has no name")
    holds(found.trade is not False, "the key may not trade")
    holds(found.withdraw is not True, "the key may withdraw")


async def a_restart_forgets_nothing(bench: Bench) -> None:
    """After a restart positions, open orders, past orders, fills and coins are what they were."""
    resting, done = bench.order("0.5", int(START) - 50), bench.order("0.3")
    await bench.sent(resting)
    await bench.sent(done)
    before = (await bench.holding(), await bench.report(done), await bench.fills(), await bench.wallet())
    bench = await bench.restart()
    after = (await bench.holding(), await bench.report(done), await bench.fills(), await bench.wallet())
    same = [replace(h[0], at=None) for h in (before, after)]
    holds(same[0] == same[1] and before[1:] == after[1:], f"{before} became {after}")
    await bench.book(START - 100)
    units("the position", await bench.held(), "0.8")
    if bench.unique_ids:
        reply = await bench.trading.place(done)
        holds(not isinstance(reply, Accepted), f"a client id of before was taken: {reply}")


async def _funded(bench: Bench, quantity: str, rate: Decimal, amount: Decimal) -> None:
    await bench.sent(bench.order(quantity))
    before = await bench.wallet()
    await _settle(bench, bench.linear, rate)
    (paid,) = await bench.account.paid(bench.linear, 0)
    close_to("funding", paid.amount, amount)
    holds(paid.coin == bench.linear.settle, f"it came in {paid.coin}")
    close_to("the wallet", await bench.wallet(), before + amount)


async def _settle(bench: Bench, contract: Instrument, rate: Decimal) -> None:
    now = await bench.data.server_time()
    await bench.happen(FundingSet(0, contract.name, rate, 8 * _HOUR, now + _HOUR))
    await bench.wait(_HOUR)


async def _raises(bench: Bench, modes: AccountModes) -> None:
    try:
        await bench.account.configure(bench.linear, modes)
    except HedgerowError:
        return
    raise BrokenPromise(f"{modes} was set with a position open")


async def _meets_maintenance(bench: Bench, margin: Decimal) -> None:
    """Equity at the liquidation price is the maintenance margin there, to a tick's worth."""
    holding = await bench.holding()
    price = holding.liquidation
    if price is None:
        raise BrokenPromise("a short has no liquidation price")
    holds(price > (holding.mark or START), f"a short is liquidated at {price}")
    equity = margin + holding.quantity * (price - holding.entry)
    needed = maintenance_margin(float(abs(holding.quantity) * price), bench.linear.tiers)
    off = abs(float(equity) - needed) / float(abs(holding.quantity))
    holds(off <= 2 * float(bench.linear.tick) + 0.01, f"at {price} equity is {equity}, maintenance {needed}")


ACCOUNTS = (
    fills_are_all_there_once,
    fees_are_paid_and_told,
    money_adds_up,
    a_short_receives_positive_funding,
    a_long_pays_positive_funding,
    a_short_pays_negative_funding,
    inverse_funding_is_in_coin,
    funding_intervals_change,
    funding_to_come_is_a_forecast,
    tiers_bound_leverage,
    leverage_is_set_and_read_back,
    margin_mode_is_set_while_flat,
    position_mode_is_set_while_flat,
    cross_liquidation_price,
    isolated_liquidation_price,
    the_mark_liquidates_and_no_last_price,
    adl_is_a_fill_of_its_own_kind,
    a_stop_waits_for_the_mark,
    a_stop_never_opens,
    the_dead_man_cancels,
    balances_by_kind,
    permissions_are_read,
    a_restart_forgets_nothing,
)
"""In the order of their numbers, from 31: new ones go to the end."""
