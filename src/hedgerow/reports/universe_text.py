"""The betas of a universe as text and as JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from rich.console import Group
from rich.text import Text

from hedgerow.model.display import plain
from hedgerow.model.universe import UniverseBetas
from hedgerow.reports.layout import columns, header, instant, line, page
from hedgerow.reports.wording import count, counted, number, plain_text

__all__ = ["universe_json", "universe_text"]

_ROWS = 40
_OWN = {"prior": "the prior", "policy": "by policy", "factor": "the factor", "unknown": "unknown"}


def universe_text(found: UniverseBetas, *, everything: bool = False) -> Group:
    """Return the last instant's betas, the largest first and unknown ones last; the first forty unless `everything`."""
    beta = found.beta[-1, :, 0]
    order = np.argsort(np.where(np.isfinite(beta), -beta, np.inf), kind="stable").tolist()
    shown = order if everything else order[:_ROWS]
    names = [name for factor in found.factors for name in (f"beta to {factor}", "±")]
    table = columns(
        ["coin", *names, "R²", "returns", "before shrinking", "note"],
        [_cells(found, i) for i in shown],
        left=(0, 5 + 2 * len(found.factors) - 1),
    )
    left = len(order) - len(shown)
    more = line(f"… {count(left)} more: --verbose, --json or --out FILE.") if left else None
    return page(_first(found), line(_ways(found)), table, more)


def _first(found: UniverseBetas) -> Text:
    days = len(found.times)
    when = instant(found.times[-1])
    span = when if days == 1 else f"{count(days)} instants from {instant(found.times[0])} to {when}"
    source = "" if found.simulated else found.source
    return header(found.simulated, source, counted(len(found.symbols), "coin"), span, found.estimator)


def _ways(found: UniverseBetas) -> str:
    """How many betas came about in which way, and what they are shrunk to."""
    ways = Counter(str(way) for way in found.method[-1].tolist())
    told = ", ".join(f"{count(n)} {_OWN.get(way, 'measured')}" for way, n in ways.most_common())
    if not np.isfinite(found.prior_mean[-1]).all():
        return f"{told}; {found.prior_note}"
    means = zip(found.factors, found.prior_mean[-1], found.prior_sd[-1], strict=True)
    across = ", ".join(f"{number(mean)} ± {number(spread)} to {factor}" for factor, mean, spread in means)
    shrunk = "shrunk to" if found.estimator.startswith("shrink(") else "the prior of young coins is"
    return f"{told}; {shrunk} {across} ({found.prior_note})"


def _cells(found: UniverseBetas, i: int) -> list[str]:
    pairs = [(found.beta[-1, i, k], found.stderr[-1, i, k]) for k in range(len(found.factors))]
    raw = f"{number(found.raw[-1, i, 0])} ± {number(found.raw_stderr[-1, i, 0])}"
    r2 = found.r2[-1, i]
    return [
        plain_text(found.symbols[i]),
        *(number(value) for pair in pairs for value in pair),
        number(r2) if np.isfinite(r2) else "",
        str(int(found.n[-1, i])),
        raw if np.isfinite(found.raw[-1, i, 0]) else "",
        plain_text(found.note[i]),
    ]


def universe_json(found: UniverseBetas) -> dict[str, Any]:
    """Return every instant and coin; unknown is null."""
    names, rows = found.table()
    last = dict(zip(found.symbols, found.note, strict=True))
    return {
        "kind": "universe",
        "source": found.source,
        "simulated": found.simulated,
        "factors": list(found.factors),
        "estimator": found.estimator,
        "as_of": plain(found.times[-1]),
        "rows": [plain(dict(zip(names, row, strict=True))) for row in rows],
        "priors": [
            {"ts": plain(when), "mean": plain(mean), "sd": plain(spread)}
            for when, mean, spread in zip(found.times, found.prior_mean, found.prior_sd, strict=True)
        ],
        "prior_note": found.prior_note,
        "notes": {symbol: note for symbol, note in last.items() if note},
        "unknown": list(found.unknown),
    }
