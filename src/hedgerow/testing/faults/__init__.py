"""Fault schedules: the real executor on a faulty exchange in virtual time, and what must hold whatever goes wrong.

live(seed) -> Verdict                   one life: programmes, faults, kills, restarts, invariants
vigil(seed) -> Verdict                  one watch: looks, proposals, trades and alarms through the same faults
run(seeds) -> Report                    many, on all cores, as a table of fault by outcome
"""

from __future__ import annotations

from hedgerow.testing.faults.chance import FAULTS
from hedgerow.testing.faults.history import check_history
from hedgerow.testing.faults.lives import Verdict, live
from hedgerow.testing.faults.vigilance import check_vigil
from hedgerow.testing.faults.vigils import vigil

__all__ = ["FAULTS", "Verdict", "check_history", "check_vigil", "live", "vigil"]
