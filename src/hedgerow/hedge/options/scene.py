"""The book in every market that is looked at: by beta, in the crash, and in a rally that alts do not follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hedgerow.hedge.exposure import Exposure
from hedgerow.hedge.options.curve import book_beta_after
from hedgerow.hedge.options.held import beyond_first_order
from hedgerow.hedge.options.plan import Wanted, at_move
from hedgerow.model.arrays import FloatArray
from hedgerow.model.option_chain import OptionChain
from hedgerow.stats.smile import Smile

__all__ = ["Scene"]


@dataclass(frozen=True, slots=True)
class Scene:
    """What all candidates are judged in; profits (N,) of the bare book run over `moves`."""

    exposure: Exposure
    chain: OptionChain
    wanted: Wanted
    smiles: Mapping[np.datetime64, Smile]
    moves: FloatArray
    by_beta_usd: FloatArray
    crash_usd: FloatArray
    powers: Mapping[str, float]
    rally: float

    @property
    def allowed_usd(self) -> float:
        """The loss that the floor allows, infinite without one."""
        return np.inf if self.wanted.floor is None else self.wanted.floor * self.exposure.nav_usd

    @property
    def shown_moves(self) -> tuple[float, ...]:
        """The moves at which the beta left is told."""
        return (-self.wanted.crash, -0.2, -0.1, 0.0, 0.1, 0.2, 0.4)

    @property
    def flat_rally_usd(self) -> float:
        """The book's profit when the factor rallies and no other coin moves."""
        mine = [r.delta_usd for r in self.exposure.rows if r.symbol in self.exposure.factors]
        beyond = self._of_options(np.array([self.rally])) if self.exposure.options else 0.0
        return self.rally * sum(mine) + beyond

    def _of_options(self, moves: FloatArray) -> float:
        """What the book's options on the factor gain beyond their delta."""
        return float(beyond_first_order(self.exposure.options, self.chain.underlying, moves)[0])

    def at_crash(self, profits: FloatArray) -> float:
        """Return profits over `moves` at the crash."""
        return at_move(self.moves, profits, -self.wanted.crash)

    def worst(self, profits: FloatArray) -> tuple[float, float]:
        """Return the least profit between no move and the crash, and the move at which it is."""
        way = (self.moves <= 0.0) & (self.moves >= -self.wanted.crash)
        i = int(np.argmin(np.where(way, profits, np.inf)))
        return float(profits[i]), float(self.moves[i])

    def meets(self, profits: FloatArray) -> bool | None:
        """Return whether the floor holds at the crash, to a cent; None without one."""
        return None if self.wanted.floor is None else self.at_crash(profits) >= -self.allowed_usd - 0.01

    def book_beta_after(self, move: float) -> float:
        """Return the book's dollar beta after `move`, every coin by its beta: what fell is less to fall."""
        if self.exposure.options:
            return float(book_beta_after(self.exposure, np.array([move]))[0])
        betas = ((row.delta_usd, float(row.beta[0])) for row in self.exposure.rows)
        return sum(dollars * beta * max(1.0 + beta * move, 0.0) for dollars, beta in betas)
