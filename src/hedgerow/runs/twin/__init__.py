"""The compiled twin of the backtest: the same result from arrays, for the policies it can express (`interfaces.md` §4).

    twin(policy, book, market, catalogue, ...) -> RunResult         as `backtest`, or a refusal that names what it cannot

The plain engine defines the result; this one agrees with it to 1e-9 of the book.
"""

from __future__ import annotations

from hedgerow.runs.twin.engine import inexpressible, twin

__all__ = ["inexpressible", "twin"]
