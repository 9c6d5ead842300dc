"""A loss as an objective: one batch has one set of samples, and what is not there is refused."""

import numpy as np
import pytest

import qng
from qng.errors import InputError, UnknownNameError
from qng.geometry import Diagonal
from qng.models import Normal, match
from qng.models.objective import Losses
from qng.plan.quantities import By
from tests.models.bowls import Sampled, curvature, gaussian, information, sampled, slope

THETA = np.array([1.0, 2.0])


def found(plan):
    assert plan.requests == ()
    return plan.reduce(())


def test_one_batch_is_of_the_same_samples():
    goal = Losses(Sampled(0.3), key=(7,))
    here, next_ = goal.at(3), goal.at(4)
    value = found(here.energy(THETA[None])).value[0]
    gradient = found(here.gradient(THETA, By("auto"))).value
    # Of the samples x: E = mean |theta + x|^2 / 2 and grad = theta + mean x.
    shift = Sampled(0.3).drawn(THETA, (7, 3, 1)).shift
    assert value == pytest.approx(0.5 * np.sum((THETA + shift) ** 2, axis=1).mean())
    assert gradient == pytest.approx(THETA + shift.mean(axis=0))
    assert found(goal.at(3).energy(THETA[None])).value[0] == value
    assert found(next_.energy(THETA[None])).value[0] != value


def test_evaluations_are_counted():
    goal = Losses(gaussian().loss)
    assert goal.energy(np.ones((5, 2))).evaluations == 5
    assert goal.gradient(THETA, By("finite-difference")).evaluations == 4
    assert goal.metric(THETA, By("fisher")).evaluations == 1
    run = qng.minimize(gaussian(), "ng", steps=3)
    assert run.nfev == 3 * 3 + 1
    assert qng.minimize(gaussian(), "gd", steps=3).nfev == 3 * 2 + 1


@pytest.mark.parametrize("name", ["auto", "exact", "finite-difference"])
def test_gradients(name):
    value = found(Losses(gaussian().loss).gradient(THETA, By(name))).value
    assert value == pytest.approx(slope(THETA), abs=1e-9)


def test_spsa_is_the_gradient_in_the_mean():
    goal = Losses(gaussian().loss)
    by = By("spsa", step=1e-3, draws=50)
    mean = np.mean([found(goal.at(k).gradient(THETA, by)).value for k in range(200)], axis=0)
    assert mean == pytest.approx(slope(THETA), abs=0.01)


def test_noise_of_differences_is_that_of_the_values():
    by = By("finite-difference", step=0.1)
    estimate = found(Losses(Sampled(0.3)).gradient(THETA, by))
    assert np.all(estimate.std_error > 0)


def test_generic_metrics():
    goal = Losses(gaussian().loss)
    assert found(goal.metric(THETA, By("hessian"))).dense() == pytest.approx(curvature(THETA))
    assert found(goal.metric(THETA, By("auto"))).dense() == pytest.approx(information(THETA) / 4)
    diagonal = found(goal.metric(THETA, By("fisher-diagonal", basis="Z")))
    assert isinstance(diagonal, Diagonal)
    assert diagonal.values == pytest.approx(np.diag(information(THETA)))
    assert found(goal.metric(THETA, By("blocks", rule="commuting"))).dense() == pytest.approx(
        information(THETA) / 4
    )


def test_random_metrics_are_a_quarter_of_the_fisher_matrix_in_the_mean():
    toy = match(Normal(), [0.0, 1.0], start=THETA)
    found = qng.metric(toy, estimator="spsa", step=0.01, draws=4000).dense()
    assert found == pytest.approx(np.diag([1, 2]) / 16, abs=0.01)
    assert qng.minimize(toy, "qn-spsa", steps=20).fun < qng.energy(toy).value
    with pytest.raises(UnknownNameError, match="unknown metric"):
        qng.minimize(gaussian(), "qn-spsa")


def test_blocks_are_the_arrays():
    loss = qng.models.function(
        lambda t: 0.0, np.ones(3), metric=lambda t: np.ones((3, 3)), arrays=[(2,), (1,)]
    ).loss
    blocks = found(Losses(loss).metric(np.ones(3), By("blocks")))
    assert blocks.dense().tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert blocks.blocks == ((0, 1), (2,))


def test_the_hessian_by_differences():
    curved = qng.models.function(gaussian().loss.f, THETA, slope)
    assert qng.hessian(curved).dense() == pytest.approx(curvature(THETA), abs=1e-8)
    values = qng.models.function(gaussian().loss.f, THETA)
    assert qng.hessian(values).dense() == pytest.approx(curvature(THETA), abs=1e-6)


def test_the_connection():
    """Of I = Diag(1, 2) / sigma^2: Gamma_vv = (-2 v w / s^3, (v^2 - 2 w^2) / s^3)."""
    v, w = 0.3, -0.7
    bend = found(Losses(gaussian().loss).connection(THETA, np.array([v, w]), By("fisher"))).value
    assert bend == pytest.approx(np.array([-2 * v * w, v**2 - 2 * w**2]) / 8, abs=1e-7)
    assert not found(Losses(gaussian().loss).connection(THETA, np.zeros(2))).value.any()


def test_a_metric_of_a_function_of_ones_own():
    def own(loss, theta, factor=1.0):
        return factor * np.eye(len(theta))

    run = qng.minimize(gaussian(), "qng", metric=By(own, factor=2.0), steps=3)
    assert run.nit == 3
    with pytest.raises(InputError, match=r"is a matrix of shape \(2, 2\)"):
        qng.minimize(gaussian(), "qng", metric=By(lambda loss, theta: np.eye(3)), steps=0 + 1)


def test_what_a_model_does_not_have_is_refused():
    toy = gaussian()
    with pytest.raises(UnknownNameError, match="known: auto, blocks, diagonal"):
        qng.metric(toy, estimator="quux")
    with pytest.raises(UnknownNameError, match="unknown gradient of a model 'parameter-shift'"):
        qng.minimize(toy, "gd", gradient="parameter-shift")
    with pytest.raises(InputError, match="a trigonometric polynomial"):
        qng.minimize(toy, "rotosolve")
    with pytest.raises(InputError, match="the function has none: give metric= or fisher="):
        qng.minimize(qng.models.function(lambda t: t @ t, [1.0]), "qng")
    with pytest.raises(InputError, match="has no option basis"):
        qng.metric(toy, estimator="fisher", basis="X")


def test_geodesics_need_a_metric_without_errors():
    class Noisy(Sampled):
        def metric(self, theta, by):
            return qng.geometry.Dense(np.eye(2), np.ones((2, 2)))

    goal = Losses(Noisy(0.3))
    with pytest.raises(InputError, match="a metric without errors"):
        found(goal.connection(THETA, THETA))


def test_every_run_has_its_own_samples_and_repeats():
    one, two = (qng.minimize(sampled(), "gd", steps=3, seed=s) for s in (0, 1))
    assert one.fun != two.fun
    assert qng.minimize(sampled(), "gd", steps=3, seed=0).fun == one.fun
