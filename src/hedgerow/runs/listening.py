"""The account's stream beside an executor at work: what it says are hints, taken at the executor's next turn.

done = await listened(executor, doors, executor.run(account, holder, programme))

A stream that ends, breaks or cannot be opened is `lost`: the executor then asks by REST, as it does without any stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from hedgerow.model.errors import HedgerowError
from hedgerow.model.ports import StreamEvent
from hedgerow.runs.executor import Executor
from hedgerow.runs.reconcile import Doors

__all__ = ["listened"]

Answer = TypeVar("Answer")


async def listened(executor: Executor, doors: Doors, work: Awaitable[Answer]) -> Answer:
    """Return what `work` comes to, while `executor` is told what the account's stream at `doors` says.

    Nothing of the stream's own troubles is raised.
    """
    ears = asyncio.create_task(_listen(executor, doors))
    try:
        return await work
    finally:
        ears.cancel()
        await asyncio.gather(ears, return_exceptions=True)


async def _listen(executor: Executor, doors: Doors) -> None:
    try:
        async for event in doors.trading.events():
            executor.hint(event)
    except HedgerowError:
        pass  # there is no stream, which is said below
    finally:
        executor.hint(StreamEvent("lost", 0))
