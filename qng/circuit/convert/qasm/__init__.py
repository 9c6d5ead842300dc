"""OpenQASM 3 to circuits, and back.

In comes text, or the path of a file; out goes a circuit whose parameters are the inputs, in the
order of their declaration, or a `QasmError` with line and column. `text` is the door in both
directions; `tree` walks the statements, `calls` lowers calls of gates, `registers` finds their
qubits, and `expression` their numbers.
"""

from qng.circuit.convert.qasm.text import from_qasm, to_qasm

__all__ = ["from_qasm", "to_qasm"]
