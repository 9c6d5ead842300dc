"""Threads that share one sweep: the same numbers to the last bit, however many there are."""

import threading

import numpy as np
import pytest

from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.execute.statevector import points, states
from qng.execute.statevector.executor import Statevector
from qng.execute.statevector.fused import passes, team
from qng.execute.statevector.fused.fuse import fused
from qng.execute.statevector.kernels import sweeps
from qng.execute.statevector.tangents import derivatives
from qng.execute.statevector.tangents.derivatives import Derivatives
from qng.plan.request import Density, Expectation, Gradient, Probabilities, Request, State

SHARES = 1, 2, 3


@pytest.fixture
def shared(monkeypatch):
    """Small states are shared like large ones."""
    monkeypatch.setattr(passes, "useful", lambda threads, size: threads)


def every_kind(n, layers, real, seed):
    """A circuit with passes of every kind, and the number of its parameters."""
    rng = np.random.default_rng(seed)
    ops, count = [], 0
    for _ in range(layers):
        axes = "Y" if real else rng.choice(["X", "Y", "Z", "XY", "YZ"])
        words = [f"{axis}{q}" for axis in axes for q in range(n)]
        words += ["X0 Y3", f"Y1 X{n - 1}"] if real else ["Z0 Z2", f"Z1 Z{n - 1}", "X0 X3", "X2 Y5"]
        for word in words:
            ops.append(Rotation(Pauli.parse(word), parameter(f"t{count}")))
            count += 1
        a, b, c = (int(q) for q in rng.permutation(n)[:3])
        ops += [Gate("cx", (a, b)), Gate("cx", (b, c)), Gate("h", (a,)), Gate("ccx", (c, a, b))]
        if not real:
            ops += [Gate("iswap", (a, c)), Gate("s", (b,)), Gate("cz", (b, c))]
    return Circuit(n, ops, [f"t{k}" for k in range(count)]), rng


@pytest.mark.parametrize("real", [True, False])
def test_every_pass_in_shares(shared, real):
    circuit, rng = every_kind(12, 3, real, 5)
    theta = rng.uniform(-3, 3, circuit.n_parameters)
    phi, slopes = circuit.angles(theta), circuit.slopes(theta)
    observable = PauliSum({"Z0 Z1": 0.7, "Z0 Y1 Y11": -1.1, "X4": 0.3, "Z2": 2.0, "Y3 Z5": 0.4})
    v, w = rng.normal(size=len(theta)), rng.normal(size=2**12) + 1j * rng.normal(size=2**12)
    found = {}
    for threads in SHARES:
        tangent = Derivatives(circuit, phi, slopes, threads=threads)
        energy, variance, gradient = points._gradient(circuit, phi, Gradient(observable), threads)
        products = tangent.jvp(v), tangent.vjp(w), tangent.state
        found[threads] = np.array([energy, variance]), gradient, *products
    for threads in SHARES[1:]:
        assert all(map(np.array_equal, found[threads], found[1]))
    (energy, variance), gradient, jvp, vjp, psi = found[1]
    rows = derivatives.pushed(circuit, phi, slopes)
    image = states.apply(observable, psi)
    spread = np.linalg.norm(image - energy * psi) ** 2
    np.testing.assert_allclose(psi, states.state(circuit, phi), rtol=0, atol=1e-12)
    np.testing.assert_allclose([energy, variance], [np.vdot(psi, image).real, spread], atol=1e-12)
    np.testing.assert_allclose(gradient, 2 * (rows.conj() @ image).real, rtol=0, atol=1e-12)
    np.testing.assert_allclose(jvp, v @ rows, rtol=0, atol=1e-11)
    np.testing.assert_allclose(vjp, (rows.conj() @ w).real, rtol=0, atol=1e-11)


@pytest.mark.parametrize("about", ["Y", "XY", "YZY"])
def test_a_product_state_of_many_qubits(about):
    """<Z> of every qubit is a product of cosines, wherever its bit is in the index."""
    n = 18
    names = [f"{axis}{k}.{q}" for k, axis in enumerate(about) for q in range(n)]
    words = [f"{axis}{q}" for axis in about for q in range(n)]
    ops = [Rotation(Pauli.parse(w), parameter(name)) for w, name in zip(words, names)]
    circuit = Circuit(n, ops, names)
    rng = np.random.default_rng(1)
    weights = rng.uniform(0.5, 2, n)
    observable = PauliSum({f"Z{q}": float(weights[q]) for q in range(n)})
    theta = rng.uniform(-3, 3, len(names))
    c, s = np.cos(theta).reshape(-1, n), np.sin(theta).reshape(-1, n)
    if about == "YZY":
        first = -s[0] * c[2] - c[0] * c[1] * s[2]
        rest = s[0] * s[1] * s[2], -c[0] * s[2] - s[0] * c[1] * c[2]
        expected, energy = [first, *rest], c[0] * c[2] - s[0] * c[1] * s[2]
    else:
        expected, energy = [-s[0] * c[1], -c[0] * s[1]] if len(about) == 2 else [-s[0]], c.prod(0)
    found = {}
    for threads in SHARES[:2]:
        request = Request(circuit, circuit.angles(theta)[None], Gradient(observable))
        found[threads] = Statevector(threads=threads).run([request], 0)[0]
    assert np.array_equal(found[1].gradient, found[2].gradient)
    assert (found[1].value, found[1].variance) == (found[2].value, found[2].variance)
    np.testing.assert_allclose(found[1].value, weights @ energy, atol=1e-12)
    np.testing.assert_allclose(found[1].gradient[0], (weights * expected).ravel(), atol=1e-12)


def test_large_states_go_through_passes_where_there_is_memory():
    circuit, rng = every_kind(16, 1, False, 2)
    phi = rng.uniform(-3, 3, (2, circuit.n_rotations))
    observable = PauliSum({"Z0": 1.0, "X3 Y15": 0.5})
    measures = State(), Probabilities(), Density((0, 9)), Expectation(observable)
    requests = [Request(circuit, phi, measure) for measure in measures]

    def numbers(executor):
        *arrays, values = executor.run(requests, 0)
        return [*map(np.asarray, arrays), values.value, values.variance]

    one, three = numbers(Statevector(threads=1)), numbers(Statevector(threads=3))
    assert all(map(np.array_equal, one, three))
    for ours, plain in zip(one, numbers(Statevector(threads=1, memory=6 * 16 * 2**16))):
        np.testing.assert_allclose(ours, plain, rtol=0, atol=1e-12)
    psi = np.array([states.state(circuit, point) for point in phi])
    np.testing.assert_allclose(one[0], psi, rtol=0, atol=1e-12)


def test_nobody_waits_for_a_share_that_has_failed():
    circuit, _ = every_kind(12, 1, False, 2)
    at = passes.Passes(fused(circuit), np.zeros(circuit.n_rotations))
    kept = np.full(len(at.program.kinds) + 1, -1)
    arrays = np.zeros((2, *at.shape))

    def sweep(share):
        if share[0] == 1:
            raise KeyboardInterrupt
        sweeps.states(*arrays, kept, arrays[:0], at.tables, at.point, share)

    with pytest.raises(KeyboardInterrupt):
        team.together(sweep, 3)
    seen = []
    team.together(lambda share: seen.append((share[:2], threading.get_ident())), 1)
    assert seen == [((0, 1), threading.get_ident())]


def test_small_sweeps_are_not_shared():
    assert [team.useful(8, 2**n) for n in (10, 15, 16, 17, 20)] == [1, 1, 1, 8, 8]
    assert team.useful(1, 2**20) == 1
