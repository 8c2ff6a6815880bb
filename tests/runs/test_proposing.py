"""Who is told of a proposal, and how often."""

from __future__ import annotations

from tests.runs.test_monitor import CALM
from tests.runs.watched import HOUR, World


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
