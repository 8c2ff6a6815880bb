"""A policy through time."""

from __future__ import annotations

from hedgerow.runs.backtest import backtest
from hedgerow.runs.settings import BacktestSettings, Deleverage

__all__ = ["BacktestSettings", "Deleverage", "backtest"]
