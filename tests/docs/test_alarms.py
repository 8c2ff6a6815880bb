"""The runbook of the watch has a section for every alarm that there is, and every setting of `[watch]` is told."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import get_args

from tests.architecture.sources import ROOT

from hedgerow.hedge.watch import WatchSettings
from hedgerow.model.watched import WatchName

RUNBOOK = (ROOT / "docs" / "how-to" / "alarms.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "how-to" / "watch.md").read_text(encoding="utf-8")
PARTS = ("**By itself**", "**You**", "**Clears**")


def test_every_alarm_has_its_section_and_its_row_and_no_other_has() -> None:
    names = list(get_args(WatchName))
    assert sorted(re.findall(r"^## (.+)$", RUNBOOK, flags=re.MULTILINE)) == sorted(names)
    rows = re.findall(r"^\| \[`(.+?)`\]\(alarms\.md#(.+?)\)", PAGE, flags=re.MULTILINE)
    assert sorted(rows) == sorted((name, name.replace(" ", "-")) for name in names)


def test_every_section_says_what_happens_by_itself_what_to_do_and_when_it_clears() -> None:
    for section in RUNBOOK.split("\n## ")[1:]:
        missing = [part for part in PARTS if part.lower() not in section.lower()]
        assert not missing, f"{section.splitlines()[0]} lacks {missing}"


def test_every_setting_of_the_watch_is_told() -> None:
    told = set(re.findall(r"`(\w+)", RUNBOOK + PAGE))
    missing = {field.name for field in fields(WatchSettings)} - told - {"mode", "every_s"}
    assert not missing
