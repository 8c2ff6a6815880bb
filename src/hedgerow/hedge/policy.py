"""The six steps as one frozen value: what a notebook, a backtest and a live run all evaluate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hedgerow.hedge.accounts import AccountRules
from hedgerow.hedge.caution import warnings_of
from hedgerow.hedge.collateral import parse_collateral, with_collateral
from hedgerow.hedge.doubts import doubted, price_cautions, price_refusals
from hedgerow.hedge.estimation import Override, estimate
from hedgerow.hedge.exposure import Exposure, expose
from hedgerow.hedge.limits import Limits, VenueFacts, check
from hedgerow.hedge.pool import benchmarks_of, candidates_for, standing
from hedgerow.hedge.ranking import Ranking
from hedgerow.hedge.riskmodel import risk
from hedgerow.hedge.selection import rank
from hedgerow.hedge.sizing import size, target_of_volatility
from hedgerow.hedge.stress import stress
from hedgerow.hedge.target import target_dollars
from hedgerow.hedge.ticket import Ticket
from hedgerow.hedge.valuation import value
from hedgerow.model.arrays import FloatArray
from hedgerow.model.betas import Betas
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.errors import UsageError
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.portfolio import Portfolio
from hedgerow.model.risk import RiskModel

__all__ = ["Policy"]


@dataclass(frozen=True, slots=True)
class Policy:
    """How a book is hedged. Options and their meanings are those of the command line (`interfaces.md` §2, §3).

    `instruments` is a count (1: the best contract), "auto", or names. Targets are one number a factor; without
    any, all of the beta goes. `horizon_days` is what candidates are compared over, `risk_aversion` the relative
    aversion that prices the risk they leave. `rebalance` is the rule by which a hedge that runs is traded back.
    """

    factor: str = "BTC"
    target_beta: tuple[float, ...] | None = None
    target_beta_usd: tuple[float, ...] | None = None
    target_vol: float | None = None
    estimator: str = "default"
    errors: str | None = None
    instruments: str | int | tuple[str, ...] = 1
    own: bool = False
    exclude: tuple[str, ...] = ()
    overrides: Mapping[str, Override] = field(default_factory=dict)
    horizon_days: float = 30.0
    risk_aversion: float = 10.0
    collateral: str | None = None
    limits: Limits = field(default_factory=Limits)
    rebalance: str = "band"

    @property
    def factors(self) -> tuple[str, ...]:
        """The factors by name."""
        names = tuple(name.strip().upper() for name in self.factor.split(","))
        dollars = [name for name in names if is_stablecoin(name)]
        if dollars or len(set(names)) < len(names):
            said = (
                f"{dollars[0]} is a dollar: nothing moves with it"
                if dollars
                else f"{self.factor} names a factor twice"
            )
            raise UsageError(said, advice="Give --factor BTC, ETH, BTC,ETH or an index.")
        return names

    @property
    def rules(self) -> AccountRules:
        """How margin is judged, and what there is for it. Raises `UsageError` for collateral that says nothing."""
        return AccountRules(
            self.limits.max_leverage,
            self.limits.least_distance,
            self.horizon_days,
            parse_collateral(self.collateral),
        )

    def expose(
        self,
        book: Portfolio,
        market: Market,
        pool: tuple[Instrument, ...] = (),
        betas: Betas | None = None,
    ) -> Exposure:
        """Return steps 1 and 2; `pool` are contracts whose underlyings are estimated along.

        `betas` that were estimated before are used as they are.
        """
        worth = value(book, market)
        if betas is None:
            underlyings = tuple(contract.underlying for contract in pool)
            betas = self.estimate(market, tuple(dict.fromkeys(worth.assets + underlyings)))
        return expose(worth, betas, frozenset(self.exclude))

    def estimate(self, market: Market, assets: tuple[str, ...]) -> Betas:
        """Return step 1b: the betas of `assets` by this policy's estimator."""
        return estimate(
            market,
            assets,
            self.factors,
            estimator=self.estimator,
            errors=self.errors,
            overrides=self.overrides,
        )

    def rank(
        self,
        book: Portfolio,
        market: Market,
        catalogue: tuple[Instrument, ...],
        hedge_market: Market | None = None,
        betas: Betas | None = None,
        model: RiskModel | None = None,
        *,
        frontier: bool = True,
    ) -> tuple[Exposure, Ranking, RiskModel]:
        """Return step 3 with what it rests on; `betas` and `model` that were made before are used as they are.

        Without `frontier` one contract is chosen from those it may be: what baskets are made of is not looked at.
        """
        held = with_collateral(book, self.rules.collateral, catalogue[0].venue)
        pool = () if frontier or self.instruments != 1 else benchmarks_of(self.factors, catalogue)
        pool = pool or candidates_for(
            self.instruments, self.factors, book, hedge_market or market, catalogue, own=self.own
        )
        usual = (
            ()
            if betas is not None
            else candidates_for(1, self.factors, book, hedge_market or market, catalogue)
        )
        # The same coins beside the book's whatever is named: a book's volatility does not depend on how it is hedged.
        exposure = self.expose(held, market, tuple(dict.fromkeys((*usual, *pool))), betas)
        model = model or risk(market, exposure.betas)
        target = target_dollars(exposure, self.target_beta, self.target_beta_usd)
        excluded = frozenset(self.exclude)
        counted = tuple(h.position for h in exposure.worth.counted(excluded).holdings)
        stands = standing(replace(held, positions=counted), self.factors)

        def ranked(target_usd: FloatArray) -> Ranking:
            found = rank(
                pool,
                exposure,
                hedge_market or market,
                target_usd=target_usd,
                risk=model,
                rules=self.rules,
                risk_aversion=self.risk_aversion,
                named=isinstance(self.instruments, tuple),
            )
            return replace(found, standing=stands, frontier=frontier)

        ranking = ranked(target)
        if self.target_vol is not None:
            ranking = ranked(target_of_volatility(exposure, ranking, model, self.target_vol)[0])
        return exposure, ranking, model

    def plan(
        self,
        book: Portfolio,
        market: Market,
        catalogue: tuple[Instrument, ...],
        hedge_market: Market | None = None,
        venues: tuple[VenueFacts, ...] = (),
        own: frozenset[str] | None = None,
    ) -> Ticket:
        """Return steps 1 to 4 as one ticket; `own` are coins whose price is the user's word, None: all that are given.

        Raises `UsageError` for a target the book cannot have, `UnknownSymbol` for a factor or instrument nobody
        knows, `NotEnoughData` for a factor without history.
        """
        exposure, ranking, model = self.rank(book, market, catalogue, hedge_market)
        sized = size(
            exposure,
            ranking,
            model,
            target_vol=self.target_vol,
            instruments=self.instruments,
            rules=self.rules,
        )
        slips = doubted(
            exposure.worth.counted(frozenset(self.exclude)),
            self.factors,
            (market, hedge_market or market),
            sized,
        )
        own = frozenset(market.given) if own is None else own
        volumes = {terms.instrument.symbol: terms.volume_usd for terms in ranking.offered}
        sectors = dict(market.sectors) | {p.symbol: p.sector for p in book.positions if p.sector}
        ticket = Ticket(
            worth=exposure.worth,
            betas=exposure.betas,
            exposure=exposure,
            ranking=ranking,
            plan=sized,
            stress=stress(sized, exposure, sectors, market),
            refusals=(
                *price_refusals(slips, own),
                *check(sized, exposure.worth, self.limits, venues, volumes),
            ),
            warnings=(),
            flags=market.flags,
            as_of=market.as_of,
            source=market.source,
            simulated=market.simulated,
            currency=market.currency,
            recognised=book.recognised,
            doubts=tuple(slip.coin for slip in slips),
        )
        return replace(ticket, warnings=(*price_cautions(slips, own), *warnings_of(ticket, market)))
