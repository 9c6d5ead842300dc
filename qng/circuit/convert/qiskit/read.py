"""The instructions of a Qiskit circuit, lowered one by one.

Library gates are lowered by their class, controlled and annotated ones as what they control, and
everything else by its definition, which is walked in place, on the circuit's own qubits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from qiskit.circuit import (
    AnnotatedOperation,
    Barrier,
    ControlFlowOp,
    ControlledGate,
    ControlModifier,
    Delay,
    InverseModifier,
    Measure,
    Parameter,
    ParameterExpression,
    PowerModifier,
    QuantumCircuit,
    Reset,
    library,
)

from qng.circuit.angle import Angle
from qng.circuit.convert.lowering import (
    IDENTITY,
    Element,
    Turn,
    inverse,
    power,
    scaled,
    under_control,
)
from qng.circuit.convert.matrices import generator, matrix_gate
from qng.circuit.convert.qiskit.angles import angle_of, ordered
from qng.circuit.convert.qiskit.gates import GATES, evolution, turns
from qng.circuit.convert.qiskit.paulis import word
from qng.circuit.convert.stdgates import BUILTIN, Lowering
from qng.circuit.convert.tidy import tidy
from qng.circuit.gate import Gate
from qng.circuit.pauli import commuting
from qng.errors import CircuitError

_MATRIX_QUBITS: Final = 8
_GENERATOR_QUBITS: Final = 6
_MOST_CONTROLS: Final = 8
_TIDIED: Final = 200

_IGNORED: Final = (Barrier, Delay, library.IGate)
_UNITARY: Final = "a circuit here is unitary, with parameters fixed before it starts"
_BOX: Final = "box"
# It came after Qiskit 2.0.
_PAULI_ROTATION: Final = getattr(library, "PauliProductRotationGate", ())


@dataclass
class Reader:
    """What the walk has seen so far.

    Args:
        known: The parameters of the circuit.
        order: The parameters in the order of their first use.
        touched: Mask of the qubits on which an operation has acted.
        measured: Mask of the qubits that have been measured.
    """

    known: frozenset[Parameter]
    order: dict[Parameter, None] = field(default_factory=dict)
    touched: int = 0
    measured: int = 0

    def program(self, circuit: QuantumCircuit) -> list[Element]:
        """The elements of a whole circuit.

        Raises:
            CircuitError: With the position and the name of the instruction that is refused.
        """
        place = {q: k for k, q in enumerate(circuit.qubits)}
        elements: list[Element] = []
        for position, item in enumerate(circuit.data):
            qubits = tuple(place[q] for q in item.qubits)
            try:
                elements += self.instruction(item.operation, qubits, plain=True)
            except CircuitError as error:
                where = f"instruction {position}, {_name(item.operation)}"
                raise CircuitError(f"{where}: {error}") from error
            except RecursionError as error:
                where = f"instruction {position}, {_name(item.operation)}"
                raise CircuitError(f"{where}: defined by itself, or nested too deeply") from error
        return elements

    def instruction(self, op: Any, qubits: tuple[int, ...], plain: bool) -> list[Element]:
        """The elements of one instruction.

        Args:
            op: The operation.
            qubits: Where it acts, as qubits of the whole circuit.
            plain: Whether it acts as it stands: under a control or inverted, it has to be a gate.
        """
        lowering = _known(op)
        if lowering is not None and not _is_open(op):
            self.touch(op, qubits)
            return lowering.lower([self.angle(op, u) for u in op.params], qubits)
        if isinstance(op, _IGNORED):
            return []
        if isinstance(op, Measure | Reset | ControlFlowOp):
            return self.classical(op, qubits, plain)
        special = self.special(op, qubits)
        if special is not None:
            self.touch(op, qubits)
            return special
        if isinstance(op, AnnotatedOperation):
            return self.annotated(op, qubits)
        if isinstance(op, ControlledGate):
            return self.controlled(op, qubits)
        return self.defined(op, qubits, plain)

    def angle(self, op: Any, value: Any) -> Angle:
        """An argument of an instruction as an angle; its parameters are noted."""
        if isinstance(value, ParameterExpression):
            for p in ordered(value.parameters):
                if p not in self.known:
                    raise CircuitError(
                        f"{_name(op)} is defined with the parameter {p.name!r}, which is not one "
                        "of the circuit's; pass it as an argument of the gate"
                    )
                self.order[p] = None
        try:
            return angle_of(value)
        except CircuitError as error:
            raise CircuitError(f"{_name(op)}: {error}") from error

    def touch(self, op: Any, qubits: Sequence[int]) -> None:
        """Notes that an operation acts on qubits."""
        mask = sum(1 << q for q in qubits)
        if mask & self.measured:
            self.refuse(op, qubits, "follows a measurement of its qubits; only final ones may be")
        self.touched |= mask

    def refuse(self, op: Any, qubits: Sequence[int], why: str) -> NoReturn:
        """Raises a CircuitError about an instruction."""
        on = f" on qubit(s) {', '.join(map(str, qubits))}" if qubits else ""
        raise CircuitError(f"{_name(op)}{on} {why}")

    # What is not a gate

    def classical(self, op: Any, qubits: tuple[int, ...], plain: bool) -> list[Element]:
        """Final measurements and resets of fresh qubits do nothing; a box is what it holds."""
        if isinstance(op, ControlFlowOp):
            if op.name != _BOX or not plain:
                self.refuse(op, qubits, f"is not supported; {_UNITARY}")
            return self.circuit(op, op.blocks[0], qubits, plain)
        mask = sum(1 << q for q in qubits)
        if not plain:
            self.refuse(op, qubits, "has no inverse and no control")
        if isinstance(op, Measure):
            self.measured |= mask
        elif mask & (self.touched | self.measured):
            self.refuse(
                op,
                qubits,
                "follows other operations on its qubits; a reset (initialize has one) may only "
                "be the first operation there. Prepare states with StatePreparation",
            )
        return []

    # Gates made of gates

    def circuit(
        self, op: Any, body: QuantumCircuit, qubits: Sequence[int], plain: bool
    ) -> list[Element]:
        """The elements of a definition, its global phase included."""
        place = dict(zip(body.qubits, qubits))
        elements: list[Element] = []
        for item in body.data:
            where = tuple(place[q] for q in item.qubits)
            elements += self.instruction(item.operation, where, plain)
        phase = self.angle(op, body.global_phase)
        if phase.number != 0.0:
            elements.append(Turn(IDENTITY, scaled(phase, -2.0), object()))
        return elements

    def defined(self, op: Any, qubits: tuple[int, ...], plain: bool) -> list[Element]:
        """By the definition of the instruction, or by its matrix where it has no parameters."""
        free = any(isinstance(u, ParameterExpression) for u in getattr(op, "params", ()))
        try:
            body = op.definition if hasattr(op, "definition") else op.to_circuit()
        except RecursionError:
            raise
        except Exception as error:
            self.touch(op, qubits)
            matrix = None if free else _matrix(op, qubits)
            if matrix is not None:
                return [matrix]
            raise CircuitError(
                f"{_name(op)} has no definition in terms of gates"
                f"{' while it holds a parameter' if free else ''}: {error}"
            ) from error
        if body is not None:
            return _compact(self.circuit(op, body, qubits, plain))
        self.touch(op, qubits)
        matrix = None if free else _matrix(op, qubits)
        if matrix is None:
            self.refuse(
                op,
                qubits,
                "has no definition in terms of gates; give the gate one, or write library gates"
                if free or hasattr(op, "control")
                else f"is not supported; {_UNITARY}",
            )
        return [matrix]

    def controlled(self, op: Any, qubits: tuple[int, ...]) -> list[Element]:
        """What the gate controls, under its controls; the definition where that is too large."""
        k, base = op.num_ctrl_qubits, op.base_gate
        if base is None or base.num_qubits + k != op.num_qubits:
            return self.defined(op, qubits, plain=False)
        try:
            inner = self.instruction(base, qubits[k:], plain=False)
            if isinstance(op, library.CUGate):
                inner += BUILTIN["gphase"].lower([self.angle(op, op.params[3])], ())
            elements = _under(inner, qubits[:k], op.ctrl_state)
        except CircuitError as error:
            try:
                return self.defined(op, qubits, plain=False)
            except CircuitError:
                raise error from None
        self.touch(op, qubits)
        return elements

    def annotated(self, op: Any, qubits: tuple[int, ...]) -> list[Element]:
        """The base operation under its modifiers; later controls stand before earlier ones."""
        end = op.num_qubits - op.base_op.num_qubits
        base = op.base_op
        elements = self.instruction(base, qubits[end:], plain=False)
        lowering = _known(base)
        rotation = isinstance(base, (library.PauliEvolutionGate, _PAULI_ROTATION))
        scales = rotation or (lowering is not None and lowering.scales)
        for modifier in op.modifiers:
            if isinstance(modifier, InverseModifier):
                elements = inverse(elements)
            elif isinstance(modifier, PowerModifier):
                elements = power(elements, self.angle(op, modifier.power), scales)
            elif isinstance(modifier, ControlModifier):
                k = modifier.num_ctrl_qubits
                elements = _under(elements, qubits[end - k : end], modifier.ctrl_state)
                end -= k
            else:
                self.refuse(op, qubits, f"has the modifier {modifier}, which is not known")
        self.touch(op, qubits)
        return elements

    # Gates whose arguments are not only angles

    def special(self, op: Any, qubits: tuple[int, ...]) -> list[Element] | None:
        """Gates given by words and matrices; None for others."""
        if isinstance(op, library.UnitaryGate):
            fits = len(qubits) <= _MATRIX_QUBITS
            return [matrix_gate(op.to_matrix(), qubits)] if fits else None
        if isinstance(op, library.PauliGate):
            letters = reversed(op.params[0].lower())
            return [Gate(letter, (q,)) for letter, q in zip(letters, qubits) if letter != "i"]
        if isinstance(op, library.PauliEvolutionGate):
            return evolution(op, self.angle(op, op.time), qubits)
        if isinstance(op, _PAULI_ROTATION):
            return turns([(word(op.pauli(), qubits), 1.0)], self.angle(op, op.params[0]))
        if isinstance(op, library.HamiltonianGate) and len(qubits) <= _GENERATOR_QUBITS:
            parts = generator(op.params[0], qubits)
            time = self.angle(op, op.params[1])
            if parts is not None:
                return turns([(p, 2 * c) for p, c in parts], time)
            if time.number is None:
                self.refuse(
                    op,
                    qubits,
                    "is no product of rotations while its time is a parameter, as its Pauli "
                    "words do not commute; use PauliEvolutionGate with a product formula",
                )
        return None


def _name(op: Any) -> str:
    return repr(getattr(op, "name", type(op).__name__))


def _known(op: Any) -> Lowering | None:
    """The table's entry; a class derived from a standard gate is that gate to Qiskit as well."""
    kind = type(op)
    if kind in GATES:
        return GATES[kind]
    return next((GATES[base] for base in kind.__mro__ if base in GATES), None)


