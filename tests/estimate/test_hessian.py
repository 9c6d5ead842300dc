"""The Hessian against differences of the gradient and the parameter-shift rule."""

import numpy as np
import pytest
from hypothesis import given, settings

import qng
from qng.circuit.angle import apply, as_angle, parameter
from qng.circuit.ansatz import hardware_efficient, qaoa
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError
from qng.estimate import hessian
from qng.estimate.parts.stencil import Stencil
from qng.execute.statevector.executor import Statevector
from qng.geometry.noise import of_pairs
from qng.run.bench import answer
from qng.testing.strategies import free, problems
from tests import dense, scores

EXACT = Statevector(threads=1)


def exact(circuit, h, theta) -> np.ndarray:
    return answer(qng.executor(), hessian.exact(circuit, h, theta)).dense()


@settings(max_examples=150)
@given(problems())
def test_hessian_is_the_difference_of_gradients(case):
    circuit, theta, h = case
    found = exact(circuit, h, theta)
    dense.close(found, dense.hessian(circuit, h, theta))
    assert np.array_equal(found, found.T)


@settings(max_examples=30)
@given(problems(max_ops=7))
def test_hessian_from_energies_at_shifted_angles(case):
    """H_rs = [E(++) - E(+-) - E(-+) + E(--)] / 4, shifts of pi/2."""
    circuit, theta, h = case
    phi = circuit.angles(theta)
    circuit = free(circuit)
    e = np.eye(len(phi)) * np.pi / 2
    plus, minus = e[:, None] + e[None], e[:, None] - e[None]

    def f(x):
        return dense.energy(circuit, h, phi + x)

    expected = (f(plus) - f(minus) - f(-minus) + f(-plus)) / 4
    dense.close(exact(circuit, h, phi), expected, 1e-12, 1.0)


@pytest.mark.parametrize(
    ("angle", "phi", "slope", "bend"),
    [
        (lambda t: 2 * t + 0.3, 1.1, 2.0, 0.0),
        (lambda t: t * t, 0.16, 0.8, 2.0),
        (lambda t: apply("sin", t), np.sin(0.4), np.cos(0.4), -np.sin(0.4)),
        (lambda t: apply("exp", t) / 3, np.exp(0.4) / 3, np.exp(0.4) / 3, np.exp(0.4) / 3),
    ],
)
def test_curvature_of_the_angle(angle, phi, slope, bend):
    """E = cos phi(t): E'' = -cos(phi) phi'^2 - sin(phi) phi''."""
    circuit = Circuit(1, [Rotation(Pauli.parse("X0"), angle(parameter("t")))], ["t"])
    expected = -np.cos(phi) * slope**2 - np.sin(phi) * bend
    found = exact(circuit, PauliSum({"Z0": 1.0}), [0.4])
    np.testing.assert_allclose(found, [[expected]], atol=1e-12)


def test_no_parameters_and_several_points():
    assert exact(Circuit(1), PauliSum({"Z0": 1.0}), []).shape == (0, 0)
    circuit = Circuit(1, [Rotation(Pauli.parse("X0"), parameter("t"))], ["t"])
    with pytest.raises(InputError, match="one point"):
        exact(circuit, PauliSum({"Z0": 1.0}), [[0.1], [0.2]])


@settings(max_examples=60)
@given(problems(max_ops=6))
def test_from_energies_without_shots(case):
    circuit, theta, h = case
    plan = hessian.parameter_shift(circuit, h, theta)
    found = answer(EXACT, plan)
    assert found.std_error is None
    dense.close(found.dense(), exact(circuit, h, theta), 1e-12, 1.0)
    assert np.array_equal(found.dense(), found.dense().T)
    r = circuit.n_rotations
    bent = sum(rotation.angle.affine() is None for rotation in circuit.rotations)
    assert plan.evaluations <= 2 * r**2 - r + 1 + 2 * bent


def rotation(word: str, angle) -> Rotation:
    return Rotation(Pauli.parse(word), as_angle(angle))


A, B = parameter("a"), parameter("b")
BENT = Circuit(
    2,
    [
        *[rotation("Y0", A + B), Gate("cx", (0, 1)), rotation("X1", 2 * A - B)],
        *[rotation("Z0 Y1", apply("sin", B)), rotation("Y0", A * B)],
    ],
    "ab",
)
RING = PauliSum({"Z0 Z1": 0.5, "Z1 Z2": 0.5, "Z0 Z2": 0.3})
MIXED = PauliSum({"Z0 Z1": 1.0, "X1": -0.6})


