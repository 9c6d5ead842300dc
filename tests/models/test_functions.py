"""Any function as a problem: by values only, and with what is known of it."""

import numpy as np
import pytest

import qng
from qng.errors import InputError
from qng.models import function, least_squares


def rosenbrock(t):
    return (1 - t[0]) ** 2 + 100 * (t[1] - t[0] ** 2) ** 2


def residuals(t):
    return np.sqrt(2) * np.array([1 - t[0], 10 * (t[1] - t[0] ** 2)])


def test_by_values_only():
    found = function(rosenbrock, {"x": -1.0, "y": 1.0}, reference=0.0)
    run = qng.minimize(found, "bfgs", steps=200)
    assert run.solved
    assert run.values == pytest.approx({"x": 1.0, "y": 1.0}, abs=1e-3)


def test_newton_of_values_only():
    run = qng.minimize(function(rosenbrock, [-1.0, 1.0]), "newton", steps=60, damping=1e-6)
    assert run.x == pytest.approx([1.0, 1.0], abs=1e-5)


def test_least_squares_is_half_the_sum_of_squares():
    squares = least_squares(residuals, [-1.0, 1.0], reference=0.0)
    x = np.array([0.3, 0.4])
    assert qng.energy(squares, x).value == pytest.approx(rosenbrock(x))
    slope = [-2 * 0.7 - 400 * 0.3 * 0.31, 200 * 0.31]
    assert qng.gradient(squares, x).value == pytest.approx(slope, rel=1e-6)
    jacobian = np.sqrt(2) * np.array([[-1, 0], [-6, 10]])
    found = qng.metric(squares, x, "gauss-newton").dense()
    assert found == pytest.approx(jacobian.T @ jacobian, rel=1e-6)
    assert qng.metric(squares, x).dense() == pytest.approx(found / 4)
    own = least_squares(residuals, [0.3, 0.4], lambda t: jacobian)
    assert qng.metric(own, estimator="fisher").dense() == pytest.approx(jacobian.T @ jacobian)


def test_numbers_of_other_kinds_are_taken():
    assert qng.energy(function(lambda t: np.array(t[0] ** 2), [2.0])).value == 4.0
    assert qng.energy(function(lambda t: 3, [2.0, 1.0])).value == 3.0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"f": lambda t: "low"}, "must return a number"),
        ({"f": lambda t: t}, "must return a number"),
        ({"gradient": lambda t: 1.0}, "the gradient has the shape"),
        ({"f": None}, "f must be a function"),
        ({"gradient": 3.0}, "gradient must be a function"),
        ({"hessian": lambda t: np.eye(3)}, r"a matrix of shape \(2, 2\)"),
        ({"metric": lambda t: "g"}, "a metric of 2 parameters is a matrix"),
        ({"names": ["a"]}, "the problem has 1 parameter"),
        ({"arrays": [(3,)]}, "do not hold 2 parameters"),
        ({"start": [1.0, np.inf]}, "must be finite"),
        ({"start": "here"}, "start must be"),
        ({"reference": np.nan}, "reference must be a finite number"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_minimised(given, words):
    with pytest.raises(InputError, match=words):
        function(**{"f": rosenbrock, "start": [1.0, 2.0], **given})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"residuals": lambda t: 1.0}, "residuals are a vector"),
        ({"jacobian": lambda t: np.eye(3)}, "the Jacobian has the shape"),
        ({"residuals": None}, "residuals must be a function"),
    ],
)
def test_wrong_residuals(given, words):
    with pytest.raises(InputError, match=words):
        least_squares(**{"residuals": residuals, "start": [1.0, 2.0], **given})


def test_a_function_may_change_what_it_is_given():
    def f(t):
        t += 1
        return float(t @ t)

    assert qng.minimize(function(f, [1.0, 2.0]), "gd", steps=80).x == pytest.approx([-1, -1])


def test_a_function_that_is_no_number_somewhere_ends_the_run_there():
    def f(t):
        return np.log(t[0]) if t[0] > 0 else np.nan

    run = qng.minimize(function(f, [0.1], lambda t: 1 / t), "gd", steps=9)
    assert run.failed
    assert len(run.trace) > 1


def test_what_a_function_raises_comes_out_with_the_run_so_far():
    def f(t):
        if t[0] < 0.5:
            raise ZeroDivisionError("mine")
        return t[0]

    with pytest.raises(ZeroDivisionError, match="mine") as caught:
        qng.minimize(function(f, [1.0], lambda t: np.ones(1)), "gd", steps=9)
    assert caught.value.partial.nit > 1
