"""A policy through time."""

from __future__ import annotations

from hedgerow.runs.backtest import backtest
from hedgerow.runs.settings import BacktestSettings

__all__ = ["BacktestSettings", "backtest"]
