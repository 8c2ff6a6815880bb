"""A script of what a venue takes: read exactly, refused by line and column."""

from __future__ import annotations

import numpy as np
import pytest

from hedgerow.files.deleveraged import parse_deleveraged
from hedgerow.model.errors import BadPrices


def test_a_script_is_read() -> None:
    whole, part = parse_deleveraged(
        b"time,share,symbol,price\n2025-10-10T21:15,0.5,BTCUSDT,105000.5\n2025-10-11,1,,\n", "adl.csv"
    )
    assert (whole.time, whole.share, whole.symbol) == (np.datetime64("2025-10-10T21:15"), 0.5, "BTCUSDT")
    assert whole.price == 105000.5
    assert (part.time, part.share, part.symbol, part.price) == (np.datetime64("2025-10-12"), 1.0, "", None)
    assert len(parse_deleveraged(b"share,time\n1,2025-10-11\n", "adl.csv")) == 1


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("time,share\n2025-10-10,1.5\n", "line 2, column share"),
        ("time,share\n2025-10-10,\n", "line 2, column share"),
        ("time,share\n2025-10-10,0\n", "line 2, column share"),
        ("time,share\n2025-10-10,nan\n", "line 2, column share"),
        ("time,share\nsoon,1\n", "line 2, column time"),
        ("time,share,price\n2025-10-10,1,-5\n", "line 2, column price"),
        ("when,share\n2025-10-10,1\n", "no columns"),
        ("time,share\n", "holds no line"),
        ("time,share\n2025-10-10\n", "line 2, column share"),
        ("time,share\n,1\n", "line 2, column time"),
    ],
)
def test_what_is_no_script_is_refused_where_it_is_wrong(text: str, where: str) -> None:
    with pytest.raises(BadPrices) as caught:
        parse_deleveraged(text.encode(), "adl.csv")
    assert where in str(caught.value)
