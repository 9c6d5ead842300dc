"""OpenQASM 3 to circuits, and back."""

from qng.circuit.convert.qasm.text import from_qasm, to_qasm

__all__ = ["from_qasm", "to_qasm"]
