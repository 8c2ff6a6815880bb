"""Options and futures in one solve: nothing cheaper among all combinations, and what it promises holds lot by lot."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hedge.books import contract
from tests.hedge.chains import INDEX, flat_chain
from tests.hedge.test_options import the_exposure, the_market

from hedgerow.hedge.charges import entry_rate, holding_rate
from hedgerow.hedge.crash import book_by_beta
from hedgerow.hedge.options.beside import perp_terms
from hedgerow.hedge.options.legs import DERIBIT, OptionLeg, OptionPosition
from hedgerow.hedge.options.mix import mix
from hedgerow.hedge.options.plan import Mix, Wanted
from hedgerow.hedge.options.protect import _scene, protect
from hedgerow.hedge.options.scene import Scene
from hedgerow.hedge.options.smiles import smiles_of
from hedgerow.model.option_chain import OptionChain
from hedgerow.reports.mix_text import mix_cells, mix_facts

FUTURES = contract(lot="0.25")


def scene_of(wanted: Wanted, chain: OptionChain) -> Scene:
    return _scene(the_exposure(), chain, wanted, the_market(), smiles_of(chain))


def few(scene: Scene, puts: tuple[float, ...], calls: tuple[float, ...]) -> Scene:
    """The scene with these strikes alone, in whole coins."""
    chain = scene.chain
    kept = tuple(
        q for q in chain.quotes if q.expiry == chain.expiries[0] and q.strike in (calls if q.call else puts)
    )
    return replace(scene, chain=replace(chain, quotes=kept, lot=Decimal(1)))


def combination(scene: Scene, legs: list[tuple[int, int]], futures: int, moves: np.ndarray) -> np.ndarray:
    """What so many whole coins of each quote and quarters of futures gain, by their own code."""
    chain = scene.chain
    total = np.zeros(len(moves))
    for place, count in legs:
        if count:
            quote = chain.quotes[place]
            leg = OptionLeg(quote, Decimal(count), quote.ask if count > 0 else quote.bid, 0.55)
            total = total + OptionPosition(chain, (leg,), DERIBIT).profit_usd(moves)
    terms = perp_terms(scene, the_market(), (FUTURES,))
    assert terms is not None
    dollars = futures * 0.25 * terms.delta_usd
    days = chain.years(chain.expiries[0]) * 365.0
    carried = entry_rate(terms, float(scene.exposure.beta_usd[0])) - holding_rate(terms) * days / 30.0
    return total - dollars * moves - dollars * carried


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([0.05, 0.10, 0.15, 0.25]),
    st.sampled_from([0.0, 0.2, 0.5, 0.8]),
    st.sampled_from([(48_000.0, 54_000.0), (54_000.0, 60_000.0), (34_000.0, 58_000.0)]),
    st.sampled_from([(), (66_000.0,), (72_000.0,)]),
)
def test_nothing_cheaper_exists(
    floor: float, keep: float, puts: tuple[float, ...], calls: tuple[float, ...]
) -> None:
    """Every number of each put, call and future that is allowed, weighed one by one."""
    scene = few(scene_of(Wanted(floor, 0.40, keep=keep), flat_chain()), puts, calls)
    chain = scene.chain
    terms = perp_terms(scene, the_market(), (FUTURES,))
    found = mix(scene, terms, chain.expiries[0])
    beta = float(scene.exposure.beta_usd[0])
    down = scene.moves[(scene.moves <= 0) & (scene.moves >= -0.40)]
    crash = scene.crash_usd[np.isin(scene.moves, down)]
    moves = np.concatenate((down, [scene.rally, 0.0]))
    gained = float(book_by_beta(scene.exposure, np.array([scene.rally]))[0])
    places = range(len(chain.quotes))
    ways = [
        range(-1, 2)
        if chain.quotes[i].call
        else (range(-5, 6) if chain.quotes[i].strike <= 36_000 else range(6))
        for i in places
    ]
    best = np.inf
    for counts in product(*ways, range(8)):
        legs, futures = list(zip(places, counts[:-1], strict=True)), counts[-1]
        if any(chain.quotes[i].call and n > 0 for i, n in legs):
            continue
        sold = sum(-n for i, n in legs if chain.quotes[i].call) + 0.25 * futures
        net = [
            sum(n for i, n in legs if not chain.quotes[i].call and chain.quotes[i].strike >= k) for k in puts
        ]
        if sold * INDEX > beta or min(net) < 0:
            continue
        profit = combination(scene, legs, futures, moves)
        holds = (crash + profit[: len(down)] >= -scene.allowed_usd).all()
        if holds and profit[-2] >= keep * gained - gained:
            best = min(best, -float(profit[-1]))
    if not np.isfinite(best):
        assert found.reason
        return
    assert not found.reason
    assert found.proven
    assert found.still_usd == pytest.approx(best, rel=1e-6, abs=0.01)


@pytest.fixture(scope="module")
def planned() -> Mix:
    chain = flat_chain()
    wanted = Wanted(0.15, 0.40, keep=0.5)
    found = protect(the_exposure(), chain, wanted, the_market(), (contract(),))
    assert len(found.mixes) == 2
    assert found.mix is not None
    return found.mix


def test_it_holds_what_it_promises(planned: Mix) -> None:
    exposure = the_exposure()
    assert planned.worst_usd >= -0.15 * exposure.nav_usd - 0.01
    assert planned.kept >= 0.5 - 1e-9
    assert planned.proven
    assert planned.contracts > 0
    assert planned.position is not None  # half of a rally is not kept by futures alone
    lot = Decimal("0.1")
    assert all(leg.contracts % lot == 0 for leg in planned.position.legs)
    assert planned.contracts % Decimal("0.001") == 0


def test_it_costs_no_more_than_either_alone(planned: Mix) -> None:
    """Futures alone keep nothing of a rally; puts that hold the floor everywhere cost more."""
    wanted = Wanted(0.15, 0.40, keep=0.0)
    chain = flat_chain()
    scene = scene_of(wanted, chain)
    bare = mix(scene, None, chain.expiries[0])
    half = mix(scene_of(replace(wanted, keep=0.5), chain), None, chain.expiries[0])
    assert planned.still_usd / planned.days <= half.still_usd / half.days + 1e-9
    assert bare.still_usd <= half.still_usd + 1e-9
    assert half.contracts == 0


def test_a_mix_that_the_book_has_not_the_margin_of_is_never_recommended() -> None:
    """The arrow is at the cheapest of those that stablecoins and the options' own coin can margin, and it says why."""
    wanted = Wanted(0.15, 0.40, keep=0.5)
    found = protect(the_exposure(), flat_chain(), wanted, the_market(), (contract(),))
    rows = found.exposure.worth.rows
    free = sum(row.value_usd for row in rows if row.symbol in {"USDT", "BTC"})
    assert found.free_usd == pytest.approx(free)
    assert found.beyond is None
    dear, cheap = (
        replace(found.mixes[0], margin_usd=free * share, still_usd=cost)
        for share, cost in ((1.01, -900.0), (0.99, 400.0))
    )
    both = replace(found, mixes=(dear, cheap))
    assert (both.mix, both.beyond) == (cheap, dear)
    arrows = [row[0] for row in mix_cells(both, "USD")[1]]
    assert [arrow.startswith("→") for arrow in arrows] == [False, True]
    said = " ".join(str(text) for row in mix_facts(both, "USD") for text in row)
    assert "the cheapest, not recommended: it takes" in said
    none = replace(found, mixes=(dear,))
    assert none.mix is None
    ((_, _, told, _),) = mix_facts(none, "USD")
    assert "not recommended" in told


def test_what_cannot_be_says_so() -> None:
    found = protect(the_exposure(), flat_chain(), Wanted(0.01, 0.40, keep=0.99), the_market(), (contract(),))
    assert found.mix is None
    assert all("keep 99%" in each.reason for each in found.mixes)
    assert protect(the_exposure(), flat_chain(), Wanted(0.15), the_market(), (contract(),)).mixes == ()


def test_no_more_is_bought_than_is_quoted() -> None:
    chain = flat_chain()
    thin = replace(chain, quotes=tuple(replace(q, ask_size=0.3, bid_size=0.2) for q in chain.quotes))
    scenes = [scene_of(Wanted(0.15, 0.40, keep=0.5), each) for each in (thin, chain)]
    found, free = (
        mix(scene, perp_terms(scene, the_market(), (contract(),)), chain.expiries[0]) for scene in scenes
    )
    assert found.position is not None
    assert all(-0.2 <= leg.count <= 0.3 for leg in found.position.legs)
    assert found.still_usd >= free.still_usd
