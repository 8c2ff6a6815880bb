"""What was made of arrays that cannot change is made once, and of others each time."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from hedgerow.model.fixed import Shared, fixed


def test_nothing_can_be_written_into_a_fixed_array_or_a_part_of_it() -> None:
    source = np.arange(12.0).reshape(4, 3)
    found = fixed(source)
    source[0, 0] = 7.0
    assert found[0, 0] == 0.0
    for part in (found, found[:2], found[:, 1]):
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 1.0


def test_the_same_part_is_made_of_once_however_often_it_is_cut() -> None:
    shared, asked, array = Shared[int](most=2), list[int](), fixed(np.arange(10.0))

    def make() -> int:
        asked.append(1)
        return len(asked)

    assert [shared.of((array[:5],), "a", make) for _ in range(3)] == [1, 1, 1]
    assert shared.of((array[:6],), "a", make) == 2
    assert shared.of((array[:5],), "b", make) == 3
    assert [shared.of((array[:6],), "a", make), shared.of((array[:5],), "b", make)] == [2, 3]
    assert shared.of((array[:5],), "a", make) == 4


def test_what_can_change_is_made_of_each_time() -> None:
    shared, array = Shared[float](most=2), np.arange(3.0)
    assert shared.of((array,), "", lambda: float(array.sum())) == 3.0
    array[0] = 5.0
    assert shared.of((array,), "", lambda: float(array.sum())) == 8.0
    hidden = array[:2]
    hidden.setflags(write=False)  # its owner can still be written to
    assert shared.of((hidden,), "", lambda: float(hidden.sum())) == 6.0
    array[0] = 6.0
    assert shared.of((hidden,), "", lambda: float(hidden.sum())) == 7.0


def test_memory_that_is_used_again_is_another_array() -> None:
    shared, found = Shared[float](most=2), list[float]()
    for value in range(20):
        array = fixed(np.full(1000, float(value)))
        found.append(shared.of((array,), "", lambda a=array: float(a[0])))  # type: ignore[misc]
        del array
        gc.collect()
    assert found == [float(value) for value in range(20)]
