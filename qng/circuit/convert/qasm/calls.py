"""Calls of gates in OpenQASM 3: their arguments, modifiers and registers, lowered.

A call has the qubits of its controls before those of its gate. Modifiers act from the one next to
the gate outwards, and each takes its controls from the end of those that are left.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from openqasm3 import ast

from qng.circuit.angle import Angle
from qng.circuit.convert.lowering import Element, inverse, power, under_control
from qng.circuit.convert.qasm.expression import Names, integer, real
from qng.circuit.convert.qasm.registers import broadcast
from qng.circuit.convert.qasm.source import Source, place_of
from qng.circuit.convert.qelib1 import QELIB1
from qng.circuit.convert.stdgates import BUILTIN, STDGATES, Lowering
from qng.errors import CircuitError, QasmError, UnknownNameError

Call = ast.QuantumGate | ast.QuantumPhase

PHASED = ("U", "u2", "u3")
"""Gates that the specification of OpenQASM 3 defines with other phases than Qiskit."""


@dataclass(frozen=True)
class Gates:
    """The gates that can be called.

    Args:
        source: The text.
        defined: Names of the gates that the text defines anywhere.
        library: The file with the standard gates, for messages.
        known: Those that are defined so far, by name.
        included: The library, where it is included.
        loose: Those of them that a text may define again.
        phased: Those whose phase the specification has otherwise than Qiskit.
        ambiguous: Where one of these is called so that its phase matters: name, line and column.
    """

    source: Source
    defined: Collection[str]
    library: str = "stdgates.inc"
    known: dict[str, Lowering] = field(default_factory=lambda: dict(BUILTIN))
    included: set[str] = field(default_factory=set)
    loose: set[str] = field(default_factory=set)
    phased: set[str] = field(default_factory=lambda: set(PHASED))
    ambiguous: list[tuple[str, int, int]] = field(default_factory=list)

    def call(self, node: Call, names: Names, inside: str = "") -> list[Element]:
        """The elements of a call, broadcast over registers.

        Args:
            node: The call.
            names: What names stand for.
            inside: The gate whose definition it stands in.

        Raises:
            QasmError: An unknown gate, or arguments and qubits that do not fit it.
        """
        if isinstance(node, ast.QuantumPhase):
            name, arguments, gate = "gphase", [node.argument], BUILTIN["gphase"]
        else:
            name, arguments, gate = node.name.name, node.arguments, self._gate(node, inside)
            if node.duration is not None:
                self.source.fail(node.duration, f"a duration of gate {name} is not supported")
        angles = [real(u, names, self.source) for u in arguments]
        if len(angles) != gate.n_angles:
            self.source.fail(
                node, f"gate {name} takes {gate.n_angles} argument(s), {len(angles)} were given"
            )
        if name in self.phased and any(self._sees_phase(m, names) for m in node.modifiers):
            self.ambiguous.append((name, *place_of(node)))
        counts = [self._n_controls(modifier, names) for modifier in node.modifiers]
        n_controls = sum(counts)
        if len(node.qubits) != n_controls + gate.n_qubits:
            self.source.fail(
                node,
                f"gate {name} acts on {gate.n_qubits} qubit(s)"
                + (f" and {n_controls} control(s)" if n_controls else "")
                + f", {len(node.qubits)} were given",
            )
        elements: list[Element] = []
        for qubits in broadcast(node, node.qubits, name, names, self.source):
            part = self._lowered(node, gate, angles, qubits[n_controls:])
            end = n_controls
            for modifier, count in zip(reversed(node.modifiers), reversed(counts)):
                part = self._modified(modifier, part, qubits[end - count : end], gate, names)
                end -= count
            elements += part
        return elements

    def _gate(self, node: ast.QuantumGate, inside: str) -> Lowering:
        gate = self.known.get(node.name.name)
        if gate is None:
            self._unknown(node.name, inside)
        return gate

    def _lowered(
        self, node: Call, gate: Lowering, angles: Sequence[Angle], qubits: Sequence[int]
    ) -> list[Element]:
        try:
            return gate.lower(angles, qubits)
        except CircuitError as error:
            self.source.fail(node, str(error))

    def _modified(
        self,
        modifier: ast.QuantumGateModifier,
        elements: list[Element],
        controls: Sequence[int],
        gate: Lowering,
        names: Names,
    ) -> list[Element]:
        kind = modifier.modifier
        try:
            if kind is ast.GateModifierName.inv:
                return inverse(elements)
            if kind is ast.GateModifierName.pow:
                assert modifier.argument is not None
                return power(elements, real(modifier.argument, names, self.source), gate.scales)
            return under_control(elements, controls, kind is ast.GateModifierName.ctrl)
        except QasmError:
            raise
        except CircuitError as error:
            self.source.fail(modifier, str(error))

    def _n_controls(self, modifier: ast.QuantumGateModifier, names: Names) -> int:
        if modifier.modifier in (ast.GateModifierName.inv, ast.GateModifierName.pow):
            return 0
        if modifier.argument is None:
            return 1
        n = integer(modifier.argument, names, self.source, "the number of controls")
        if n < 1:
            self.source.fail(modifier.argument, f"there must be at least one control, not {n}")
        return n

    def _sees_phase(self, modifier: ast.QuantumGateModifier, names: Names) -> bool:
        """Whether a phase before it is more than a global one after it."""
        if modifier.modifier is ast.GateModifierName.pow:
            assert modifier.argument is not None
            exponent = real(modifier.argument, names, self.source).number
            return exponent is None or not exponent.is_integer()
        return modifier.modifier is not ast.GateModifierName.inv

    def _unknown(self, given: ast.Identifier, inside: str) -> NoReturn:
        name = given.name
        if name == inside:
            message = f"the gate {name!r} is used in its own definition"
        elif name in self.defined:
            message = f"the gate {name!r} is used before its definition"
        elif name in QELIB1 or name in STDGATES:
            message = f'the gate {name!r} needs include "{self.library}"; before it'
        else:
            message = str(UnknownNameError("gate", name, self.known))
        self.source.fail_at_name(given, message)
