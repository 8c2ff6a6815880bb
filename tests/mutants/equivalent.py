"""Faults that no test can see because they change nothing that can happen, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["EQUIVALENT"]

EQUIVALENT: Mapping[str, Mapping[str, str]] = {}
"""Module by module: what was changed to what, as `./check mutants` says it, and why nobody can tell."""
