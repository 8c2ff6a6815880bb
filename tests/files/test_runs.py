"""A run on disk: what is read is what was written, and nothing else is taken for it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.runs.test_backtest import run

from hedgerow.files.runs import FORMAT, fingerprint, read_run, read_stored, write_run
from hedgerow.hedge.policy import Policy
from hedgerow.model.errors import BadInput, UsageError
from hedgerow.model.journal import Estimated, Happened, RunResult
from hedgerow.runs.replay import first_difference

ANY = st.floats(allow_nan=True, allow_infinity=True, allow_subnormal=True)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
MOMENTS = st.integers(0, 2**42).map(lambda ms: np.datetime64(ms, "ms"))


@st.composite
def results(draw: st.DrawFn) -> RunResult:
    """Any run: one to six bars, one or two factors, numbers of every kind."""
    bars, factors = draw(st.integers(1, 6)), draw(st.integers(1, 2))
    lines = draw(st.lists(st.sampled_from(["alpha", "basis", "roll", "x"]), min_size=1, unique=True))

    def numbers(*shape: int) -> Any:
        return draw(hnp.arrays(np.float64, shape, elements=ANY))

    return RunResult(
        times=np.array(draw(st.lists(MOMENTS, min_size=bars, max_size=bars)), dtype="datetime64[ms]"),
        factors=("BTC", "ETH")[:factors],
        **{name: numbers(bars) for name in ("nav_usd", "spot_usd", "unhedged_usd", "gained_usd")},
        **{name: numbers(bars) for name in ("gross_usd", "grown_usd")},
        **{name: numbers(bars) for name in ("deposits_usd", "flows_usd", "distance", "traded_usd")},
        **{name: numbers(bars, factors) for name in ("before_usd", "after_usd", "target_usd", "band_usd")},
        **{name: numbers(bars, factors) for name in ("book_beta_usd", "factor_change")},
        lines=numbers(bars, len(lines)),
        line_names=tuple(lines),
        events=tuple(draw(st.lists(st.builds(Happened, MOMENTS, WORDS, WORDS, ANY, ANY, ANY, WORDS)))),
        notes=tuple(draw(st.lists(WORDS))),
        source=draw(WORDS),
        simulated=draw(st.booleans()),
        currency=draw(WORDS),
        policy=draw(WORDS),
        seed=draw(st.integers(0, 9)),
        betas=tuple(draw(st.lists(st.builds(Estimated, MOMENTS, WORDS, WORDS, ANY, ANY)))),
    )


@given(results())
def test_what_is_read_is_what_was_written_to_the_last_bit(made: RunResult) -> None:
    with TemporaryDirectory() as folder:
        write_run(folder, made, Policy())
        assert first_difference(made, read_run(folder)) is None


def test_the_question_is_kept_without_loss(tmp_path: Path) -> None:
    closes = tmp_path / "closes.csv"
    closes.write_text("BTC\n")
    asked = {"most": math.inf, "given": {"X": 0.1 + 0.2}, "names": ("a", "b"), "none": None}
    policy = Policy(target_beta=(0.5,))
    write_run(tmp_path / "run", run(), policy, asked, {"prices": closes}, {"numpy": "2"})
    stored = read_stored(tmp_path / "run")
    assert stored.asked == {"most": "inf", "given": {"X": 0.1 + 0.2}, "names": ["a", "b"], "none": None}
    assert stored.policy["target_beta"] == [0.5]
    assert stored.policy["limits"]["max_leverage"] == 3.0
    assert stored.files["prices"] == {"name": "closes.csv", "sha256": fingerprint(closes)}
    assert stored.made_with == {"numpy": "2"}


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        write_run(tmp_path / name, run(), Policy())
    for part in (tmp_path / "one").iterdir():
        assert part.read_bytes() == (tmp_path / "other" / part.name).read_bytes()


def test_a_fingerprint_is_of_what_a_file_holds_and_of_where_it_is_in_its_folder(tmp_path: Path) -> None:
    books = tmp_path / "books"
    books.mkdir()
    (books / "a").write_bytes(b"")
    assert fingerprint(books / "a") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    before = fingerprint(books)
    (books / "a").rename(books / "b")
    assert fingerprint(books) != before


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    write_run(folder, run(), Policy())
    return folder


def newer(folder: Path) -> None:
    document = json.loads((folder / "inputs.json").read_text())
    (folder / "inputs.json").write_text(json.dumps(document | {"format": FORMAT + 1}))


def of_old(folder: Path) -> None:
    document = json.loads((folder / "inputs.json").read_text())
    del document["format"]
    (folder / "inputs.json").write_text(json.dumps(document))


def without_a_word(folder: Path) -> None:
    document = json.loads((folder / "inputs.json").read_text())
    del document["run"]["currency"]
    (folder / "inputs.json").write_text(json.dumps(document))


def flipped(folder: Path) -> None:
    content = bytearray((folder / "ticks.parquet").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "ticks.parquet").write_bytes(content)


@pytest.mark.parametrize(
    ("harm", "said", "advice"),
    [
        (lambda f: (f / "inputs.json").unlink(), "half a run", "again"),
        (lambda f: (f / "events.parquet").unlink(), "events.parquet: cannot be read", "again"),
        (lambda f: (f / "inputs.json").write_text('{"format": 1,'), "cannot be read", "again"),
        (lambda f: (f / "inputs.json").write_text("[]"), "no longer read", "again"),
        (flipped, "ticks.parquet: is not what was written", "again"),
        (newer, "newer than", "Update"),
        (of_old, "no longer read", "again"),
        (without_a_word, "currency", "again"),
    ],
)
def test_a_harmed_run_is_refused_by_name(
    stored: Path, harm: Callable[[Path], None], said: str, advice: str
) -> None:
    harm(stored)
    with pytest.raises(BadInput) as why:
        read_run(stored)
    assert said in why.value.message
    assert advice in why.value.advice


def test_no_folder_and_no_run_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is no folder"):
        read_run(tmp_path / "nowhere")
    with pytest.raises(BadInput, match="holds no run"):
        read_run(tmp_path)


def test_a_process_that_dies_in_the_middle_leaves_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever file it dies at; and the folder can be written again."""
    write, folder = Path.write_bytes, tmp_path / "run"
    for last in range(5):
        written: list[str] = []

        def dies(path: Path, content: bytes, written: list[str] = written, last: int = last) -> int:
            if len(written) == last:
                write(path, content[: len(content) // 2])
                raise KeyboardInterrupt
            written.append(path.name)
            return write(path, content)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_bytes", dies)
            with pytest.raises(KeyboardInterrupt):
                write_run(folder, run(), Policy())
        with pytest.raises(BadInput, match="half a run"):
            read_run(folder)
    write_run(folder, run(), Policy())
    assert first_difference(read_run(folder), run()) is None


def test_a_run_is_not_written_over(stored: Path) -> None:
    with pytest.raises(UsageError, match="holds a run already"):
        write_run(stored, run(), Policy())


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        write_run(tmp_path / "file" / "run", replace(run(), seed=1), Policy())
