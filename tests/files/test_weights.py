"""Files of index weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hedgerow.files.weights import read_weights
from hedgerow.model.errors import BadPrices

GOOD = "date,symbol,weight\n2025-01-01,btc,0.6\n2025-01-01,ETH,0.4\n2025-02-01,ETH,1\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "index.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_date_is_known_at_its_end(tmp_path: Path) -> None:
    found = read_weights(write(tmp_path, GOOD))
    assert found.symbols == ("BTC", "ETH")
    assert found.times[0] == np.datetime64("2025-01-02T00:00")
    np.testing.assert_array_equal(found.weights, [[0.6, 0.4], [0.0, 1.0]])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("date,symbol\n2025-01-01,BTC\n", "no columns"),
        ("date,symbol,weight\nnever,BTC,1\n", "line 2, column date"),
        ("date,symbol,weight\n2025-01-01,BTC,x\n", "line 2, column weight"),
        ("date,symbol,weight\n2025-01-01,BTC,-1\n", "line 2, column weight"),
        ("date,symbol,weight\n2025-01-01,BTC,nan\n", "line 2, column weight"),
        ("date,symbol,weight\n2025-01-01,BTC\n", "line 2, column weight"),
        (GOOD + "2025-02-01,eth,1\n", "line 5: ETH stands twice"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadPrices) as caught:
        read_weights(write(tmp_path, text))
    assert words in str(caught.value)
    assert caught.value.advice


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadPrices, match="cannot be opened"):
        read_weights(tmp_path / "absent.csv")
