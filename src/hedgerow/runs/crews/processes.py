"""Processes of this machine as workers: one that dies takes its pool with it, and a new pool goes on."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any

from hedgerow.runs.crews.crew import Done, Share, Work
from hedgerow.runs.crews.sharing import TRIES, died, release, shared_out

__all__ = ["Processes"]

_given: dict[str, Any] = {}


class Processes:
    """`width` processes; each is given `shared` once."""

    def __init__(self, work: Work[Any], shared: object, width: int) -> None:
        self.width = width
        self._started = (work, shared, release())
        self._waiting: dict[Future[Done], Share] = {}
        self._deaths = 0
        self._open()

    @property
    def busy(self) -> int:
        """How many shares are out."""
        return len(self._waiting)

    def hand(self, share: Share) -> None:
        """Hand out a share."""
        try:
            self._waiting[self._pool.submit(_one, share)] = share
        except BrokenProcessPool:
            self._anew([share])

    def done(self) -> list[Done]:
        """Return the shares that are back; where a process died, none, and all that were out begin anew."""
        ready, _ = wait(self._waiting, return_when=FIRST_COMPLETED)
        back = [future for future in ready if not isinstance(future.exception(), BrokenProcessPool)]
        for future in back:
            del self._waiting[future]
        if len(back) < len(ready):
            self._anew([])
        if back:
            self._deaths = 0
        return [future.result() for future in back]

    def close(self) -> None:
        """Give up what is not done; a share that is being worked on ends first."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _open(self) -> None:
        self._pool = ProcessPoolExecutor(
            self.width, get_context("spawn"), initializer=_remember, initargs=self._started
        )

    def _anew(self, more: list[Share]) -> None:
        out = [*self._waiting.values(), *more]
        self._waiting.clear()
        self._deaths += 1
        if self._deaths > TRIES:
            raise died(out[0])
        self.close()
        self._open()
        for share in out:
            self._waiting[self._pool.submit(_one, share)] = share


def _remember(work: Work[Any], shared: object, wanted: tuple[str, ...]) -> None:
    _given.update(work=work, shared=shared, wanted=wanted)


def _one(share: Share) -> Done:
    return shared_out(_given["work"], _given["shared"], share, _given["wanted"])
