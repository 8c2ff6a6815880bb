"""How far random log prices get on their way: the highest point of many paths, every step drawn.

path_highs(seed, paths, steps, ...)          compiled, single precision, a block of paths abreast
path_highs_plain(seed, paths, steps, ...)  its NumPy twin, from the same random words, double precision

Path i has its own generator, xoshiro128++ (Blackman and Vigna 2021), started with words 2i and 2i + 1 of NumPy's Philox
of `seed`: its high depends on the seed and on i, not on how many paths or threads there are. Two words make two normal
numbers by Box and Muller (1958), √(−2 ln u) times cosine and sine of a random angle, or one Student t by Bailey (1994),
√(ν(u^{−2/ν} − 1)) times the cosine. u has 32 bits: normal tails are true to 6.7 σ. The angle is π/4 + ψ with |ψ| ≤ π/4
and a random sign each, so that √2·cos(π/4 + ψ) = cos ψ − sin ψ and no quadrant has to be chosen.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

from hedgerow.model.arrays import FloatArray

__all__ = ["path_highs", "path_highs_plain"]

Words = npt.NDArray[np.uint32]
Singles = npt.NDArray[np.float32]
_Function = TypeVar("_Function", bound=Callable[..., object])

_ABREAST = 64
_F: Any = np.float32
_I: Any = np.int32
_U: Any = np.uint32
_ROOT_HALF_BITS = _I(0x3F3504F3)
_MANTISSA = _I(0x007FFFFF)
_LN2 = _F(math.log(2.0))
_PER_LN2 = _F(1.0 / math.log(2.0))
_MIDDLE = 2.0**29 - 0.5
_ANGLE = math.pi / 2.0**31


def path_highs(
    seed: int,
    paths: int,
    steps: int,
    volatility: float,
    drift: float,
    degrees_of_freedom: float | None = None,
) -> Singles:
    """Return (paths,) the highest log price of each path over its `steps`, from 0 at the start, which does not count.

    `volatility` and `drift` are those of the log price a step. Steps are normal, or Student t of `degrees_of_freedom`
    > 2 scaled to that volatility. Good to 1e-5 of the volatility of the whole way. NaN in, NaN out.
    """
    if math.isnan(volatility + drift):
        return np.full(paths, np.nan, dtype=np.float32)
    blocks = -(-paths // _ABREAST)
    first = _first_words(seed, blocks * _ABREAST).reshape(blocks, _ABREAST, 4)
    words = np.ascontiguousarray(first.transpose(0, 2, 1))
    highs: Singles = np.full((blocks, _ABREAST), -np.inf, dtype=np.float32)
    if degrees_of_freedom is None:
        _normal_highs(words, steps, _F(volatility), _F(drift), highs)
    else:
        scale = volatility * math.sqrt((degrees_of_freedom - 2.0) / degrees_of_freedom)
        _t_highs(words, steps, _F(scale), _F(drift), _F(degrees_of_freedom), highs)
    return highs.ravel()[:paths]


def path_highs_plain(
    seed: int,
    paths: int,
    steps: int,
    volatility: float,
    drift: float,
    degrees_of_freedom: float | None = None,
) -> FloatArray:
    """Return what `path_highs` does, with NumPy in double precision."""
    words = _first_words(seed, paths).T.copy()
    place, highs = np.zeros(paths), np.full(paths, -np.inf)
    shocks = np.empty((0, paths))
    for _ in range(steps):
        if not len(shocks):
            shocks = _shocks_plain(words, degrees_of_freedom)
        place += volatility * shocks[0] + drift
        shocks = shocks[1:]
        np.maximum(highs, place, out=highs)
    return highs


def _first_words(seed: int, paths: int) -> Words:
    """(paths, 4) states of the paths' generators."""
    raw: npt.NDArray[np.uint64] = np.random.Philox(seed).random_raw(2 * paths)
    halves = np.stack([raw & np.uint64(0xFFFFFFFF), raw >> np.uint64(32)], axis=1)
    return halves.astype(np.uint32).reshape(paths, 4)


def _drawn_plain(words: Words) -> Words:
    """The next word (paths,) of each generator, whose state (4, paths) moves on."""
    a, b, c, d = words
    total = a + d
    drawn: Words = ((total << _U(7)) | (total >> _U(25))) + a
    shifted = b << _U(9)
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    words[3] = (d << _U(11)) | (d >> _U(21))
    return drawn


def _shocks_plain(words: Words, degrees_of_freedom: float | None) -> FloatArray:
    """(2, paths) normal numbers, or (1, paths) Student t ones of unit variance."""
    first, second = _drawn_plain(words), _drawn_plain(words)
    surprise = -np.log((first + 0.5) / 2.0**32)
    angle = ((second >> _U(2)) - _MIDDLE) * _ANGLE
    signs = 1.0 - 2.0 * np.stack([second & _U(1), (second & _U(2)) >> _U(1)])
    turned = signs * np.stack([np.cos(angle) - np.sin(angle), np.cos(angle) + np.sin(angle)])
    if degrees_of_freedom is None:
        return np.asarray(np.sqrt(surprise) * turned, dtype=np.float64)
    radius = np.sqrt(0.5 * degrees_of_freedom * np.expm1(2.0 / degrees_of_freedom * surprise))
    scale = math.sqrt((degrees_of_freedom - 2.0) / degrees_of_freedom)
    return np.asarray(scale * radius * turned[:1], dtype=np.float64)


def _inner(function: _Function) -> _Function:
    return cast(
        "_Function", numba.njit(error_model="numpy", fastmath={"contract"}, forceinline=True)(function)
    )