def _is_open(op: Any) -> bool:
    """Whether some control has to be 0."""
    return isinstance(op, ControlledGate) and op.ctrl_state != 2**op.num_ctrl_qubits - 1


def _under(elements: list[Element], controls: Sequence[int], state: int) -> list[Element]:
    if len(controls) > _MOST_CONTROLS:
        raise CircuitError(f"at most {_MOST_CONTROLS} controls are lowered, not {len(controls)}")
    ones = [q for k, q in enumerate(controls) if state >> k & 1]
    zeros = [q for k, q in enumerate(controls) if not state >> k & 1]
    if ones:
        elements = under_control(elements, ones)
    return under_control(elements, zeros, positive=False) if zeros else elements


def _matrix(op: Any, qubits: Sequence[int]) -> Gate | None:
    """The instruction as a fixed gate, where it knows its matrix."""
    if len(qubits) > _MATRIX_QUBITS or not hasattr(op, "to_matrix"):
        return None
    try:
        matrix = op.to_matrix()
    except Exception:
        return None
    return matrix_gate(matrix, qubits)


def _compact(elements: list[Element]) -> list[Element]:
    """A definition as rotations alone, where it is a product of rotations that commute.

    So a rotation that is written between basis changes and a ladder of CX gates becomes one
    rotation; a layer of a circuit stays as it is.
    """
    if len(elements) > _TIDIED or all(isinstance(e, Gate) or e.is_fixed for e in elements):
        return elements
    tidied = tidy(elements)
    rotations = [e for e in tidied if isinstance(e, Turn)]
    if len(rotations) < len(tidied) or not commuting([e.pauli for e in rotations]):
        return elements
    return tidied
