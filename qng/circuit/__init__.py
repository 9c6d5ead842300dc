"""Pauli rotations and fixed gates, and what their structure fixes at every angle.

In come words, angles and operations, or circuits of OpenQASM, Qiskit and PennyLane; out goes a
`Circuit` that never changes: phi(theta) with its derivatives, and everything that can be said
without running it. The room knows neither states nor executors.

    what a circuit is   pauli, angle (functions), gate, circuit, jacobian; ansatz and
                        random_layers build usual ones
    what follows        heisenberg (a word walked through operations, known means, light cones),
                        structure (of generators), blocks (that share a prefix state), clifford
                        (words made bits), uncompute (there and back again), depth
    how it is kept      derived: computed once, and as long as the circuit lives
    from and to         convert/: every gate as rotations about words and fixed gates
"""

from qng.circuit.angle import Angle, parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum

__all__ = ["Angle", "Circuit", "Gate", "Pauli", "PauliSum", "Rotation", "parameter"]
