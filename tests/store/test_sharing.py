"""Books spread over workers that come, go, sleep and die: even to one book, by as few moves as can be, and at rest once they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.store.sharing import Turn, portions, turn

NAMES = "abcdefgh"
Held = dict[str, int]
held_by = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 60), min_size=1)


@given(held_by, st.integers(0, 500))
def test_portions_are_even_to_one_and_come_to_all(held: Held, books: int) -> None:
    found = portions(held, books)
    assert found.keys() == held.keys()
    assert sum(found.values()) == books
    assert max(found.values()) - min(found.values()) <= 1


@given(held_by)
def test_who_holds_more_never_gets_the_smaller_portion(held: Held) -> None:
    found = portions(held, sum(held.values()))
    assert all(found[one] >= found[other] for one in held for other in held if held[one] > held[other])


@given(held_by)
def test_no_other_way_of_spreading_moves_fewer_books(held: Held) -> None:
    books = sum(held.values())
    least, more = divmod(books, len(held))
    found = portions(held, books)
    moved = sum(max(held[name] - found[name], 0) for name in held)
    # Whoever is to hold the one more is chosen: the best choice saves one move for each who holds more than the least.
    best = sum(max(count - least, 0) for count in held.values())
    best -= min(more, sum(count > least for count in held.values()))
    assert moved == best


def test_nobody_shares_nothing() -> None:
    assert portions({}, 3) == {}


@pytest.mark.parametrize(
    ("mine", "free", "leaving", "done"),
    [
        (0, 0, 0, Turn()),
        (0, 4, 0, Turn(takes=("f0", "f1"))),
        (20, 0, 0, Turn(gives=("m18", "m19"))),  # an eighth
        (20, 0, 2, Turn()),  # as many are on their way
        (3, 0, 0, Turn(gives=("m2",))),
    ],
)
def test_a_turn_takes_what_is_missing_and_gives_an_eighth(
    mine: int, free: int, leaving: int, done: Turn
) -> None:
    books = [f"m{i}" for i in range(mine)]
    free_books = [f"f{i}" for i in range(free)]
    assert turn("me", {"me": mine, "you": 0}, books, free_books, books[mine - leaving :]) == done


@dataclass
class World:
    """Books, and workers that take turns one after another; the watch of a book that is given ends some turns later."""

    books: int
    held: dict[str, list[str]] = field(default_factory=dict)
    leaving: dict[str, dict[str, int]] = field(default_factory=dict)
    moves: int = 0

    @property
    def free(self) -> list[str]:
        taken = {book for books in self.held.values() for book in books}
        return [book for book in map(str, range(self.books)) if book not in taken]

    def begin(self, name: str) -> None:
        self.held.setdefault(name, [])
        self.leaving.setdefault(name, {})

    def die(self, name: str) -> None:
        self.held.pop(name, None)
        self.leaving.pop(name, None)

    def turn(self, name: str, slow: int) -> Turn:
        going = self.leaving[name]
        for book in [book for book, left in going.items() if left == 0]:
            self.held[name].remove(book)
            del going[book]
        for book in going:
            going[book] -= 1
        counts = {each: len(books) for each, books in self.held.items()}
        done = turn(name, counts, self.held[name], self.free, going)
        assert set(done.gives) <= set(self.held[name]) - set(going)
        assert set(done.takes) <= set(self.free)
        assert len(going) + len(done.gives) <= max(1, len(self.held[name]) // 8, len(going))
        going.update(dict.fromkeys(done.gives, slow))
        self.held[name] += done.takes
        self.moves += len(done.takes)
        counted = Counter(book for books in self.held.values() for book in books)
        assert not counted or counted.most_common(1)[0][1] == 1
        return done

    @property
    def spread(self) -> list[int]:
        return sorted(len(books) for books in self.held.values())


happens = st.lists(
    st.tuples(
        st.sampled_from(["begin", "die", "turn", "turn", "turn"]), st.sampled_from(NAMES), st.integers(0, 3)
    ),
    max_size=60,
)


def settle(world: World) -> int:
    """Take turns until nobody does anything; return how many rounds that took."""
    quiet = 0
    for rounds in range(200):
        done = [world.turn(name, 1) for name in sorted(world.held)]
        rests = all(each == Turn() for each in done) and not any(world.leaving.values())
        quiet = quiet + 1 if rests else 0
        if quiet == 2:  # what the last one gave the first one takes at his next turn
            return rounds - 1
    raise AssertionError("they never rest")


@given(st.integers(0, 120), happens)
def test_whatever_happens_no_book_is_held_twice_and_all_come_to_rest_evenly(
    books: int, what: list[tuple[str, str, int]]
) -> None:
    world = World(books)
    for kind, name, slow in what:
        if kind == "begin":
            world.begin(name)
        elif kind == "die":
            world.die(name)
        elif name in world.held:
            world.turn(name, slow)
    world.begin("a")
    settle(world)
    assert world.free == []
    assert max(world.spread) - min(world.spread) <= 1
    moves = world.moves
    assert settle(world) == 0
    assert world.moves == moves


@given(st.integers(1, 7), st.integers(0, 200))
def test_a_worker_that_dies_moves_its_own_books_alone(workers: int, books: int) -> None:
    world = World(books)
    for name in NAMES[: workers + 1]:
        world.begin(name)
    settle(world)
    before, orphans = world.moves, len(world.held["a"])
    world.die("a")
    settle(world)
    assert world.moves - before == orphans


@given(st.integers(1, 7), st.integers(0, 200))
def test_a_worker_that_comes_moves_no_more_than_its_portion(workers: int, books: int) -> None:
    world = World(books)
    for name in NAMES[:workers]:
        world.begin(name)
    settle(world)
    before = world.moves
    world.begin("z")
    settle(world)
    assert len(world.held["z"]) == books // (workers + 1)
    # While two go down side by side they may change places, and one gives a book too many.
    assert world.moves - before <= len(world.held["z"]) + workers
