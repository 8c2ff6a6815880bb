"""A policy through time."""

from __future__ import annotations

from hedgerow.runs.backtest import backtest
from hedgerow.runs.result import Backtest
from hedgerow.runs.settings import BacktestSettings

__all__ = ["Backtest", "BacktestSettings", "backtest"]
