from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stats.beta.panels import Y, close, d24, gapped, panel

from hedgerow.model.errors import NotEnoughData
from hedgerow.stats.beta.ols import Ols
from hedgerow.stats.beta.shrink import Prior, Shrink, cross_section_prior, posterior, vasicek, weight


def test_TV06_shrink(vectors: dict[str, Any]) -> None:
    v = vectors["TV06_shrink"]
    fit = d24("ols")
    prior = Prior(np.array([v["prior_mean"]]), np.array([v["prior_sd"]]))
    beta, stderr = vasicek(fit.beta, fit.stderr, prior)
    assert weight(fit.stderr, prior)[0, 0] == close(v["k"])
    assert (beta[0, 0], stderr[0, 0]) == close((v["vasicek"], v["vasicek_post_sd"]))
    assert (d24("blume(ols)").beta[0, 0], d24("bloomberg(ols)").beta[0, 0]) == close(
        (v["blume_1971"], v["bloomberg"])
    )
    assert d24("blume(ols)").stderr[0, 0] == close(0.635 * v["se"])


def test_TV06b_vasicek_xs(vectors: dict[str, Any]) -> None:
    v = vectors["TV06b_vasicek_xs"]
    beta, stderr = np.array(v["betas"])[:, None], np.array(v["ses"])[:, None]
    prior = cross_section_prior(beta, stderr)
    assert prior.mean == close(v["mean"])
    assert prior.tau**2 == close(v["tau2_MoM"])
    assert weight(stderr, prior)[:, 0] == close(v["k"])
    assert vasicek(beta, stderr, prior)[0][:, 0] == close(v["shrunk"])


def test_TV48_the_default_is_shrunk(vectors: dict[str, Any]) -> None:
    v = vectors["TV48_default_huber_ewma"]
    fit, prior = d24("huber:10"), Prior(np.array([1.4]), np.array([0.5]))
    assert weight(fit.stderr, prior)[0, 0] == close(v["k_vasicek"])
    assert vasicek(fit.beta, fit.stderr, prior)[0][0, 0] == close(v["beta_shrunk"])


def test_without_spread_all_take_the_mean_and_share_its_error() -> None:
    beta, stderr = np.array([[1.30], [1.35], [1.40]]), np.full((3, 1), 0.3)
    prior = cross_section_prior(beta, stderr)
    assert prior.tau[0] == 0.0
    moved, error = vasicek(beta, stderr, prior)
    assert moved[:, 0] == close([1.35] * 3)
    assert error[:, 0] == close([0.3 / np.sqrt(3)] * 3)
    shrunk, joint = posterior(beta, np.diag(stderr[:, 0] ** 2), prior, np.arange(3))
    assert shrunk[:, 0] == close([1.35] * 3)
    assert joint == close(np.full((3, 3), 0.03))  # one mean for all: their errors do not average out


def test_one_coin_is_no_cross_section() -> None:
    with pytest.raises(NotEnoughData, match="no cross-section"):
        cross_section_prior(np.ones((1, 1)), np.ones((1, 1)))


def test_posterior_keeps_the_correlation_of_estimates() -> None:
    y, x = panel(factors=2)
    fit = Ols(100).fit(y, x)
    prior = cross_section_prior(fit.beta, fit.stderr)
    beta, joint = posterior(fit.beta, fit.covariance, prior, np.array([0, 2, 3]))
    k = np.ones_like(fit.beta)
    k[[0, 2, 3]] = weight(fit.stderr[[0, 2, 3]], prior)
    flat = np.diag(k.reshape(-1))
    own = np.diag((((1 - k) * prior.tau) ** 2).reshape(-1))
    assert joint == close(flat @ fit.covariance @ flat + own)
    assert beta[[1, 4]] == close(fit.beta[[1, 4]])
    spread = vasicek(fit.beta, fit.stderr, prior)[1]
    assert np.sqrt(np.diag(joint)).reshape(beta.shape)[[0, 2, 3]] == close(spread[[0, 2, 3]])


numbers = st.floats(0.0, 5.0)


@given(st.lists(st.tuples(st.floats(-3, 5), st.floats(1e-6, 3)), min_size=2, max_size=30))
def test_a_shrunk_beta_lies_between_its_own_and_the_mean(pairs: list[tuple[float, float]]) -> None:
    beta, stderr = np.array(pairs)[:, :1], np.array(pairs)[:, 1:]
    prior = cross_section_prior(beta, stderr)
    moved, error = vasicek(beta, stderr, prior)
    low, high = np.minimum(beta, prior.mean), np.maximum(beta, prior.mean)
    assert ((moved >= low - 1e-12) & (moved <= high + 1e-12)).all()
    assert (error > 0).all()
    if prior.tau[0] > 0:
        assert (error <= np.minimum(stderr, prior.tau) + 1e-12).all()


def test_wrapper_shrinks_to_assets_with_history() -> None:
    y, x = panel(assets=12)
    y = gapped(y)
    y[:170, 4] = np.nan
    plain, shrunk = Ols(120).fit(y, x), Shrink(Ols(120)).fit(y, x)
    peers = np.arange(12) != 4
    prior = cross_section_prior(plain.beta[peers], plain.stderr[peers])
    want, error = vasicek(plain.beta, plain.stderr, prior)
    assert shrunk.beta == close(want)
    assert shrunk.stderr == close(error)
    assert np.linalg.eigvalsh(shrunk.covariance)[0] > 0


def test_wrapper_leaves_a_lone_asset_alone_or_takes_the_given_prior() -> None:
    y, x = panel(assets=1)
    assert Shrink(Ols(120)).fit(y, x).beta == close(Ols(120).fit(y, x).beta)
    given_prior = Prior(np.array([1.4]), np.array([0.01]))
    assert Shrink(Ols(120), given_prior).fit(y, x).beta == pytest.approx(1.4, abs=0.05)
    assert Shrink(Ols(120), given_prior).path(y, x).beta[-1] == pytest.approx(1.4, abs=0.05)
    assert len(Y) == 24
