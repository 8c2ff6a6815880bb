"""What goes wrong between a client and the stand-in server, request by request.

A fault waits for requests that match it, happens `times` times and is then spent. They are tried in order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Fault", "FaultKind"]

FaultKind = Literal["lost", "silent", "cut", "instead", "after", "late"]


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong for requests whose "METHOD /path" matches `match`.

    `lost`: the connection breaks before the venue has heard. `silent`: the venue does it, and the connection breaks
    before it can say so. `cut`: the answer breaks off in the middle. `instead`: `status` and `body` without anything
    done. `after`: it is done, and answered with `status` and `body` all the same. `late`: it is done `wait_ms` later.
    """

    match: str
    kind: FaultKind
    status: int = 502
    body: str = "<html><head><title>502 Bad Gateway</title></head></html>"
    headers: Mapping[str, str] = field(default_factory=dict)
    wait_ms: int = 0
    times: int = 1

    def takes(self, request: str) -> bool:
        """Return whether it happens to this request, and count it."""
        if self.times < 1 or not re.search(self.match, request):
            return False
        self.times -= 1
        return True
