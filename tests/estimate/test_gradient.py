"""Energy and gradient against the dense simulator, and the estimators against each other."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qng
from qng.circuit.angle import apply, parameter
from qng.circuit.ansatz import hardware_efficient, qaoa
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation, unitary
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, UnknownNameError
from qng.estimate import gradient
from qng.execute.statevector.executor import Statevector
from qng.plan.lower import sampled
from qng.run.bench import answer
from qng.testing.strategies import CLIFFORD, gates, problems
from tests import dense, scores

T, P = parameter("t"), parameter("p")
BLOCH = Circuit(1, [Rotation(Pauli.parse("Y0"), T), Rotation(Pauli.parse("Z0"), P * P)], ["t", "p"])


@settings(max_examples=150)
@given(problems())
def test_gradient_is_the_difference_of_energies(case):
    circuit, theta, h = case
    problem = qng.Problem(circuit, h)
    np.testing.assert_allclose(
        qng.energy(problem, theta).value, dense.energy(circuit, h, theta), rtol=0, atol=1e-12
    )
    dense.close(qng.gradient(problem, theta).value, dense.gradient(circuit, h, theta))


@settings(max_examples=50)
@given(problems())
def test_estimators_agree(case):
    """Adjoint = parameter shift = 2 Re <d psi|H|psi>; central differences to order step^2."""
    circuit, theta, h = case
    problem = qng.Problem(circuit, h)
    exact = qng.gradient(problem, theta).value
    shifted = qng.gradient(problem, theta, "parameter-shift")
    dense.close(shifted.value, exact, 1e-12, 1.0)
    assert shifted.std_error is None
    dense.close(qng.gradient(problem, theta, "finite-difference").value, exact, 1e-6, 1.0)
    d = dense.differences(lambda t: dense.state(circuit, t), theta)
    image = dense.pauli_sum(h, circuit.n_qubits) @ dense.state(circuit, theta)
    dense.close(exact, 2 * (d.conj() @ image).real)


@settings(max_examples=30)
@given(problems(), st.floats(-3, 3), st.data())
def test_phase_and_clifford_in_both_circuit_and_observable(case, phase, data):
    """<C psi|H|C psi> = <psi|C^dagger H C|psi>."""
    circuit, theta, h = case
    tail = data.draw(st.lists(gates(circuit.n_qubits, CLIFFORD), max_size=4))
    terms = []
    for pauli, c in h:
        for gate in reversed(tail):
            sign, pauli = gate.conjugate(pauli)
            c *= sign
        terms.append((pauli, c))
    phased = circuit.then([unitary(np.exp(1j * phase) * np.eye(2), (0,)), *tail])
    found = qng.gradient(qng.Problem(phased, h), theta).value
    expected = qng.gradient(qng.Problem(circuit, PauliSum(terms)), theta).value
    dense.close(found, expected, 1e-12, 1.0)


@pytest.mark.parametrize("estimator", ["exact", "parameter-shift", "finite-difference"])
def test_closed_form(estimator):
    """<X> = sin t cos p^2."""
    found = qng.gradient(qng.Problem(BLOCH, {"X0": 1.0}), [0.7, 0.4], estimator).value
    expected = np.cos(0.7) * np.cos(0.16), -np.sin(0.7) * np.sin(0.16) * 0.8
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("estimator", ["exact", "parameter-shift", "finite-difference"])
def test_points_that_cannot_be_used(estimator):
    problem = qng.Problem(BLOCH, {"X0": 1.0})
    for theta, message in (
        ([0.1], "1 value"),
        ([0.1, np.inf], "p is not"),
        ([[[0.1, 0.2]]], r"the shape \(1, 1, 2\)"),
    ):
        with pytest.raises(InputError, match=message):
            qng.gradient(problem, theta, estimator)
        with pytest.raises(InputError, match=message):
            qng.energy(problem, theta)


def test_unknown_estimator():
    with pytest.raises(UnknownNameError, match="did you mean parameter-shift"):
        qng.gradient(qng.Problem(BLOCH, {"X0": 1.0}), [0, 0], "parametershift")


def test_no_parameters():
    problem = qng.Problem(Circuit(1), {"Z0": 2.0, "I": 0.5})
    assert qng.energy(problem).value == 2.5
    for estimator in ("exact", "parameter-shift", "finite-difference", "spsa"):
        assert qng.gradient(problem, estimator=estimator).value.shape == (0,)


EXACT = Statevector(threads=1)
RING = PauliSum({"Z0 Z1": 0.5, "Z1 Z2": 0.5, "Z0 Z2": 0.3})
MIXED = PauliSum({"Z0 Z1": 1.0, "X0": 0.5, "Y1 Y2": -0.7, "Z2": 0.3})
# Two parameters in each of two rotations, and a nonlinear angle.
SHARED = Circuit(
    2,
    [
        Rotation(Pauli.parse("Y0"), T + P),
        Gate("cx", (0, 1)),
        Rotation(Pauli.parse("X1"), 2 * T - P),
        Rotation(Pauli.parse("Z0 Y1"), apply("sin", P)),
    ],
    ["t", "p"],
)


def value(found) -> np.ndarray:
    return found.value


class TestFromShots:
    @pytest.mark.parametrize(
        ("circuit", "theta", "h"),
        [
            (hardware_efficient(3, 1), np.random.default_rng(4).uniform(-3, 3, 12), MIXED),
            (qaoa(RING, 2), [0.3, 0.4, 0.7, 0.5], RING),
            (SHARED, [0.4, 1.1], PauliSum({"Z0 Z1": 1.0, "X1": -0.6})),
        ],
        ids=["own", "qaoa", "shared"],
    )
    def test_scores_are_unit_normal(self, circuit, theta, h):
        plan = gradient.parameter_shift(circuit, h, theta)
        values, errors = scores.repeated(plan, 1000 * plan.evaluations, value)
        exact = answer(EXACT, gradient.exact(circuit, h, theta)).value
        known = np.all(errors == 0, axis=0)
        np.testing.assert_allclose(values[:, known] - exact[known], 0, atol=1e-12)
        scores.unit_normal(values[:, ~known], errors[:, ~known], exact[~known])

    def test_shared_parameters_are_correlated(self):
        """The covariance matrix, not only its diagonal: sum of squared whitened scores is P."""
        plan = gradient.parameter_shift(SHARED, PauliSum({"Z0 Z1": 1.0, "X1": -0.6}), [0.4, 1.1])
        found = [answer(EXACT, plan, shots=6000, seed=seed) for seed in range(500)]
        covariance = np.mean([f.covariance for f in found], axis=0)
        measured = np.cov(np.array([f.value for f in found]).T)
        scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
        assert abs(covariance[0, 1]) > 0.2 * scale[0, 1]
        # The standard error of a covariance from 500 draws is 0.05 to 0.06 of the scale.
        np.testing.assert_allclose(measured / scale, covariance / scale, rtol=0, atol=0.24)

    @pytest.mark.parametrize("theta", [[np.pi / 2, 0.0], [0.0, 0.0], [0.0, 1.0]])
    @pytest.mark.parametrize("shots", [40, 400])
    def test_coverage_at_eigenstates(self, theta, shots):
        """At t = pi/2 both shifted energies are +-1, at t = 0 the energy itself is."""
        circuit = Circuit(1, [Rotation(Pauli.parse(w), a) for w, a in (("Y0", T), ("Z0", P))], "tp")
        h = PauliSum({"Z0": 1.0, "X0": 0.7})
        plan = gradient.parameter_shift(circuit, h, theta)
        values, errors = scores.repeated(plan, shots * plan.evaluations, value)
        scores.covered(values, errors, answer(EXACT, gradient.exact(circuit, h, theta)).value)

    def test_shots_go_by_what_a_point_contributes(self):
        """For A with rows of length 1, 2 and 0: as 1 : 2 : 0."""
        ops = [Rotation(Pauli.parse(f"Y{q}"), a) for q, a in enumerate((T, 2 * P, P * P))]
        plan = gradient.parameter_shift(Circuit(3, ops, "tp"), MIXED, [0.3, 0.0])
        (request,) = plan.requests
        assert len(request.angles) == 4
        assert request.shares == pytest.approx([2 / 3, 4 / 3, 2 / 3, 4 / 3])

    def test_what_moves_nothing_costs_nothing(self):
        circuit = Circuit(1, [Rotation(Pauli.parse("X0"), T)], ["t", "idle"])
        h = PauliSum({"Z0": 1.0})
        for estimate in (gradient.parameter_shift, gradient.finite_difference):
            plan = estimate(circuit, h, [0.3, 0.1])
            assert plan.evaluations == 2
            found = answer(EXACT, plan, shots=100)
            assert (found.value[1], found.covariance[1, 1]) == (0.0, 0.0)
        alone = Circuit(1, [], ["idle"])
        found = answer(EXACT, gradient.parameter_shift(alone, h, [0.3]), shots=1)
        assert found.value.tolist() == [0.0]


class TestFiniteDifference:
    STEP = 0.3

    def test_bias_is_of_order_step_squared(self):
        h, theta = PauliSum({"Z0 Z1": 1.0, "X1": -0.6}), [0.4, 1.1]
        exact = dense.gradient(SHARED, h, theta)
        biases = [
            answer(EXACT, gradient.finite_difference(SHARED, h, theta, step)).value - exact
            for step in (0.02, 0.04)
        ]
        assert np.all(np.abs(biases[0]) > 1e-5)
        np.testing.assert_allclose(biases[1] / biases[0], 4, rtol=5e-3)

    def test_errors_are_those_of_shots_around_the_difference(self):
        h, theta = PauliSum({"Z0 Z1": 1.0, "X1": -0.6}), [0.4, 1.1]
        plan = gradient.finite_difference(SHARED, h, theta, self.STEP)
        values, errors = scores.repeated(plan, 500 * plan.evaluations, value)
        scores.unit_normal(values, errors, answer(EXACT, plan).value)

    def test_the_step_for_shots_is_near_the_best(self):
        """E = cos t: bias cos t h^2/6 and variance sin^2 t / (2 N h^2), to lowest order."""
        circuit, h = Circuit(1, [Rotation(Pauli.parse("X0"), T)], ["t"]), PauliSum({"Z0": 1.0})
        t, shots = np.pi / 4, 5000

        def mean_square(step: float) -> float:
            plan = gradient.finite_difference(circuit, h, [t], step)
            found = answer(EXACT, plan, shots=2 * shots)
            bias = answer(EXACT, plan).value[0] + np.sin(t)
            assert abs(bias) == pytest.approx(np.sin(t) * step**2 / 6, rel=0.05)
            assert found.covariance[0, 0] == pytest.approx(0.5 / (2 * shots * step**2), rel=0.15)
            return bias**2 + found.covariance[0, 0]

        at = {step: mean_square(step) for step in (0.03, 0.1, gradient.SAMPLED_STEP, 0.9)}
        assert min(at, key=at.get) == gradient.SAMPLED_STEP

    @pytest.mark.parametrize("step", [0.0, -0.1, np.nan, np.inf])
    @pytest.mark.parametrize("estimate", [gradient.finite_difference, gradient.spsa])
    def test_steps_that_cannot_be_used(self, estimate, step):
        with pytest.raises(InputError, match="step must be a positive number"):
            estimate(BLOCH, MIXED, [0.1, 0.2], step=step)


class TestSpsa:
    THETA = np.array([0.4, -0.9, 0.7, 0.2])
    H = PauliSum({"Z0 Z1": 1.0, "X0": 0.5, "Y1": -0.4})
    CIRCUIT = hardware_efficient(2, 1, ("ry",))

    def along(self, u: np.ndarray, step: float) -> np.ndarray:
        """The published formula, with dense energies."""
        plus, minus = (
            dense.energy(self.CIRCUIT, self.H, self.THETA + s * step * u) for s in (1, -1)
        )
        return (plus - minus) / (2 * step) * u

    def estimate(self, **options):
        return gradient.spsa(self.CIRCUIT, self.H, self.THETA, **options)

    def test_a_draw_is_the_difference_along_a_direction_of_signs(self):
        directions = [np.array(u) for u in product([-1.0, 1.0], repeat=4) if u[0] > 0]
        found = [answer(EXACT, self.estimate(step=0.1, seed=seed)).value for seed in range(60)]
        drawn = {self.which(f, directions) for f in found}
        # Each of 8 pairs of opposite directions is missed by 60 draws with probability 3e-4.
        assert drawn == set(range(8))

    def which(self, found: np.ndarray, directions: list[np.ndarray]) -> int:
        """Which direction an estimate belongs to; exactly one."""
        fits = [
            k
            for k, u in enumerate(directions)
            if np.allclose(found, self.along(u, 0.1), rtol=0, atol=1e-12)
        ]
        assert len(fits) == 1
        return fits[0]

    def test_the_mean_over_all_directions_is_the_gradient(self):
        directions = np.array(list(product([-1.0, 1.0], repeat=4)))
        exact = dense.gradient(self.CIRCUIT, self.H, self.THETA)
        biases = [
            np.mean([self.along(u, step) for u in directions], axis=0) - exact
            for step in (0.02, 0.04)
        ]
        assert np.abs(biases[0]).max() < 1e-3
        np.testing.assert_allclose(biases[1] / biases[0], 4, rtol=0.01)

    def test_draws_are_averaged(self):
        """Over 4000 draws the scatter, at most |E'| |u| = 2 an entry, is down to 0.03."""
        found = answer(EXACT, self.estimate(step=0.05, draws=4000, seed=1)).value
        exact = dense.gradient(self.CIRCUIT, self.H, self.THETA)
        np.testing.assert_allclose(found, exact, rtol=0, atol=4.5 * 2 / np.sqrt(4000))

    def test_errors_are_those_of_shots_along_the_direction(self):
        plan = self.estimate(draws=2, seed=1)
        values, errors = scores.repeated(plan, 4000, value)
        scores.unit_normal(values, errors, answer(EXACT, plan).value)
        assert np.linalg.matrix_rank(answer(EXACT, plan, shots=4000).covariance) == 2

    def test_equal_points_are_measured_once(self):
        """One parameter: all draws are along the same line."""
        circuit, h = Circuit(1, [Rotation(Pauli.parse("X0"), T)], ["t"]), PauliSum({"Z0": 1.0})
        plan = gradient.spsa(circuit, h, [0.8], draws=5, seed=0)
        assert sampled(plan, 1000).cost.points == 2
        values, errors = scores.repeated(plan, 1000, value)
        scores.unit_normal(values, errors, answer(EXACT, plan).value)

    def test_equal_seeds_draw_alike(self):
        first, again, other = (answer(EXACT, self.estimate(seed=s)).value for s in (5, 5, (5, 1)))
        assert np.array_equal(first, again)
        assert not np.array_equal(first, other)

    @pytest.mark.parametrize("draws", [0, -1, 1.5])
    def test_draws_that_cannot_be_made(self, draws):
        with pytest.raises(InputError, match="draws must be a whole number of at least 1"):
            self.estimate(draws=draws)
