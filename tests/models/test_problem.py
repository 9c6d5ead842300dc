"""Problems without circuits: what they know, what they refuse, and parameters that are held."""

import numpy as np
import pytest

import qng
from qng.errors import InputError, UnknownNameError
from qng.models import ModelProblem
from qng.models.held import Held
from qng.plan.quantities import By
from qng.problem.anyproblem import AnyProblem
from qng.problem.problem import Reference
from tests.models.bowls import Sampled, curvature, gaussian, information, sampled, slope


def test_both_kinds_of_problem_are_problems():
    for problem in (gaussian(), qng.load("h2")):
        members = [name for name in vars(AnyProblem) if not name.startswith("_")]
        assert all(hasattr(problem, name) for name in members)
    assert qng.load("textbook-2").parameters == qng.load("textbook-2").circuit.parameters


def test_what_is_given_is_kept_and_checked():
    toy = gaussian(unit="nats", accuracy=1e-3)
    assert (toy.name, toy.unit, toy.accuracy) == ("toy", "nats", 1e-3)
    assert toy.parameters == ("mu", "sigma")
    assert toy.reference_energy() == Reference(0.0, "given")
    assert toy.initial.tolist() == [1.0, 2.0]
    assert toy.ground_space() is None
    loss = toy.loss
    for bad, words in (
        ({"start": [1.0]}, "start has 1 value"),
        ({"start": [1.0, np.nan]}, "sigma is nan"),
        ({"start": [1.0, 2.0], "accuracy": 0}, "accuracy must be a positive number"),
        ({"start": [1.0, 2.0], "spread": -1}, "spread must be a positive number"),
        ({"start": [1.0, 2.0], "reference": "low"}, "reference must be a finite number"),
        ({"start": {"mu": 1.0}}, "leaves out sigma"),
    ):
        with pytest.raises(InputError, match=words):
            ModelProblem(loss, **bad)
    with pytest.raises(UnknownNameError, match="unknown parameter 'nu'"):
        toy.freeze("nu")
    with pytest.raises(InputError, match="a loss has parameters"):
        ModelProblem(lambda t: 0.0, [1.0])


def test_held_parameters_keep_their_values():
    toy = gaussian()
    for held in (toy.freeze("mu"), toy.only("sigma")):
        inner = held.reduced([3.0, 4.0])
        assert inner.parameters == ("sigma",)
        assert inner.initial.tolist() == [4.0]
        theta = np.array([3.0, 4.0])
        assert inner.loss.gradient(np.array([4.0])).value == pytest.approx(slope(theta)[1:])
        fisher = inner.loss.metric(np.array([4.0]), By("fisher")).dense()
        assert fisher == pytest.approx(information(theta)[1:, 1:])
        hessian = inner.loss.metric(np.array([4.0]), By("hessian")).dense()
        assert hessian == pytest.approx(curvature(theta)[1:, 1:])
        assert held.expand([[5.0], [6.0]]).tolist() == [[1.0, 5.0], [1.0, 6.0]]
        run = qng.minimize(held, "ng", steps=40)
        assert run.x[0] == 1.0
        assert run.x[1] == pytest.approx(np.sqrt(2))  # sigma^2 = 1 + mu^2


def test_held_samples_are_those_of_the_whole():
    whole = Sampled(0.3)
    part = Held(whole, np.array([1.0, -1.0]), (1,))
    theta = np.array([1.0, -1.0])
    drawn, inner = whole.drawn(theta, 5), part.drawn(theta[1:], 5)
    assert inner.gradient(theta[1:]).covariance == drawn.gradient(theta).covariance[1:, 1:]
    assert inner.exact(theta[None, 1:]) == whole.exact(theta[None])
    exact = Held(gaussian().loss, theta, (0,))
    assert exact.drawn(theta[:1], 5) is exact
    assert np.isnan(exact.exact(theta[None, :1])).all()


@pytest.mark.parametrize(
    ("free", "shapes"), [((0, 1, 2, 3, 4, 5), ((2, 2), (2,))), ((0, 1, 5), ((2,), (1,)))]
)
def test_held_arrays_are_those_that_are_free_as_a_whole(free, shapes):
    loss = qng.models.function(lambda t: float(t @ t), np.ones(6), arrays=[(2, 2), (2,)]).loss
    assert Held(loss, np.ones(6), free).arrays == shapes


def test_a_run_from_samples_is_judged_by_exact_values():
    run = qng.minimize(sampled(), "qng", steps=30, lr=0.3, trust=np.inf)
    assert run.std_error > 0
    assert run.judgement.ground == "points"
    assert run.trace["exact"][0] == pytest.approx(1.0 + 0.09)
    assert run.solved
