"""The circuits that are measured, and the work that a plain algorithm does on them.

Gates of the reference circuit are also given as plain tuples, from which every peer builds its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

import qng
from qng.circuit.angle import parameter
from qng.circuit.ansatz import hardware_efficient, qaoa
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import PauliSum

# (qubits, layers) of the reference circuit.
REFERENCE = [(10, 5), (12, 5), (14, 6), (16, 6), (18, 6), (20, 5)]
LAYERS = {8: 5, **dict(REFERENCE)}


def ising(n_qubits: int) -> PauliSum:
    """The open transverse-field Ising chain, -sum Z Z - sum X: 2n - 1 words, 2 bases."""
    chain = {f"Z{q} Z{q + 1}": -1.0 for q in range(n_qubits - 1)}
    return PauliSum({**chain, **{f"X{q}": -1.0 for q in range(n_qubits)}})


def gates(n_qubits: int, layers: int) -> Iterator[tuple[str, tuple[int, ...], int]]:
    """(name, qubits, index of the angle or -1) of the reference circuit."""
    index = itertools.count()
    for _ in range(layers):
        for axis in ("ry", "rz"):
            for q in range(n_qubits):
                yield axis, (q,), next(index)
        for q in range(n_qubits - 1):
            yield "cx", (q, q + 1), -1


def random_angles(count: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-np.pi, np.pi, count)


def problem_of(circuit: Circuit) -> qng.Problem:
    """The Ising chain at random angles."""
    return qng.Problem(circuit, ising(circuit.n_qubits), random_angles(circuit.n_parameters))


def reference(n_qubits: int, layers: int) -> qng.Problem:
    return problem_of(hardware_efficient(n_qubits, layers, final_rotations=False))


def deep(n_qubits: int, n_parameters: int) -> qng.Problem:
    """Layers of the reference circuit, the last one cut off behind its last rotation."""
    whole = hardware_efficient(n_qubits, -(-n_parameters // (2 * n_qubits)), final_rotations=False)
    ops = whole.ops[: whole.positions[n_parameters - 1] + 1]
    return problem_of(Circuit(n_qubits, ops, whole.parameters[:n_parameters]))


def qaoa_regular(n_qubits: int = 14, layers: int = 8) -> qng.Problem:
    """MaxCut on a 3-regular graph: a ring and its diameters."""
    ring = [(q, (q + 1) % n_qubits) for q in range(n_qubits)]
    across = [(q, q + n_qubits // 2) for q in range(n_qubits // 2)]
    cost = PauliSum({f"Z{a} Z{b}": 0.5 for a, b in ring + across})
    circuit = qaoa(cost, layers)
    return qng.Problem(circuit, cost, random_angles(circuit.n_parameters))


def unitary_coupled_cluster(n_qubits: int = 12, electrons: int = 4) -> qng.Problem:
    """Singles and doubles that conserve the spin, one Trotter step, behind the Hartree-Fock state.

    exp(theta (T - T^dagger)) as one rotation a Jordan-Wigner word. With 12 qubits and 4 electrons
    that is LiH in STO-3G. Spin up and down alternate.
    """
    ops: list[Gate | Rotation] = [Gate("x", (q,)) for q in range(electrons)]
    names = []
    for raised, lowered in _excitations(n_qubits, electrons):
        names.append(f"t{len(names)}")
        for word, c in _generator(raised, lowered):
            ops.append(Rotation(word, -2.0 * c.imag * parameter(names[-1])))
    return problem_of(Circuit(n_qubits, ops, names))


def _excitations(n: int, electrons: int) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    occupied, free = range(electrons), range(electrons, n)
    for size in (1, 2):
        for lowered in itertools.combinations(occupied, size):
            for raised in itertools.combinations(free, size):
                if sum(q % 2 for q in lowered) == sum(q % 2 for q in raised):
                    yield raised, lowered


def _generator(raised: tuple[int, ...], lowered: tuple[int, ...]) -> PauliSum:
    """T - T^dagger, T = prod a^dagger_raised prod a_lowered: imaginary coefficients."""
    up, down = PauliSum({"I": 1.0}), PauliSum({"I": 1.0})
    for q in raised:
        up, down = up @ _ladder(q, -1), _ladder(q, 1) @ down
    for q in lowered:
        up, down = up @ _ladder(q, 1), _ladder(q, -1) @ down
    return up - down


def _ladder(q: int, sign: int) -> PauliSum:
    """Z...Z (X + i Y)/2 lowers (sign 1), Z...Z (X - i Y)/2 raises (sign -1)."""
    string = " ".join(f"Z{k}" for k in range(q))
    return PauliSum({f"{string} X{q}".strip(): 0.5, f"{string} Y{q}".strip(): 0.5j * sign})


def passes(circuit: Circuit) -> int:
    """(derivative state x gate) passes where every derivative state passes every later gate.

    There is one derivative state a parameter, which begins at the first rotation that it turns.
    """
    slopes = circuit.jacobian(random_angles(circuit.n_parameters)) != 0
    first = [circuit.positions[r] for r in np.argmax(slopes, axis=0)]
    return sum(len(circuit.ops) - 1 - position for position in first)
