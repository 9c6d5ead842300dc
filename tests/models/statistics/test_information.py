"""Fisher matrices by samples, bounds, the chain rule and data processing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import digamma

from qng.errors import InputError
from qng.models import (
    Binned,
    Binomial,
    Categorical,
    Coarse,
    Exponential,
    FromScipy,
    Joint,
    Mixture,
    MultivariateNormal,
    Normal,
    Poisson,
    Product,
    Transformed,
    chain_rule,
    copies,
    cramer_rao,
    data_processing,
    empirical_fisher,
    fisher,
    kl,
    kl_expansion,
    mean_score,
    score,
)
from qng.models.statistics.slopes import slopes


def test_errors_of_sampled_matrices_cover() -> None:
    """500 repetitions of intervals of 1.96 errors; of entries and of v^T I v."""
    model, theta = Normal(), np.array([0.0, 2.0])
    exact, v = fisher(model, theta).dense(), np.array([1.0, 2.0])
    hits = np.zeros(3)
    for k in range(500):
        found = fisher(model, theta, "monte-carlo", n=400, seed=k)
        assert found.std_error is not None
        off = np.abs(found.dense() - exact) / found.std_error
        form = abs(v @ (found.dense() - exact) @ v) / np.sqrt(found.variance_of(v, v))
        hits += np.array([off[0, 0], off[0, 1], form]) < 1.96
    assert np.all((hits / 500 > 0.91) & (hits / 500 < 0.98))


def test_forms_agree_by_samples_too() -> None:
    theta = np.array([3.0])
    found = fisher(Poisson(), theta, "monte-carlo", form="hessian", n=2000)
    assert found.std_error is not None
    assert abs(found.dense()[0, 0] - 1 / 3) < 5 * found.std_error[0, 0]
    mean = mean_score(Poisson(), theta, "monte-carlo")
    assert mean.std_error is not None
    assert abs(mean.value[0]) < 5 * mean.std_error[0]


def test_empirical_fisher_is_another_matrix() -> None:
    data = np.random.default_rng(1).normal(3.0, 1.0, 5000)
    assert empirical_fisher(Normal("mean"), [0.0], data).dense()[0, 0] == pytest.approx(
        10, rel=0.05
    )
    assert fisher(Normal("mean"), [0.0]).dense()[0, 0] == 1.0


CLOSED = {
    "gumbel_r": np.array([[1, np.euler_gamma - 1], [0, np.pi**2 / 6 + (1 - np.euler_gamma) ** 2]]),
    "cauchy": np.diag([1 / 2, 1 / 2]),
    "logistic": np.diag([1 / 3, (3 + np.pi**2) / 9]),
}


@pytest.mark.parametrize("name", CLOSED)
def test_distributions_of_scipy(name: str) -> None:
    model, theta = FromScipy(name), [0.3, 2.0]
    exact = np.triu(CLOSED[name]) + np.triu(CLOSED[name], 1).T
    np.testing.assert_allclose(fisher(model, theta).dense(), exact / 4, atol=1e-8)
    np.testing.assert_allclose(fisher(model, theta, form="hessian").dense(), exact / 4, atol=1e-7)


def test_a_support_that_moves_has_no_fisher_matrix() -> None:
    with pytest.raises(InputError, match="no derivative in loc"):
        fisher(FromScipy("expon", free="loc"), [1.0])
    with pytest.raises(InputError, match="mean score"):
        fisher(FromScipy("uniform", free="scale"), [2.0], "monte-carlo", n=500)
    with pytest.raises(InputError, match="rare outcomes were not drawn"):
        fisher(Binomial(1), [1e-9], "monte-carlo", n=100)
    assert FromScipy("beta").parameters == ("a", "b")
    assert FromScipy("pareto").parameters == ("b",)
    with pytest.raises(InputError, match="needs a value"):
        FromScipy("binom", free="p")


def test_divergence_expands_in_the_fisher_matrix() -> None:
    skew = kl_expansion(Exponential(), [2.0], [1.0])
    assert skew.order == pytest.approx(3, abs=0.05)
    assert kl_expansion(Normal("mean"), [0.0], [1.0]).remainder == pytest.approx(0, abs=1e-15)
    found = float(kl(FromScipy("gamma"), [2.0, 1.0], [3.0, 1.0]))
    assert found == pytest.approx(np.log(2) - digamma(2.0), abs=1e-9)
    assert float(kl(Normal("mean"), [0.0], [0.0], Normal("mean", sigma=2.0))) == pytest.approx(
        np.log(2) + 1 / 8 - 1 / 2
    )


def test_cramer_rao() -> None:
    efficient = cramer_rao(Poisson(), [3.0], lambda x: x.mean())
    assert efficient.excess[0, 0] == pytest.approx(0, abs=1e-10)
    deviation = cramer_rao(Normal("sigma"), [1.0], lambda x: np.std(x, ddof=1), 5)
    assert deviation.holds
    assert deviation.efficiency[0] < 1
    median = cramer_rao(Normal(), [0.0, 1.0], lambda x: [np.median(x), x.var(ddof=1)], 51)
    assert median.holds
    assert median.efficiency[0] == pytest.approx(2 / np.pi, abs=0.06)
    biased = cramer_rao(Binomial(4), [0.3], lambda x: (x.mean() + 1) / 6)
    assert biased.jacobian[0, 0] == pytest.approx(4 / 6)
    assert biased.efficiency[0] == pytest.approx(1)


def reading(x: float) -> Binomial:
    return Binomial(3, "log-odds") if x > 0 else Binomial(1, "log-odds")


def test_chain_rule() -> None:
    listed = chain_rule(Joint(Binomial(2, "log-odds"), reading), [0.4])
    assert listed.holds
    np.testing.assert_allclose(listed.gap, 0, atol=1e-12)
    drawn = chain_rule(Joint(Poisson(), lambda x: Exponential("rate" if x else "mean")), [0.4])
    assert drawn.holds
    assert np.all(drawn.std_error > 0)
    theta = np.array([0.5])
    twice = copies(Poisson(), 2)
    np.testing.assert_allclose(fisher(twice, theta).dense(), 2 * fisher(Poisson(), theta).dense())
    np.testing.assert_allclose(fisher(twice, theta, "sum").dense(), 2 * 2.0)


def test_data_processing() -> None:
    parity = data_processing(Categorical(4), [0.1, 0.3, 0.2], lambda x: x % 2)
    assert parity.holds
    np.testing.assert_allclose(parity.gap, 0, atol=1e-12)
    coarse = fisher(Coarse(Categorical(4), lambda x: x % 2), [0.1, 0.3, 0.2]).dense()
    np.testing.assert_allclose(parity.part.dense(), coarse, atol=1e-12)
    same = data_processing(Poisson(), [2.0], lambda x: -x)
    np.testing.assert_allclose(same.rest.dense(), 0, atol=1e-12)
    sign = data_processing(Normal("mean"), [0.0], Binned(Normal("mean"), [0.0]))
    assert sign.part.dense()[0, 0] == pytest.approx(2 / np.pi)
    sampled = data_processing(Normal("mean"), [0.0], np.sign, n=10_000)
    assert sampled.holds
    assert sampled.part.std_error is not None
    assert abs(sampled.part.dense()[0, 0] - 2 / np.pi) < 4 * sampled.part.std_error[0, 0]
    squared = Transformed(Normal("mean"), np.square, (np.sqrt, lambda y: -np.sqrt(y)), (0, np.inf))
    lost = data_processing(Normal("mean"), [0.8], squared)
    assert lost.holds
    assert 0.5 < lost.part.dense()[0, 0] < 0.9
    moved = Transformed(Normal("mean"), np.exp, (np.log,), (0, np.inf))
    values = np.array([0.5, 2.0])
    exact = stats.lognorm.logpdf(values, 1.0, scale=np.exp(0.3))
    np.testing.assert_allclose(moved.log_density(np.array([0.3]), values), exact)
    with pytest.raises(InputError, match="too many"):
        data_processing(Normal("mean"), [0.0], lambda x: x)


def test_sampled_shares_cover() -> None:
    """Of 500 intervals of 1.96 errors around I of a sign, 0.90 to 0.98 hold 2 / pi."""
    hits = 0
    for k in range(500):
        found = data_processing(Normal("mean"), [0.0], np.sign, n=1500, seed=k).part
        assert found.std_error is not None
        hits += abs(found.dense()[0, 0] - 2 / np.pi) < 1.96 * found.std_error[0, 0]
    assert 450 <= hits <= 490


def test_mixtures_and_products() -> None:
    mixture = Mixture((Normal(), Normal("mean", sigma=0.5)))
    theta = np.array([0.3, -1.0, 1.0, 2.0])
    assert mixture.parameters == ("w1", "0.mu", "0.sigma", "1.mu")
    x = mixture.sample(theta, 4, np.random.default_rng(0))
    plain = slopes(lambda t: mixture.log_density(t, x), theta)
    np.testing.assert_allclose(score(mixture, theta, x), plain, atol=1e-8)
    product = Product((Poisson(), Normal("mean")))
    np.testing.assert_allclose(fisher(product, [2.0, 0.0]).dense(), np.diag([0.5, 1.0]))


def test_multivariate_normal() -> None:
    model, theta = MultivariateNormal(2), np.array([1.0, 2.0, 1.0, 0.5, 2.0])
    found = fisher(model, theta, "monte-carlo", n=10_000)
    assert found.std_error is not None
    assert np.all(
        np.abs(found.dense() - fisher(model, theta).dense()) < 5 * found.std_error + 1e-12
    )
    entries = MultivariateNormal(2, "entries")
    place = np.array([1.0, 2.0, 1.0, 0.5, 4.25])
    jacobian = slopes(
        lambda t: np.concatenate([t[:2], model.place(t)[1][np.tril_indices(2)]]), theta
    )
    pulled = fisher(entries, place).pullback(jacobian).dense()
    np.testing.assert_allclose(pulled, fisher(model, theta).dense(), atol=1e-9)
    frozen = stats.multivariate_normal([1.0, 2.0], model.place(theta)[1])
    np.testing.assert_allclose(model.log_density(theta, np.ones((3, 2))), frozen.logpdf(np.ones(2)))
