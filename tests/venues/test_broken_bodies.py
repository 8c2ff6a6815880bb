"""Answers with fields gone, changed in type, or absurd: a verb returns a value or a typed error, and never hangs."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.venues.recordings import opened, run
from tests.venues.test_cases import TABLES, asks, order_of, sends

from hedgerow.model.errors import HedgerowError
from hedgerow.model.orders import Accepted, Refused, Unknown
from hedgerow.venues.recorded import Answer

ABSURD: list[Any] = [
    None,
    "",
    "x",
    -1,
    0,
    1e308,
    "1e999",
    "NaN",
    "-0",
    [],
    {},
    [[]],
    True,
    "9" * 60,
    "2026-13-45T99:99:99Z",
    10**40,
]
TRIES = 60


def places(node: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [above, *(path for key, value in inner for path in places(value, (*above, key)))]


def broken(body: Any, dice: Random) -> Any:
    """A copy with one to three places gone, absurd, or doubled."""
    made = copy.deepcopy(body)
    for _ in range(dice.randint(1, 3)):
        path = dice.choice(places(made))
        if not path:
            return copy.deepcopy(dice.choice([*ABSURD, [made], {"data": made}]))
        node = made
        for key in path[:-1]:
            node = node[key]
        what = dice.randrange(3)
        if what == 0 and isinstance(node, dict):
            del node[path[-1]]
        elif what == 1 and isinstance(node, list):
            node.append(copy.deepcopy(node[path[-1]]))
        else:
            node[path[-1]] = copy.deepcopy(dice.choice(ABSURD))
    return made


DICE = st.randoms(
    use_true_random=True
)  # shrinking a throw means nothing; a failing one is printed with its seed


@pytest.mark.parametrize("venue", list(TABLES))
@settings(max_examples=TRIES)
@given(dice=DICE)
def test_a_broken_answer_ends_in_a_value_or_a_typed_error(venue: str, dice: Random) -> None:
    case = dice.choice([case for case in TABLES[venue]["reads"] if "answer" in case])
    told = case["answer"]
    by_path = isinstance(told, dict) and any("/" in key or key == "*" for key in told)
    answers = (
        {key: broken(body, dice) for key, body in told.items()} if by_path else {"*": broken(told, dice)}
    )
    door, _ = opened(venue, answers)
    with suppress(HedgerowError):
        run(asks(door, case))


@pytest.mark.parametrize("venue", list(TABLES))
@settings(max_examples=TRIES)
@given(dice=DICE)
def test_a_broken_answer_to_an_order_is_one_of_three(venue: str, dice: Random) -> None:
    table = TABLES[venue]
    case = dice.choice(table["outcomes"])
    body = case["body"]
    text = json.dumps(broken(body, dice)) if not isinstance(body, str) else body
    text = text[: dice.randrange(len(text) + 1)] if dice.random() < 0.3 else text
    door, asked = opened(venue, {"*": Answer(dice.choice([200, 200, 400, 500, 503]), text)})
    reply = run(door.trading.place(order_of(door, {**table["order"], **case})))
    assert isinstance(reply, (Accepted, Refused, Unknown))
    assert not isinstance(reply, Accepted) or reply.order_id
    assert sum(map(sends, asked)) == 1
