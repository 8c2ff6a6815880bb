"""A simulated market: seed in, arrays out (docs/reference/simulated-market.md).

    r_i = β_i,t·r_BTC + γ_i·a + δ_i·s_sector + own_i        daily simple returns, compounded in logarithms

BTC has clustered volatility; `a` is what alts share beyond it, and ETH has part of it; sectors move together; own moves
jump; betas wander slowly; one crash day takes alts far below their beta. Funding follows a premium with memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import FloatArray, TimeArray

__all__ = ["COINS", "END", "Coin", "FactorMarket", "factor_market"]

DAYS = 900
END = np.datetime64("2026-07-01T00:00:00", "ms")
_CRASH = np.datetime64("2025-10-11T00:00:00", "ms")
_DEPEG = np.datetime64("2025-03-12T00:00:00", "ms")
_BTC_DAILY, _ARCH, _GARCH = 0.026, 0.07, 0.90
_ALT_DAILY, _SECTOR_DAILY = 0.023, 0.012
_JUMP_CHANCE, _JUMP = 0.012, 0.14
_BETA_DRIFT = 0.010
_PREMIUM_MEAN, _PREMIUM_SD, _PREMIUM_MEMORY = 1.5e-4, 9.0e-4, 0.90
_INTEREST, _CLAMP, _CAP = 1.0e-4, 5.0e-4, 0.02


@dataclass(frozen=True, slots=True)
class Coin:
    """What the model knows of a coin: last price, mean beta, loadings on what alts and its sector share, own daily risk."""

    symbol: str
    sector: str
    price: float
    beta: float
    alt: float
    in_sector: float
    own: float
    volume_usd: float
    listed_days: int = DAYS


def _coins() -> tuple[Coin, ...]:
    rows = (
        ("BTC", "majors", 62500.0, 1.0, 0.0, 0.0, 0.0, 1.6e10, DAYS),
        ("ETH", "majors", 2480.0, 1.25, 0.85, 0.0, 0.014, 9.0e9, DAYS),
        ("SOL", "layer 1", 138.0, 1.50, 1.05, 1.0, 0.022, 3.2e9, DAYS),
        ("BNB", "exchange", 640.0, 0.85, 0.55, 1.0, 0.016, 8.0e8, DAYS),
        ("XRP", "payments", 1.62, 1.25, 0.90, 1.0, 0.031, 1.4e9, DAYS),
        ("ADA", "layer 1", 0.52, 1.45, 1.10, 1.1, 0.028, 3.5e8, DAYS),
        ("AVAX", "layer 1", 18.4, 1.55, 1.15, 1.2, 0.028, 2.6e8, DAYS),
        ("DOT", "layer 1", 3.35, 1.40, 1.10, 1.2, 0.025, 1.6e8, DAYS),
        ("NEAR", "layer 1", 2.21, 1.55, 1.15, 1.1, 0.030, 1.9e8, DAYS),
        ("APT", "layer 1", 3.95, 1.50, 1.10, 1.1, 0.032, 1.2e8, DAYS),
        ("SUI", "layer 1", 2.48, 1.65, 1.20, 1.2, 0.036, 5.2e8, DAYS),
        ("TON", "layer 1", 2.64, 1.05, 0.70, 0.7, 0.030, 1.1e8, DAYS),
        ("LTC", "payments", 84.0, 1.10, 0.75, 0.9, 0.024, 2.8e8, DAYS),
        ("BCH", "payments", 410.0, 1.10, 0.70, 0.8, 0.028, 1.5e8, DAYS),
        ("XLM", "payments", 0.238, 1.20, 0.85, 1.1, 0.033, 1.3e8, DAYS),
        ("TRX", "payments", 0.262, 0.45, 0.25, 0.3, 0.022, 1.4e8, DAYS),
        ("DOGE", "memes", 0.152, 1.60, 1.10, 1.2, 0.030, 1.2e9, DAYS),
        ("SHIB", "memes", 0.0000113, 1.55, 1.10, 1.2, 0.030, 1.7e8, DAYS),
        ("PEPE", "memes", 0.0000094, 1.85, 1.30, 1.7, 0.045, 4.6e8, DAYS),
        ("WIF", "memes", 0.68, 2.00, 1.45, 1.9, 0.052, 2.2e8, 720),
        ("BONK", "memes", 0.0000142, 1.90, 1.40, 1.8, 0.048, 1.4e8, DAYS),
        ("LINK", "DeFi", 13.2, 1.45, 1.10, 0.9, 0.027, 4.2e8, DAYS),
        ("UNI", "DeFi", 6.1, 1.45, 1.10, 1.2, 0.034, 1.8e8, DAYS),
        ("AAVE", "DeFi", 172.0, 1.50, 1.15, 1.3, 0.033, 2.1e8, DAYS),
        ("MKR", "DeFi", 1480.0, 1.20, 0.90, 1.0, 0.032, 6.0e7, DAYS),
        ("CRV", "DeFi", 0.48, 1.60, 1.15, 1.5, 0.042, 1.1e8, DAYS),
        ("LDO", "DeFi", 0.79, 1.60, 1.20, 1.4, 0.038, 9.0e7, DAYS),
        ("ENA", "DeFi", 0.33, 1.75, 1.25, 1.4, 0.048, 2.0e8, 810),
        ("ARB", "layer 2", 0.36, 1.60, 1.20, 1.2, 0.031, 1.5e8, DAYS),
        ("OP", "layer 2", 0.62, 1.65, 1.25, 1.3, 0.033, 1.2e8, DAYS),
        ("POL", "layer 2", 0.21, 1.45, 1.10, 1.0, 0.030, 7.0e7, DAYS),
        ("STRK", "layer 2", 0.13, 1.60, 1.20, 1.2, 0.040, 4.0e7, 780),
        ("FET", "AI", 0.68, 1.65, 1.20, 1.5, 0.042, 1.1e8, DAYS),
        ("RENDER", "AI", 3.35, 1.65, 1.20, 1.4, 0.038, 8.0e7, DAYS),
        ("TAO", "AI", 345.0, 1.60, 1.15, 1.4, 0.040, 1.0e8, 830),
        ("INJ", "DeFi", 10.8, 1.65, 1.20, 1.1, 0.036, 9.0e7, DAYS),
        ("SAND", "gaming", 0.25, 1.50, 1.15, 1.3, 0.033, 5.0e7, DAYS),
        ("GALA", "gaming", 0.0146, 1.65, 1.25, 1.4, 0.038, 6.0e7, DAYS),
        ("IMX", "gaming", 0.47, 1.55, 1.20, 1.3, 0.036, 4.0e7, DAYS),
        ("NEWX", "AI", 1.16, 1.70, 1.20, 1.2, 0.060, 3.0e7, 34),
        ("FRSH", "memes", 0.043, 2.00, 1.40, 1.5, 0.080, 1.2e7, 12),
    )
    return tuple(Coin(*row) for row in rows)


COINS = _coins()


@dataclass(frozen=True, slots=True)
class FactorMarket:
    """A simulated history: T daily closes of N coins and the two dollar coins, and P funding prints every 8 h.

    `prices` and `volumes_usd` (T, N), NaN before a listing; `true_betas` (T, N) as simulated; `funding` (P, N), NaN
    before a listing and for the dollar coins.
    """

    times: TimeArray
    symbols: tuple[str, ...]
    prices: FloatArray
    volumes_usd: FloatArray
    funding_times: TimeArray
    funding: FloatArray
    true_betas: FloatArray
    sectors: dict[str, str]
    seed: int


def factor_market(seed: int = 7) -> FactorMarket:
    """Return the market of `seed`: 900 days to 2026-07-01 00:00 UTC, the same bits for the same seed."""
    rng = np.random.Generator(np.random.PCG64(seed))
    times = END - np.arange(DAYS - 1, -1, -1) * np.timedelta64(86_400_000, "ms")
    bitcoin = _bitcoin(rng)
    betas = _betas(rng)
    returns = _returns(rng, bitcoin, betas)
    _crash(returns, times, rng)
    closes = np.exp(np.cumsum(np.log1p(returns), axis=0))
    prices = closes / closes[-1] * np.array([coin.price for coin in COINS])
    volumes = _volumes(rng, returns)
    listed = np.arange(DAYS)[:, None] >= DAYS - np.array([coin.listed_days for coin in COINS])
    dollars, dollar_volumes = _dollars(rng, times)
    funding_times, funding = _funding(rng, times, bitcoin, listed)
    return FactorMarket(
        times=times,
        symbols=(*(coin.symbol for coin in COINS), "USDT", "USDC"),
        prices=np.hstack([np.where(listed, prices, np.nan), dollars]),
        volumes_usd=np.hstack([np.where(listed, volumes, np.nan), dollar_volumes]),
        funding_times=funding_times,
        funding=np.hstack([funding, np.full((len(funding), 2), np.nan)]),
        true_betas=np.hstack([betas, np.zeros((DAYS, 2))]),
        sectors={coin.symbol: coin.sector for coin in COINS} | {"USDT": "stablecoin", "USDC": "stablecoin"},
        seed=seed,
    )


def _bitcoin(rng: np.random.Generator) -> FloatArray:
    """GARCH(1,1) around 2.6 % a day (50 % a year), a slight upward drift."""
    z = rng.standard_normal(DAYS)
    variance = base = _BTC_DAILY**2
    moves = np.empty(DAYS)
    for t in range(DAYS):
        moves[t] = 0.0004 + np.sqrt(variance) * z[t]
        variance = base * (1.0 - _ARCH - _GARCH) + _ARCH * (moves[t] - 0.0004) ** 2 + _GARCH * variance
    return np.clip(moves, -0.16, 0.16)


def _betas(rng: np.random.Generator) -> FloatArray:
    """(T, N) betas that wander around their mean, reverting over about half a year; BTC's is 1."""
    shocks = _BETA_DRIFT * rng.standard_normal((DAYS, len(COINS)))
    wander = np.zeros(len(COINS))
    path = np.empty((DAYS, len(COINS)))
    for t in range(DAYS):
        wander = 0.994 * wander + shocks[t]
        path[t] = wander
    betas = np.array([coin.beta for coin in COINS]) * (1.0 + path)
    betas[:, 0] = 1.0
    return betas


