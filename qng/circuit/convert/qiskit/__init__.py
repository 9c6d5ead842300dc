"""Qiskit's circuits and observables to ours, and back.

In comes a QuantumCircuit; out goes a circuit with the same qubits and names of parameters, and back
either with these or with one parameter a rotation, which takes any expression (`angles_circuit`).
`circuit` is the door in both directions; `read` walks the instructions, `gates` lowers those of the
library, `angles` and `paulis` translate expressions and observables.
"""

from qng.errors import need

need("qiskit", "what reads or writes circuits and operators of Qiskit")


from qng.circuit.convert.qiskit.circuit import angles_circuit, from_qiskit, to_qiskit

__all__ = ["angles_circuit", "from_qiskit", "to_qiskit"]
