"""The log: one record a line, numbers as numbers, unknown as null, no secret, and no harm where it cannot be written."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.model.errors import BadInput
from hedgerow.model.watched import Fact
from hedgerow.outlets.log import Log, log_to
from hedgerow.outlets.redaction import known, redacted

CANARY = 'canary"secret\\7f3a→'
AT = 1_782_864_000_123


def test_a_record_has_when_what_and_how_loud_in_front() -> None:
    stream = io.StringIO()
    facts: dict[str, Fact] = {
        "text": "beta +$1 → 2",
        "beta_usd": (1.5, math.nan),
        "in_band": True,
        "distance": math.inf,
        "n": 3.0,
    }
    Log(stream).write("rebalance", "info", AT, facts)
    (line,) = stream.getvalue().splitlines()
    assert list(json.loads(line)) == ["at", "action", "level", "text", "beta_usd", "in_band", "distance", "n"]
    assert json.loads(line) == {
        "at": "2026-07-01T00:00:00.123Z",
        "action": "rebalance",
        "level": "info",
        "text": "beta +$1 → 2",
        "beta_usd": [1.5, None],
        "in_band": True,
        "distance": None,
        "n": 3,
    }


@given(st.text(), st.floats(), st.lists(st.floats()))
def test_whatever_is_said_is_one_line_that_can_be_read(
    text: str, number: float, numbers: list[float]
) -> None:
    stream = io.StringIO()
    text = text.encode("utf-8", "replace").decode()
    Log(stream).write("alarm", "critical", AT, {"text": text, "x": number, "xs": tuple(numbers)})
    (line,) = stream.getvalue().split("\n")[:-1]
    said = json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert said["text"] == redacted(text)
    assert said["x"] is None if not math.isfinite(number) else said["x"] == number


def test_what_is_quieter_than_asked_is_left_out() -> None:
    stream = io.StringIO()
    log = Log(stream, "warning")
    log.write("hold", "info", AT, {})
    log.write("alarm", "critical", AT, {})
    assert len(stream.getvalue().splitlines()) == 1


def test_no_secret_is_said_however_it_got_into_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    known(CANARY)
    monkeypatch.setenv("HEDGEROW_KEY_BINANCE_SECRET", "envcanary-123")
    monkeypatch.setenv("HEDGEROW_NOTIFY_PHONE", "json://envcanary-456")
    stream = io.StringIO()
    for secret in (CANARY, "envcanary-123", "json://envcanary-456"):
        Log(stream).write(
            "failed", "critical", AT, {"text": f"the venue said {secret}!", "list": (f"x{secret}",)}
        )
    assert "canary" not in stream.getvalue()
    assert stream.getvalue().count("the venue said …!") == 3


def test_a_short_word_is_no_secret() -> None:
    known("BTC", "")
    assert redacted("BTC is up") == "BTC is up"


def test_a_file_is_added_to_and_private(tmp_path: Path) -> None:
    path = tmp_path / "hedgerow.log"
    for _ in range(2):
        with log_to(str(path)) as log:
            log.write("hold", "info", AT, {})
            assert len(path.read_text(encoding="utf-8").splitlines()) in {1, 2}  # it is there at once
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_written_is_said_before_the_work_begins(tmp_path: Path) -> None:
    with pytest.raises(BadInput), log_to(str(tmp_path / "no" / "file")):
        pass


def test_a_full_disk_stops_nobody() -> None:
    with Path("/dev/full").open("w", encoding="utf-8", buffering=1) as full:
        log = Log(full)
        log.write("hold", "info", AT, {})
        assert log.lost == 1
        with pytest.raises(OSError, match="No space"):
            full.close()


def test_without_a_place_nothing_is_written() -> None:
    with log_to(None) as log:
        log.write("hold", "info", AT, {})
    assert log.lost == 0
