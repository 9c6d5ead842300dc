"""Steps along geodesics of the metric, to second order in their length."""

import math

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.circuit.angle import apply, parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli
from qng.errors import InputError
from qng.estimate.fubini import exact as fubini
from qng.execute.statevector.states import state
from qng.geometry import Dense, Identity, Tikhonov
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.armijo import Armijo
from qng.optimize.search.geodesic import Geodesic
from qng.optimize.search.length import Constant
from qng.plan.estimator import Estimator
from qng.plan.plan import Plan
from qng.plan.quantities import By, Energy, GradientEstimate
from tests.objectives import Objective
from tests.optimize.search.test_length import descent

ETAS = 0.4 / 2.0 ** np.arange(5)


def slope(errors: list[float]) -> float:
    return float(np.polyfit(np.log(ETAS), np.log(errors), 1)[0])


def sphere() -> Objective:
    """x = (a, b) on the unit sphere, g = Diag(1, sin^2 a); a gradient that is no symmetry's."""
    return Objective(
        energy=lambda x: Plan((), lambda _: Energy(np.zeros(len(x)))),
        gradient=lambda x: Plan((), lambda _: GradientEstimate(np.array([0.3, -0.5]))),
        metric=lambda x: Plan((), lambda _: Dense(np.diag([1.0, np.sin(x[0]) ** 2]))),
        connection=lambda x, v: Plan((), lambda _: GradientEstimate(christoffel(x[0], v))),
    )


def christoffel(a: float, v: np.ndarray) -> np.ndarray:
    wave = math.sin(a) * math.cos(a)
    return np.array([-wave * v[1] ** 2, 2 * wave * v[0] * v[1]])


def place(x: np.ndarray) -> np.ndarray:
    a, b = x
    return np.array([math.sin(a) * math.cos(b), math.sin(a) * math.sin(b), math.cos(a)])


def great_circle(x: np.ndarray, u: np.ndarray) -> np.ndarray:
    a, b = x
    along_a = np.array([math.cos(a) * math.cos(b), math.cos(a) * math.sin(b), -math.sin(a)])
    along_b = math.sin(a) * np.array([-math.sin(b), math.cos(b), 0.0])
    tangent = u[0] * along_a + u[1] * along_b
    length = np.linalg.norm(tangent)
    return math.cos(length) * place(x) + math.sin(length) * tangent / length


def test_on_the_sphere_it_follows_the_great_circle() -> None:
    start = np.array([0.7, 0.4])
    direction = np.array([0.3, -0.5 / math.sin(0.7) ** 2])
    plain, bent = [], []
    for eta in ETAS:
        step = Optimizer(Geodesic(Constant(eta), 10.0), MeasuredMetric(), solve=Tikhonov(0.0))
        first = step.init(start)
        told = [step.next(sphere(), first, ()).reduce(())]
        told.append(step.next(sphere(), first, told).reduce(()))
        done = step.next(sphere(), first, told)
        after, row = done.state, done.step
        assert (row.eta, after.step) == (eta, 1)
        target = great_circle(start, -eta * direction)
        bent.append(np.linalg.norm(place(after.theta) - target))
        plain.append(np.linalg.norm(place(start - eta * direction) - target))
    assert slope(plain) == pytest.approx(2.0, abs=0.15)
    assert slope(bent) == pytest.approx(3.0, abs=0.15)


def circuits() -> tuple[Circuit, Circuit, np.ndarray, np.ndarray]:
    """A circuit in t, the same in x with t = t(x), and a point in both."""
    a, b, c = (parameter(name) for name in "abc")
    bent = [a + apply("sin", b) / 2, b + a * c / 3, c - a**2 / 4]

    def build(angles) -> Circuit:
        words = [("X0", 0), ("Y1", 1), ("Z0", 2), ("X1", 0)]
        turns = [Rotation(Pauli.parse(word), angles[k]) for word, k in words]
        return Circuit(2, [*turns[:2], Gate("cx", (0, 1)), *turns[2:]], ["a", "b", "c"])

    straight, curved = build([a, b, c]), build(bent)
    x = np.array([0.5, -0.7, 0.9])
    values = dict(zip("abc", x))
    return straight, curved, np.array([angle.value(values) for angle in bent]), x


def distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.linalg.norm(one - np.vdot(other, one) * other))


@pytest.mark.parametrize(
    ("make", "order"),
    [
        (lambda eta: optimizers.qng(eta, 0.0, trust=math.inf), 2),
        (lambda eta: optimizers.qngg(eta, 0.0, limit=10.0, trust=math.inf), 3),
    ],
    ids=["qng", "qngg"],
)
def test_the_state_moved_to_does_not_depend_on_the_parametrisation(make, order: int) -> None:
    straight, curved, t, x = circuits()
    observable = {"Z0 Z1": 1.0, "X0": 0.5, "Y1": -0.4}
    errors = []
    for eta in ETAS:
        psi = []
        for circuit, start in ((straight, t), (curved, x)):
            run = qng.minimize(qng.Problem(circuit, observable, start), make(eta), steps=1)
            psi.append(state(circuit, circuit.angles(run.x)))
            begun = state(circuit, circuit.angles(start))
            assert distance(begun, psi[-1]) > 0.2 * eta
        errors.append(distance(*psi))
    assert errors[-1] > 1e-8
    assert slope(errors) == pytest.approx(order, abs=0.25)


def test_the_correction_is_limited() -> None:
    bend = GradientEstimate(np.array([6.0, 0.0]))
    at = descent(1, -np.array([0.3, 0.4]), Identity(2))
    free = Geodesic(Constant(1.0), 100.0)(at, (bend,))
    np.testing.assert_allclose(free.change, [-2.7, 0.4])
    short = Geodesic(Constant(1.0), 0.5)(at, (bend,))
    np.testing.assert_allclose(short.change, [0.3 - 0.25, 0.4])
    still = Geodesic(Constant(1.0))(
        descent(1, np.zeros(2), Identity(2)), (GradientEstimate(np.zeros(2)),)
    )
    assert still.change.tolist() == [0.0, 0.0]


def test_the_step_of_a_line_search_is_bent_after_it_is_found() -> None:
    problem, parts = qng.load("qng-demo"), {"solve": Tikhonov(1e-2)}
    straight = Optimizer(Armijo(0.5), MeasuredMetric("blocks"), **parts)
    bent = Optimizer(Geodesic(Armijo(0.5)), MeasuredMetric("blocks"), **parts)
    one, other = (qng.minimize(problem, method, steps=3) for method in (straight, bent))
    assert one.trace["eta"][0] == other.trace["eta"][0] > 0
    # A batch more, with the connection, in every step.
    assert other.nfev > one.nfev
    assert 1e-6 < np.abs(one.trace["theta"][1] - other.trace["theta"][1]).max() < 0.1


def test_from_shots() -> None:
    run = qng.minimize("textbook-2", "qngg", steps=8, shots=20_000)
    assert not run.failed
    assert run.fun < run.trace["energy"][0] - 0.5


def test_errors() -> None:
    method = optimizers.qngg()
    bare = Objective(sphere().energy, sphere().gradient, sphere().metric)
    with pytest.raises(InputError, match="needs a connection"):
        method.next(bare, method.init([0.7, 0.4]), ())
    problem = qng.load("textbook-2")
    own = By(lambda circuit, theta: fubini.exact(circuit, theta))
    for metric in (MeasuredMetric("fisher"), MeasuredMetric("hessian"), MeasuredMetric(own)):
        refused = Optimizer(Geodesic(Constant(0.1)), metric)
        with pytest.raises(InputError, match="a geodesic needs a Fubini-Study metric"):
            qng.minimize(problem, refused)
    said = MeasuredMetric(By(Estimator("fubini", exact=fubini.exact)))
    assert not qng.minimize(problem, Optimizer(Geodesic(Constant(0.1)), said), steps=2).failed
    with pytest.raises(InputError, match="Geodesic needs a measured"):
        Optimizer(Geodesic(Constant(0.1)))
    with pytest.raises(InputError, match="another search"):
        Geodesic(0.5)
    for limit in (0.0, np.nan):
        with pytest.raises(InputError, match="limit must be a positive number"):
            Geodesic(Constant(0.1), limit)
