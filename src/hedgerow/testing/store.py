"""What every journal keeps, ours and yours: a battery of promises for `model.ports.Store`.

    check_store(lambda clock: MyStore(somewhere_fresh(), clock))

It needs no test framework and raises `BrokenPromise`, which says what was promised and what came instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from hedgerow.model.errors import BrokenPromise, Halted, HedgerowError, LeaseLost, StateUnknown
from hedgerow.model.ports import Lease, Record, Store
from hedgerow.store.chain import FIRST, Line, checked, text_of

__all__ = ["STORE_PROMISES", "check_store"]

Monotonic = Callable[[], int]
MakeStore = Callable[[Monotonic], Store]
Batch = Sequence[tuple[str, Mapping[str, object]]]

_TTL = 15_000
_FILL: Mapping[str, object] = {
    "venue": "paper",
    "account": "main",
    "trade_id": "t1",
    "quantity": Decimal("-0.5"),
    "price": Decimal("60000.1"),
}


def check_store(make: MakeStore) -> tuple[str, ...]:
    """Put a fresh, empty store of `make(clock)` to every promise in `STORE_PROMISES` and return their names.

    `clock` returns monotonic milliseconds; the store must take time from nowhere else. Raises `BrokenPromise` at the first
    promise that is broken.
    """
    for name, promise in STORE_PROMISES.items():
        try:
            promise(_Desk(make))
        except BrokenPromise as broken:
            raise BrokenPromise(f"the store breaks its promise, {name}: {broken.message}") from None
    return tuple(STORE_PROMISES)


class _Desk:
    """A fresh store and the hands of its clock."""

    def __init__(self, make: MakeStore) -> None:
        self.make, self.time = make, 1_000_000
        self.store = make(lambda: self.time)

    def lease(self, account: str = "paper:main", holder: str = "one") -> Lease:
        """Take an account that is free."""
        lease = self.store.acquire(account, holder, _TTL)
        if lease is None:
            raise BrokenPromise(f"{account} is free, and {holder} did not get it")
        return lease

    def write(self, lease: Lease, batch: Batch, stream: str = "orders", *, opening: bool = False) -> int:
        """Write at a made-up instant."""
        return self.store.append(stream, 1_700_000_000_000, batch, lease, opening=opening)

    def records(self, stream: str = "orders") -> list[Record]:
        """Return all there is."""
        return list(self.store.read(stream))


def _equal(what: str, got: object, want: object) -> None:
    if got != want:
        raise BrokenPromise(f"{what} is {got!r}, expected {want!r}")


def _raises(what: str, error: type[HedgerowError], act: Callable[[], object]) -> None:
    try:
        act()
    except error:
        return
    raise BrokenPromise(f"{what} passed, expected {error.__name__}")


def _in_order(desk: _Desk) -> None:
    _equal("streams of an empty store", desk.store.streams(), ())
    _equal("records of a stream that is not there", desk.records(), [])
    lease = desk.lease()
    _equal("seq after two", desk.write(lease, [("a", {"n": 1}), ("b", {"n": 2})]), 2)
    _equal("seq after none", desk.write(lease, []), 2)
    _equal("seq of another stream", desk.write(lease, [("c", {})], "other"), 1)
    _equal("seq after three", desk.write(lease, [("d", {"n": 3})]), 3)
    found = desk.records()
    _equal("kinds", [(r.seq, r.kind, r.body) for r in found], _numbered("a", "b", "d"))
    _equal("instants", {r.at for r in found}, {1_700_000_000_000})
    _equal("what is behind 1", [r.seq for r in desk.store.read("orders", 1)], [2, 3])
    _equal("what is behind the last", list(desk.store.read("orders", 3)), [])
    _equal("streams", desk.store.streams(), ("orders", "other"))


def _numbered(*kinds: str) -> list[tuple[int, str, object]]:
    return [(n, kind, {"n": n}) for n, kind in enumerate(kinds, 1)]


def _many(desk: _Desk) -> None:
    lease = desk.lease()
    for start in range(0, 2_400, 600):
        desk.write(lease, [("n", {"n": n}) for n in range(start, start + 600)])
    _equal("numbers", [r.body["n"] for r in desk.records()], list(range(2_400)))
    _equal("numbers behind 1,500", [r.seq for r in desk.store.read("orders", 1_500)][:2], [1_501, 1_502])


def _bodies(desk: _Desk) -> None:
    body = {
        "price": Decimal("0.10"),
        "tiny": Decimal("1E-18"),
        "large": 2**80,
        "none": None,
        "yes": True,
        "text": 'a "quote", a\nline, β and 現',
        "list": [Decimal(-1), ("x", 2)],
        "map": {"b": {"c": []}, "a": ""},
    }
    desk.write(desk.lease(), [("a", body)])
    told = {**body, "price": "0.10", "tiny": "1E-18", "list": ["-1", ["x", 2]]}
    _equal("body", dict(desk.records()[0].body), told)


def _no_floats(desk: _Desk) -> None:
    lease = desk.lease()
    for wrong in (0.5, float("nan"), Decimal("NaN"), Decimal("Infinity"), b"x", object(), {"deep": [1.0]}):
        batch: Batch = [("good", {"n": 1}), ("bad", {"value": wrong})]
        _raises(f"a record with {wrong!r}", BrokenPromise, lambda batch=batch: desk.write(lease, batch))  # type: ignore[misc]
    _equal("what was written of batches with a bad record", desk.records(), [])


def _one_holder(desk: _Desk) -> None:
    first = desk.lease()
    _equal("end", first.expires, desk.time + _TTL)
    _equal("lease of a second holder", desk.store.acquire("paper:main", "two", _TTL), None)
    other = desk.lease("bybit:7", "two")
    desk.time += _TTL - 1
    _equal("lease a moment before the end", desk.store.acquire("paper:main", "two", _TTL), None)
    desk.time += 1
    second = desk.lease(holder="two")
    if not second.fence > first.fence:
        raise BrokenPromise(f"the fence went from {first.fence} to {second.fence}")
    _equal("account of the other lease", other.account, "bybit:7")


def _fence_grows(desk: _Desk) -> None:
    fences = []
    for holder in ("one", "two", "one", "one"):
        lease = desk.lease(holder=holder)
        fences.append(lease.fence)
        desk.store.release(lease)
    again = desk.lease(holder="one")
    fences += [again.fence, desk.lease(holder="one").fence]
    _equal("fences of six holders", fences, sorted(set(fences)))
    _raises("writing by one's former self", LeaseLost, lambda: desk.write(again, [("a", {})]))


def _lost(desk: _Desk) -> None:
    first = desk.lease()
    desk.write(first, [("a", {})])
    desk.time += _TTL
    _raises("writing after the end", LeaseLost, lambda: desk.write(first, [("b", {})]))
    second = desk.lease(holder="two")
    _raises("writing after another took over", LeaseLost, lambda: desk.write(first, [("b", {})]))
    _equal("renewing what is another's", desk.store.renew(first, _TTL), None)
    desk.store.release(first)
    desk.write(second, [("c", {})])
    desk.store.release(second)
    _raises("writing after giving back", LeaseLost, lambda: desk.write(second, [("d", {})]))
    never = Lease("nobody", "one", 1, desk.time + _TTL)
    _raises("writing without a lease", LeaseLost, lambda: desk.write(never, [("e", {})]))
    _equal("fences of the records", [r.fence for r in desk.records()], [first.fence, second.fence])


def _renewed(desk: _Desk) -> None:
    lease = desk.lease()
    for _ in range(4):
        desk.time += 5_000
        renewed = desk.store.renew(lease, _TTL)
        if renewed is None:
            raise BrokenPromise("a lease that lives could not be renewed")
        _equal("fence and end", (renewed.fence, renewed.expires), (lease.fence, desk.time + _TTL))
        lease = renewed
    desk.write(lease, [("a", {})])
    _equal("lease of a second holder", desk.store.acquire("paper:main", "two", _TTL), None)
    desk.time += 2 * _TTL
    late = desk.store.renew(lease, _TTL)
    if late is None:
        raise BrokenPromise("a lease that ended and that nobody took could not be renewed")
    desk.write(late, [("b", {})])


def _reboot(desk: _Desk) -> None:
    first = desk.lease()
    desk.time = 4_000  # a monotonic clock begins again when the machine does; its processes are gone
    second = desk.lease(holder="two")
    if not second.fence > first.fence:
        raise BrokenPromise(f"the fence went from {first.fence} to {second.fence} over a reboot")
    _raises("writing from before the reboot", LeaseLost, lambda: desk.write(first, [("a", {})]))


def _halts(desk: _Desk) -> None:
    lease, other = desk.lease(), desk.lease("bybit:7")
    _equal("halt of an account that trades", desk.store.halted("paper:main"), None)
    desk.store.halt("paper:main", 5, "the owner said so")
    _equal("halt", desk.store.halted("paper:main"), "the owner said so")
    _equal("halt of another account", desk.store.halted("bybit:7"), None)
    _raises("an order that opens risk", Halted, lambda: desk.write(lease, [("a", {})], opening=True))
    desk.write(lease, [("reduce", {})])
    desk.write(other, [("b", {})], "other", opening=True)
    desk.store.halt("*", 6, "everything")
    _raises("an order of another account", Halted, lambda: desk.write(other, [("c", {})], opening=True))
    desk.store.halt("paper:main", 7, None)
    _equal("halt under the halt of all", desk.store.halted("paper:main"), "everything")
    desk.store.halt("*", 8, None)
    _equal("lifted halts", [desk.store.halted(a) for a in ("paper:main", "bybit:7", "*")], [None] * 3)
    desk.write(lease, [("d", {})], opening=True)
    desk.store.halt("paper:main", 9, "")
    if not desk.store.halted("paper:main"):
        raise BrokenPromise("a halt without a reason does not halt")
    _equal("records", [r.kind for r in desk.records()], ["reduce", "d"])


def _fills(desk: _Desk) -> None:
    lease = desk.lease()
    _equal("seq after a fill, twice", desk.write(lease, [("fill", _FILL), ("fill", _FILL)]), 1)
    _equal(
        "seq after the same fill", desk.write(lease, [("fill", {**_FILL, "price": Decimal("60000.10")})]), 1
    )
    _equal("seq in another stream", desk.write(lease, [("fill", _FILL), ("x", {})], "other"), 1)
    _equal("seq of another account's", desk.write(lease, [("fill", {**_FILL, "account": "b"})]), 2)
    _equal("seq of another venue's", desk.write(lease, [("fill", {**_FILL, "venue": "bybit"})]), 3)
    changed: Batch = [("before", {}), ("fill", {**_FILL, "quantity": Decimal("-0.6")})]
    _raises("a fill that says something else", StateUnknown, lambda: desk.write(lease, changed))
    nameless: Batch = [("fill", {**_FILL, "trade_id": ""})]
    _raises("a fill without its id", BrokenPromise, lambda: desk.write(lease, nameless))
    _equal("kinds", [r.kind for r in desk.records()], ["fill"] * 3)
    _equal("kinds of the other stream", [r.kind for r in desk.records("other")], ["x"])


def _chained(desk: _Desk) -> None:
    stores = (desk, _Desk(desk.make))
    for one in stores:
        lease = one.lease()
        one.write(lease, [("a", {"price": Decimal("1.50")}), ("b", {})])
        one.time += _TTL
        one.write(one.lease(holder="two"), [("c", {"text": "é"})])
    first, second = (one.records() for one in stores)
    _equal("digests of the same history", [r.digest for r in first], [r.digest for r in second])
    lines = [(Line(r.seq, r.at, r.kind, r.fence, text_of(r.body)), r.digest) for r in first]
    _equal("chain", list(checked("orders", lines, 0, FIRST)), first)


STORE_PROMISES: Mapping[str, Callable[[_Desk], None]] = {
    "one line after another": _in_order,
    "many lines": _many,
    "bodies come back": _bodies,
    "no floats, all or nothing": _no_floats,
    "one holder": _one_holder,
    "the fence grows": _fence_grows,
    "no writing without a lease": _lost,
    "renewed while nobody took it": _renewed,
    "free after a reboot": _reboot,
    "halts stop what opens risk": _halts,
    "a fill is written once": _fills,
    "chained": _chained,
}
"""What is promised, by name."""
