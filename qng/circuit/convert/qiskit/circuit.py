"""Qiskit circuits to ours and back.

Qubits and bits of a state mean the same on both sides: qubit 0 is the first of `qc.qubits` and the
least significant bit; of a transpiled circuit it is the first qubit of the circuit that was
transpiled (`layout.py`). Parameters have their names, "theta[0]" for the element of a vector, and
the order that an array of values has for Qiskit: that of `qc.parameters`, which is by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import (
    AnnotatedOperation,
    ControlModifier,
    Parameter,
    ParameterVector,
    library,
)
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import SparsePauliOp

from qng.circuit.circuit import Circuit
from qng.circuit.convert.lowering import finish
from qng.circuit.convert.qiskit.angles import expression_of
from qng.circuit.convert.qiskit.layout import VIRTUAL, n_virtual_of, numbered, places_of
from qng.circuit.convert.qiskit.read import Reader
from qng.circuit.gate import NAMED, Gate, Rotation, without_control
from qng.errors import CircuitError, InputError

APPEARANCE: Final = "appearance"
"""The order in which parameters are first used."""


def from_qiskit(
    circuit: QuantumCircuit,
    parameters: Iterable[Parameter | ParameterVector | str] | None = None,
    qubits: str | Sequence[int] = VIRTUAL,
) -> Circuit:
    """A circuit from a QuantumCircuit.

    Library gates, controlled and annotated gates, product formulas and nested definitions are
    lowered to Pauli rotations and fixed gates, equal up to a global phase. A PauliEvolutionGate
    whose words do not commute is its product formula, as on a device; Qiskit's `Statevector`, and
    StatevectorEstimator with it, take the exponential itself where nothing was transpiled.
    Barriers, delays and final measurements are left out; a reset, also that of `initialize`, may
    only be the first operation on its qubits.

    Args:
        circuit: The circuit, transpiled or not.
        parameters: The order of the parameters. By default Qiskit's, that of
            `circuit.parameters`, which an array of values has for `assign_parameters`, for the
            primitives and for VQE: by name, the elements of a vector by index. "appearance" is
            the order of first use: instruction by instruction (inside definitions too), argument
            by argument, and inside one expression in Qiskit's order; those that only the global
            phase or a delay holds come last. Or the Parameters, ParameterVectors and names
            themselves: all that the circuit uses, and maybe more.
        qubits: Which qubits observables are about. "virtual": those of the circuit that was
            transpiled, where they are after the last operation (`circuit.layout`, with routing
            and elided swaps); qubits that only the transpiler used come after them, unless they
            are in |0> but for others that were carried across them; the idle rest is dropped.
            Without a layout that is `circuit.qubits`. "physical": always `circuit.qubits`, as
            observables have them after `SparsePauliOp.apply_layout`. Or a number for every qubit
            of yours: where in `circuit.qubits` it is at the end. A circuit that was transpiled
            twice knows the last layout only; its observables are about the qubits between, or

                inner, outer = once.layout.final_index_layout(), twice.layout.final_index_layout()
                Circuit.from_qiskit(twice, qubits=[outer[k] for k in inner])

    Returns:
        The circuit.

    Raises:
        CircuitError: With the position and name of an instruction that is not unitary (a
            measurement or reset in the middle, control flow, a channel) or has no definition in
            terms of rotations; an angle that is not a real expression of parameters; a layout
            that is not of this circuit.
        InputError: Not a QuantumCircuit, or `parameters` or `qubits` that are not those of the
            circuit.

    Cost: linear in the number of gates after definitions are written out. Qubits on which nothing
    acts cost nothing, also where they are kept.
    """
    if not isinstance(circuit, QuantumCircuit):
        raise InputError(f"a QuantumCircuit is expected, not {type(circuit).__name__}")
    try:
        known = list(circuit.parameters)
    except (QiskitError, ValueError) as error:
        raise CircuitError(f"the circuit cannot be built by Qiskit: {error}") from error
    places = places_of(circuit, qubits)
    reader = Reader(frozenset(known))
    elements = reader.program(circuit)
    for p in known:
        reader.order.setdefault(p)
    if parameters is None:
        names = [p.name for p in known]
    elif isinstance(parameters, str) and parameters == APPEARANCE:
        names = [p.name for p in reader.order]
    else:
        names = _declared(parameters, reader.order)
    ours = Circuit(circuit.num_qubits, finish(elements), names)
    return numbered(ours, places, n_virtual_of(circuit))


def to_qiskit(circuit: Circuit) -> QuantumCircuit:
    """The circuit as a QuantumCircuit, equal up to a global phase.

    Rotations become rx, ry, rz, rxx, ryy, rzz and rzx, those about other words PauliEvolutionGate;
    named gates are Qiskit's, matrices UnitaryGate.

    Args:
        circuit: What is written.

    Returns:
        A circuit whose Parameters have our names; names "x[0]" ... "x[n-1]" become elements of a
        ParameterVector. Qiskit lists only parameters that are used, sorted by name: assign them by
        name, or with `angles_circuit` by position.

    Raises:
        CircuitError: An angle with floor, ceiling or mod, which Qiskit does not have.

    Cost: some 20 microseconds an operation.
    """
    symbols = _symbols(circuit.parameters)
    return _written(circuit, lambda rotation: expression_of(rotation.angle, symbols))


def angles_circuit(circuit: Circuit) -> tuple[QuantumCircuit, ParameterVector]:
    """The circuit with one parameter a rotation, and these parameters.

    To be run at `circuit.angles(theta)`: so any expression of theta can be run, and arrays of
    points are bound by position.

    Args:
        circuit: What is written; fixed rotations stay numbers.

    Returns:
        The circuit and the vector phi of length R, in the order of `circuit.rotations` and of
        Qiskit's `parameters`.
    """
    phi = ParameterVector("phi", circuit.n_rotations)
    free = iter(phi)
    return _written(circuit, lambda r: r.angle.number if r.is_fixed else next(free)), phi


def _declared(parameters: Iterable[Any], used: Iterable[Parameter]) -> list[str]:
    own = {p.name: p for p in used}
    names: list[str] = []
    try:
        items = list(parameters)
    except TypeError as error:
        raise InputError(
            f"parameters must be a sequence of Parameters, vectors or names, not {parameters!r}"
        ) from error
    if isinstance(parameters, str):
        raise InputError(f"parameters must be {APPEARANCE!r} or a sequence; write [{parameters!r}]")
    for item in items:
        for one in item if isinstance(item, ParameterVector) else (item,):
            name = one.name if isinstance(one, Parameter) else one
            if not isinstance(name, str):
                raise InputError(f"a Parameter, a vector or a name is expected, not {one!r}")
            if isinstance(one, Parameter) and own.get(name, one) != one:
                raise InputError(
                    f"the parameter {name!r} is another one than the circuit's of that name"
                )
            names.append(name)
    missing = [name for name in own if name not in set(names)]
    if missing:
        raise InputError(f"parameters leaves out {', '.join(missing)}, which the circuit uses")
    return names


def _symbols(names: Iterable[str]) -> dict[str, Parameter]:
    """Qiskit's parameters by our names, complete vectors as vectors."""
    symbols: dict[str, Parameter] = {}
    vectors: dict[str, list[str]] = {}
    for name in names:
        match = re.fullmatch(r"(.+)\[(0|[1-9]\d*)\]", name, flags=re.DOTALL)
        if match is not None:
            vectors.setdefault(match[1], []).append(name)
        symbols[name] = Parameter(name)
    for vector, members in vectors.items():
        elements = {p.name: p for p in ParameterVector(vector, len(members))}
        if elements.keys() == set(members):
            symbols.update(elements)
    return symbols


