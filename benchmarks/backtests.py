"""One backtest, and a sweep of a thousand: five years of days, a book of fifty coins, a short in BTC traded every day.

What is timed is the walk: valuing the book, deciding, rounding to lots, filling with fee and slippage, margin, net asset
value and attribution of every bar. Betas and bands are given to us as arrays, as orders are given to the peers: they do
not decide, they book our fills at our prices and value the account, which is less work. The plain case has no funding
and one margin tier, all that vectorbt can follow; its net asset values agree with ours to the cent. The peers that
rebalance to weights (cvxportfolio, bt) hold the same fifty coins and rebalance daily.
"""

from __future__ import annotations

import time
import warnings
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from benchmarks.race import Peer, Row, race
from tests.hedge.books import book, contract, spot

from hedgerow.hedge.policy import Policy
from hedgerow.model.arrays import FloatArray
from hedgerow.model.instruments import Instrument
from hedgerow.model.journal import day_ends
from hedgerow.model.market import FundingPrints, Market
from hedgerow.runs import BacktestSettings, backtest
from hedgerow.runs.past import Past, past_of
from hedgerow.runs.twin.engine import walked
from hedgerow.runs.twin.holdings import valued
from hedgerow.runs.twin.many import walk_all
from hedgerow.runs.twin.staging import Learned, knobs_of, learned, stage_of, units_of
from hedgerow.runs.twin.tape import Knobs, Stage
from hedgerow.testing import beta_market

DAYS, COINS, TRAIN = 1826, 50, 90
TIMES = BacktestSettings(estimate_days=28.0, choose_days=1e6)
POLICY = Policy(
    instruments=("BTCUSDT",), rebalance="calendar:1", collateral="100000000USDT", estimator="ols:90"
)


def market(funding: bool) -> Market:
    """Fifty coins that move with BTC; the same seed, with funding three times a day, or of nothing once a day.

    Without prints a run would model them.
    """
    names = ["BTC", *(f"C{i:02d}" for i in range(COINS))]
    betas = {name: 1.0 + 0.02 * i for i, name in enumerate(names)}
    made = beta_market(betas, {"BTC": 60_000.0}, days=DAYS + TRAIN, volatility=0.02, own=0.015, seed=1)
    hours, rate = (8, 1e-4) if funding else (24, 0.0)
    times = np.arange(made.times[0], made.times[-1], np.timedelta64(hours, "h")).astype("datetime64[ms]")
    return replace(made, funding={"BTC": FundingPrints("made", times, np.full(len(times), rate))})


def contracts(_: Market) -> tuple[Instrument, ...]:
    """One linear perpetual on BTC."""
    return (contract(),)


def staged(policy: Policy, funding: bool) -> tuple[Past, Learned, Stage, Knobs]:
    """Everything the compiled walk is given."""
    held = book(*(spot(f"C{i:02d}", 100) for i in range(COINS)))
    past = past_of(policy, held, market(funding), contracts, None, TIMES, None)
    found = learned(policy, past)
    return past, found, stage_of(past, found), knobs_of(policy, found, TIMES.choose_days)


def compiled(past: Past, found: Learned, stage: Stage, knobs: Knobs) -> FloatArray:
    """Value the book and walk the policy; return the net asset values."""
    valued(units_of(past.panel, found), past.panel.prices[past.panel.first :], stage.bar, stage.lead)
    values: FloatArray = walked(stage, knobs)[0].bar["nav"]
    return values


def vectorbt_orders(past: Past, stage: Stage, knobs: Knobs) -> dict[str, Any]:
    """Our fills as vectorbt takes them: sizes and prices, (R, 51), the coins bought at the first bar without a fee."""
    import pandas as pd

    out, log = walked(stage, knobs)
    events = log.event[: int(log.used[0])]
    fills = events[events["kind"] == 0]
    rows = len(out.bar)
    prices = past.panel.prices[past.panel.first :]
    close = np.column_stack([prices, stage.leg[:, 0]["last"]])
    size = np.full(close.shape, np.nan)
    size[0, :COINS] = past.panel.units[past.panel.first]
    price, fees = close.copy(), np.zeros(close.shape)
    size[fills["bar"], COINS], price[fills["bar"], COINS] = fills["contracts"], fills["price"]
    fees[:, COINS] = 0.0005
    index = pd.date_range("2020-01-01", periods=rows, freq="D")
    cash = float(out.bar["nav"][0] - out.lines[0].sum())
    frame = pd.DataFrame(close, index=index)
    return {"close": frame, "size": size, "price": price, "fees": fees, "init_cash": cash}


def vectorbt_value(orders: dict[str, Any], engine: str) -> FloatArray:
    """Book the orders in one account and value it at every close."""
    import vectorbt as vbt

    account = vbt.Portfolio.from_orders(
        **orders, group_by=True, cash_sharing=True, freq="D", engine=engine, update_value=False
    )
    values: FloatArray = account.value().to_numpy()
    return values


def to_the_cent(mine: object, theirs: object) -> None:
    """Raise where net asset values differ by a cent."""
    np.testing.assert_allclose(np.asarray(theirs).ravel(), np.asarray(mine), rtol=0, atol=0.01)