def _returns(rng: np.random.Generator, bitcoin: FloatArray, betas: FloatArray) -> FloatArray:
    """(T, N) simple returns; alts' own risk breathes with BTC's."""
    stress = np.sqrt(0.5 + 0.5 * (bitcoin / _BTC_DAILY) ** 2 / (1.0 + 0.2 * (bitcoin / _BTC_DAILY) ** 2))
    alt = _ALT_DAILY * stress * rng.standard_normal(DAYS)
    sectors = sorted({coin.sector for coin in COINS})
    moved = _SECTOR_DAILY * rng.standard_normal((DAYS, len(sectors)))
    own = rng.standard_normal((DAYS, len(COINS)))
    jumps = _JUMP * rng.standard_normal((DAYS, len(COINS))) * (rng.random((DAYS, len(COINS))) < _JUMP_CHANCE)
    place = [sectors.index(coin.sector) for coin in COINS]
    load = np.array([[coin.alt, coin.in_sector, coin.own] for coin in COINS])
    returns = betas * bitcoin[:, None] + load[:, 0] * alt[:, None] + load[:, 1] * moved[:, place]
    returns += load[:, 2] * own + np.minimum(load[:, 2] / 0.03, 1.5) * jumps
    returns += 0.001
    returns[:, 0] = bitcoin
    return np.clip(returns, -0.6, 1.2)


