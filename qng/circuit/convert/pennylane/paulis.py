"""Operators of PennyLane as sums of Pauli words, and back.

A matrix M is sum c_P P with c_P = Tr(P M) / 2^n. For one x mask the words X^x Z^z are the Walsh
functions of the entries M[i, i xor x], so that all 4^n traces are 2^n transforms.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final

import numpy as np
import pennylane as qml

from qng.circuit.convert.pennylane.reader import Reader
from qng.circuit.convert.pennylane.symbol import Symbol, symbol
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import CircuitError, InputError

_MATRIX_QUBITS: Final = 8
_NOISE: Final = 1e-14

Qubit = Callable[[Hashable], int]
Terms = list[tuple[Pauli, Symbol]]


def terms(op: Any, reader: Reader, qubit: Qubit) -> Terms:
    """The words of an operator, each once, and their coefficients.

    Raises:
        CircuitError: It has no matrix on at most 8 wires and is not made of operators that do.
    """
    collected: dict[Pauli, Symbol] = {}
    for word, c in _terms(op, reader, qubit):
        collected[word] = collected[word] + c if word in collected else c
    return [(p, c) for p, c in collected.items() if (c.re.number, c.im.number) != (0.0, 0.0)]


def pauli_sum(op: Any, qubit: Qubit) -> PauliSum:
    """An operator without parameters as a sum of Pauli words.

    Raises:
        CircuitError: As `terms`, or a coefficient depends on an argument.
    """
    found = terms(op, Reader(), qubit)
    for word, c in found:
        if c.re.number is None or c.im.number is None:
            names = ", ".join(dict.fromkeys((*c.re.parameters(), *c.im.parameters())))
            raise CircuitError(
                f"the coefficient of {word} in {op.name} depends on {names}; an observable is "
                "fixed: make that argument constant with requires_grad=False"
            )
    numbers = [(word, complex(c.re.number or 0.0, c.im.number or 0.0)) for word, c in found]
    size = max((abs(c) for _, c in numbers), default=0.0)
    return PauliSum([(p, c.real if abs(c.imag) < _NOISE * size else c) for p, c in numbers])


def measured(measurements: Sequence[Any], wires: Sequence[Hashable]) -> tuple[PauliSum, ...]:
    """The observables of the expectation values among the measurements of a tape.

    Args:
        measurements: PennyLane's measurement processes; states, probabilities, samples and counts
            are left out.
        wires: The labels of qubits 0, 1, ...

    Raises:
        CircuitError: A variance or another non-linear quantity, or an observable without Pauli
            form, with a parameter, or not Hermitian.
    """
    place = {label: k for k, label in enumerate(wires)}
    found: list[PauliSum] = []
    for m in measurements:
        if isinstance(m, _NOT_OBSERVED):
            continue
        name = type(m).__name__.removesuffix("MP")
        if not isinstance(m, qml.measurements.ExpectationMP):
            raise CircuitError(
                f"the measurement {name} is no expectation value of an observable; return expval"
            )
        if m.obs is None:
            raise CircuitError(
                "an expectation value of outcomes inside the circuit is not supported; "
                "return expval of an observable"
            )
        terms = pauli_sum(m.obs, place.__getitem__)
        if not terms.is_hermitian:
            raise CircuitError(f"the observable {m.obs.name} is not Hermitian")
        found.append(terms)
    return tuple(found)


def from_pennylane(observable: Any, wires: Sequence[Hashable] | None = None) -> PauliSum:
    """A sum of Pauli words from an operator of PennyLane.

    Args:
        observable: Anything with a Pauli form: words, sentences, Hamiltonian, sums and products,
            Projector, or a matrix such as Hermitian on at most 8 wires.
        wires: The labels of qubits 0, 1, ...; by default wires are numbers and mean themselves.

    Raises:
        InputError: A wire that is not among them, or not an operator.
        CircuitError: An operator that has no Pauli form.
    """
    qubit = numbered(wires)
    if isinstance(observable, qml.pauli.PauliWord):
        observable = qml.pauli.PauliSentence({observable: 1.0})
    if isinstance(observable, qml.pauli.PauliSentence):
        return PauliSum([(Pauli.on(w.values(), map(qubit, w)), c) for w, c in observable.items()])
    if not isinstance(observable, qml.operation.Operator):
        raise InputError(f"an operator of PennyLane is expected, not {type(observable).__name__}")
    return pauli_sum(observable, qubit)


def to_pennylane(observable: PauliSum, wires: Sequence[Hashable] | None = None) -> Any:
    """A linear combination of Pauli words for PennyLane.

    Args:
        observable: The sum.
        wires: The labels of qubits 0, 1, ...; by default the numbers themselves.

    Raises:
        InputError: Fewer wires than qubits, or a label twice.
    """
    labels = labelled(wires, observable.n_qubits)
    words = [qml.pauli.PauliWord({labels[q]: p.letter(q) for q in p.qubits}) for p, _ in observable]
    coefficients = [c.real if c.imag == 0 else c for _, c in map(_complex, observable)]
    with qml.QueuingManager.stop_recording():
        # The identity needs a wire to be an operator of its own.
        operators = [w.operation(wire_order=labels[:1]) for w in words]
        if not operators:
            return qml.Hamiltonian([0.0], [qml.Identity(labels[0] if labels else 0)])
        return qml.Hamiltonian(coefficients, operators)


def labelled(wires: Sequence[Hashable] | None, n_qubits: int) -> list[Hashable]:
    """The labels of the qubits.

    Raises:
        InputError: Fewer labels than qubits, or one twice.
    """
    if wires is None:
        return list(range(n_qubits))
    try:
        labels = list(qml.wires.Wires(wires))
    except qml.wires.WireError as error:
        raise InputError(f"wires are distinct labels: {error}") from error
    if len(labels) < n_qubits:
        raise InputError(f"{n_qubits} wire(s) are needed, {len(labels)} were given")
    return labels


def numbered(wires: Sequence[Hashable] | None) -> Qubit:
    """The qubit of a label."""
    places = None if wires is None else {w: k for k, w in enumerate(qml.wires.Wires(wires))}

    def qubit(label: Hashable) -> int:
        if places is None and isinstance(label, (int, np.integer)) and label >= 0:
            return int(label)
        if places is None:
            raise InputError(
                f"the wire {label!r} is not a number; give wires=, the labels in order"
            )
        if label not in places:
            raise InputError(
                f"the wire {label!r} is not among {', '.join(map(str, places))}; add it to wires"
            )
        return places[label]

    return qubit


def _terms(op: Any, reader: Reader, qubit: Qubit) -> Terms:
    what = f"a coefficient of {op.name}"
    # What is made of others is read off these, as PennyLane does: one of them may have been changed
    # in its place since it has noted the words.
    if isinstance(op, qml.ops.SProd):
        factor = reader.scalar(op.scalar, what)
        return [(p, factor * c) for p, c in _terms(op.base, reader, qubit)]
    if isinstance(op, qml.ops.Sum):
        return [term for part in op.operands for term in _terms(part, reader, qubit)]
    if isinstance(op, qml.ops.Prod):
        total: Terms = [(Pauli(0, 0), symbol(1.0))]
        for factor in op.operands:
            right = _terms(factor, reader, qubit)
            total = [_times(a, b) for a in total for b in right]
        return total
    if isinstance(op, (qml.ops.Adjoint, qml.ops.Pow)):
        op = qml.ops.functions.bind_new_parameters(op, op.data)
    sentence = op.pauli_rep
    if sentence is not None:
        return [
            (Pauli.on(word.values(), map(qubit, word)), reader.scalar(c, what))
            for word, c in sentence.items()
        ]
    return [(p, symbol(c)) for p, c in _from_matrix(op, qubit)]


def _times(a: tuple[Pauli, Symbol], b: tuple[Pauli, Symbol]) -> tuple[Pauli, Symbol]:
    phase, word = a[0].times(b[0])
    return word, a[1] * b[1] * phase


def _from_matrix(op: Any, qubit: Qubit) -> list[tuple[Pauli, complex]]:
    n = len(op.wires)
    if not op.has_matrix or n > _MATRIX_QUBITS:
        raise CircuitError(
            f"{op.name} on {n} wire(s) has no Pauli form; write it as a sum of Pauli words "
            f"(matrices are decomposed on at most {_MATRIX_QUBITS} wires)"
        )
    matrix = np.asarray(qml.math.toarray(op.matrix()), dtype=complex)
    # The first wire is the most significant bit of PennyLane's matrices.
    qubits = [qubit(label) for label in reversed(op.wires)]
    index = np.arange(2**n)
    signs = 1.0 - 2.0 * (np.bitwise_count(index[:, None] & index) & 1)
    smallest = _NOISE * np.abs(matrix).max(initial=0.0)
    found: list[tuple[Pauli, complex]] = []
    for x in range(2**n):
        # X^x Z^z has the entries (-1)^|z & i| at (i xor x, i); a Y is i X Z.
        traces = signs @ matrix[index ^ x, index] / 2**n
        for z in np.flatnonzero(np.abs(traces) > smallest):
            c = complex(traces[z]) * (-1j) ** (x & int(z)).bit_count()
            found.append((Pauli(x, int(z)).moved(qubits), c))
    return found


def _complex(term: tuple[Pauli, complex]) -> tuple[Pauli, complex]:
    return term[0], complex(term[1])


_NOT_OBSERVED: Final = (
    qml.measurements.StateMP,
    qml.measurements.DensityMatrixMP,
    qml.measurements.ProbabilityMP,
    qml.measurements.SampleMP,
    qml.measurements.CountsMP,
)