def _entry(function: _Function) -> _Function:
    how: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract"}, "parallel": True, "cache": True}
    return cast("_Function", numba.njit(**how)(function))


@_inner
def _turned(x: Any, k: int) -> Any:
    return _U((x << _U(k)) | (x >> _U(32 - k)))


@_inner
def _drawn(a: Any, b: Any, c: Any, d: Any) -> Any:
    """The next word and the state after it."""
    word = _U(_turned(_U(a + d), 7) + a)
    shifted = _U(b << _U(9))
    c, d = _U(c ^ a), _U(d ^ b)
    b, a = _U(b ^ c), _U(a ^ d)
    return word, a, b, _U(c ^ shifted), _turned(d, 11)


@_inner
def _surprise(word: Any) -> Any:
    """−ln((word + ½)/2³²): exponent and mantissa apart, the logarithm by a polynomial around 1 (Moshier's logf)."""
    number = _F(_F(word) + _F(0.5))
    bits = _I(number.view(np.int32) - _ROOT_HALF_BITS)
    exponent = _I(bits >> _I(23))
    mantissa = _I(_I(bits & _MANTISSA) + _ROOT_HALF_BITS)
    f = mantissa.view(np.float32) - _F(1.0)
    series = _F(7.0376836292e-2)
    series = series * f + _F(-1.1514610310e-1)
    series = series * f + _F(1.1676998740e-1)
    series = series * f + _F(-1.2420140846e-1)
    series = series * f + _F(1.4249322787e-1)
    series = series * f + _F(-1.6668057665e-1)
    series = series * f + _F(2.0000714765e-1)
    series = series * f + _F(-2.4999993993e-1)
    series = series * f + _F(3.3333331174e-1)
    return _F(_I(32) - exponent) * _LN2 - (f + f * f * (f * series - _F(0.5)))


@_inner
def _directions(word: Any) -> Any:
    """√2 times cosine and sine of a random angle: 30 bits of angle in a quarter turn, a bit for each sign."""
    x = (_F(_I(_U(word >> _U(2)))) - _F(_MIDDLE)) * _F(_ANGLE)
    t = x * x
    c = _F(1) + t * (_F(-1 / 2) + t * (_F(1 / 24) + t * (_F(-1 / 720) + t * _F(1 / 40320))))
    s = x * (_F(1) + t * (_F(-1 / 6) + t * (_F(1 / 120) + t * (_F(-1 / 5040) + t * _F(1 / 362880)))))
    left, right = _F(c - s), _F(c + s)
    left_bits = _I(left.view(np.int32) ^ _I(_U(word << _U(31))))
    right_bits = _I(right.view(np.int32) ^ _I(_U(_U(word & _U(2)) << _U(30))))
    return left_bits.view(np.float32), right_bits.view(np.float32)


@_inner
def _grown(y: Any) -> Any:
    """e^y − 1 for 0 ≤ y < 80: 2^k·e^g with |g| ≤ ½ ln 2, Taylor's series for the rest."""
    k = _I(y * _PER_LN2 + _F(0.5))
    g = y - _F(k) * _LN2
    series = _F(1 / 24) + g * (_F(1 / 120) + g * (_F(1 / 720) + g * _F(1 / 5040)))
    little = g * (_F(1) + g * (_F(1 / 2) + g * (_F(1 / 6) + g * series)))
    bits = _I(_I(k + _I(127)) << _I(23))
    power = bits.view(np.float32)
    return power * little + (power - _F(1))


@_entry
def _normal_highs(words: Words, steps: int, volatility: float, drift: float, highs: Singles) -> None:
    """Two steps a turn; an odd last one drops its second number."""
    for block in numba.prange(len(highs)):
        w0, w1, w2, w3 = words[block, 0], words[block, 1], words[block, 2], words[block, 3]
        place, high = np.zeros(_ABREAST, np.float32), highs[block]
        for step in range(0, steps, 2):
            alone = step + 1 == steps
            again, pull = _F(0.0) if alone else volatility, _F(0.0) if alone else drift
            for i in range(_ABREAST):
                one, a, b, c, d = _drawn(w0[i], w1[i], w2[i], w3[i])
                two, w0[i], w1[i], w2[i], w3[i] = _drawn(a, b, c, d)
                radius = _F(math.sqrt(_surprise(one)))
                left, right = _directions(two)
                middle = place[i] + (volatility * (radius * left) + drift)
                last = middle + (again * (radius * right) + pull)
                place[i] = last
                high[i] = max(high[i], middle, last)


@_entry
def _t_highs(words: Words, steps: int, scale: float, drift: float, nu: float, highs: Singles) -> None:
    """One step a turn: Bailey's sine would be uncorrelated with the cosine, but not independent of it."""
    for block in numba.prange(len(highs)):
        w0, w1, w2, w3 = words[block, 0], words[block, 1], words[block, 2], words[block, 3]
        place, high = np.zeros(_ABREAST, np.float32), highs[block]
        for _ in range(steps):
            for i in range(_ABREAST):
                one, a, b, c, d = _drawn(w0[i], w1[i], w2[i], w3[i])
                two, w0[i], w1[i], w2[i], w3[i] = _drawn(a, b, c, d)
                grown = _grown(_F(2.0) / nu * _surprise(one))
                left, _ = _directions(two)
                here = place[i] + (scale * (_F(math.sqrt(_F(0.5) * nu * grown)) * left) + drift)
                place[i] = here
                high[i] = max(high[i], here)
