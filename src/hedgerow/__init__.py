"""Hedgerow: beta hedging for crypto portfolios, from holdings to a hedge you can trade.

Every name is loaded when it is first asked for; `import hedgerow` itself loads nothing else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hedgerow.files.books import read_books
    from hedgerow.files.funding import read_funding
    from hedgerow.files.portfolio import read_portfolio
    from hedgerow.files.prices import read_market
    from hedgerow.hedge.effectiveness import Effectiveness, effectiveness
    from hedgerow.hedge.estimation import Override, estimate, estimate_path
    from hedgerow.hedge.exposure import Exposure, expose
    from hedgerow.hedge.index import with_index
    from hedgerow.hedge.limits import Limits, check
    from hedgerow.hedge.plan import HedgePlan
    from hedgerow.hedge.policy import Policy
    from hedgerow.hedge.ranking import Ranking
    from hedgerow.hedge.riskmodel import risk
    from hedgerow.hedge.selection import rank
    from hedgerow.hedge.sizing import size
    from hedgerow.hedge.stress import stress
    from hedgerow.hedge.ticket import Ticket
    from hedgerow.hedge.valuation import Valuation, in_currency, value
    from hedgerow.model.betas import BetaPath, Betas
    from hedgerow.model.errors import HedgerowError
    from hedgerow.model.instruments import Instrument
    from hedgerow.model.journal import RunResult
    from hedgerow.model.market import Market
    from hedgerow.model.portfolio import Portfolio, Position
    from hedgerow.reports.page import ticket_page
    from hedgerow.runs import BacktestSettings, backtest
    from hedgerow.runs.windows import compare_windows
    from hedgerow.venues.catalogue import catalogue
    from hedgerow.venues.simulated import simulated_market

__version__ = "0.1.0"

_HOMES = {
    "files.books": ("read_books",),
    "files.funding": ("read_funding",),
    "files.portfolio": ("read_portfolio",),
    "files.prices": ("read_market",),
    "hedge.effectiveness": ("Effectiveness", "effectiveness"),
    "hedge.estimation": ("Override", "estimate", "estimate_path"),
    "hedge.exposure": ("Exposure", "expose"),
    "hedge.index": ("with_index",),
    "hedge.limits": ("Limits", "check"),
    "hedge.plan": ("HedgePlan",),
    "hedge.policy": ("Policy",),
    "hedge.ranking": ("Ranking",),
    "hedge.riskmodel": ("risk",),
    "hedge.selection": ("rank",),
    "hedge.sizing": ("size",),
    "hedge.stress": ("stress",),
    "hedge.ticket": ("Ticket",),
    "hedge.valuation": ("Valuation", "in_currency", "value"),
    "model.betas": ("BetaPath", "Betas"),
    "model.errors": ("HedgerowError",),
    "model.instruments": ("Instrument",),
    "model.journal": ("RunResult",),
    "model.market": ("Market",),
    "model.portfolio": ("Portfolio", "Position"),
    "reports.page": ("ticket_page",),
    "runs": ("BacktestSettings", "backtest"),
    "runs.windows": ("compare_windows",),
    "venues.catalogue": ("catalogue",),
    "venues.simulated": ("simulated_market",),
}
_HOME_OF = {name: f"hedgerow.{home}" for home, names in _HOMES.items() for name in names}

__all__ = [
    "BacktestSettings",
    "BetaPath",
    "Betas",
    "Effectiveness",
    "Exposure",
    "HedgePlan",
    "HedgerowError",
    "Instrument",
    "Limits",
    "Market",
    "Override",
    "Policy",
    "Portfolio",
    "Position",
    "Ranking",
    "RunResult",
    "Ticket",
    "Valuation",
    "__version__",
    "backtest",
    "catalogue",
    "check",
    "compare_windows",
    "effectiveness",
    "estimate",
    "estimate_path",
    "expose",
    "in_currency",
    "rank",
    "read_books",
    "read_funding",
    "read_market",
    "read_portfolio",
    "risk",
    "simulated_market",
    "size",
    "stress",
    "ticket_page",
    "value",
    "with_index",
]


def __getattr__(name: str) -> Any:
    """Load a public name from the room it lives in."""
    if name == "beta":
        return import_module("hedgerow.stats.beta")
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'hedgerow' has no attribute {name!r}")
    found = getattr(import_module(home), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
