"""Smiles: what made the quotes is found again, and an arbitrage is told."""

from __future__ import annotations

import numpy as np
import pytest

from hedgerow.model.errors import NotEnoughData
from hedgerow.stats.black import black_price
from hedgerow.stats.smile import Smile, fit_smile

K = np.linspace(-0.4, 0.4, 25)
ONES = np.ones(25)


def skewed(k: object = K, level: float = 0.6) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Volatilities of a smile that is itself of the form, a quarter of a year out."""
    x = np.asarray(k)
    w = level**2 * 0.25 * (0.6 + 0.5 * (-0.3 * (x - 0.05) + np.sqrt((x - 0.05) ** 2 + 0.09)))
    return np.asarray(np.sqrt(w / 0.25))


def test_a_smile_of_the_form_is_found_again() -> None:
    found = fit_smile(K, skewed(), 0.25, ONES)
    assert found.volatility(K) == pytest.approx(skewed(), abs=2e-5)
    assert found.error < 2e-5
    assert found.free_of_arbitrage
    assert (found.quotes, found.covers(0.4), found.covers(0.41)) == (25, True, False)


def test_bad_quotes_are_left_out_and_light_ones_weigh_less() -> None:
    spoiled, weight = skewed(), ONES.copy()
    spoiled[3], spoiled[20] = np.nan, spoiled[20] + 0.3
    weight[20] = 1e-4
    found = fit_smile(K, spoiled, 0.25, weight)
    assert found.quotes == 24
    assert found.volatility(K) == pytest.approx(skewed(), abs=2e-3)


def test_butterflies_of_the_fitted_smile_cost_something() -> None:
    """The density that its prices imply is nowhere below 0, though the quotes are."""
    dented = skewed() + 0.25 * np.exp(-0.5 * ((K - 0.1) / 0.03) ** 2)
    found = fit_smile(K, dented, 0.25, ONES)
    assert found.butterfly >= -1e-6
    strikes = np.exp(np.linspace(-0.6, 0.6, 241))
    calls = black_price(1.0, strikes, 0.25, found.volatility(np.log(strikes)), call=True)
    slopes = np.diff(calls) / np.diff(strikes)
    assert (np.diff(slopes) >= -1e-6).all()


def test_a_butterfly_below_nothing_is_told() -> None:
    smile = Smile(0.25, 0.04, 0.1, 0.0, 0.0, 0.1, -0.4, 0.4, 25, 0.0, butterfly=-0.01)
    assert not smile.free_of_arbitrage


def test_a_later_smile_is_kept_above_the_one_before() -> None:
    near = fit_smile(K, skewed(), 0.25, ONES)
    calm = fit_smile(K, skewed(level=0.5), 0.26, ONES, before=near)
    assert (calm.variance(K) >= 0.997 * near.variance(K)).all()  # ten volatility points against the quotes
    assert calm.error > 0.05  # what that costs in fit is told
    assert not calm.free_of_arbitrage  # and what is left of the conflict
    busy = fit_smile(K, skewed(level=0.7), 0.5, ONES, before=near)
    assert busy.free_of_arbitrage
    assert busy.calendar > 0.0


@pytest.mark.parametrize(("count", "years"), [(5, 0.25), (25, 0.0), (25, -1.0), (25, float("nan"))])
def test_too_little_makes_no_smile(count: int, years: float) -> None:
    with pytest.raises(NotEnoughData, match="make no smile"):
        fit_smile(K[:count], skewed()[:count], years, ONES[:count])
