"""The objective of a user's function: its slopes by every name, the metric of the circuit."""

import numpy as np
import pytest

import qng
from qng.adapters.functions.gradients import Slope
from qng.adapters.functions.objective import FunctionProblem, Functions
from qng.adapters.functions.readings import Readings
from qng.circuit.frequencies import waves
from qng.errors import InputError
from qng.optimize.method import State
from qng.plan.quantities import By
from qng.run.bench import answer
from qng.testing.method import check_method

PROBLEM = qng.load("qng-demo")
DEVICE = qng.executor("statevector")
THETA = np.array([0.4, -0.3, 1.1, 0.7])[: len(PROBLEM.parameters)]


def energy(x):
    return float(qng.energy(PROBLEM, x).value)


def objective(fun=energy, jac=None, hess=None, noise=0.0):
    slope = Slope(Readings(fun, noise=noise), waves([PROBLEM.circuit]), jac)
    problem = FunctionProblem(slope, THETA, PROBLEM.parameters, PROBLEM.ensemble, hess)
    return problem.objective(DEVICE, False)


@pytest.mark.parametrize("by", ["auto", "parameter-shift", "finite-difference"])
def test_gradients(by):
    ours = objective()
    found = answer(DEVICE, ours.gradient(THETA, By(by)))
    assert found.value == pytest.approx(qng.gradient(PROBLEM, THETA).value, abs=1e-8)
    assert ours.slope.how == (
        "finite-difference" if by == "finite-difference" else "parameter-shift"
    )
    assert ours.slope.asked == 1
    assert ours.slope.last is found.value


def test_a_gradient_of_random_signs_has_the_directions_of_its_batch():
    ours = objective()
    by = By("spsa", step=0.1, draws=2)
    first = answer(DEVICE, ours.at(1).gradient(THETA, by)).value
    assert np.array_equal(answer(DEVICE, ours.at(1).gradient(THETA, by)).value, first)
    assert not np.array_equal(answer(DEVICE, ours.at(2).gradient(THETA, by)).value, first)


def test_plans_say_how_many_values_they_take():
    ours = objective()
    readings = ours.slope.readings
    for by in ("auto", "auto", "finite-difference", "spsa"):
        plan, before = ours.gradient(THETA, By(by)), readings.asked
        answer(DEVICE, plan)
        assert readings.asked - before == plan.values
    assert ours.energy(np.array([THETA, THETA])).values == 2


@pytest.mark.parametrize("by", ["auto", "exact", "blocks", "fisher", "diagonal"])
def test_metrics_are_those_of_the_circuit(by):
    found = answer(DEVICE, objective().metric(THETA, By(by)))
    assert found.dense() == pytest.approx(qng.metric(PROBLEM, THETA, by).dense(), abs=1e-12)


def test_the_hessian_is_that_of_the_function():
    expected = qng.hessian(PROBLEM, THETA).dense()
    assert answer(DEVICE, objective().metric(THETA, By("hessian"))).dense() == pytest.approx(
        expected, abs=1e-6
    )
    given = objective(hess=lambda x: np.eye(len(x)))
    assert (
        answer(DEVICE, given.metric(THETA, By("hessian"))).dense().tolist()
        == np.eye(len(THETA)).tolist()
    )
    with pytest.raises(InputError, match="noise"):
        answer(DEVICE, objective(noise=0.1).metric(THETA, By("hessian")))


def test_many_frequencies_are_differences_without_noise():
    """A parameter of 8 rotations: 16 values by the rule, 2 by differences."""
    text = "OPENQASM 3.0; include 'stdgates.inc'; input float[64] a; qubit[8] q; "
    circuit = qng.Circuit.from_qasm(text + " ".join(f"rx(a) q[{k}];" for k in range(8)))
    word = " ".join(f"Z{k}" for k in range(8))
    problem = qng.Problem(circuit, {word: 1.0})

    def value(x):
        return float(qng.energy(problem, x).value)

    def slope(fun, noise):
        return Slope(Readings(fun, noise=noise), waves([circuit]), None)

    theta, exact = np.array([0.3]), qng.gradient(problem, [0.3]).value
    cheap = slope(value, 0.0)
    assert cheap.at(theta, By("auto"), 0).value == pytest.approx(exact, abs=1e-8)
    assert (cheap.how, cheap.readings.asked) == ("finite-difference", 4 + 2)
    asked = slope(value, 0.0)
    assert asked.at(theta, By("parameter-shift"), 0).value == pytest.approx(exact, abs=1e-10)


def test_a_method_keeps_its_promises_here():
    check_method(qng.optimizers.qng(0.1))
    method = qng.optimizers.qng(0.1)
    state = State.at(THETA)
    plan = method.next(objective(), state, ())
    done = method.next(objective(), state, (answer(DEVICE, plan),))
    problem = qng.minimize(PROBLEM, "qng", start=THETA, steps=1)
    assert done.state.theta == pytest.approx(problem.x, abs=1e-9)


def test_without_a_circuit():
    slope = Slope(Readings(energy, noise=0.0), None, None)
    bare = Functions(slope, len(THETA))
    assert bare.arrays() == ((len(THETA),),)
    found = answer(DEVICE, bare.gradient(THETA, By("auto")))
    assert found.value == pytest.approx(qng.gradient(PROBLEM, THETA).value, abs=1e-8)
    for ask in (bare.frequencies, lambda: bare.metric(THETA, By("auto"))):
        with pytest.raises(InputError, match="metric of a circuit"):
            ask()
    with pytest.raises(InputError, match="a shift rule needs a circuit"):
        bare.gradient(THETA, By("parameter-shift"))


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (By("adjoint"), "unknown gradient of a function"),
        (By(lambda circuit, theta: None), "unknown gradient of a function"),
        (By("auto", step=0.1), "unknown option of auto"),
        (By("spsa", size=3), "unknown option of spsa"),
        (By("exact"), "give jac="),
    ],
)
def test_gradients_that_there_are_not(by, said):
    with pytest.raises(InputError, match=said):
        objective().gradient(THETA, by)
