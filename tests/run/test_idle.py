"""Qubits on which nothing acts are not run, and change no number."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qng
from qng.circuit.angle import parameter
from qng.circuit.gate import Gate, Rotation
from qng.circuit.idle import relabelled, restricted, used
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError
from qng.plan.quantities import By
from qng.run.idle import Kept
from qng.testing import strategies

THETA = np.linspace(0.1, 1.0, 8)
EXACT = SimpleNamespace(noise="")
NOISY = SimpleNamespace(noise="depolarising")


def ansatz(n: int, at: list[int]) -> qng.Circuit:
    """Eight rotations and a ladder on four of n qubits."""
    names = [f"t{k}" for k in range(8)]
    first, last = (
        [Rotation(Pauli.on(letter, [q]), parameter(f"t{k + shift}")) for k, q in enumerate(at)]
        for letter, shift in (("Y", 0), ("X", 4))
    )
    ladder = [Gate("cx", pair) for pair in pairwise(at)]
    return qng.Circuit(n, [*first, *ladder, *last], names)


def problems(n: int, at: list[int]) -> tuple[qng.Problem, qng.Problem]:
    a, b, c, d = at
    far = {f"Z{a} Z{b}": 1.0, f"X{c}": 0.5, f"Y{d} Z0": 0.3, f"Z{n - 1}": 0.25}
    near = {"Z0 Z1": 1.0, "X2": 0.5, "Y3": 0.3, "I": 0.25}
    return (
        qng.Problem(ansatz(n, at), far, THETA),
        qng.Problem(ansatz(4, [0, 1, 2, 3]), near, THETA),
    )


QUANTITIES = {
    "energy": lambda p: qng.energy(p).value,
    "gradient": lambda p: qng.gradient(p).value,
    "hessian": lambda p: qng.hessian(p).dense(),
    "curvature": lambda p: qng.berry_curvature(p),
    "metric": lambda p: qng.metric(p).dense(),
    "blocks": lambda p: qng.metric(p, None, "blocks").dense(),
    "overlaps": lambda p: qng.metric(p, None, "overlaps").dense(),
    "fisher": lambda p: qng.metric(p, None, "fisher").dense(),
    "energy from shots": lambda p: qng.energy(p, shots=1000).value,
    "gradient from shots": lambda p: qng.gradient(p, shots=10_000).value,
    "blocks from shots": lambda p: qng.metric(p, None, "blocks", shots=1000).dense(),
    "hadamard from shots": lambda p: qng.metric(p, None, "hadamard", shots=10_000).dense(),
    "overlaps from shots": lambda p: qng.metric(p, None, "overlaps", shots=10_000).dense(),
    "fisher from shots": lambda p: qng.metric(p, None, "fisher", shots=10_000).dense(),
    "a run": lambda p: qng.minimize(p, "qng", steps=3).x,
    "a run from shots": lambda p: qng.minimize(p, "qng", steps=2, shots=2000).x,
    "a run with geodesics": lambda p: qng.minimize(p, "qngg", steps=2).x,
    "steps": lambda p: [r.kl for r in qng.compare_steps(p, methods=["gd", "qng"])],
    "cost": lambda p: [qng.step_cost(p, "qng", shots=1000).step.points],
}


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize(("n", "at"), [(24, [3, 7, 11, 20]), (127, [3, 11, 77, 120])])
def test_four_of_many_qubits_are_four(quantity: str, n: int, at: list[int]) -> None:
    far, near = problems(n, at)
    ask = QUANTITIES[quantity]
    # The same draws too, as the same circuits are run.
    np.testing.assert_allclose(ask(far), ask(near), rtol=0, atol=1e-12)


@given(strategies.circuits(max_qubits=3), st.permutations(range(6)), st.data())
def test_values_do_not_depend_on_where_the_qubits_are(circuit, places, data):
    theta = data.draw(strategies.points(circuit))
    h = data.draw(strategies.observables(circuit.n_qubits))
    places = places[: circuit.n_qubits]
    far = relabelled(circuit, places, 6)
    moved = PauliSum([(word.moved(places), c) for word, c in h])
    a, b = qng.Problem(circuit, h, theta), qng.Problem(far, moved, theta)
    assert qng.energy(a).value == pytest.approx(qng.energy(b).value, abs=1e-9)
    np.testing.assert_allclose(qng.metric(a).dense(), qng.metric(b).dense(), atol=1e-9)


def test_letters_on_idle_qubits() -> None:
    far, _ = problems(24, [3, 7, 11, 20])
    h = PauliSum({"Z3 Z0": 1.0, "X5": 2.0, "Z3": 0.5, "Z1": 0.1})
    kept = Kept.of(far.ensemble, EXACT, h)
    # X on an idle qubit has a variance, so the qubit stays; Z is 1.
    assert kept.circuit(far.circuit).n_qubits == 5
    assert kept.observable(h) == PauliSum({"Z0": 1.5, "X1": 2.0, "I": 0.1})
    # Where there is noise nothing is known of an idle qubit.
    kept = Kept.of(far.ensemble, NOISY, h)
    assert kept.circuit(far.circuit).n_qubits == 7
    assert kept.observable(h) == PauliSum({"Z2 Z0": 1.0, "X3": 2.0, "Z2": 0.5, "Z1": 0.1})


def test_a_measurement_basis_moves_along() -> None:
    far, near = problems(24, [3, 7, 11, 20])
    for basis, here in (("X3 Y20", "X0 Y3"), ("X3 X5", "X0"), ("X", "X"), ("Z5", "Z")):
        found = qng.metric(far, None, "fisher", basis=basis).dense()
        np.testing.assert_allclose(found, qng.metric(near, None, "fisher", basis=here).dense())
    with pytest.raises(InputError, match="'X24' names a qubit beyond the circuit's 24"):
        qng.metric(far, None, "fisher", basis="X24")
    kept = Kept.of(far.ensemble, EXACT)
    assert kept.by(By("fisher", basis="X3 Y20")) == By("fisher", basis="X0 Y3")


def test_nothing_changes_where_no_qubit_is_idle() -> None:
    _, near = problems(24, [3, 7, 11, 20])
    kept = Kept.of(near.ensemble, EXACT, near.observable)
    assert kept.are_all
    assert kept.circuit(near.circuit) is near.circuit
    assert kept.observable(near.observable) is near.observable


def test_ensembles_keep_the_qubits_of_all_circuits() -> None:
    circuits = [(ansatz(9, [0, 2, 4, 6]), 0.5), (ansatz(9, [1, 2, 4, 6]), 0.5)]
    problem = qng.Problem.weighted(circuits, {"Z0": 1.0, "Z1": 1.0, "Z8": 1.0}, start=THETA)
    # The other qubit is idle in one of the two.
    assert qng.energy(problem).value == pytest.approx(
        2 + np.cos(THETA[0]) * np.cos(THETA[4]), abs=1e-12
    )
    kept = Kept.of(problem.ensemble, EXACT, problem.observable)
    assert [circuit.n_qubits for circuit, _ in kept.ensemble(problem.ensemble)] == [5, 5]


def test_a_circuit_without_operations() -> None:
    empty = qng.Circuit(30, [], ["a"])
    problem = qng.Problem(empty, {"Z0 Z29": 1.0, "X3": 0.5})
    assert qng.energy(problem).value == 1.0
    assert qng.metric(problem).dense().tolist() == [[0.0]]
    assert used(empty) == 0
    assert restricted(empty, 1).n_qubits == 1
