"""The classical Fisher matrix from counted bits: its limit, its bias, and its errors."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.stats import binom

from qng.circuit.angle import as_angle, parameter
from qng.circuit.ansatz import hardware_efficient, qaoa, real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, UnknownNameError
from qng.estimate import gradient
from qng.estimate.fisher import counted as counted_fisher
from qng.estimate.fisher import exact as fisher
from qng.execute.statevector.executor import Statevector
from qng.geometry import Diagonal
from qng.plan.counts import Counts
from qng.plan.lower import sampled
from qng.plan.plan import Plan, join
from qng.run.bench import answer
from qng.testing.strategies import cases, free
from tests import dense, scores

EXACT = Statevector(threads=1)
T, P = parameter("t"), parameter("p")
RING = PauliSum({"Z0 Z1": 0.5, "Z1 Z2": 0.5, "Z0 Z2": 0.3})


def rotation(word: str, angle) -> Rotation:
    return Rotation(Pauli.parse(word), as_angle(angle))


# p = (1 + cos a cos t) / 2 in Z: amplitudes that are complex unless a is 0.
def tilted(a: float) -> Circuit:
    return Circuit(1, [rotation("Z0", a), rotation("Y0", T), rotation("X0", a)], ["t"])


A, B, C = (parameter(name) for name in "abc")
COMPLEX = Circuit(
    2,
    [
        *[rotation("Y0", A), rotation("X1", B), Gate("cx", (0, 1)), rotation("Z0", C)],
        *[rotation("X0", 2 * A - B), rotation("Y1", C / 2), Gate("cx", (1, 0)), rotation("X0", 1)],
    ],
    ["a", "b", "c"],
)


def exact(circuit: Circuit, theta, basis: str = "Z") -> np.ndarray:
    return answer(EXACT, fisher.born(circuit, theta, basis)).dense()


def distributions(circuit: Circuit, theta) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """p, q_r+ and q_r- of the dense simulator, the last two of shape (R, outcomes)."""
    phi, alone = circuit.angles(theta), free(circuit)
    shift = np.pi / 2 * np.eye(len(phi))
    return tuple(np.abs(dense.state(alone, x)) ** 2 for x in (phi, phi + shift, phi - shift))


def predicted(circuit: Circuit, theta, n: int) -> np.ndarray:
    """The mean from N shots, as the module states it, with all orders in 1/N."""
    p, plus, minus = distributions(circuit, theta)
    a = circuit.jacobian(theta)
    visible = np.any(np.abs(plus - p) > 1e-12, axis=1)
    plus, minus, a = plus[visible], minus[visible], a[visible]
    d = a.T @ (plus - minus) / 2
    inverse = np.where(p > 1e-20, (1 - (1 - p) ** (n + 1)) / np.where(p > 1e-20, p, 1), 0)
    zeros = ((1 - p) ** n * (plus + minus) - p * (1 - p) ** (n - 1)).sum(axis=1)
    return (d * inverse) @ d.T + a.T @ np.diag(zeros) @ a


def naive(circuit: Circuit, theta, n: int, repetitions: int = 300) -> np.ndarray:
    """The mean of what frequencies in place of probabilities give."""
    rng = np.random.default_rng(0)
    p, plus, minus = distributions(circuit, theta)
    a, total = circuit.jacobian(theta), 0.0
    for _ in range(repetitions):
        k = rng.multinomial(n, p / p.sum())
        up, down = (np.array([rng.multinomial(n, q / q.sum()) for q in f]) for f in (plus, minus))
        d = a.T @ (up - down) / (2 * n)
        total += (d[:, k > 0] / (k[k > 0] / n)) @ d[:, k > 0].T
    return total / repetitions


class TestWithoutShots:
    @settings(max_examples=150)
    @given(cases(max_ops=12))
    def test_is_the_fisher_matrix(self, case):
        """At zeros of p only the rotations' own entries."""
        circuit, theta = case
        alone, phi, a = free(circuit), circuit.angles(theta), circuit.jacobian(theta)
        psi = dense.state(alone, phi)
        slopes = dense.differences(lambda x: dense.state(alone, x), phi)
        seen = np.abs(psi) ** 2 > 1e-20
        d = a.T @ (2 * (slopes * psi.conj()).real)[:, seen]
        zeros = 4 * np.sum(np.abs(slopes[:, ~seen]) ** 2, axis=1)
        expected = (d / np.abs(psi[seen]) ** 2) @ d.T + a.T @ np.diag(zeros) @ a
        found = answer(EXACT, counted_fisher.born(circuit, theta))
        assert found.std_error is None
        dense.close(found.dense(), expected)

    @pytest.mark.parametrize("basis", ["X", "Y", "Z", "X0 Y2"])
    def test_in_a_chosen_basis(self, basis):
        circuit = hardware_efficient(3, 1)
        theta = np.random.default_rng(0).uniform(-3, 3, 12)
        expected = exact(circuit, theta, basis)
        found = answer(EXACT, counted_fisher.born(circuit, theta, basis)).dense()
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)
        diagonal = answer(EXACT, counted_fisher.diagonal(circuit, theta, basis))
        assert isinstance(diagonal, Diagonal)
        np.testing.assert_allclose(diagonal.values, np.diag(expected), rtol=0, atol=1e-10)

    @pytest.mark.parametrize("kind", ["circuit", "pauli"])
    def test_of_a_random_measurement(self, kind):
        circuit = hardware_efficient(3, 1)
        theta = np.random.default_rng(0).uniform(-3, 3, 12)
        for seed in (0, (1, 2)):
            expected = answer(EXACT, fisher.random(circuit, theta, kind, seed)).dense()
            found = answer(EXACT, counted_fisher.random(circuit, theta, kind, seed)).dense()
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)
        with pytest.raises(UnknownNameError, match="unknown random measurement 'paulis'"):
            counted_fisher.random(circuit, theta, "paulis")

    def test_bases_that_cannot_be_measured(self):
        with pytest.raises(InputError, match="beyond"):
            counted_fisher.born(tilted(0.1), [0.1], "X1")


