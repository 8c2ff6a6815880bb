"""Settings: layers, checks that name file, line and key, and nothing heavy where nothing is set."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.cli.settings import settings_schema
from hedgerow.config import (
    BetaSettings,
    DataSettings,
    HedgeSettings,
    Settings,
    VenueSettings,
    config_path,
    load_settings,
    settings_from,
)
from hedgerow.files.runs import exact
from hedgerow.hedge.limits import Limits
from hedgerow.model.errors import BadConfig


def write(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    loaded = load_settings(None, {"HOME": str(tmp_path)})
    assert loaded.settings == Settings()
    assert loaded.path is None
    assert not loaded.origins


def test_the_usual_place_is_read(tmp_path: Path) -> None:
    place = config_path({"XDG_CONFIG_HOME": str(tmp_path)})
    place.parent.mkdir()
    place.write_text('[hedge]\nfactor = "ETH"\n', encoding="utf-8")
    assert load_settings(None, {"XDG_CONFIG_HOME": str(tmp_path)}).settings.hedge.factor == "ETH"
    assert config_path({"HOME": str(tmp_path)}) == tmp_path / ".config" / "hedgerow" / "config.toml"


def test_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, '[hedge]\nfactor = "ETH"\nown = true\n')
    known = {
        "HEDGEROW__HEDGE__FACTOR": "SOL",
        "HEDGEROW__HEDGE__EXCLUDE": '["a", "b"]',
        "HEDGEROW__BETAS__NEWX__BETA": "1.5",
    }
    loaded = load_settings(path, known)
    assert loaded.settings.hedge.factor == "SOL"
    assert loaded.settings.hedge.own is True
    assert loaded.settings.hedge.exclude == ("a", "b")
    assert loaded.settings.betas["NEWX"].beta == 1.5
    assert loaded.origins["hedge.factor"] == "HEDGEROW__HEDGE__FACTOR"
    assert loaded.origins["hedge.own"] == "settings.toml line 3"


def test_paths_of_the_file_are_relative_to_it(tmp_path: Path) -> None:
    path = write(tmp_path, '[data]\nprices = "closes.parquet"\nfunding = "/data/f.csv"\n')
    data = load_settings(path, {}).settings.data
    assert data.prices == str(tmp_path / "closes.parquet")
    assert data.funding == "/data/f.csv"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[hedge]\nfactr = "BTC"\n', 2, "Did you mean factor"),
        ("[hegde]\nown = true\n", 1, "Did you mean hedge"),
        ("limits.max_levrage = 3\n", 1, "max_leverage"),
        ("[betas.NEWX]\nbeat = 1\n", 2, "Did you mean beta"),
        ('[data]\nseed = 1\napi_secret = "x"\n', 3, "secrets never"),
        ('[hedge]\nhorizon_days = "soon"\n', 2, "hedge.horizon_days"),
        ('[hedge]\nown = true\nstderr = "white"\n', 3, "hedge.stderr"),
        ("[hedge]\nown = \n", 2, "TOML"),
        ("hedge = 3\n", 1, "hedge"),
        ("[betas]\nNEWX = 3\n", 2, "betas.NEWX"),
    ],
)
def test_a_bad_setting_is_named_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    with pytest.raises(BadConfig) as caught:
        load_settings(write(tmp_path, text), {})
    assert f"settings.toml line {line}" in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "name", ["HEDGEROW__HEDGE__FACTR", "HEDGEROW__NOTHING", "HEDGEROW__HEDGE__FACTOR__X"]
)
def test_a_bad_variable_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=name):
        load_settings(None, {"HOME": str(tmp_path), name: "1"})


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"\x80abc"])
def test_what_is_no_text_is_said(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(data)
    with pytest.raises(BadConfig, match=r"settings\.toml"):
        load_settings(path, {})


def test_schema_describes_every_section() -> None:
    sections = {"data", "hedge", "limits", "betas", "trade", "book", "venues", "watch", "notify", "log"}
    sections |= {"cluster"}
    assert set(settings_schema()["properties"]) == sections


def test_venues_are_named_and_their_keys_known(tmp_path: Path) -> None:
    path = write(tmp_path, '[venues.bybit]\nlive = true\n[book]\nsources = ["venue:bybit", "cold.csv"]\n')
    found = load_settings(path, {}).settings
    assert found.venues == {"bybit": VenueSettings(live=True)}
    assert found.book.sources == ("venue:bybit", str(tmp_path / "cold.csv"))
    for text, said in (("lives = true", "Did you mean live"), ('secret = "x"', "secrets never")):
        with pytest.raises(BadConfig, match=said):
            load_settings(write(tmp_path, f"[venues.bybit]\n{text}\n"), {})


NUMBERS = st.floats(allow_nan=False)
WORDS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(
    st.builds(
        Settings,
        data=st.builds(
            DataSettings,
            prices=WORDS,
            seed=st.integers(0, 99),
            given=st.dictionaries(st.sampled_from(["X", "Y"]), NUMBERS),
        ),
        hedge=st.builds(
            HedgeSettings,
            target_beta=st.none() | NUMBERS | st.tuples(NUMBERS, NUMBERS),
            instruments=st.sampled_from([1, 3, "auto", "BTCUSDT,ETHUSDT"]),
            exclude=st.lists(st.sampled_from(["A", "b"])).map(tuple),
        ),
        limits=st.builds(Limits, max_leverage=NUMBERS, least_distance=st.none() | NUMBERS),
        betas=st.dictionaries(
            st.sampled_from(["X", "Y"]), st.builds(BetaSettings, beta=NUMBERS, stderr=NUMBERS)
        ),
    )
)
def test_settings_come_back_from_a_run_as_they_were(made: Settings) -> None:
    written = json.dumps(exact(made), allow_nan=False)
    assert settings_from(json.loads(written), "run") == made


def test_settings_of_a_run_that_are_none_are_told() -> None:
    broken = exact(Settings(limits=Limits(max_leverage=math.inf)))
    broken["data"]["seed"] = "many"
    with pytest.raises(BadConfig, match=r"data\.seed") as why:
        settings_from(broken, "run")
    assert "again" in why.value.advice


def test_settings_that_may_not_be_seen_are_not_taken_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(self: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", denied)
    with pytest.raises(BadConfig, match="cannot be read: Permission denied"):
        load_settings(None, {"HOME": str(tmp_path)})
