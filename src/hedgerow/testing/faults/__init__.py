"""Fault schedules: the real executor on a faulty exchange in virtual time, and what must hold whatever goes wrong.

live(seed) -> Verdict                   one life: programmes, faults, kills, restarts, invariants
run(seeds) -> Report                    many, on all cores, as a table of fault by outcome
"""

from __future__ import annotations

from hedgerow.testing.faults.chance import FAULTS
from hedgerow.testing.faults.history import check_history
from hedgerow.testing.faults.lives import Verdict, live

__all__ = ["FAULTS", "Verdict", "check_history", "live"]