def _crash(returns: FloatArray, times: TimeArray, rng: np.random.Generator) -> None:
    """2025-10-10: BTC −7.3 %, the median alt −28.5 %, most of the gap regained over four days (domain §3.5)."""
    day = int(np.searchsorted(times, _CRASH))
    alts = -0.285 + 0.05 * rng.standard_normal(len(COINS))
    returns[day] = np.clip(alts, -0.45, -0.12)
    returns[day, 0], returns[day, 1] = -0.073, -0.122
    returns[day + 1 : day + 5, 2:] += 0.035


def _volumes(rng: np.random.Generator, returns: FloatArray) -> FloatArray:
    noise = rng.standard_normal(returns.shape)
    level = np.zeros(len(COINS))
    path = np.empty_like(returns)
    for t in range(DAYS):
        level = 0.85 * level + 0.25 * noise[t]
        path[t] = level
    usual = np.array([coin.volume_usd for coin in COINS])
    return usual * np.exp(path + 4.0 * np.minimum(np.abs(returns), 0.3))


def _dollars(rng: np.random.Generator, times: TimeArray) -> tuple[FloatArray, FloatArray]:
    """(T, 2) prices and volumes of USDT and USDC: a few basis points around 1, and one weekend of USDC at 0.90."""
    prices = 1.0 + 2e-4 * rng.standard_normal((DAYS, 2))
    day = int(np.searchsorted(times, _DEPEG))
    prices[day : day + 3, 1] = (0.93, 0.90, 0.97)
    return prices, np.tile([5.0e10, 8.0e9], (DAYS, 1))


def _funding(
    rng: np.random.Generator,
    times: TimeArray,
    bitcoin: FloatArray,
    listed: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
) -> tuple[TimeArray, FloatArray]:
    """(P,) instants every 8 h and (P, N) rates: F = P + clamp(I − P, ±5 bp), P with memory, up after rallies."""
    prints = DAYS * 3
    instants = (
        times[0]
        - np.timedelta64(16 * 3_600_000, "ms")
        + np.arange(prints) * np.timedelta64(8 * 3_600_000, "ms")
    )
    trend = np.repeat(np.convolve(bitcoin, np.ones(7) / 7.0)[:DAYS], 3)
    common, own = rng.standard_normal(prints), rng.standard_normal((prints, len(COINS)))
    innovation = _PREMIUM_SD * np.sqrt(1.0 - _PREMIUM_MEMORY**2)
    risk = np.array([0.8 + 12.0 * coin.own for coin in COINS])
    state = np.zeros(len(COINS))
    rates = np.empty((prints, len(COINS)))
    for t in range(prints):
        state = _PREMIUM_MEMORY * state + innovation * (0.6 * common[t] + 0.8 * own[t])
        premium = _PREMIUM_MEAN + 0.02 * trend[t] + state * risk
        rates[t] = premium + np.clip(_INTEREST - premium, -_CLAMP, _CLAMP)
    return instants, np.where(np.repeat(listed, 3, axis=0), np.clip(rates, -_CAP, _CAP), np.nan)