def fixed_weights(prices: FloatArray) -> object:
    """Hold fifty coins at equal weights in cvxportfolio, without costs, from given returns."""
    import cvxportfolio as cvx
    import pandas as pd

    index = pd.date_range("2020-01-01", periods=len(prices), freq="D", tz="UTC")
    frame = pd.DataFrame(prices, index=index).pct_change().shift(-1).iloc[:-1]
    frame["cash"] = 0.0
    weights = pd.Series(1.0 / prices.shape[1], index=frame.columns)
    weights["cash"] = 0.0
    data = cvx.UserProvidedMarketData(returns=frame, cash_key="cash", min_history=pd.Timedelta("0d"))
    simulator = cvx.MarketSimulator(market_data=data, costs=[])
    return simulator.backtest(cvx.FixedWeights(weights), start_time=frame.index[0], end_time=frame.index[-1])


def equal_weights(prices: FloatArray) -> object:
    """The same in bt."""
    import bt
    import pandas as pd

    index = pd.date_range("2020-01-01", periods=len(prices), freq="D")
    frame = pd.DataFrame(prices, index=index, columns=[f"C{i:02d}" for i in range(prices.shape[1])])
    rule = [bt.algos.RunDaily(), bt.algos.SelectAll(), bt.algos.WeighEqually(), bt.algos.Rebalance()]
    test = bt.Backtest(bt.Strategy("equal", rule), frame, initial_capital=1e6, integer_positions=False)
    return bt.run(test, progress_bar=False)


def cerebro(orders: dict[str, Any]) -> object:
    """Book our sizes in backtrader, at its own next open, which is the close before."""
    import backtrader

    close, size = orders["close"], orders["size"]

    class Fills(backtrader.Strategy):  # type: ignore[misc]
        def next(self) -> None:
            t = len(self.datas[0]) - 1
            for i, data in enumerate(self.datas):
                if np.isfinite(size[t, i]) and size[t, i]:
                    (self.buy if size[t, i] > 0 else self.sell)(data, size=abs(size[t, i]))

    engine = backtrader.Cerebro(stdstats=False)
    engine.addstrategy(Fills)
    engine.broker.setcash(orders["init_cash"])
    engine.broker.setcommission(0.0005)
    for i in close.columns:
        bars = close[[i]].rename(columns={i: "close"}).assign(volume=0.0, openinterest=0.0)
        bars["open"] = bars["high"] = bars["low"] = bars["close"]
        engine.adddata(backtrader.feeds.PandasData(dataname=bars), name=str(i))
    return engine.run()


def rows() -> list[Row]:
    """Return the table."""
    warnings.simplefilter("ignore")
    plain = staged(POLICY, funding=False)
    past, _, stage, knobs = plain
    orders = vectorbt_orders(past, stage, knobs)
    prices = past.panel.prices[past.panel.first :]
    vectorbt = [
        Peer(
            f"vectorbt {engine}, with its valuation",
            partial(vectorbt_value, orders, engine),
            30.0,
            to_the_cent,
        )
        for engine in ("numba", "rust")
    ]
    table = race(
        "one backtest, 5 years daily, 50 coins: compiled, plain case",
        partial(compiled, *plain),
        [*vectorbt, Peer("cvxportfolio", partial(fixed_weights, prices), 10_000.0)],
    )
    full = staged(replace(POLICY, collateral=None), funding=True)
    table += race(
        "the same with funding, tiers and liquidation: compiled",
        partial(compiled, *full),
        [replace(peer, target=10.0, agree=None) for peer in vectorbt],
    )
    slow = [
        Peer("cvxportfolio", partial(fixed_weights, prices), 20.0),
        Peer("backtrader", partial(cerebro, orders), 20.0),
        Peer("bt", partial(equal_weights, prices), 20.0),
    ]
    held = past.book
    ours = partial(backtest, POLICY, held, past.market, contracts, settings=TIMES)
    table += race("the same, plain engine, its estimates included", ours, slow, rounds=1)
    return table + sweep_rows(full, orders)


def sweep_rows(full: tuple[Past, Learned, Stage, Knobs], orders: dict[str, Any]) -> list[Row]:
    """A thousand configurations of the full case on two threads, against vectorbt's broadcasting of its plain one."""
    past, found, stage, _ = full
    configurations = [
        knobs_of(
            replace(POLICY, collateral=None, rebalance=rule, target_beta=(beta,)), found, TIMES.choose_days
        )
        for beta in np.linspace(0.0, 1.0, 10).tolist()
        for rule in [f"calendar:{days}" for days in range(1, 51)]
        + [f"threshold:{share:.3f}" for share in np.linspace(0.005, 0.25, 50)]
    ]
    ends = day_ends(past.panel.times[past.panel.first :])

    def ours() -> object:
        valued(units_of(past.panel, found), past.panel.prices[past.panel.first :], stage.bar, stage.lead)
        return walk_all(stage, configurations, ends)

    few = 10

    def broadcast() -> object:
        import pandas as pd
        import vectorbt as vbt

        close = pd.concat([orders["close"]] * few, axis=1, keys=range(few))
        wide = {name: np.tile(orders[name], (1, few)) for name in ("size", "price", "fees")}
        account = vbt.Portfolio.from_orders(
            close, **wide, init_cash=orders["init_cash"], group_by=0, cash_sharing=True, freq="D"
        )
        return account.value()

    peer = Peer("vectorbt broadcast", broadcast, 200.0, share=few / len(configurations))
    title = "a sweep of 1,000 configurations of it, 2 threads"
    return race(title, ours, [peer], clock=time.perf_counter)
