"""The venue's own dead man's switch: orders are cancelled there when nobody calls any more."""

from __future__ import annotations

from hedgerow.model.errors import StateUnknown
from hedgerow.venues.answers import code_of
from hedgerow.venues.door import Door
from hedgerow.venues.quirks import DeadMan

__all__ = ["set_dead_man"]


async def set_dead_man(door: Door, seconds: int) -> bool:
    """Set every product's switch to `seconds` (0: off); false where there is none, or none that can be switched off.

    A switch that works by contract is set in those that this process has traded. Raises `StateUnknown` where the venue
    does not confirm: then orders may stay.
    """
    await door.listings()
    done = False
    for product in door.venue.products.values():
        switch = product.dead_man
        if switch is not None and (seconds or switch.can_stop):
            names = sorted(door.touched_of(product)) if switch.per_symbol else [""]
            for name in names:
                await _set(door, switch, seconds, name)
            done = True
    return done


async def _set(door: Door, switch: DeadMan, seconds: int, name: str) -> None:
    held = min(max(seconds, switch.least), switch.most) if seconds else 0
    params: dict[str, object] = {**(switch.on if seconds else switch.off)}
    params[switch.time] = held * (1000 if switch.milliseconds else 1)
    if name:
        params["symbol"] = name
    seen, raised = await door.wire.send(lambda: getattr(door.exchange, switch.call)(params))
    code, message = code_of(door.venue, seen.body)
    if raised or code:
        raise StateUnknown(
            f"the dead man's switch was not confirmed: {raised or message}"[:300],
            advice="Orders may stay when this process dies: set it again.",
        )