class TestCost:
    CIRCUIT = hardware_efficient(3, 1)
    THETA = np.random.default_rng(0).uniform(-3, 3, 12)

    def test_rotations_that_change_nothing_are_not_run(self):
        """RZ at the end, before a basis of Z; RZ at the beginning; an angle at rest."""
        assert counted_fisher.born(self.CIRCUIT, self.THETA).evaluations == 1 + 2 * 9
        assert counted_fisher.born(self.CIRCUIT, self.THETA, "X").evaluations == 1 + 2 * 12
        ops = [rotation("Z0", T), Gate("cx", (0, 1)), rotation("Y1", P), rotation("Y0", P * P)]
        ops += [rotation("Z0 Z1", T), Gate("cz", (0, 1))]
        plan = counted_fisher.born(Circuit(2, ops, "tp"), [0.3, 0.0])
        assert plan.evaluations == 3
        found = answer(EXACT, plan, shots=3000)
        assert (found.dense()[0], found.std_error[0]) == (pytest.approx([0, 0]),) * 2
        nothing = counted_fisher.born(Circuit(1, [rotation("Z0", T)], "t"), [0.3])
        assert answer(EXACT, nothing, shots=1).dense().tolist() == [[0.0]]

    def test_samples_are_those_of_the_gradient(self):
        """Its points in the basis Z cost nothing more; only the centre does."""
        h = PauliSum({"Z0 Z1": 1.0, "Z2": 0.5})
        plans = {
            "g": gradient.parameter_shift(self.CIRCUIT, h, self.THETA),
            "f": counted_fisher.born(self.CIRCUIT, self.THETA),
        }
        both, alone = (sampled(p, 10_000).cost.points for p in (join(plans), plans["g"]))
        assert (both, alone) == (25, 24)


class TestBias:
    @pytest.mark.parametrize("n", [2, 3, 7])
    @pytest.mark.parametrize("t", [0.0, 0.3, 1.0, np.pi / 2])
    def test_the_mean_over_all_outcomes(self, n, t):
        """Every table of counts that N shots can give, with its probability."""
        circuit = tilted(0.4)
        plan = counted_fisher.born(circuit, [t])
        chances = [float(np.squeeze(d[..., 1])) for d in distributions(circuit, [t])]
        mean = 0.0
        for ones in product(range(n + 1), repeat=3):
            weight = np.prod([binom.pmf(k, n, c) for k, c in zip(ones, chances)])
            counts = tuple(Counts.of([0, 1], [n - k, k]) for k in ones)
            mean += weight * plan.reduce([counts]).dense()
        np.testing.assert_allclose(mean, predicted(circuit, [t], n), rtol=0, atol=1e-12)

    @pytest.mark.parametrize("t", [0.0, 1e-3, 0.03, 0.1, 1.0, np.pi / 2])
    def test_none_for_one_real_amplitude(self, t):
        """I = 1 at every angle; what is left is below 1/(eN) for both outcomes together."""
        for n in (10, 100, 1000):
            assert abs(predicted(tilted(0.0), [t], n)[0, 0] - 1) < 0.37 / n

    @pytest.mark.parametrize(
        ("circuit", "theta"),
        [
            (hardware_efficient(3, 1), np.random.default_rng(5).uniform(-3, 3, 12)),
            (qaoa(RING, 2), np.random.default_rng(1).uniform(-3, 3, 4)),
        ],
        ids=["own", "shared"],
    )
    def test_with_more_shots(self, circuit, theta):
        """At 100, 1000 and 10000 shots a point."""
        truth = exact(circuit, theta)
        plan = counted_fisher.born(circuit, theta)
        biases, plain = [], []
        for n in (100, 1000, 10_000):
            mean = predicted(circuit, theta, n)
            if n < 10_000:
                values, _ = scores.repeated(plan, n * plan.evaluations, repetitions=300)
                deviation = values.mean(axis=0) - mean
                error = values.std(axis=0) / np.sqrt(300)
                assert np.all(np.abs(deviation) < 4.5 * error + 1e-12)
            biases.append(np.linalg.norm(mean - truth))
            plain.append(np.linalg.norm(naive(circuit, theta, n) - truth))
        assert biases[0] < plain[0] / 3
        assert biases[1] < min(biases[0], plain[1]) / 4
        assert biases[2] < max(min(biases[1], plain[2]) / 4, 1e-12)

    def test_does_not_lower_the_diagonal(self):
        circuit = hardware_efficient(3, 1)
        for seed in range(20):
            theta = np.random.default_rng(seed).uniform(-3, 3, 12)
            raised = np.diag(predicted(circuit, theta, 50) - exact(circuit, theta))
            assert raised.min() > -1 / 50**2
            assert raised.max() > 0.01


