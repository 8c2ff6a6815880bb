"""A lake on object storage: only what is asked for is fetched, and a storage that does not answer is told."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import polars as pl
import pytest
from tests.store.buckets import BUCKET

from hedgerow.cli import main
from hedgerow.model.errors import BadInput, MissingExtra
from hedgerow.store.bucket import is_remote, mark_of, root_of
from hedgerow.store.lake import Stream, coins_of, read_rows, write_rows
from hedgerow.store.query import table_of

DAYS = np.arange(np.datetime64("2019-01-01"), np.datetime64("2026-01-01"))


@pytest.fixture
def stream(storage: Path) -> Stream:
    made = Stream(root_of(f"s3://{BUCKET}/years-{id(storage)}"), "candles-1d", "binance")
    if not coins_of(made):
        for coin in ("BTC", "ETH"):
            rows = {"coin": coin, "ts": DAYS.astype("datetime64[ms]"), "close": np.arange(len(DAYS)) + 1.0}
            write_rows(made, pl.DataFrame(rows))
    return made


def fetched(log: Path, begun: int) -> set[str]:
    """The objects that were read since, as coin and year."""
    asked = re.findall(r"GET /\S*/(coin\S+)/rows\.parquet", unquote(log.read_text()[begun:]))
    return set(asked)


def test_only_the_years_that_are_asked_for_are_fetched(stream: Stream, storage: Path) -> None:
    begun = len(storage.read_text())
    since, until = np.datetime64("2022-06-01", "ms"), np.datetime64("2023-02-01", "ms")
    found = table_of(stream, ("close",), since, until)
    assert found["coin"].n_unique() == 2
    assert len(found) == 2 * int((until - since) / np.timedelta64(1, "D"))
    wanted = {f"coin={coin}/year={year}" for coin in ("BTC", "ETH") for year in (2022, 2023)}
    assert fetched(storage, begun) == wanted
    begun = len(storage.read_text())
    assert len(read_rows(stream, "ETH", since, until, ("close",))) == len(found) // 2
    assert fetched(storage, begun) == {"coin=ETH/year=2022", "coin=ETH/year=2023"}


def test_what_another_wrote_is_seen_at_once_and_marks_its_object(stream: Stream) -> None:
    other = Stream(root_of(str(stream.root)), stream.kind, stream.venue)
    path = stream.coin("BTC") / "year=2019" / "rows.parquet"
    before = mark_of(path)
    noon = np.array(["2019-01-01T12:00"], dtype="datetime64[ms]")
    new = pl.DataFrame({"coin": ["BTC"], "ts": noon, "close": [0.5]})
    assert write_rows(other, new) == (path,)
    assert mark_of(path) != before
    day = np.datetime64("2019-01-01", "ms"), np.datetime64("2019-01-02", "ms")
    assert read_rows(stream, "BTC", *day)["close"].to_list() == [1.0, 0.5]


def test_the_command_lists_and_checks_a_bucket(stream: Stream, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "list", "--lake", str(stream.root), "--json"]) == 0
    (line,) = json.loads(capsys.readouterr().out)["streams"]
    assert (line["kind"], line["venue"], line["coins"]) == ("candles-1d", "binance", 2)
    assert main(["data", "check", "--lake", str(stream.root)]) == 0


def test_nobody_answers_no_bucket_and_no_extra_are_told(
    storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert storage.exists()
    with pytest.raises(BadInput, match="specified bucket does not exist"):
        root_of("s3://nobodys-bucket/lake")
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        with pytest.raises(BadInput, match="Could not connect to the endpoint"):
            root_of("s3://another/lake")
    with monkeypatch.context() as patch:
        patch.setitem(__import__("sys").modules, "upath", None)
        with pytest.raises(MissingExtra, match="object storage needs more"):
            root_of("s3://market/lake")


def test_a_folder_stays_a_folder(tmp_path: Path) -> None:
    assert root_of(str(tmp_path)) == tmp_path
    assert not is_remote(tmp_path)
