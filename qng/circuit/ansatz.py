"""Builders of the usual circuits.

Each returns a `Circuit` on |0...0> whose parameters are declared in the order in which they first
act: t0, t1, ... (gamma0, beta0, gamma1, ... in `qaoa`).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

import numpy as np

from qng.circuit.angle import Angle, as_angle, parameter
from qng.circuit.circuit import Circuit, Op
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import CircuitError, InputError, UnknownNameError

Pairs = list[tuple[int, int]]
T = TypeVar("T")


def hardware_efficient(
    n_qubits: int,
    layers: int,
    rotations: Sequence[str] = ("ry", "rz"),
    entangler: str = "cx",
    pattern: str = "linear",
    final_rotations: bool = True,
) -> Circuit:
    """Layers of single-qubit rotations and two-qubit gates.

    A layer turns every qubit about the first axis, then every qubit about the second one, and so
    on, and then entangles. With the defaults this is Qiskit's `efficient_su2` with linear
    entanglement, parameter for parameter.

    Args:
        n_qubits: n.
        layers: L, the number of entangling layers; 0 leaves rotations only.
        rotations: A of "rx", "ry", "rz", in the order in which they act.
        entangler: "cx" or "cz".
        pattern: "linear" (0,1), (1,2), ...; "reverse_linear" the same from the end; "circular",
            which puts (n-1,0) before the linear ones; "full", all pairs; "pairwise", the even
            pairs (0,1), (2,3), ... and then the odd ones.
        final_rotations: Whether rotations follow the last entangling layer.

    Returns:
        A circuit of P = A n (L + 1) parameters, or A n L without final rotations.

    Raises:
        CircuitError: Fewer than one qubit, fewer than zero layers, or no rotations.
        UnknownNameError: An unknown rotation, entangler or pattern.

    Reference:
        Kandala et al., Nature 549, 242 (2017), arXiv:1704.05018.

    Example:
        >>> hardware_efficient(2, 1, rotations=["ry"]).parameters
        ('t0', 't1', 't2', 't3')
    """
    n, count = _integer("n_qubits", n_qubits, 1), _integer("layers", layers, 0)
    axes = (rotations,) if isinstance(rotations, str) else tuple(rotations)
    if not axes:
        raise CircuitError("rotations must name at least one of rx, ry and rz")
    for axis in axes:
        _known("rotation", axis, _AXES)
    _known("entangler", entangler, _ENTANGLERS)
    pairs = _known("entangling pattern", pattern, _PATTERNS)(n)
    names = _names()
    ops: list[Op] = []
    for layer in range(count + final_rotations):
        ops += [Rotation(_AXES[axis](q), next(names)) for axis in axes for q in range(n)]
        if layer < count:
            ops += [Gate(entangler, pair) for pair in pairs]
    return _circuit(n, ops)


def real_amplitudes(n_qubits: int, reps: int, entanglement: str = "reverse_linear") -> Circuit:
    """RY rotations and CX gates, so that all amplitudes are real; Qiskit's `real_amplitudes`.

    Args:
        n_qubits: n.
        reps: L, the number of entangling layers.
        entanglement: A pattern of `hardware_efficient`.

    Returns:
        A circuit of P = n (L + 1) parameters.

    Raises:
        CircuitError: Fewer than one qubit or fewer than zero layers.
        UnknownNameError: An unknown pattern.
    """
    return hardware_efficient(n_qubits, reps, ("ry",), "cx", entanglement)


def qaoa(cost: PauliSum, layers: int, mixer: str = "x") -> Circuit:
    """The quantum approximate optimisation ansatz.

    prod_l exp(-i beta_l sum_q X_q) exp(-i gamma_l C) |+>^n. The cost enters as one rotation a
    term, by the angle 2 c_k gamma_l and in the order of the terms (a product formula where they
    do not commute); its constant is a global phase and is left out.

    Args:
        cost: C, on n = `cost.n_qubits` qubits.
        layers: L.
        mixer: "x".

    Returns:
        A circuit of 2 L parameters gamma0, beta0, gamma1, beta1, ...

    Raises:
        CircuitError: Fewer than zero layers, or a cost that is not Hermitian or is constant.
        UnknownNameError: An unknown mixer.

    Reference:
        Farhi, Goldstone, Gutmann, arXiv:1411.4028.

    Example:
        >>> qaoa(PauliSum({"Z0 Z1": 0.5}), 2).parameters
        ('gamma0', 'beta0', 'gamma1', 'beta1')
    """
    count = _integer("layers", layers, 0)
    _known("mixer", mixer, {"x": None})
    _check_generator("cost", cost)
    n = cost.n_qubits
    ops: list[Op] = [Gate("h", (q,)) for q in range(n)]
    names: list[str] = []
    for layer in range(count):
        gamma, beta = parameter(f"gamma{layer}"), parameter(f"beta{layer}")
        names += [f"gamma{layer}", f"beta{layer}"]
        ops += _evolution(cost, 2 * gamma)
        ops += [Rotation(_AXES["rx"](q), 2 * beta) for q in range(n)]
    return Circuit(n, ops, names)


def hamiltonian_variational(
    groups: Sequence[PauliSum], layers: int, prepare: str | Iterable[Op] = "plus"
) -> Circuit:
    """Alternating evolutions under the groups of terms of a Hamiltonian.

    prod_l prod_j exp(-i t_lj H_j / 2) |prepared>, where group j = 0 acts first. Mind the half:
    a term of coefficient c is a rotation by the angle c t_lj.

    Args:
        groups: H_j. Each enters term by term, which is exact where its terms commute.
        layers: L.
        prepare: "plus" (a Hadamard gate on every qubit), "zero", or the operations to use.

    Returns:
        A circuit of L len(groups) parameters, layer by layer and group by group.

    Raises:
        CircuitError: No groups, fewer than zero layers, or a group that is not Hermitian or is
            constant.
        UnknownNameError: An unknown preparation.

    Reference:
        Wecker, Hastings, Troyer, arXiv:1507.08969; for the Ising chain Wierichs, Gogolin,
        Kastoryano, arXiv:2004.14666.
    """
    count = _integer("layers", layers, 0)
    if not groups:
        raise CircuitError("groups must hold at least one PauliSum")
    for j, group in enumerate(groups):
        _check_generator(f"group {j}", group)
    n = max(group.n_qubits for group in groups)
    if isinstance(prepare, str):
        plus = _known("preparation", prepare, {"plus": True, "zero": False})
        ops: list[Op] = [Gate("h", (q,)) for q in range(n)] if plus else []
    else:
        ops = list(prepare)
        n = max(n, max((op.support.bit_length() for op in ops), default=0))
    names = _names()
    for _ in range(count):
        for group in groups:
            ops += _evolution(group, next(names))
    return _circuit(n, ops)


def random_pauli(
    n_qubits: int, layers: int, seed: int | np.random.RandomState, entangler: str = "cz"
) -> Circuit:
    """Random circuits with barren plateaus.

    RY(pi/4) on every qubit, then layers of one rotation about X, Y or Z a qubit, the axis drawn
    uniformly, and a ladder of entanglers (0,1), (1,2), ... The published circuits are drawn by
    NumPy's legacy generator, layer by layer and qubit by qubit; so are these.

    Args:
        n_qubits: n.
        layers: L.
        seed: A seed, or a generator, which is advanced by n L draws (some publications take the
            parameters from the same stream afterwards).
        entangler: "cz" or "cx".

    Returns:
        A circuit of P = n L parameters.

    Raises:
        CircuitError: Fewer than one qubit or fewer than zero layers.
        InputError: A seed outside 0 ... 2^32 - 1.
        UnknownNameError: An unknown entangler.

    Reference:
        McClean et al., Nat. Commun. 9, 4812 (2018), arXiv:1803.11173; Stokes et al., Quantum 4,
        269 (2020), arXiv:1909.02108.
    """
    n, count = _integer("n_qubits", n_qubits, 1), _integer("layers", layers, 0)
    _known("entangler", entangler, _ENTANGLERS)
    try:
        stream = seed if isinstance(seed, np.random.RandomState) else np.random.RandomState(seed)
    except (TypeError, ValueError) as error:
        raise InputError(f"seed must be an integer from 0 to 2**32 - 1, not {seed!r}") from error
    names = _names()
    ops: list[Op] = [Rotation(_AXES["ry"](q), as_angle(math.pi / 4)) for q in range(n)]
    for _ in range(count):
        for q in range(n):
            axis = ("rx", "ry", "rz")[stream.choice(3)]
            ops.append(Rotation(_AXES[axis](q), next(names)))
        ops += [Gate(entangler, pair) for pair in _PATTERNS["linear"](n)]
    return _circuit(n, ops)


_AXES: Final[dict[str, Callable[[int], Pauli]]] = {
    "rx": lambda q: Pauli(1 << q, 0),
    "ry": lambda q: Pauli(1 << q, 1 << q),
    "rz": lambda q: Pauli(0, 1 << q),
}

_ENTANGLERS: Final = {"cx": None, "cz": None}


def _linear(n: int) -> Pairs:
    return [(q, q + 1) for q in range(n - 1)]


# On two qubits the closing pair (1, 0) would repeat the only one, so it is left out.
_PATTERNS: Final[dict[str, Callable[[int], Pairs]]] = {
    "linear": _linear,
    "reverse_linear": lambda n: _linear(n)[::-1],
    "circular": lambda n: ([(n - 1, 0)] if n > 2 else []) + _linear(n),
    "full": lambda n: [(a, b) for a in range(n) for b in range(a + 1, n)],
    "pairwise": lambda n: _linear(n)[::2] + _linear(n)[1::2],
}


def _evolution(terms: PauliSum, angle: Angle) -> list[Op]:
    return [Rotation(word, c.real * angle) for word, c in terms if word.support]


def _names() -> Iterator[Angle]:
    k = 0
    while True:
        yield parameter(f"t{k}")
        k += 1


def _circuit(n: int, ops: Sequence[Op]) -> Circuit:
    used = (name for op in ops if isinstance(op, Rotation) for name in op.angle.parameters())
    return Circuit(n, ops, dict.fromkeys(used))


def _check_generator(what: str, terms: PauliSum) -> None:
    if not terms.is_hermitian:
        raise CircuitError(f"the {what} must be Hermitian; make its coefficients real: {terms}")
    if terms.n_qubits == 0:
        raise CircuitError(f"the {what} has no term that acts on a qubit: {terms}")


def _known(kind: str, given: str, table: dict[str, T]) -> T:
    if given not in table:
        raise UnknownNameError(kind, given, table)
    return table[given]


def _integer(what: str, value: int, least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError as error:
        raise CircuitError(f"{what} must be an integer, not {value!r}") from error
    if number < least:
        raise CircuitError(f"{what} must be at least {least}, not {number}")
    return number
