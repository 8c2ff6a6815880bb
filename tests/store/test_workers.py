"""Workers on a real server, by a clock that the test sets: signs of life, claims, and who is taken for dead."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count

import pytest
from tests.store.servers import PostgreSQL

from hedgerow.store.server import Server
from hedgerow.store.workers import Standing, Workers, workers_on

TTL = 15_000
BOOKS = tuple(f"/srv/books/{i}.csv" for i in range(10))
Made = Callable[..., Workers]


class Clock:
    """The server's clock, and every worker's."""

    at = 1_000_000

    def __call__(self) -> int:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def place(postgresql: PostgreSQL) -> Server:
    return postgresql.server()


@pytest.fixture
def make(place: Server, clock: Clock) -> Made:
    numbers = count(1)

    def made(books: tuple[str, ...] = BOOKS) -> Workers:
        worker = Workers(place, f"w{next(numbers)}", books, TTL, monotonic=clock, clock=clock)
        worker.prepare()
        worker.beat()
        return worker

    return made


def turned(worker: Workers, *ended: str, leaving: tuple[str, ...] = ()) -> Standing:
    return worker.turn(ended, leaving)


def test_a_worker_alone_takes_everything_and_one_who_comes_is_given_a_half(make: Made) -> None:
    one = make()
    assert turned(one).mine == set(BOOKS)
    two = make()
    assert turned(two).mine == set()
    gives, mine = set[str](), set(BOOKS)
    for _ in range(5):
        standing = turned(one)
        (given,) = standing.gives
        assert turned(one, leaving=(given,)).gives == ()  # no more while one is on its way
        mine = set(turned(one, given).mine)
        gives.add(given)
        assert turned(two).mine == gives
    assert (turned(one).gives, len(mine), mine & gives) == ((), 5, set())


def test_who_gives_no_sign_of_life_loses_everything_when_his_lease_time_is_over(
    make: Made, clock: Clock
) -> None:
    one, two = make(), make()
    assert len(turned(one).mine) == len(turned(two).mine) == 5
    clock.at += TTL - 1
    two.beat()
    standing = turned(two)
    assert (len(standing.mine), standing.others_end) == (5, clock.at + 1)
    clock.at += 1
    assert turned(two).mine == set(BOOKS)
    assert turned(one).mine == set()  # his own life is over: others may hold what he held


def test_who_wakes_finds_what_nobody_took_and_is_given_his_portion_again(make: Made, clock: Clock) -> None:
    one = make()
    turned(one)
    clock.at += 10 * TTL
    one.beat()
    assert turned(one).mine == set(BOOKS)
    two = make()
    clock.at += TTL
    two.beat()
    assert turned(two).mine == set(BOOKS)
    one.beat()
    assert turned(one).mine == set()
    (given,) = turned(two).gives
    turned(two, given)
    assert turned(one).mine == {given}


def test_a_worker_that_ends_leaves_nothing_behind(make: Made, place: Server, clock: Clock) -> None:
    one, two = make(), make()
    turned(one), turned(two)
    one.leave()
    assert turned(two).mine == set(BOOKS)
    assert [worker.name for worker, _ in workers_on(place)] == ["w2"]
    two.beat()
    assert [(worker.name, worker.books) for worker, _ in workers_on(place)] == [("w2", 10)]


def test_workers_of_other_lists_are_not_counted_on_and_nothing_is_held_twice(make: Made) -> None:
    """As while workers are started again, one after another, with one book more."""
    one, two = make(), make()
    turned(one), turned(two)
    more = make((*BOOKS, "/srv/books/new.csv"))
    assert turned(more).mine == {"/srv/books/new.csv"}
    assert (turned(one).gives, turned(two).gives) == ((), ())
    one.leave()
    assert len(turned(more).mine) == 6
    assert len(turned(two).mine) == 5  # what `one` left was taken already


def test_a_turn_where_nothing_has_changed_reads_no_claims(
    make: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hedgerow.store import workers as module

    one, two = make(), make()
    for _ in range(3):
        turned(one), turned(two)
    monkeypatch.setattr(module, "_holders", lambda *_: pytest.fail("read"))
    assert len(turned(one).mine) == len(turned(two).mine) == 5
    monkeypatch.undo()
    three = make()
    turned(three)
    assert len(turned(one).gives) == 1


def test_what_was_taken_by_hand_or_by_mistake_is_found_within_a_dozen_turns(
    make: Made, place: Server, postgresql: PostgreSQL
) -> None:
    one = make()
    for _ in range(2):
        turned(one)
    postgresql.execute(f"SET search_path TO {place.schema}", "DELETE FROM documents WHERE folder = 'claims'")
    two = make()
    for _ in range(12):
        turned(two)
        turned(one)
    assert len(turned(one).mine) + len(turned(two).mine) == 10
    assert not turned(one).mine & turned(two).mine


def test_twenty_threads_that_want_the_same_books_share_them_out(make: Made) -> None:
    books = tuple(f"{i}" for i in range(100))
    workers = [make(books) for _ in range(20)]

    def work(worker: Workers) -> None:
        for _ in range(4):
            turned(worker)

    threads = [threading.Thread(target=work, args=(each,)) for each in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = [turned(each).mine for each in workers]
    assert [len(each) for each in held] == [5] * 20
    assert frozenset().union(*held) == set(books)
