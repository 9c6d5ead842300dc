"""The exact executor against dense matrices: states, sweeps, spreads, threads and limits."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.circuit.angle import as_angle, parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import NAMED, Gate, Rotation, unitary
from qng.circuit.jacobian import Slopes
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, UnsupportedMeasureError
from qng.execute.statevector import points
from qng.execute.statevector.executor import Statevector
from qng.execute.statevector.states import apply, state
from qng.execute.statevector.states import unitary as circuit_unitary
from qng.execute.statevector.tangents.derivatives import Derivatives
from qng.plan.executor import check_supported
from qng.plan.plan import Plan
from qng.plan.request import (
    Expectation,
    Gradient,
    Probabilities,
    Request,
    Samples,
    State,
    Tangent,
)
from qng.run.bench import answer
from qng.testing.strategies import cases, gates, observables, problems, unitaries, words
from tests import dense


def layered(n: int, layers: int) -> Circuit:
    """RY and RZ on every qubit and a chain of CX, in each layer."""
    ops: list[Rotation | Gate] = []
    names = [f"t{k}" for k in range(2 * n * layers)]
    fresh = map(parameter, names)
    for _ in range(layers):
        ops += [Rotation(Pauli.parse(f"{c}{q}"), next(fresh)) for q in range(n) for c in "YZ"]
        ops += [Gate("cx", (q, q + 1)) for q in range(n - 1)]
    return Circuit(n, ops, names)


def asked(circuit, theta, measure, device=None):
    points = np.atleast_2d(circuit.angles(theta))
    request = Request(circuit, points, measure)
    return answer(device or Statevector(), Plan((request,), lambda results: results[0]))


@settings(max_examples=100)
@given(cases(max_ops=14))
def test_states_and_probabilities(case):
    circuit, theta = case
    theta = np.stack([theta, theta + 0.3])
    expected = dense.state(circuit, theta)
    found = asked(circuit, theta, State())
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    p = asked(circuit, theta, Probabilities())
    np.testing.assert_allclose(p, np.abs(expected) ** 2, rtol=0, atol=1e-12)


@settings(max_examples=100)
@given(st.data())
def test_every_gate_on_every_qubit(data):
    """Column by column, against Kronecker products and matrix exponentials."""
    n = data.draw(st.integers(1, 4))
    op = data.draw(st.one_of(gates(n, tuple(NAMED)), unitaries(n), words(n)))
    if isinstance(op, Gate):
        expected = dense.gate(op, n)
    else:
        expected = scipy.linalg.expm(-0.35j * dense.word(str(op), n))
        op = Rotation(op, as_angle(0.7))
    np.testing.assert_allclose(circuit_unitary(Circuit(n, [op]), []), expected, atol=1e-12)


def test_gates_on_many_qubits():
    """Five qubits in an order of their own, and a gate with three controls."""
    rng = np.random.default_rng(0)
    matrix, _ = np.linalg.qr(rng.normal(size=(32, 32)) + 1j * rng.normal(size=(32, 32)))
    for op in (
        unitary(matrix, (4, 0, 5, 2, 1)),
        unitary(np.eye(16)[[*range(7), 15, *range(8, 15), 7]], (3, 5, 0, 2)),
    ):
        found = circuit_unitary(Circuit(6, [op]), [])
        np.testing.assert_allclose(found, dense.gate(op, 6), rtol=0, atol=1e-12)


@settings(max_examples=60)
@given(problems(max_ops=12))
def test_energy_spread_and_gradient_of_several_points(case):
    circuit, theta, h = case
    theta = np.stack([theta, theta - 0.4, 2 * theta])
    psi, matrix = dense.state(circuit, theta), dense.pauli_sum(h, circuit.n_qubits)
    mean = np.einsum("ki,ij,kj->k", psi.conj(), matrix, psi).real
    square = np.einsum("ki,ij,kj->k", psi.conj(), matrix @ matrix, psi).real
    plain = asked(circuit, theta, Expectation(h))
    swept = asked(circuit, theta, Gradient(h))
    for found in (plain, swept):
        np.testing.assert_allclose(found.value, mean, rtol=0, atol=1e-12)
        np.testing.assert_allclose(found.variance, square - mean**2, rtol=0, atol=1e-11)
        assert found.std_error is None
    assert plain.gradient is None
    for k, phi in enumerate(circuit.angles(theta)):
        alone = asked(circuit, theta[k], Gradient(h)).gradient[0]
        np.testing.assert_allclose(swept.gradient[k], alone, rtol=0, atol=1e-12)
        d = Derivatives(circuit, phi, Slopes.of(np.eye(len(phi)))).dense()
        expected = 2 * (d.conj() @ matrix @ psi[k]).real
        np.testing.assert_allclose(alone, expected, rtol=0, atol=1e-12)


def test_expectation_values_in_the_same_states_take_one_sweep(monkeypatch):
    """On 8 qubits, gate by gate and with a matrix; values do not depend on who else asks."""
    circuit, made = layered(8, 1), []
    rng = np.random.default_rng(0)
    sums = [PauliSum({"Z0 Z1": 1.0, "X4 Y7": 0.5}), PauliSum({"Z3": 2.0}), PauliSum({"": 0.5})]
    phi = circuit.angles(rng.normal(size=(3, circuit.n_parameters)))
    several = [Request(circuit, phi, Expectation(h)) for h in sums]
    several += [Request(circuit, phi[1:], Expectation(sums[0]))]
    several += [Request(circuit, phi[:0], Expectation(sums[0]))]
    passes = points.Passes
    monkeypatch.setattr(points, "Passes", lambda *a, **k: made.append(a) or passes(*a, **k))
    found = Statevector().run(several, 0)
    assert len(made) == len(phi) + len(phi[1:])
    for h, of_h in zip(sums, found):
        for k, one in enumerate(phi):
            psi = state(circuit, one)
            mean = np.vdot(psi, apply(h, psi)).real
            square = np.vdot(apply(h, psi), apply(h, psi)).real
            assert of_h.value[k] == pytest.approx(mean, abs=1e-12)
            assert of_h.variance[k] == pytest.approx(square - mean**2, abs=1e-11)
    assert found[4].value.shape == found[4].variance.shape == (0,)
    for request, together in zip(several, found):
        (alone,) = Statevector(threads=1).run([request], 0)
        np.testing.assert_array_equal(alone.value, together.value)
        np.testing.assert_array_equal(alone.variance, together.variance)


@settings(max_examples=60)
@given(cases(), st.integers(0, 10**6))
def test_tangent_map(case, seed):
    """J v, Re(J^dagger w) and J itself are one map, that of the differences of the state."""
    circuit, theta = case
    rng = np.random.default_rng(seed)
    tangent = asked(circuit, theta, Tangent(circuit.jacobian(theta)))
    rows = tangent.dense()
    dense.close(rows, dense.differences(lambda t: dense.state(circuit, t), theta))
    np.testing.assert_allclose(tangent.state, dense.state(circuit, theta), rtol=0, atol=1e-12)
    v = rng.normal(size=circuit.n_parameters)
    w = rng.normal(size=rows.shape[1]) + 1j * rng.normal(size=rows.shape[1])
    kept = w.copy()
    np.testing.assert_allclose(tangent.jvp(v), v @ rows, rtol=0, atol=1e-12)
    np.testing.assert_allclose(tangent.vjp(w), (rows.conj() @ w).real, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(w, kept)


@settings(max_examples=50)
@given(cases(), st.data())
def test_applying_an_observable(case, data):
    circuit, theta = case
    h = data.draw(observables(circuit.n_qubits))
    psi = state(circuit, circuit.angles(theta))
    found = apply(h, psi)
    expected = dense.pauli_sum(h, circuit.n_qubits) @ psi
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found, h.matrix(circuit.n_qubits) @ psi, rtol=0, atol=1e-12)


def test_an_eigenstate_has_no_spread():
    """Where <H^2> - <H>^2 would be lost to rounding."""
    h = PauliSum({"Z0": 1e6, "I": 1e6})
    found = asked(Circuit(1, [Gate("id", (0,))]), [], Expectation(h))
    assert (found.value[0], found.variance[0]) == (2e6, 0.0)


def test_threads_change_nothing():
    """Work enough for the threads to be used, and results equal bit by bit."""
    circuit = layered(10, 4)
    rng = np.random.default_rng(1)
    points = circuit.angles(rng.uniform(-3, 3, (30, circuit.n_parameters)))
    h = PauliSum({"Z0 Z1": 1.0, "X4 Y7": 0.5})
    tangent = Tangent(circuit.jacobian(np.zeros(circuit.n_parameters)))
    requests = (
        Request(circuit, points, Gradient(h)),
        Request(circuit, points, Probabilities()),
        Request(circuit, points[:1], tangent),
    )

    def values(results):
        swept, p, tangent = results
        return swept.value, swept.variance, swept.gradient, p, tangent.dense()

    one, two = (answer(Statevector(threads=t), Plan(requests, values)) for t in (1, 2))
    for a, b in zip(one, two):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("measure", "states"),
    [
        (Expectation(PauliSum({"Z0": 1.0})), 3),
        (Gradient(PauliSum({"Z0": 1.0})), 5),
        (State(), 5),
        (Probabilities(), 5),
        (Tangent(np.zeros((20, 20)), gram=True), 3),
        (Tangent(np.zeros((20, 20))), 8),
        (Samples(Pauli(0, 31)), 5),
    ],
    ids=lambda m: type(m).__name__,
)
def test_memory_limit(measure, states):
    """Refused before anything is computed; just enough is enough."""
    circuit = layered(5, 2)
    points = np.zeros((1 if isinstance(measure, Tangent) else 2, 20))
    request = Request(circuit, points, measure)
    needed = states * 16 * 2**5
    Statevector(memory=needed).run([request], 0)
    with pytest.raises(InputError, match=f"{states} states of 5 qubits need .* limit is"):
        Statevector(memory=needed - 1).run([request], 0)


@pytest.mark.parametrize("threads", [0, -1, 1.5])
def test_threads_are_counted(threads):
    with pytest.raises(InputError, match="threads must be a whole number of at least 1"):
        Statevector(threads=threads)


def test_what_it_cannot_answer():
    class Reading:
        pass

    request = Request(Circuit(1), np.zeros((1, 0)), Reading())
    with pytest.raises(UnsupportedMeasureError, match="statevector does not answer Reading"):
        check_supported(Statevector(), [request])


@pytest.mark.parametrize("shape", [(2,), (1, 3), (1, 2, 2)])
def test_angles_of_the_wrong_shape(shape):
    with pytest.raises(InputError, match=r"shape \(points, 2\), not"):
        Request(layered(1, 1), np.zeros(shape), State())


@pytest.mark.parametrize(("points", "rows"), [(2, 2), (0, 2), (1, 3)])
def test_tangents_of_several_points_or_of_the_wrong_height(points, rows):
    with pytest.raises(InputError, match="single point and a Jacobian of 2 rows"):
        Request(layered(1, 1), np.zeros((points, 2)), Tangent(np.zeros((rows, 1))))
