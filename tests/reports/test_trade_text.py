"""What came of a trade, in words."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from hedgerow.model.trades import Traded
from hedgerow.reports.trade_text import trade_text


def printed(asked: str, *, recovered: bool) -> str:
    out = io.StringIO()
    done = Traded(
        "aaaabbbbcccc", "paper", "paper:paper", "complete", "", recovered, (), (), {}, None, (), asked
    )
    Console(file=out, width=130).print(trade_text(done))
    return out.getvalue()


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("aaaabbbbcccc", "It had been begun before: this finished it."),
        ("ddddeeeeffff", "finished first. Plan ddddeeeeffff was not begun: ask for it again."),
        ("", "A trade that had been begun was finished first."),
    ],
)
def test_what_was_finished_is_told_by_what_was_asked_for(asked: str, says: str) -> None:
    told = printed(asked, recovered=True)
    assert says in told
    assert ("not begun" in told) == (asked == "ddddeeeeffff")
    assert says not in printed(asked, recovered=False)