class TestFromShots:
    @pytest.mark.parametrize(
        ("circuit", "theta", "h"),
        [
            (hardware_efficient(2, 1, ("ry",)), [0.4, 1.1, -0.7, 2.0], MIXED),
            (qaoa(RING, 1), [0.3, 0.4], RING),
            (BENT, [0.4, 1.1], MIXED),
        ],
        ids=["own", "shared", "nonlinear"],
    )
    def test_scores_are_unit_normal(self, circuit, theta, h):
        plan = hessian.parameter_shift(circuit, h, theta)
        values, errors = scores.repeated(plan, 1000 * plan.evaluations)
        scores.unit_normal(values, errors, dense.hessian(circuit, h, theta))

    @pytest.mark.parametrize("theta", [[0.0] * 4, [np.pi / 2, 0.0, 0.0, 0.0]])
    def test_coverage_at_eigenstates(self, theta):
        circuit = hardware_efficient(2, 1, ("ry",))
        h = PauliSum({"Z0 Z1": 1.0})
        plan = hessian.parameter_shift(circuit, h, theta)
        values, errors = scores.repeated(plan, 100 * plan.evaluations)
        scores.covered(values, errors, exact(circuit, h, theta))

    def test_mari(self):
        """The five-qubit example of arXiv:2008.06517, f = prod_k cos w_k, k < 4."""
        cx = [Gate("cx", pair) for pair in ((0, 1), (2, 1), (3, 1), (4, 3))]
        names = [f"w{k}" for k in range(5)]
        circuit = Circuit(
            5, [*(rotation(f"X{k}", parameter(n)) for k, n in enumerate(names)), *cx], names
        )
        w = [2.73943676, 0.16289932, 3.4536312, 2.73521126, 2.6412488]
        plan = hessian.parameter_shift(circuit, PauliSum({"Z1": 1.0}), w)
        printed = np.zeros((5, 5))
        printed[np.triu_indices(4, 1)] = [0.055, 0.109, -0.145, -0.042, 0.056, 0.110]
        printed += printed.T + np.diag([0.794] * 4 + [0])
        np.testing.assert_allclose(answer(EXACT, plan).dense(), printed, atol=6e-4)
        found = answer(EXACT, plan, shots=1000 * plan.evaluations, seed=1)
        assert np.all(np.abs(found.dense() - printed) < 4.5 * found.std_error + 6e-4)
        assert found.std_error.max() < 0.05

    def test_shots_lower_the_largest_variances(self):
        """Less than with equal shots, in the sum over all entries."""
        circuit = qaoa(PauliSum({"Z0 Z1": 0.1, "Z1 Z2": 0.5, "Z0 Z2": 1.0}), 1)
        plan = hessian.parameter_shift(circuit, RING, [0.3, 0.4])
        (request,) = plan.requests
        equal = type(plan)((type(request)(circuit, request.angles, request.measure),), plan.reduce)
        sums = [
            np.sum(answer(EXACT, p, shots=2000 * p.evaluations).std_error ** 2)
            for p in (plan, equal)
        ]
        assert sums[0] < 0.8 * sums[1]

    def test_nothing_to_measure(self):
        circuit = Circuit(1, [], ["idle"])
        plan = hessian.parameter_shift(circuit, PauliSum({"Z0": 1.0}), [0.1])
        assert answer(EXACT, plan, shots=1).dense().tolist() == [[0.0]]
        with pytest.raises(InputError, match="one point"):
            hessian.parameter_shift(BENT, MIXED, [[0.1, 0.2], [0.3, 0.4]])


def test_variance_pulled_back():
    """Against the sum over independent entries, one by one."""
    rng = np.random.default_rng(0)
    jacobian, variances = rng.normal(size=(4, 3)), rng.uniform(size=(4, 4))
    variances += variances.T
    expected = np.zeros((3, 3))
    for r in range(4):
        expected += 2 * variances[r, r] * np.outer(jacobian[r], jacobian[r]) ** 2
        for s in range(r):
            moved = np.outer(jacobian[r], jacobian[s])
            expected += variances[r, s] * (moved + moved.T) ** 2
    i, j = np.indices((3, 3)).reshape(2, -1)
    found = of_pairs(variances, jacobian[:, i], jacobian[:, j]).reshape(3, 3)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_norms_of_a_stencil():
    """Frobenius norms of the derivatives of D, by unit vectors of values."""
    stencil = Stencil.of(np.random.default_rng(0).normal(size=(3, 2)))
    units = np.eye(len(stencil.shifts))
    expected = [np.linalg.norm(stencil.matrix(unit, 0.0)) for unit in units]
    np.testing.assert_allclose(stencil.norms, expected, rtol=1e-12)
    assert stencil.centre_norm == pytest.approx(np.linalg.norm(stencil.matrix(0 * units[0], 1.0)))
