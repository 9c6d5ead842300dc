"""Penalties for overlaps against a dense simulator, exactly and from shots."""

import numpy as np
import pytest

import qng
from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli
from qng.errors import InputError, UnsupportedMeasureError
from qng.plan.request import Expectation, Overlap
from qng.run.excited.deflated import Deflated
from qng.run.price import price
from tests import dense

a, b = parameter("a"), parameter("b")
# Shared, scaled and shifted angles, words of two letters, a gate in the middle.
CIRCUIT = Circuit(
    3,
    [
        Rotation(Pauli.parse("Y0"), a),
        Rotation(Pauli.parse("X1 Z2"), 2 * b + 0.3),
        Gate("cx", (0, 1)),
        Rotation(Pauli.parse("Y1"), a - b),
        Rotation(Pauli.parse("Y2 X0"), parameter("c")),
        Gate("t", (2,)),
        Rotation(Pauli.parse("X2"), a),
    ],
    ["a", "b", "c"],
)
H = qng.PauliSum({"Z0 Z1": 1.0, "X1": 0.5, "Z2": -0.7, "Y0 Y2": 0.4})
KNOWN = np.array([[0.4, -1.1, 0.8], [2.0, 0.3, -0.6]])
BETA = np.array([1.5, 0.6])
THETA = np.array([0.9, 0.2, -0.4])
PROBLEM = qng.Problem(CIRCUIT, H, start=THETA)
NEXT = Deflated(PROBLEM, KNOWN, BETA)


def cost(theta) -> np.ndarray:
    known = dense.state(CIRCUIT, KNOWN)
    overlaps = np.abs(dense.state(CIRCUIT, theta) @ known.conj().T) ** 2
    return dense.energy(CIRCUIT, H, theta) + overlaps @ BETA


def test_energies_at_several_points() -> None:
    points = np.array([THETA, KNOWN[0], -THETA])
    assert np.allclose(qng.energy(NEXT, points).value, cost(points), atol=1e-12)


@pytest.mark.parametrize("estimator", ["auto", "exact", "parameter-shift", "finite-difference"])
def test_gradients_are_differences_of_a_dense_state(estimator: str) -> None:
    found = qng.gradient(NEXT, THETA, estimator).value
    dense.close(found, dense.differences(cost, THETA), relative=1e-7)


def test_random_directions_take_differences_of_the_whole() -> None:
    """One draw is a multiple of a vector of signs, by the difference of the cost along it."""
    found = qng.gradient(NEXT, THETA, "spsa", step=0.1, seed=3).value
    signs = np.sign(found)
    along = (cost(THETA + 0.1 * signs) - cost(THETA - 0.1 * signs)) / 0.2
    assert np.allclose(found, abs(along) * signs, atol=1e-10)


def test_the_metric_is_that_of_the_circuit() -> None:
    dense.close(qng.metric(NEXT, THETA).dense(), dense.metric(CIRCUIT, THETA))
    with pytest.raises(UnsupportedMeasureError, match="leave out the penalties"):
        qng.metric(NEXT, THETA, "gauss-newton")


class Plain:
    """A simulator that knows no derivatives."""

    name, noise, answers = "plain", "", frozenset({Expectation, Overlap})

    def run(self, requests, seed):
        return qng.executor("statevector").run(requests, seed)


def hessian_of_the_cost(theta) -> np.ndarray:
    return np.array(
        [dense.differences(lambda t, k=k: dense.differences(cost, t)[k], theta) for k in range(3)]
    )


def test_the_hessian_has_the_penalties() -> None:
    """By gradients at shifted angles, and by energies at shifted angles without shots."""
    expected = hessian_of_the_cost(THETA)
    assert np.allclose(qng.hessian(NEXT, THETA).dense(), expected, atol=1e-8)
    assert np.allclose(qng.hessian(NEXT, THETA, executor=Plain()).dense(), expected, atol=1e-8)


def test_the_hessian_from_shots_covers() -> None:
    """15 seeds, 6 numbers each: 95 % within 1.96 errors, by more than 4.5 sigma once in 1e5."""
    upper, inside = np.triu_indices(3), 0
    expected = hessian_of_the_cost(THETA)[upper]
    for seed in range(15):
        found = qng.hessian(NEXT, THETA, shots=20_000, seed=seed)
        off = np.abs(found.dense()[upper] - expected)
        inside += int(np.sum(off < 1.96 * found.std_error[upper]))
    assert abs(inside / 90 - 0.95) < 4.5 * np.sqrt(0.95 * 0.05 / 90)


def test_the_reference_is_the_lowest_level_with_the_penalties() -> None:
    known = dense.state(CIRCUIT, KNOWN)
    raised = dense.pauli_sum(H, 3) + sum(
        w * np.outer(psi, psi.conj()) for w, psi in zip(BETA, known)
    )
    reference = NEXT.reference_energy()
    assert reference is not None
    assert reference.energy == pytest.approx(np.linalg.eigvalsh(raised)[0], abs=1e-10)


