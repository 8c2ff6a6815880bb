"""How long a proposal stands; who is told of it, and how often."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.runs.test_monitor import CALM
from tests.runs.watched import ACCOUNT, HOUR, World

from hedgerow.hedge.staleness import Freshness
from hedgerow.model.watched import Proposal
from hedgerow.runs.proposing import over, proposal_of, wish_of
from hedgerow.runs.watching import Sight, Verdict, judge


def test_a_proposal_is_told_once_and_so_is_another_while_the_drift_alarm_is_on() -> None:
    world = World(CALM, mode="propose")

    def told() -> list[str]:
        return [level for level, title, _ in world.alarms if title.startswith("proposal ")]

    (first,) = world.watch_often(1)
    assert first.proposal is not None
    name = first.proposal.name[:8]
    assert [(t, name in text) for _, t, text in world.alarms] == [("drift: BTC", True)]  # it names it
    world.watch_often(3)
    assert told() == []
    world.book["SOL"] = "1000"
    (second,) = world.watch_often(1)
    assert second.proposal is not None
    (_, title, text) = world.alarms[-1]
    assert title == f"proposal {second.proposal.name[:8]}"
    assert f"`hedgerow approve {second.proposal.name[:8]}`, in place of {name}" in text
    world.watch_often(3)
    assert told() == ["warning"]
    world.clock.advance(2 * HOUR)  # too old: the same is asked for anew
    (third,) = world.watch_often(1)
    assert third.proposal is not None
    assert third.proposal.name != second.proposal.name
    assert told() == ["warning", "info"]


def _asked(world: World) -> Proposal:
    (look,) = world.watch_often(1)
    assert look.proposal is not None
    return look.proposal


def _beta_after(world: World, asked: Proposal) -> float:
    """Dollar beta that would be left by it: the contract is of the factor itself, one unit each."""
    sold = sum(float(row.contracts) for row in asked.orders)
    return world.looks[-1].beta_usd[0] + sold * float(world.mark())


@pytest.mark.parametrize("beta", [0.5, 0.02])
def test_a_proposal_is_withdrawn_when_another_target_is_wanted(beta: float) -> None:
    world = World(CALM, mode="propose")
    full = _asked(world)
    world.approvals[full.name] = "Ann"  # she said yes while the settings were changed
    world.target_beta = (beta,)
    part = _asked(world)
    assert part.name != full.name
    assert world.held() == 0
    assert _beta_after(world, part) == pytest.approx(beta * world.looks[-1].nav_usd, abs=60.0)
    assert part.over == f"a beta of {beta:g} is to be left now, it was no beta"
    assert part.over in world.alarms[-1][2]
    assert _asked(world).name == part.name
    world.target_beta = None
    assert _asked(world).over == f"no beta is to be left now, it was a beta of {beta:g}"


@pytest.mark.parametrize(("share", "stands"), [(1.0, True), (0.97, True), (0.7, False), (1.4, False)])
def test_a_proposal_stands_while_its_size_is_about_what_is_missing(share: float, stands: bool) -> None:
    world = World(CALM, mode="propose")
    sight, verdict, asked = _seen(world)
    (order,) = asked.orders
    count = (order.contracts * Decimal(repr(share))).quantize(Decimal("0.001"))
    other = replace(asked, name="other", orders=(replace(order, contracts=count),))
    why = over(other, asked, verdict, sight, Freshness())
    assert (why == "") is stands
    assert stands or asked.words in why
    # By the beta that would be left: within the band (or 2 % of the book) of what the verdict leaves.
    left = abs(float(count - order.contracts)) * float(world.mark())
    assert verdict.exposure is not None
    limit = max(float(verdict.band_usd[0]), 0.02 * verdict.exposure.gross_usd)
    assert (left <= limit) is stands


def test_a_proposal_of_an_earlier_version_that_told_no_wish_is_held_to_its_size() -> None:
    world = World(CALM, mode="propose")
    _, _, asked = _seen(world)
    world.target_beta = (0.5,)
    sight, verdict, half = _seen(world)
    why = over(replace(asked, wish=""), half, verdict, sight, Freshness())
    assert why.startswith("its size is not what is missing")


def _seen(world: World) -> tuple[Sight, Verdict, Proposal]:
    view = world.look(world.clock.now())
    sight = Sight(world.clock.now(), view.book, view.market, view.hedge, view.contracts, (), {})
    verdict = judge(None, None, sight, world.policy)
    assert verdict.orders
    return sight, verdict, proposal_of(ACCOUNT, view.book_id, verdict, sight, wish_of(world.policy))