def _written(circuit: Circuit, angle: Callable[[Rotation], Any]) -> QuantumCircuit:
    written = QuantumCircuit(circuit.n_qubits)
    qubits = written.qubits
    for op in circuit.ops:
        where = [qubits[q] for q in op.qubits]
        if isinstance(op, Rotation):
            _write_rotation(written, op, angle(op), where)
        elif op.matrix is None:
            getattr(written, op.name)(*where)
        else:
            written.append(_gate(op), where)
    return written


def _write_rotation(written: QuantumCircuit, op: Rotation, angle: Any, where: list[Any]) -> None:
    letters = "".join(op.pauli.letter(q) for q in op.qubits)
    if letters == "XZ":
        written.rzx(angle, where[1], where[0])
    elif letters in _ROTATIONS:
        getattr(written, _ROTATIONS[letters])(angle, *where)
    else:
        operator, label = _operator(letters)
        written.append(library.PauliEvolutionGate(operator, 0.5 * angle, label=label), where)


@lru_cache(maxsize=1024)
def _operator(letters: str) -> tuple[SparsePauliOp, str]:
    # Labels of Qiskit begin with the last qubit.
    return SparsePauliOp(letters[::-1]), f"exp(-it {letters[::-1]})"


@lru_cache(maxsize=256)
def _gate(gate: Gate) -> Any:
    """A matrix as a gate of Qiskit; what is under controls is written so, to be synthesised so."""
    matrix, controls = gate.array(), 0
    while (inner := without_control(matrix)) is not None:
        matrix, controls = inner, controls + 1
    if not controls or len(matrix) > 2:
        return library.UnitaryGate(gate.array())
    named = (name for name, known in NAMED.items() if _close(known, matrix))
    known = library.get_standard_gate_name_mapping().get(next(named, ""))
    if isinstance(known, library.XGate):
        return library.MCXGate(controls)
    return AnnotatedOperation(known or library.UnitaryGate(matrix), ControlModifier(controls))


def _close(a: NDArray[Any], b: NDArray[Any]) -> bool:
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=0, atol=1e-12))


_ROTATIONS: Final = {
    **{letter: f"r{letter.lower()}" for letter in "XYZ"},
    **{pair: f"r{pair.lower()}" for pair in ("XX", "YY", "ZZ", "ZX")},
}
