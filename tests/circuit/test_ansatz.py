"""Every builder against an independent construction of the same circuit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.circuit.library import efficient_su2, n_local
from qiskit.circuit.library import real_amplitudes as qiskit_real_amplitudes
from qiskit.quantum_info import Operator
from scipy.linalg import expm

from qng.circuit.ansatz import (
    hamiltonian_variational,
    hardware_efficient,
    qaoa,
    random_pauli,
    real_amplitudes,
)
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation, pauli_matrix
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import CircuitError, InputError, UnknownNameError

PATTERNS = ["linear", "reverse_linear", "circular", "full", "pairwise"]


def unitary(circuit: Circuit, theta: np.ndarray) -> np.ndarray:
    """The matrix of a circuit, from dense matrices of its operations."""
    n, phi = circuit.n_qubits, iter(circuit.angles(theta))
    index = np.arange(2**n)
    total = np.eye(2**n, dtype=complex)
    for op in circuit.ops:
        if isinstance(op, Rotation):
            angle = op.angle.value({}) if op.is_fixed else next(phi)
            step = expm(-0.5j * angle * pauli_matrix(op.pauli, n))
        else:
            step = np.zeros((2**n, 2**n), dtype=complex)
            local = sum((index >> q & 1) << k for k, q in enumerate(op.qubits))
            for out in range(2 ** len(op.qubits)):
                bits = sum((out >> k & 1) << q for k, q in enumerate(op.qubits))
                step[index & ~op.support | bits, index] = op.array()[out, local]
        total = step @ total
    return total


def state(circuit: Circuit, theta: np.ndarray) -> np.ndarray:
    return unitary(circuit, theta)[:, 0]


def angles(count: int) -> np.ndarray:
    return np.random.default_rng(count).uniform(-np.pi, np.pi, count)


def fidelity(a: np.ndarray, b: np.ndarray) -> float:
    return float(abs(np.vdot(a, b)) ** 2)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize(("n", "reps"), [(1, 1), (2, 2), (3, 2), (4, 1)])
def test_real_amplitudes_is_qiskits(n: int, reps: int, pattern: str) -> None:
    ours = real_amplitudes(n, reps, pattern)
    theirs = qiskit_real_amplitudes(n, entanglement=pattern, reps=reps)
    theta = angles(ours.n_parameters)
    expected = Operator(theirs.assign_parameters(theta)).data
    np.testing.assert_allclose(unitary(ours, theta), expected, atol=1e-12)


def test_real_amplitudes_defaults_are_qiskits() -> None:
    theta = angles(9)
    expected = Operator(qiskit_real_amplitudes(3, reps=2).assign_parameters(theta)).data
    np.testing.assert_allclose(unitary(real_amplitudes(3, 2), theta), expected, atol=1e-12)


@pytest.mark.parametrize("final", [True, False])
@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("entangler", ["cx", "cz"])
def test_hardware_efficient_is_qiskits_n_local(entangler: str, pattern: str, final: bool) -> None:
    ours = hardware_efficient(3, 2, ("rx", "rz", "ry"), entangler, pattern, final)
    theirs = n_local(
        3, ["rx", "rz", "ry"], entangler, pattern, 2, skip_final_rotation_layer=not final
    )
    theta = angles(ours.n_parameters)
    expected = Operator(theirs.assign_parameters(theta)).data
    np.testing.assert_allclose(unitary(ours, theta), expected, atol=1e-12)


def test_hardware_efficient_defaults_are_efficient_su2() -> None:
    theirs = efficient_su2(4, entanglement="linear", reps=1)
    theta = angles(16)
    expected = Operator(theirs.assign_parameters(theta)).data
    np.testing.assert_allclose(unitary(hardware_efficient(4, 1), theta), expected, atol=1e-12)


@given(
    n=st.integers(1, 5),
    layers=st.integers(0, 3),
    axes=st.lists(st.sampled_from(["rx", "ry", "rz"]), min_size=1, max_size=3),
    pattern=st.sampled_from(PATTERNS),
    final=st.booleans(),
)
def test_hardware_efficient_counts(
    n: int, layers: int, axes: list[str], pattern: str, final: bool
) -> None:
    circuit = hardware_efficient(n, layers, axes, "cz", pattern, final)
    assert circuit.n_parameters == circuit.n_rotations == n * len(axes) * (layers + final)
    assert circuit.parameters == tuple(f"t{k}" for k in range(circuit.n_parameters))
    pairs = {"full": n * (n - 1) // 2, "circular": n if n > 2 else n - 1}.get(pattern, n - 1)
    assert len(circuit.ops) - circuit.n_rotations == layers * pairs


def test_one_rotation_may_be_given_by_its_name() -> None:
    assert hardware_efficient(2, 1, "ry").ops == hardware_efficient(2, 1, ["ry"]).ops


def test_qaoa_is_the_product_of_exponentials() -> None:
    cost = PauliSum({"I": 3.0, "Z0 Z1": 0.5, "Z1 Z2": -0.7, "Z2": 0.2})
    circuit = qaoa(cost, 2)
    assert circuit.parameters == ("gamma0", "beta0", "gamma1", "beta1")
    assert [str(op.pauli) for op in circuit.rotations[:3]] == ["Z0 Z1", "Z1 Z2", "Z2"]
    theta = angles(4)
    c = cost.matrix(3).toarray()
    x = PauliSum({f"X{q}": 1.0 for q in range(3)}).matrix(3).toarray()
    psi = np.full(8, 8**-0.5, dtype=complex)
    for gamma, beta in theta.reshape(2, 2):
        psi = expm(-1j * beta * x) @ expm(-1j * gamma * c) @ psi
    assert fidelity(state(circuit, theta), psi) == pytest.approx(1, abs=1e-12)


def test_qaoa_of_a_cost_with_x_terms_is_a_product_formula() -> None:
    circuit = qaoa(PauliSum({"Z0 Z1": 1.0, "X0 X1": 0.5}), 1)
    phi = circuit.angles([0.3, 0.2])
    assert [str(op.pauli) for op in circuit.rotations] == ["Z0 Z1", "X0 X1", "X0", "X1"]
    np.testing.assert_allclose(phi, [0.6, 0.3, 0.4, 0.4])


def test_qaoa_without_layers_is_the_uniform_superposition() -> None:
    np.testing.assert_allclose(state(qaoa(PauliSum({"Z0 Z1": 1.0}), 0), np.zeros(0)), 0.5)


def ising_groups(n: int) -> list[PauliSum]:
    bonds = PauliSum([(Pauli(0, 1 << k | 1 << (k + 1) % n), 1.0) for k in range(n)])
    return [bonds, PauliSum({f"X{k}": 1.0 for k in range(n)})]


def test_hamiltonian_variational_is_the_ising_ansatz() -> None:
    groups = ising_groups(4)
    circuit = hamiltonian_variational(groups, 2)
    assert circuit.parameters == ("t0", "t1", "t2", "t3")
    theta = angles(4)
    zz, x = (group.matrix(4).toarray() for group in groups)
    psi = np.full(16, 0.25, dtype=complex)
    for a, b in theta.reshape(2, 2):
        psi = expm(-0.5j * b * x) @ expm(-0.5j * a * zz) @ psi
    assert fidelity(state(circuit, theta), psi) == pytest.approx(1, abs=1e-12)


def test_hamiltonian_variational_matches_the_published_ising_energy() -> None:
    # vqe-tools, Demo_TFI_FF.ipynb, parameters printed to three digits.
    theta = [0.794, 0.07, 1.105, 0.759, 0.767, 0.054, 0.701, -1.394, 1.263, 0.976]
    circuit = hamiltonian_variational(ising_groups(10), 5)
    zz, x = (group.matrix(10) for group in ising_groups(10))
    # The dense evaluator above is too slow for ten qubits: both groups are simple here.
    psi = np.full(1024, 1 / 32, dtype=complex)
    diagonal = zz.diagonal().real
    flips = [np.arange(1024) ^ 1 << q for q in range(10)]
    phi = circuit.angles(theta).reshape(10, 10)
    np.testing.assert_allclose(phi, np.repeat(np.array(theta)[:, None], 10, axis=1))
    for a, b in phi[:, 0].reshape(5, 2):
        psi = np.exp(-0.5j * a * diagonal) * psi
        for flip in flips:
            psi = np.cos(b / 2) * psi - 1j * np.sin(b / 2) * psi[flip]
    energy = np.vdot(psi, -(zz @ psi) - 1.2 * (x @ psi)).real
    assert energy / 10 == pytest.approx(-0.2743, abs=1e-3)


def test_hamiltonian_variational_preparations() -> None:
    group = PauliSum({"Z0": 2.0})
    zero = hamiltonian_variational([group], 1, "zero")
    assert zero.ops[0] == zero.rotations[0]
    assert zero.angles([0.4]).tolist() == [0.8]
    own = hamiltonian_variational([group], 1, [Gate("x", (1,))])
    assert own.n_qubits == 2
    assert own.ops[0] == Gate("x", (1,))


def test_random_pauli_draws_the_published_gates() -> None:
    # The drawing in the qBang tutorial, seed 0.
    published = list("XYXYYZXZXXXZYZZXYYYYXYXXYZXZXYYZ")
    stream = np.random.RandomState(0)
    circuit = random_pauli(8, 4, stream)
    assert [str(op.pauli)[0] for op in circuit.rotations] == published
    assert [op.qubits for op in circuit.rotations] == [(q,) for q in range(8)] * 4
    first = stream.uniform(-np.pi, np.pi, 32)[:8]
    np.testing.assert_allclose(
        first, [1.39, 0.52, 0.23, 1.62, -2.48, -0.17, -1.97, 1.49], atol=5e-3
    )
    assert circuit.ops == random_pauli(8, 4, 0).ops


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_random_pauli_consumes_the_legacy_stream_like_a_choice_of_gates(seed: int) -> None:
    stream = np.random.RandomState(seed)
    expected = [str(stream.choice(["X", "Y", "Z"])) for _ in range(21)]
    drawn = [str(op.pauli)[0] for op in random_pauli(7, 3, seed).rotations]
    assert drawn == expected


def test_random_pauli_starts_with_a_tilt_and_ends_with_a_ladder() -> None:
    circuit = random_pauli(3, 1, 5, "cx")
    tilt = circuit.ops[:3]
    assert [(str(op.pauli), op.angle.number) for op in tilt if isinstance(op, Rotation)] == [
        (f"Y{q}", np.pi / 4) for q in range(3)
    ]
    assert circuit.ops[-2:] == (Gate("cx", (0, 1)), Gate("cx", (1, 2)))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: hardware_efficient(0, 1), "n_qubits must be at least 1, not 0"),
        (lambda: hardware_efficient(2, -1), "layers must be at least 0, not -1"),
        (lambda: hardware_efficient(2, 1.5), "layers must be an integer, not 1.5"),  # type: ignore[arg-type]
        (lambda: hardware_efficient(2, 1, ()), "at least one of rx, ry and rz"),
        (lambda: real_amplitudes(0, 1), "n_qubits must be at least 1"),
        (lambda: random_pauli(0, 1, 0), "n_qubits must be at least 1"),
        (lambda: random_pauli(1, -2, 0), "layers must be at least 0, not -2"),
        (lambda: qaoa(PauliSum({"Z0": 1.0}), -1), "layers must be at least 0"),
        (lambda: qaoa(PauliSum({"I": 1.0}), 1), "the cost has no term that acts on a qubit"),
        (lambda: qaoa(PauliSum({"Z0": 1j}), 1), "the cost must be Hermitian"),
        (lambda: hamiltonian_variational([], 1), "at least one PauliSum"),
        (
            lambda: hamiltonian_variational([PauliSum({"Z0": 1.0}), PauliSum({})], 1),
            "the group 1 has no term",
        ),
    ],
)
def test_impossible_circuits_are_refused(build, message: str) -> None:
    with pytest.raises(CircuitError, match=message):
        build()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: hardware_efficient(2, 1, ["rq"]), "unknown rotation 'rq'; did you mean"),
        (lambda: hardware_efficient(2, 1, entangler="cy"), "unknown entangler 'cy'"),
        (lambda: hardware_efficient(2, 1, pattern="liner"), "pattern 'liner'; did you mean linear"),
        (lambda: real_amplitudes(2, 1, "all"), "unknown entangling pattern 'all'"),
        (lambda: qaoa(PauliSum({"Z0": 1.0}), 1, "xy"), "unknown mixer 'xy'"),
        (lambda: random_pauli(2, 1, 0, "cnot"), "unknown entangler 'cnot'; known: cx, cz"),
        (
            lambda: hamiltonian_variational([PauliSum({"Z0": 1.0})], 1, "minus"),
            "unknown preparation 'minus'",
        ),
    ],
)
def test_unknown_names_are_answered_with_the_known_ones(build, message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        build()


@pytest.mark.parametrize("seed", [-1, 2**32, "zero"])
def test_seeds_outside_the_range_are_refused(seed) -> None:
    with pytest.raises(InputError, match="seed must be an integer from 0 to"):
        random_pauli(2, 1, seed)