def test_the_reference_of_more_qubits_is_the_same() -> None:
    """On nine qubits, by Lanczos: six that nothing moves add their own field."""
    wide = Circuit(9, CIRCUIT.ops, CIRCUIT.parameters)
    h = H + qng.PauliSum({f"Z{q}": -1.0 for q in range(3, 9)})
    found = Deflated(qng.Problem(wide, h), KNOWN, BETA).reference_energy()
    narrow = NEXT.reference_energy()
    assert found is not None
    assert narrow is not None
    assert found.energy == pytest.approx(narrow.energy - 6, abs=1e-8)


def test_errors_from_shots_cover() -> None:
    """60 seeds, 4 numbers each: 95 % within 1.96 errors, by more than 4 sigma once in 1e4."""
    true = [float(cost(THETA)), *dense.differences(cost, THETA)]
    inside, total = 0, 0
    for seed in range(60):
        energy = qng.energy(NEXT, THETA, shots=1500, seed=seed)
        gradient = qng.gradient(NEXT, THETA, shots=6000, seed=seed)
        off = np.abs(np.array([energy.value, *gradient.value]) - true)
        inside += int(np.sum(off < 1.96 * np.array([energy.std_error, *gradient.std_error])))
        total += len(off)
    assert abs(inside / total - 0.95) < 4 * np.sqrt(0.95 * 0.05 / total)


def test_frozen_parameters_are_bound() -> None:
    held = Deflated(PROBLEM.freeze("b"), np.where([0, 1, 0], THETA, KNOWN), BETA)
    run = qng.minimize(held, "gd", steps=2, lr=0.1)
    first = dense.differences(lambda t: _held_cost(t), THETA)
    assert run.trace["theta"][1] == pytest.approx(THETA - 0.1 * first * [1, 0, 1], abs=1e-8)
    with pytest.raises(InputError, match="other values of the frozen"):
        qng.minimize(Deflated(PROBLEM.freeze("b"), KNOWN, BETA), "gd", steps=1)


def _held_cost(theta) -> np.ndarray:
    known = dense.state(CIRCUIT, np.where([0, 1, 0], THETA, KNOWN))
    overlaps = np.abs(dense.state(CIRCUIT, theta) @ known.conj().T) ** 2
    return dense.energy(CIRCUIT, H, theta) + overlaps @ BETA


@pytest.mark.parametrize("method", ["rotosolve", "bfgs", "qng", "newton"])
def test_methods_find_the_lowest_value(method: str) -> None:
    one = Circuit(1, [Rotation(Pauli.parse("Y0"), a), Rotation(Pauli.parse("Z0"), b)], ["a", "b"])
    problem = qng.Problem(one, {"Z0": 1.0, "X0": 0.5}, start=[0.4, 0.3])
    known = np.array([[np.pi + np.arctan(0.5), 0.0]])  # the ground state
    run = qng.minimize(Deflated(problem, known, [5.0]), method, steps=80)
    assert run.fun == pytest.approx(np.sqrt(1.25), abs=1e-5)
    assert run.solved


@pytest.mark.parametrize(
    ("known", "weights", "says"),
    [
        (KNOWN, [1.0], "2 known state"),
        (KNOWN, [1.0, 0.0], "positive weights"),
        (KNOWN[:, :2], BETA, "has the shape"),
        (np.full((1, 3), np.nan), [1.0], "finite"),
    ],
)
def test_what_is_no_penalty_is_refused(known, weights, says: str) -> None:
    with pytest.raises(InputError, match=says):
        Deflated(PROBLEM, known, weights)


def test_a_population_minimises_with_penalties():
    found = qng.excited.vqd("lih", 2, beta=1.0, steps=30, method="cma-es", seed=1)
    assert found.energies[1] > found.energies[0]
    assert found.solved == (True, True)


def test_overlaps_have_a_price() -> None:
    """One circuit a known state more, for every energy; exact runs are counted likewise."""
    bare, whole = (qng.step_cost(of, "gd", shots=10**6) for of in (PROBLEM, NEXT))
    assert whole.closing.points == bare.closing.points + len(KNOWN)
    energies = bare.parts["gradient"].points // bare.closing.points
    assert whole.parts["gradient"].points == energies * whole.closing.points
    exact, counted = (qng.minimize(NEXT, "gd", steps=2, shots=n) for n in (None, 10**6))
    assert price(exact).circuits.tolist() == price(counted).circuits.tolist()
    other = Deflated(PROBLEM, KNOWN[:1], BETA[:1])
    assert price(qng.minimize(other, "gd", steps=2)).circuits[-1] < price(exact).circuits[-1]
