"""Metrics from overlaps in random directions."""

from itertools import product

import numpy as np
import pytest

from qng.circuit.angle import apply, as_angle, parameter
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli
from qng.errors import InputError
from qng.estimate.fubini import exact as fubini
from qng.estimate.fubini import random as stochastic
from qng.execute.statevector.executor import Statevector
from qng.run.bench import answer
from qng.seeds import generator
from tests import dense, scores

EXACT = Statevector()
A, B, C = (parameter(name) for name in "abc")


def rotation(word: str, angle) -> Rotation:
    return Rotation(Pauli.parse(word), as_angle(angle))


CIRCUIT = Circuit(
    2,
    [
        *[rotation("Y0", A), rotation("X1", B), Gate("cx", (0, 1)), rotation("Z0", C)],
        *[rotation("X0", 2 * A - B), rotation("Y1", apply("sin", C)), Gate("cx", (1, 0))],
        *[rotation("Y0", B), rotation("X1", C)],
    ],
    "abc",
)
THETA = np.array([0.4, -0.9, 0.6])


def exact(circuit: Circuit = CIRCUIT, theta=THETA) -> np.ndarray:
    return answer(EXACT, fubini.exact(circuit, theta)).dense()


class Listed:
    """A generator of given signs."""

    def __init__(self, signs) -> None:
        self.signs = np.array(signs, dtype=float)

    def choice(self, values, size):
        assert np.array_equal(values, [-1.0, 1.0])
        assert size == self.signs.shape
        return self.signs


def over_all_signs(step: float, monkeypatch) -> np.ndarray:
    signs = np.array(list(product([-1, 1], repeat=3)))
    pairs = [(first, second) for first in signs for second in signs]
    monkeypatch.setattr(stochastic, "generator", lambda seed: Listed(pairs))
    return answer(EXACT, stochastic.spsa(CIRCUIT, THETA, step, draws=64)).dense()


class TestSpsa:
    def test_the_mean_over_all_directions_is_the_metric(self, monkeypatch):
        errors = [np.abs(over_all_signs(e, monkeypatch) - exact()).max() for e in (0.02, 0.04)]
        assert errors[0] < 2e-3
        # Biased by order step^2.
        assert errors[1] / errors[0] == pytest.approx(4, abs=0.05)

    def test_a_single_draw(self):
        """The formula of Gacon et al., arXiv:2103.09232, with overlaps of dense states."""
        h, k = generator(7).choice([-1.0, 1.0], size=(1, 2, 3))[0]
        psi = dense.state(CIRCUIT, THETA)

        def f(x):
            return np.abs(dense.state(CIRCUIT, THETA + 0.01 * x) @ psi.conj()) ** 2

        difference = f(h + k) - f(h) - f(k - h) + f(-h)
        expected = -difference / 8e-4 * (np.outer(h, k) + np.outer(k, h))
        plan = stochastic.spsa(CIRCUIT, THETA, seed=7)
        assert plan.evaluations <= 4
        found = answer(EXACT, plan)
        np.testing.assert_allclose(found.dense(), expected, rtol=0, atol=1e-10)
        assert found.std_error is None

    def test_scores_given_the_directions(self):
        # Of one parameter there are only four pairs: equal overlaps are counted once.
        for circuit, theta, draws in ((CIRCUIT, THETA, 5), (hardware_efficient(1, 0), [1, 2], 9)):
            plan = stochastic.spsa(circuit, theta, 0.2, draws, seed=3)
            values, errors = scores.repeated(plan, 40_000)
            scores.unit_normal(values, errors, answer(EXACT, plan).dense())

    def test_equal_overlaps_of_draws_are_one(self):
        circuit = Circuit(1, [rotation("Y0", 0.3), rotation("X0", A)], "a")
        # x is -2, -1, 1 or 2 steps.
        assert stochastic.spsa(circuit, [0.1], draws=50).evaluations == 4

    def test_an_error_is_never_zero_by_accident(self):
        plan = stochastic.spsa(CIRCUIT, THETA, 1e-4, seed=1)
        found = answer(EXACT, plan, shots=100)
        assert np.all(found.dense() == 0)
        h, k = generator(1).choice([-1.0, 1.0], size=(1, 2, 3))[0]
        assert np.array_equal(found.std_error > 0, np.outer(h, k) + np.outer(k, h) != 0)


