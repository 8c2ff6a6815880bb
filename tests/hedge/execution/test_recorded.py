"""What was decided once is decided again: recorded programmes, event by event."""

from __future__ import annotations

import json

import pytest
from tests.hedge.execution.recorded import RECORDED, Record, differs

RECORDS = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("record", RECORDS, ids=[record["plan"] for record in RECORDS])
def test_a_recorded_programme_is_decided_as_it_was(record: Record) -> None:
    assert differs(record) == ""


def test_another_decision_is_found() -> None:
    number, asked = next((i, asked) for i, (_, asked) in enumerate(RECORDS[0]["events"]) if asked)
    events = [*RECORDS[0]["events"]]
    events[number] = [events[number][0], asked[1:]]
    assert differs({**RECORDS[0], "events": events}).startswith(f"event {number} of ")


def test_the_records_show_every_end_and_every_way_to_trade() -> None:
    said = " ".join(said for record in RECORDS for _, asked in record["events"] for said in asked)
    for outcome in ("complete", "partial", "unwound", "refused", "replan", "frozen", "halted"):
        assert f"Done(outcome='{outcome}'" in said, outcome
    for purpose in ("trade", "finish", "unwind", "protect"):
        assert f" {purpose} hr" in said, purpose
