"""Programmes as they were lived once, event by event, with all that the executor asked for: what a later version is held to.

python -m tests.hedge.execution.recorded        write `recorded.jsonl` anew, from lives under faults

A journal is only its events: whoever reads it must come to the same orders. A change of decisions shows here as the
first event after which something else is asked for; where it is meant, write the file anew and look at the difference.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from hedgerow.hedge.execution import (
    Alarm,
    Cancel,
    Command,
    Configure,
    Event,
    Look,
    Programme,
    Query,
    Restarted,
    Send,
    begun,
    step,
)
from hedgerow.runs.wire import body_of, value_of
from hedgerow.testing.faults.chance import drawn
from hedgerow.testing.faults.lives import Life, Watched

__all__ = ["RECORDED", "Record", "differs", "words"]

RECORDED = Path(__file__).with_suffix(".jsonl")
Record = dict[str, Any]

_SEEDS, _EVENTS = range(400), 300
_LONGEST, _KEPT = 110, 14
_NO_DEATHS = frozenset({"F24", "F25", "F26"})


def words(command: Command) -> str:
    """Return a command in words, with every figure in it."""
    said = str(command)
    match command:
        case Send(order=o):
            how = f"{o.kind} {o.price} {'reduce' if o.reduce_only else 'open'} {o.stop}"
            said = (
                f"Send {command.leg} {command.purpose} {o.client_id} {o.instrument.name} {o.quantity} {how}"
            )
        case Cancel(order=o):
            said = f"Cancel {o.client_id}"
        case Query(order=o):
            said = f"Query {o.client_id} {command.since}"
        case Look(instrument=one):
            said = f"Look {command.what} {one and one.name} {command.since}"
        case Configure():
            said = f"Configure {command.instrument.name} {command.modes}"
        case Alarm():
            said = f"Alarm {command.level} {command.title}: {command.text}"
        case _:
            pass
    return said


def differs(record: Record) -> str:
    """Return the first event of a record after which something else is asked for than then, or nothing."""
    state = begun(value_of(record["programme"]))
    for number, (body, asked) in enumerate(record["events"]):
        state, commands = step(state, value_of(body))
        found = [words(command) for command in commands]
        if found != asked:
            return f"event {number} of {record['plan']}, {body}: {found}, and then {asked}"
    return ""


class Recorded(Life):
    """A life that is written down. `records` are its programmes."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, drawn(seed, _NO_DEATHS))
        self.seed = seed
        self.records: dict[str, Record] = {}

    def took(self, executor: Watched, event: Event, commands: Sequence[Command]) -> None:
        """Write down what came of an event."""
        super().took(executor, event, commands)
        programme = self.watch.programme
        if isinstance(programme, Programme):
            fresh: Record = {
                "plan": f"{self.seed} {programme.plan}",
                "programme": body_of(programme),
                "events": [],
            }
            record = self.records.setdefault(programme.plan, fresh)
            record["events"].append([body_of(event), [words(command) for command in commands]])
            record["whole"] = record.get("whole", True) and not isinstance(event, Restarted)


def _shown(record: Record) -> set[str]:
    """What a record shows: kinds of what is told and asked, ends, styles, alarms."""
    legs = record["programme"]["legs"]
    found = {f"{len(legs)} legs", *(f"{leg['style']['kind']} {leg['style']['at_deadline']}" for leg in legs)}
    found |= {f"parts {min(len(leg['parts']), 3)} stop {leg['stop'] is None}" for leg in legs}
    for body, asked in record["events"]:
        found.add(
            f"{body['is']} {(body.get('reply') or {}).get('is')} {(body.get('report') or {}).get('state')}"
        )
        found |= {
            " ".join(said.split()[: 3 if said.startswith(("Send", "Look", "Done", "DeadMan")) else 1])
            for said in asked
        }
        found |= {said.split(":")[0].partition(" ")[2] for said in asked if said.startswith("Alarm")}
        found |= {said.partition(" ")[0] + str(len(asked)) for said in asked[:1]}
    return found


def main() -> None:
    """Live, choose what shows most, and write it."""
    every: list[Record] = []
    for seed in _SEEDS:
        life = Recorded(seed)
        life.live(_EVENTS)
        every += [r for r in life.records.values() if r["whole"] and 10 < len(r["events"]) <= _LONGEST]
    chosen: list[Record] = []
    shown: set[str] = set()
    while every and len(chosen) < _KEPT:
        best = max(every, key=lambda r: len(_shown(r) - shown) / (60 + len(r["events"])))
        every.remove(best)
        chosen.append(best)
        shown |= _shown(best)
    lines = [
        json.dumps({k: v for k, v in r.items() if k != "whole"}, default=_plain, separators=(",", ":"))
        for r in chosen
    ]
    RECORDED.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _plain(value: object) -> str:
    if not isinstance(value, Decimal):
        raise TypeError(value)
    return str(value)


if __name__ == "__main__":
    main()
