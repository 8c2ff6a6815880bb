"""The file of settings under a watch that runs: a change is told once, and only one that changes what it says."""

from __future__ import annotations

import os
from pathlib import Path

from hedgerow.app.settings_file import SettingsFile


def test_a_change_is_told_once_and_a_touch_or_nothing_is_none(tmp_path: Path) -> None:
    place = tmp_path / "config.toml"
    place.write_text("[watch]\nevery_s = 60\n", encoding="utf-8")
    file = SettingsFile(place)
    assert not file.changed()
    os.utime(place, ns=(1, 1))
    assert not file.changed()
    place.write_text("[watch]\nevery_s = 5\n", encoding="utf-8")
    assert [file.changed(), file.changed()] == [True, False]
    place.unlink()
    assert [file.changed(), file.changed()] == [True, False]


def test_a_file_that_comes_to_be_is_a_change(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "config.toml")
    assert not file.changed()
    (tmp_path / "config.toml").write_text("[watch]\n", encoding="utf-8")
    assert file.changed()
