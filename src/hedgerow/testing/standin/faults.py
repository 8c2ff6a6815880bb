"""What goes wrong between a client and the stand-in server, request by request.

A fault waits for requests that match it, happens `times` times and is then spent. They are tried in order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Fault", "FaultKind"]

FaultKind = Literal[
    "lost", "silent", "cut", "instead", "after", "late", "slow", "old", "empty", "filled", "odd"
]


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong for requests whose "METHOD /path" matches `match`.

    `lost`: the connection breaks before the venue has heard. `silent`: the venue does it, and the connection breaks
    before it can say so. `cut`: the answer breaks off in the middle. `instead`: `status` and `body` without anything
    done. `after`: it is done, and answered with `status` and `body` all the same; in both, a `word` of the core or of the
    dialect is said in the venue's own code and words instead of `body`. `late`: it is done and answered `wait_ms` of real
    time later. `slow`: the connection breaks, and it arrives `wait_ms` of the stand's time later, if it is still valid then.
    `old`: it is answered with what was so `wait_ms` ago. `empty`: it is answered as if nobody held anything. `filled`: a
    cancellation is said to have been done, while the order has filled. `odd`: it is done, and answered by the venue as `seen`
    makes it, in a body as `change` makes it.
    """

    match: str
    kind: FaultKind
    status: int = 502
    body: str = "<html><head><title>502 Bad Gateway</title></head></html>"
    headers: Mapping[str, str] = field(default_factory=dict)
    word: str = ""
    wait_ms: int = 0
    times: int = 1
    seen: Callable[[Any], Any] | None = None
    change: Callable[[Any], Any] | None = None

    def takes(self, request: str) -> bool:
        """Return whether it happens to this request, and count it."""
        if self.times < 1 or not re.search(self.match, request):
            return False
        self.times -= 1
        return True
