"""The table of incidents against the tests: all 46, each with every test of its number, or with a reason."""

from __future__ import annotations

import re

from tests.architecture.sources import ROOT

ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]*) \|$", re.MULTILINE)
TEST = re.compile(r"^(?:async )?def (test_incident_(\d\d)_\w+)", re.MULTILINE)
INCIDENTS = 46


def test_every_incident_has_its_tests_or_a_reason() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8").partition("## The 46 incidents")[2]
    told: dict[int, tuple[set[str], set[str]]] = {}
    for number, _, tests, places in ROW.findall(page):
        told[int(number)] = ({*re.findall(r"`(test_\w+)`", tests)}, {*re.findall(r"`([^`]+)`", places)})
        assert told[int(number)][0] or len(tests) > 40, f"incident {number} has neither test nor reason"
    assert list(told) == list(range(1, INCIDENTS + 1))

    found: dict[int, tuple[set[str], set[str]]] = {number: (set(), set()) for number in told}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name, number in TEST.findall(path.read_text(encoding="utf-8")):
            found[int(number)][0].add(name)
            found[int(number)][1].add(path.relative_to(ROOT / "tests").as_posix())
    assert told == found