class TestErrors:
    @pytest.mark.parametrize(
        ("circuit", "theta", "shots"),
        [
            (tilted(0.5), [1.0], 2000),
            (real_amplitudes(2, 1), [0.9, 1.3, -0.7, 2.0], 10_000),
            (qaoa(RING, 1), [0.4, 0.7], 10_000),
            (COMPLEX, [0.8, -1.1, 0.9], 20_000),
        ],
        ids=["one", "real", "shared", "complex"],
    )
    def test_scores_are_unit_normal(self, circuit, theta, shots):
        plan = counted_fisher.born(circuit, theta)
        values, errors = scores.repeated(plan, shots * plan.evaluations)
        truth = exact(circuit, theta)
        known = np.all(errors == 0, axis=0)
        np.testing.assert_allclose(truth[known], 0, atol=1e-12)
        scores.unit_normal(values[:, ~known], errors[:, ~known], truth[~known])

    @pytest.mark.parametrize("shots", [100, 2000])
    @pytest.mark.parametrize("a", [0.0, 0.3])
    def test_coverage_at_all_angles(self, shots, a):
        """Zeros of p, all N p between 0 and N, and the point where the first order vanishes."""
        for step in (0, 1, 2, 4, 9):
            self.covers(tilted(a), [step / np.sqrt(shots)], shots)
        self.covers(tilted(a), [np.pi / 2], shots)

    def test_coverage_at_the_origin(self):
        """Entries of two rotations that an outcome not seen may hold are known to their bound."""
        self.covers(real_amplitudes(2, 1), np.zeros(4), 500)
        self.covers(hardware_efficient(2, 1), np.zeros(8), 500)

    def covers(self, circuit: Circuit, theta, shots: int) -> None:
        plan = counted_fisher.born(circuit, theta)
        values, errors = scores.repeated(plan, shots * plan.evaluations)
        scores.covered(values, errors, exact(circuit, theta))

    def test_is_not_zero_where_all_shots_agree(self):
        """A rotation about an axis almost along the state: one outcome at every point."""
        ops = [rotation("Y0", 1e-4), rotation("Z0", T), rotation("Y0", -1e-4)]
        found = answer(EXACT, counted_fisher.born(Circuit(1, ops, "t"), [0.5]), shots=300)
        assert found.dense()[0, 0] == pytest.approx(0, abs=1e-12)
        # The rule of three: an outcome of 3/N is missed with probability 5 %.
        assert 0.02 < found.std_error[0, 0] < 0.2

    def test_of_the_diagonal(self):
        circuit, theta = qaoa(RING, 1), [0.4, 0.7]
        whole = answer(EXACT, counted_fisher.born(circuit, theta), shots=9000)
        found = answer(EXACT, counted_fisher.diagonal(circuit, theta), shots=9000)
        np.testing.assert_allclose(found.values, np.diag(whole.dense()), rtol=1e-12)
        np.testing.assert_allclose(found.std_error, np.diag(np.diag(whole.std_error)), rtol=1e-12)

    def test_more_qubits_than_shots(self):
        """Finite, and as uncertain as it is wrong."""
        circuit = hardware_efficient(8, 1)
        theta = np.random.default_rng(0).uniform(-3, 3, 32)
        plan = counted_fisher.born(circuit, theta)
        found = answer(EXACT, plan, shots=50 * plan.evaluations)
        wrong = np.abs(found.dense() - exact(circuit, theta))
        assert np.all(wrong <= 3 * found.std_error + 1e-12)

    def test_two_shots_a_point(self):
        plan = counted_fisher.born(tilted(0.4), [0.3])
        found = answer(EXACT, plan, shots=2 * plan.evaluations)
        assert np.isfinite(found.dense()).all()
        assert found.std_error[0, 0] > 0.1


def test_results_do_not_depend_on_outcomes_that_were_not_seen():
    """Counts may list outcomes with a count of zero."""
    plan = counted_fisher.born(real_amplitudes(2, 0), [0.0, 0.3])
    listed = answer(EXACT, Plan(sampled(plan, 500).requests, lambda results: results[0]))
    padded = tuple(
        Counts(
            np.arange(4), np.array([c.weights[c.outcomes == x].sum() for x in range(4)]), c.shots
        )
        for c in listed
    )
    one, other = plan.reduce([listed]), plan.reduce([padded])
    np.testing.assert_allclose(one.dense(), other.dense(), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(one.std_error, other.std_error, rtol=1e-12, atol=1e-12)
