"""Derivative states that meet in the middle, against the plain sweep to the end."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qng
from qng.circuit.angle import as_angle, parameter
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.jacobian import Slopes
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError
from qng.execute.statevector.executor import Statevector
from qng.execute.statevector.fused.fuse import fused
from qng.execute.statevector.kernels.kinds import MATRIX, PAIR, PHASE, SHUFFLE, TURN
from qng.execute.statevector.tangents import derivatives
from qng.execute.statevector.tangents.derivatives import Derivatives
from qng.execute.statevector.tangents.tangents import Meeting, held
from qng.plan.plan import Plan
from qng.plan.request import Gradient, Request, Tangent
from qng.run.bench import answer
from qng.testing.strategies import cases, problems
from qng.threads import limited
from tests import dense


def plain(circuit, theta):
    rows = derivatives.pushed(circuit, circuit.angles(theta), circuit.slopes(theta))
    psi = dense.state(circuit, theta)
    return (rows.conj() @ rows.T).real, (rows @ psi.conj()).imag


def agree(circuit, theta, most=10**6, threads=1):
    found = Meeting(circuit, circuit.angles(theta), circuit.slopes(theta)).gram(most, threads)
    for ours, theirs in zip(found, plain(circuit, theta)):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12 * (1 + np.abs(theirs).max()))


def products_agree(circuit, theta, seed):
    tangent = Derivatives(circuit, circuit.angles(theta), circuit.slopes(theta))
    rng = np.random.default_rng(seed)
    v = rng.normal(size=circuit.n_parameters)
    w = rng.normal(size=2**circuit.n_qubits) + 1j * rng.normal(size=2**circuit.n_qubits)
    rows = derivatives.pushed(circuit, circuit.angles(theta), circuit.slopes(theta))
    bound = 1e-12 * (1 + np.abs(rows).max(initial=0.0))
    np.testing.assert_allclose(tangent.dense(), rows, rtol=0, atol=bound)
    np.testing.assert_allclose(tangent.jvp(v), v @ rows, rtol=0, atol=bound * len(v) + bound)
    np.testing.assert_allclose(tangent.vjp(w), (rows.conj() @ w).real, rtol=0, atol=10 * bound)
    np.testing.assert_allclose(tangent.state, dense.state(circuit, theta), rtol=0, atol=1e-12)


def turns(words):
    """Rotations by words, each with a parameter of its own, as operations and names."""
    names = [f"t{k}" for k in range(len(words))]
    return [Rotation(Pauli.parse(w), parameter(n)) for w, n in zip(words, names)], names


@settings(max_examples=150)
@given(cases(max_qubits=5, max_ops=14))
def test_random_circuits(case):
    circuit, theta = case
    if circuit.n_parameters:
        agree(circuit, theta)


@settings(max_examples=200)
@given(cases(max_qubits=4, max_ops=14), st.integers(0, 9))
def test_products_with_one_sweep(case, seed):
    """J v and Re(J^dagger w) against the rows of J."""
    circuit, theta = case
    products_agree(circuit, theta, seed)


@settings(max_examples=100)
@given(st.data())
def test_circuits_of_pauli_words(data):
    """Rotations between CX, CZ and SWAP, where much is moved past each other."""
    n = data.draw(st.integers(2, 6))
    ops, names = [], []
    for k in range(data.draw(st.integers(1, 16))):
        pair = tuple(data.draw(st.permutations(range(n)))[:2])
        if data.draw(st.booleans()):
            ops.append(Gate(data.draw(st.sampled_from(["cx", "cx", "cz", "swap"])), pair))
            continue
        # Few sets of qubits to flip, so that words meet in one pass.
        flip = data.draw(st.sampled_from([0, 1, 2, 3, 2**n - 1]))
        word = Pauli(flip, data.draw(st.integers(0 if flip else 1, 2**n - 1)))
        names.append(f"t{k}")
        ops.append(Rotation(word, parameter(names[-1])))
    if names:
        theta = np.random.default_rng(len(ops)).uniform(-3, 3, len(names))
        agree(Circuit(n, ops, names), theta)
        products_agree(Circuit(n, ops, names), theta, 0)


@settings(max_examples=150)
@given(st.data())
def test_circuits_with_real_amplitudes(data):
    n = data.draw(st.integers(1, 4))
    ops = []
    for _ in range(data.draw(st.integers(1, 14))):
        name = data.draw(st.sampled_from(["ry", "ry", "h", "z", "x", "cx", "cz", "swap", "ccz"]))
        size = {"cx": 2, "cz": 2, "swap": 2, "ccz": 3}.get(name, 1)
        qubits = tuple(data.draw(st.permutations(range(n)))[:size])
        if name == "ry":
            shared = parameter(data.draw(st.sampled_from("abcd")))
            ops.append(Rotation(Pauli.parse(f"Y{qubits[0]}"), shared))
        elif len(qubits) == size:
            ops.append(Gate(name, qubits))
    circuit = Circuit(n, ops, "abcd")
    assert fused(circuit).is_real
    theta = np.array([0.3, -1.1, 0.7, 2.0])
    agree(circuit, theta)
    products_agree(circuit, theta, n)


def test_what_the_passes_are():
    circuit = hardware_efficient(6, 3, final_rotations=False)
    assert fused(circuit).kinds.tolist() == [TURN, PHASE, SHUFFLE] * 3
    # The four words of a double excitation flip the same qubits.
    ops, names = turns(["X0 X1 X2 Y3", "X0 X1 Y2 X3", "Y0 X1 X2 X3", "X0 Y1 X2 X3"])
    words = fused(Circuit(4, ops, names))
    assert words.kinds.tolist() == [PAIR]
    assert words.is_real
    # CX RZ CX is a rotation by Z Z, and so are its neighbours.
    ops, names = turns(["Z1", "Z1", "Z0"])
    ladder = [Gate("cx", (0, 1)), ops[0], Gate("cx", (0, 1)), Gate("cx", (2, 1)), ops[1]]
    found = fused(Circuit(3, [*ladder, Gate("cx", (2, 1)), ops[2]], names))
    assert found.kinds.tolist() == [PHASE]
    assert sorted(found.elements[:, 0]) == [0b001, 0b011, 0b110]
    assert fused(Circuit(3, [Gate("ccx", (0, 1, 2))])).kinds.tolist() == [MATRIX]


def test_real_amplitudes_take_half():
    ops, names = turns(["Y0", "X0 Y1", "Y2", "Y0 Z1 X2", "Y3", "Y4 X1"])
    mixed = [*ops[:3], Gate("cx", (0, 3)), Gate("h", (2,)), Gate("cz", (1, 2)), *ops[3:]]
    circuit = Circuit(5, [*mixed, Gate("ccx", (0, 1, 4))], names)
    theta = np.linspace(0.3, 1.9, 6)
    meeting = Meeting(circuit, circuit.angles(theta), circuit.slopes(theta))
    assert meeting.rows(0, 6).shape == (6, 32)
    agree(circuit, theta)


@pytest.mark.parametrize("n", [1, 2, 3, 12])
def test_widths(n):
    """Fewer amplitudes than a vector holds, and more than a block in cache."""
    circuit = hardware_efficient(n, 2)
    agree(circuit, np.random.default_rng(n).uniform(-3, 3, circuit.n_parameters))


def test_rows_are_the_same_for_any_threads_and_blocks():
    circuit = hardware_efficient(7, 3)
    theta = np.random.default_rng(0).uniform(-3, 3, circuit.n_parameters)
    meeting = Meeting(circuit, circuit.angles(theta), circuit.slopes(theta))
    whole = meeting.rows(0, circuit.n_parameters)
    shared = meeting.rows(0, circuit.n_parameters, threads=2)
    np.testing.assert_allclose(shared, whole, rtol=0, atol=1e-12)
    np.testing.assert_allclose(meeting.rows(5, 9), whole[5:9], rtol=0, atol=1e-12)
    for most in (2, 7, 20):
        agree(circuit, theta, most)


def test_too_little_memory_for_all_rows():
    """Blocks of rows; one that is too small is refused."""
    circuit = hardware_efficient(6, 3)
    theta = np.random.default_rng(1).uniform(-3, 3, circuit.n_parameters)
    phi, jacobian = circuit.angles(theta), circuit.slopes(theta)
    expected = plain(circuit, theta)
    beside = held(circuit, jacobian)
    for room in (2, 5, circuit.n_parameters):
        small = Derivatives(circuit, phi, jacobian, memory=beside + room * 16 * 2**6)
        for ours, theirs in zip(small.gram(), expected):
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
    with pytest.raises(InputError, match=f"{circuit.n_parameters + 3} states of 6 qubits"):
        Derivatives(circuit, phi, jacobian, memory=beside + 16 * 2**6).gram()


def test_too_little_memory_for_states_between_rotations():
    """Two directions that all rotations feed: the plain sweep of two rows."""
    circuit = hardware_efficient(6, 3)
    rng = np.random.default_rng(2)
    theta, a = rng.uniform(-3, 3, circuit.n_parameters), rng.normal(size=(48, 2))
    rows = a.T @ derivatives.pushed(circuit, circuit.angles(theta), circuit.slopes(theta))
    small = Derivatives(circuit, circuit.angles(theta), Slopes.of(a), memory=5 * 16 * 2**6)
    np.testing.assert_allclose(small.gram()[0], (rows @ rows.conj().T).real, rtol=0, atol=1e-12)


@pytest.mark.parametrize("threads", [1, 2])
def test_all_derivative_states_where_there_is_room_for_no_others(threads, monkeypatch):
    monkeypatch.setattr(derivatives, "_WORTH_A_THREAD", 1)
    layers = hardware_efficient(11, 3)
    # Gates that work in scratch space, in every thread at once.
    swaps = [Gate("iswap", (q, q + 1)) for q in range(10)] * 4
    circuit = layers.then(swaps)
    theta = np.random.default_rng(4).uniform(-3, 3, circuit.n_parameters)
    at = circuit, circuit.angles(theta), circuit.slopes(theta)
    whole, least = Derivatives(*at), (circuit.n_parameters + 3) * 16 * 2**11
    monkeypatch.setattr(derivatives, "_ROWS", 7)
    expected = whole.dense()
    with monkeypatch.context() as patch:
        patch.delattr(derivatives, "Meeting")
        tracemalloc.start()
        found = Derivatives(*at, threads=threads, memory=least).dense()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 1.1 * least
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    with pytest.raises(InputError, match="raise Statevector"):
        Derivatives(*at, memory=least - 1).dense()


def test_all_derivative_states_are_in_double_precision():
    circuit = hardware_efficient(4, 2)
    theta = np.random.default_rng(4).uniform(-3, 3, circuit.n_parameters)
    at = circuit, circuit.angles(theta), circuit.slopes(theta)
    found, double = (Derivatives(*at, single=single).dense() for single in (True, False))
    np.testing.assert_allclose(found, double, rtol=0, atol=1e-12)


def test_vectors_of_another_length():
    circuit = hardware_efficient(2, 1)
    tangent = Derivatives(circuit, circuit.angles(np.zeros(8)), circuit.slopes(np.zeros(8)))
    for size in (7, 9):
        with pytest.raises(InputError, match=rf"must have shape \(8,\), not \({size},\)"):
            tangent.jvp(np.ones(size))
    for size in (3, 5):
        with pytest.raises(InputError, match=rf"must have shape \(4,\), not \({size},\)"):
            tangent.vjp(np.ones(size))


@settings(max_examples=60)
@given(problems())
def test_a_gradient_beside_the_metric_is_that_alone(case):
    """From the states that the metric keeps, and by its own sweeps."""
    circuit, theta, observable = case
    alone = Request(circuit, circuit.angles(theta)[None], Gradient(observable))
    tangent = Request(circuit, alone.angles, Tangent(circuit.slopes(theta), gram=True))
    for device in (Statevector(), Statevector(memory=2**12)):
        together = answer(device, Plan((alone, tangent), lambda results: results))[0]
        found = answer(device, Plan((alone,), lambda results: results[0]))
        np.testing.assert_allclose(together.value, found.value, rtol=0, atol=1e-12)
        np.testing.assert_allclose(together.variance, found.variance, rtol=0, atol=1e-11)
        np.testing.assert_allclose(together.gradient, found.gradient, rtol=0, atol=1e-12)


def test_a_gradient_beside_a_metric_of_some_parameters():
    """Rotations that feed no derivative state have a slope too."""
    circuit = hardware_efficient(3, 2)
    theta = np.linspace(0.1, 2, circuit.n_parameters)
    alone = Request(circuit, circuit.angles(theta)[None], Gradient(PauliSum({"Z0 Z1": 1.0})))
    some = Tangent(circuit.jacobian(theta)[:, :4], gram=True)
    both = Plan((alone, Request(circuit, alone.angles, some)), lambda results: results[0])
    expected = answer(Statevector(), Plan((alone,), lambda results: results[0])).gradient
    assert np.abs(expected[0, 4:]).max() > 0.1
    np.testing.assert_allclose(answer(Statevector(), both).gradient, expected, atol=1e-12)


@pytest.mark.parametrize("angle", [0.3, 40.0, 3e4, -7e6, 1e12])
def test_phases_of_several_words(angle):
    """Tables of cosines and sines, at angles of any size."""
    words = [Pauli.parse("Z0 Z1"), Pauli.parse("Z1 Z2"), Pauli.parse("Z0 Z2"), Pauli.parse("Z0")]
    h = [Gate("h", (q,)) for q in range(3)]
    circuit = Circuit(3, [*h, *(Rotation(word, as_angle(angle)) for word in words), *h])
    psi = Derivatives(circuit, np.zeros(0), Slopes.of(np.zeros((0, 0)))).state
    expected = dense.state(circuit, [])
    np.testing.assert_allclose(abs(np.vdot(psi, expected)), 1, rtol=0, atol=1e-12)


@settings(max_examples=60)
@given(cases())
def test_single_precision(case):
    """Near the metric in double precision, and not equal to it: states are rounded."""
    circuit, theta = case
    phi, slopes = circuit.angles(theta), circuit.slopes(theta)
    scale = 1 + np.abs(slopes.values).max(initial=0.0) ** 2
    found = Meeting(circuit, phi, slopes, single=True).gram(1000)
    for ours, theirs in zip(found, plain(circuit, theta)):
        assert ours.dtype == np.float64
        np.testing.assert_allclose(ours / scale, theirs / scale, rtol=0, atol=1e-5)


def test_single_precision_of_a_deep_circuit():
    """Errors stay near those of one rounding; gradients and energies have none."""
    circuit = hardware_efficient(8, 8)
    theta = np.random.default_rng(5).uniform(-3, 3, circuit.n_parameters)
    problem = qng.Problem(circuit, PauliSum({"Z0 Z1": 1.0, "X3": 0.5}), theta)
    single, double = Statevector(single=True), Statevector()
    g = qng.metric(problem, theta, "exact", executor=double).dense()
    error = np.abs(qng.metric(problem, theta, "exact", executor=single).dense() - g).max()
    assert 1e-10 < error < 3e-7
    ours, exact = (qng.gradient(problem, theta, executor=device) for device in (single, double))
    np.testing.assert_allclose(ours.value, exact.value, rtol=0, atol=1e-12)


def test_threads(monkeypatch):
    """Equal to the last bit at equal threads, and to rounding at different ones."""
    monkeypatch.setattr(derivatives, "_WORTH_A_THREAD", 1)
    circuit = hardware_efficient(9, 4)
    theta = np.random.default_rng(6).uniform(-3, 3, circuit.n_parameters)
    problem = qng.Problem(circuit, PauliSum({"Z0 Z1": 1.0}), theta)

    def found(threads):
        with limited(threads):
            device = Statevector(threads=threads)
            metric = qng.metric(problem, theta, "exact", executor=device).dense()
            return metric, qng.gradient(problem, theta, executor=device).value

    one, two, again = found(1), found(2), found(2)
    for a, b, c in zip(one, two, again):
        np.testing.assert_array_equal(b, c)
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)
