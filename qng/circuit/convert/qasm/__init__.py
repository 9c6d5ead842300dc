"""OpenQASM 3 and 2 to circuits, and back to OpenQASM 3.

In comes text, or the path of a file; out goes a circuit whose parameters are the inputs, in the
order of their declaration, or a `QasmError` with line and column. `read` and `write` are the doors;
`parse` and `parse2` make trees, `program` and `tree` walk their statements, `scope` knows what
names stand for, `loops` what they run over, `calls` lowers calls of gates, `routine` binds
subroutines, `include` finds files, `registers` finds qubits, and `expression` numbers.
"""

from qng.circuit.convert.qasm.read import from_qasm
from qng.circuit.convert.qasm.write import to_qasm

__all__ = ["from_qasm", "to_qasm"]
