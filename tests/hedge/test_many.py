"""Many books at once are each book alone: every column against the plan that one book gets."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.hedge.books import book, contract, open_contract, spot
from tests.hedge.plans import simulated

from hedgerow.hedge.many import BookPlans, Books, Universe, plan_books
from hedgerow.hedge.plan import HedgePlan
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.sizing import size
from hedgerow.model.errors import BadPortfolio, UsageError
from hedgerow.model.portfolio import Portfolio

COINS = ("BTC", "ETH", "SOL", "DOGE", "ADA", "WBTC", "USDT", "USDC", "NOBODYS")
WORTH = st.one_of(st.floats(-3e5, 1e6), st.floats(-20.0, 60.0))
BOOKS = st.lists(
    st.dictionaries(st.sampled_from(COINS), WORTH, min_size=1),
    min_size=1,
    max_size=6,
)
POLICIES = {
    "one": Policy(),
    "half": Policy(target_beta=(0.5,)),
    "dollars": Policy(target_beta_usd=(-20_000.0,)),
    "ether": Policy(factor="ETH"),
    "named": Policy(instruments=("ETHUSDT",)),
    "inverse": Policy(instruments=("BTCUSD_PERP",)),
    "without": Policy(exclude=("SOL",)),
}


@cache
def universe(name: str) -> Universe:
    market, offered = simulated()
    return Universe.of(POLICIES[name], market, offered, COINS)


def portfolio(worth: dict[str, float]) -> Portfolio:
    market, _ = simulated()
    rows = []
    for coin, usd in worth.items():
        own = "BTC" if coin == "WBTC" else coin
        price = float(market.prices[-1, market.column(own)]) if own in market.symbols else 1.0
        quantity = round(usd / price, 8)
        rows += [spot(coin, quantity)] if quantity else []
    return book(*rows)


def alone(shared: Universe, one: Portfolio) -> HedgePlan | None:
    """The plan of one book by the same betas and covariance; None where it is not to be traded."""
    market, offered = simulated()
    policy = shared.policy
    try:
        exposure, ranking, model = policy.rank(
            one, market, offered, None, shared.betas, shared.model, frontier=False
        )
    except UsageError:
        return None
    if exposure.unknown:
        return None
    return size(exposure, ranking, model, instruments=policy.instruments, rules=policy.rules)


def planned(shared: Universe, books: dict[str, Portfolio]) -> BookPlans:
    table = Books.of(books)
    places = [COINS.index(s) for s in table.symbols]
    wide = np.zeros((len(books), len(COINS)))
    wide[:, places] = table.quantities
    return plan_books(shared, Books(table.names, COINS, wide))


@pytest.mark.parametrize("name", POLICIES)
@settings(max_examples=12, phases=[Phase.explicit, Phase.generate])  # a row that differs says enough
@given(worths=BOOKS)
def test_every_column_is_that_of_the_book_alone(name: str, worths: list[dict[str, float]]) -> None:
    shared = universe(name)
    books = {f"book {i}": portfolio(worth) for i, worth in enumerate(worths)}
    plans = planned(shared, books)
    for i, one in enumerate(books.values()):
        expected = alone(shared, one)
        if expected is None:
            assert plans.lots[i] == 0
            assert plans.choice[i] == -1
            continue
        assert plans.unknown[i] == ()
        same(plans, i, expected)


def same(plans: BookPlans, i: int, expected: HedgePlan) -> None:
    """One row of the columns against one plan."""
    leg = expected.legs[0] if expected.legs else None
    if leg is None:
        assert plans.lots[i] == 0
    else:
        instrument = plans.instruments[plans.choice[i]]
        assert instrument == leg.instrument
        assert int(plans.lots[i]) * instrument.lot == leg.contracts * (-1 if leg.side == "sell" else 1)
    account = expected.margin[0] if expected.margin else None
    once = sum(line.usd for line in expected.costs if not line.monthly)
    month = sum(line.usd for line in expected.costs if line.monthly)
    assert expected.risk_before is not None
    assert expected.risk_after is not None
    pairs = {
        "nav_usd": expected.nav_usd,
        "beta_usd": expected.before_usd[0],
        "target_usd": expected.target_usd[0],
        "after_usd": expected.after_usd[0],
        "after_stderr_usd": expected.stderr_usd[0],
        "notional_usd": leg.notional_usd if leg else 0.0,
        "cost_usd": once,
        "month_usd": month,
        "margin_usd": account.required_usd if account else 0.0,
        "volatility_usd": expected.risk_before.volatility_usd,
        "volatility_after_usd": expected.risk_after.volatility_usd,
    }
    for name, number in pairs.items():
        assert getattr(plans, name)[i] == pytest.approx(number, rel=1e-7, abs=1e-5), name


def test_what_is_unknown_is_named_and_not_traded() -> None:
    plans = planned(universe("one"), {"odd": portfolio({"BTC": 1e5, "NOBODYS": 5.0})})
    assert plans.unknown == (("NOBODYS",),)
    assert plans.lots.tolist() == [0]
    assert "NOBODYS unknown" in str(plans.table()[1][0][-1])


def test_a_book_of_more_than_coins_is_planned_alone() -> None:
    held = open_contract(contract(), -1, 50_000)
    with pytest.raises(BadPortfolio, match="desk 7"):
        Books.of({"desk 7": book(held)})


@pytest.mark.parametrize(
    "policy",
    [Policy(factor="BTC,ETH"), Policy(instruments=4), Policy(target_vol=0.2)],
    ids=["two", "four", "vol"],
)
def test_what_weighs_a_book_by_itself_is_refused_by_name(policy: Policy) -> None:
    market, offered = simulated()
    with pytest.raises(UsageError, match="not planned at once"):
        Universe.of(policy, market, offered, ("BTC",))
