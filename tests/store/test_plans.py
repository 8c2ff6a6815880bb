"""Plans on disk: found by their first signs, refused when a byte has changed, gone after a month."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from hedgerow.model.errors import BadInput, UsageError
from hedgerow.store.plans import KeptPlan, find_plan, keep_plan

NOW = time.time_ns() // 1_000_000
PLAN = KeptPlan(
    "3f9a1c" + "0" * 58, "hedge", NOW, {"legs": [1.5]}, {"data": {}}, {"path": "/b", "sha256": "x"}, {}, {}
)


def test_a_plan_is_found_by_its_first_signs(tmp_path: Path) -> None:
    other = replace(PLAN, plan_id="3f9a1d" + "0" * 58, book=None)
    for plan in (PLAN, other):
        keep_plan(tmp_path, plan)
    assert find_plan(tmp_path, "3F9A1C") == PLAN
    assert find_plan(tmp_path, other.plan_id) == other
    with pytest.raises(UsageError, match="2 plans begin with 3f9a"):
        find_plan(tmp_path, "3f9a")
    with pytest.raises(UsageError, match="there is no plan abcd"):
        find_plan(tmp_path, "abcd")
    with pytest.raises(UsageError, match="there is no plan"):
        find_plan(tmp_path / "nowhere", "3f9a1c")


@pytest.mark.parametrize("said", ["", "3f9", "../../x", "3f9a1c*", "*"])
def test_what_is_no_id_is_refused(tmp_path: Path, said: str) -> None:
    keep_plan(tmp_path, PLAN)
    with pytest.raises(UsageError, match="is no plan"):
        find_plan(tmp_path, said)


def test_the_same_plan_again_is_as_old_as_the_last_time(tmp_path: Path) -> None:
    keep_plan(tmp_path, PLAN)
    keep_plan(tmp_path, replace(PLAN, made_at=NOW + 5))
    assert find_plan(tmp_path, "3f9a1c").made_at == NOW + 5
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"]


def kept(folder: Path, plan: KeptPlan = PLAN) -> Path:
    keep_plan(folder, plan)
    return folder / f"{plan.plan_id}.json"


@pytest.mark.parametrize(
    ("old", "new"),
    [("1.5", "2.5"), (str(NOW), str(NOW + 1)), ("hedge", "pair"), ("{", "")],
    ids=["number", "time", "kind", "broken"],
)
def test_a_changed_plan_is_refused(tmp_path: Path, old: str, new: str) -> None:
    path = kept(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadInput, match="not the plan that was written"):
        find_plan(tmp_path, "3f9a1c")


def test_a_plan_under_another_name_is_refused(tmp_path: Path) -> None:
    kept(tmp_path).rename(tmp_path / f"{'a' * 64}.json")
    with pytest.raises(BadInput, match="not the plan that was written"):
        find_plan(tmp_path, "aaaa")


def test_a_month_later_it_is_gone(tmp_path: Path) -> None:
    old = kept(tmp_path)
    os.utime(old, (0, NOW / 1_000 - 31 * 86_400))
    (tmp_path / "notes.json").write_text("mine", encoding="utf-8")
    os.utime(tmp_path / "notes.json", (0, 0))
    fresh = kept(tmp_path, replace(PLAN, plan_id="b" * 64))
    assert sorted(tmp_path.iterdir()) == sorted([fresh, tmp_path / "notes.json"])
