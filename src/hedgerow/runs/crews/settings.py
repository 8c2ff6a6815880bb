"""Where long work may be done."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ClusterSettings"]


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """The address of a Ray cluster's head: `host:6379`, `auto` or `ray://host:10001`; "" for none."""

    address: str = ""
