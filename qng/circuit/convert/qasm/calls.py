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
from qng.circuit.convert.qasm.expression import Names, Source, integer, real
from qng.circuit.convert.qasm.registers import broadcast
from qng.circuit.convert.stdgates import BUILTIN, STDGATES, Lowering
from qng.errors import CircuitError, QasmError, UnknownNameError

Call = ast.QuantumGate | ast.QuantumPhase


@dataclass(frozen=True)
class Gates:
    """The gates that can be called.

    Args:
        source: The text.
        defined: Names of the gates that the text defines anywhere.
        known: Those that are defined so far, by name.
    """

    source: Source
    defined: Collection[str]
    known: dict[str, Lowering] = field(default_factory=lambda: dict(BUILTIN))

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

    def _unknown(self, given: ast.Identifier, inside: str) -> NoReturn:
        name = given.name
        if name == inside:
            message = f"the gate {name!r} is used in its own definition"
        elif name in self.defined:
            message = f"the gate {name!r} is used before its definition"
        elif name in STDGATES:
            message = f'the gate {name!r} needs include "stdgates.inc"; before it'
        else:
            message = str(UnknownNameError("gate", name, self.known))
        self.source.fail_at_name(given, message)