class TestStein:
    def test_the_mean_is_that_over_a_normal_cloud(self):
        """F = cos^2(x/2), and -E F''(sigma u)/2 = exp(-sigma^2/2)/4."""
        circuit = Circuit(1, [rotation("Y0", A)], "a")
        found = answer(EXACT, stochastic.stein(circuit, [0.3], 0.8, draws=5000, seed=1))
        assert found.std_error[0, 0] < 6e-3
        expected = np.exp(-0.32) / 4
        assert abs(found.dense()[0, 0] - expected) < 4 * found.std_error[0, 0]

    def test_it_converges_to_the_metric(self):
        found = answer(EXACT, stochastic.stein(CIRCUIT, THETA, 0.01, draws=4000, seed=2))
        assert np.all(found.std_error < 0.1)
        assert np.all(np.abs(found.dense() - exact()) < 4 * found.std_error)

    @pytest.mark.parametrize(("draws", "shots"), [(8, None), (20, None), (8, 2000)])
    def test_squared_errors_are_the_variance_over_directions_and_shots(self, draws, shots):
        circuit = hardware_efficient(1, 1)
        values, errors = [], []
        for seed in range(scores.REPETITIONS):
            plan = stochastic.stein(circuit, [0.4, -0.9, 0.6, 1.1], 0.2, draws, seed=seed)
            found = answer(EXACT, plan, shots=shots, seed=seed)
            values.append(found.dense())
            errors.append(found.std_error)
        ratio = np.mean(np.square(errors), axis=0) / np.var(values, axis=0)
        # Heavy tails: the variance itself is known to about 20 %.
        assert np.all(ratio > 0.7)
        assert np.all(ratio < 1.4)

    def test_scores_given_few_directions(self):
        plan = stochastic.stein(CIRCUIT, THETA, 0.3, 5, seed=3)
        assert answer(EXACT, plan).std_error is None
        values, errors = scores.repeated(plan, 20_000)
        scores.unit_normal(values, errors, answer(EXACT, plan).dense())

    def test_the_baseline_is_a_control_variate(self):
        """Where g is c times the identity the draws agree, but for F's fourth derivatives."""
        circuit = Circuit(
            3, [rotation(f"X{q}", parameter(f"t{q}")) for q in range(3)], ["t0", "t1", "t2"]
        )
        found = answer(EXACT, stochastic.stein(circuit, np.zeros(3), 0.01, 8, seed=4))
        np.testing.assert_allclose(found.dense(), np.eye(3) / 4, rtol=0, atol=1e-3)

    def test_an_error_is_never_zero_by_accident(self):
        plan = stochastic.stein(CIRCUIT, THETA, 1e-5, 10, seed=1)
        found = answer(EXACT, plan, shots=2000)
        assert np.all(found.dense() == 0)
        assert np.all(found.std_error > 0)


@pytest.mark.parametrize("estimate", [stochastic.spsa, stochastic.stein])
class TestBoth:
    def test_directions_are_those_of_the_seed(self, estimate):
        one, same, other = (
            answer(EXACT, estimate(CIRCUIT, THETA, seed=seed)).dense()
            for seed in ((1, 2), (1, 2), (1, 3))
        )
        assert np.array_equal(one, same)
        assert not np.allclose(one, other)

    def test_a_circuit_without_parameters(self, estimate):
        found = answer(EXACT, estimate(Circuit(1, [Gate("h", (0,))]), []), shots=10)
        assert found.dense().shape == (0, 0)

    @pytest.mark.parametrize("size", [0.0, -1.0, np.nan, np.inf])
    def test_sizes_are_positive(self, estimate, size):
        with pytest.raises(InputError, match="must be a positive number"):
            estimate(CIRCUIT, THETA, size)

    @pytest.mark.parametrize("draws", [0, -1, 2.5])
    def test_draws_are_a_positive_number(self, estimate, draws):
        with pytest.raises(InputError, match="draws must be a whole number of at least 1"):
            estimate(CIRCUIT, THETA, 0.1, draws)
